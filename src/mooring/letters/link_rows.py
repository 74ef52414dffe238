"""Writing links of many letters at once, alike for the engine and for people. A tombstone is never touched here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from mooring.customers.value_lists import any_of
from mooring.letters.matching import Match, is_stronger
from mooring.letters.models import Letter, Link, LinkBatch
from mooring.users.inserting import insert_rows, moment_value, new_ids
from mooring.users.models import User

RECORD_KINDS: Final = ("customer", "lead", "project")
_COLUMNS: Final = (
    "id",
    "letter_id",
    *(f"{kind}_id" for kind in RECORD_KINDS),
    "position",
    "rule",
    "matched_address",
    "matched_role",
    "created_by_id",
    "created_at",
    "batch_id",
)


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A link that should be there."""

    letter_id: int
    position: int
    kind: str
    record_id: int
    rule: str
    address: str = ""
    role: str = ""

    @property
    def ends(self) -> tuple[int, str, int]:
        return self.letter_id, self.kind, self.record_id


@dataclass(frozen=True, slots=True)
class Making:
    """By whom, in which deed and when links are made."""

    now: datetime
    by: User | None = None
    batch: LinkBatch | None = None


def wanted_by_rules(matches: Iterable[Match], *, letter_id: int, position: int) -> list[WantedLink]:
    """The links that a letter's matches ask for."""
    return [WantedLink(letter_id, position, each.kind, each.record_id, each.rule, each.address, each.role) for each in matches]


def write_links(wanted: Iterable[WantedLink], *, making: Making, new_letters: Collection[int] = frozenset()) -> list[int]:
    """Make the links that are missing and return their ids; a weaker rule gives way to a stronger one, a tombstone to none.

    `new_letters` are letters that cannot have links yet and already say so in `is_linked`.
    """
    strongest = _strongest(wanted)
    existing = _existing_links({ends[0] for ends in strongest} - set(new_letters))
    missing = [each for ends, each in strongest.items() if ends not in existing]
    made = _insert(missing, making)
    _strengthen([(existing[ends], each) for ends, each in strongest.items() if ends in existing])
    touched = {each.letter_id for each in missing} - set(new_letters)
    if touched:
        letters = Letter.objects.unscoped("a link is written")
        letters.filter(pk__in=touched, is_linked=False).update(is_linked=True)
    return made


def ends_of(link: Link) -> tuple[int, str, int]:
    """(letter id, kind of record, record id)."""
    if link.customer_id is not None:
        return link.letter_id, "customer", link.customer_id
    if link.lead_id is not None:
        return link.letter_id, "lead", link.lead_id
    assert link.project_id is not None
    return link.letter_id, "project", link.project_id


def _strongest(wanted: Iterable[WantedLink]) -> dict[tuple[int, str, int], WantedLink]:
    strongest: dict[tuple[int, str, int], WantedLink] = {}
    for each in wanted:
        known = strongest.get(each.ends)
        if known is None or is_stronger(each.rule, than=known.rule):
            strongest[each.ends] = each
    return strongest


def _existing_links(letter_ids: set[int]) -> dict[tuple[int, str, int], Link]:
    return {ends_of(link): link for link in Link.objects.filter(letter_id__in=any_of(letter_ids))} if letter_ids else {}


def _strengthen(pairs: list[tuple[Link, WantedLink]]) -> None:
    stronger = []
    for link, wanted in pairs:
        if link.removed_at is None and is_stronger(wanted.rule, than=link.rule):
            link.rule, link.matched_address, link.matched_role = wanted.rule, wanted.address, wanted.role
            stronger.append(link)
    if stronger:
        Link.objects.bulk_update(stronger, ["rule", "matched_address", "matched_role"])


def _insert(wanted: Sequence[WantedLink], making: Making) -> list[int]:
    """As rows of values: records of a scan's links cost five times as much."""
    if not wanted:
        return []
    created_by = making.by.pk if making.by is not None else None
    batch = making.batch.pk if making.batch is not None else None
    created_at = moment_value(making.now)
    with transaction.atomic(savepoint=False):
        made = list(new_ids(Link, len(wanted)))
        rows = [
            (
                pk,
                each.letter_id,
                *(each.record_id if each.kind == kind else None for kind in RECORD_KINDS),
                each.position,
                str(each.rule),
                each.address[:320],
                each.role,
                created_by,
                created_at,
                batch,
            )
            for pk, each in zip(made, wanted, strict=True)
        ]
        insert_rows(Link, _COLUMNS, rows)
    return made
