"""Writing links of many letters at once, alike for the engine and for people. A tombstone is never touched here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mooring.customers.value_lists import any_of
from mooring.letters.matching import Match, is_stronger
from mooring.letters.models import Letter, Link, LinkBatch
from mooring.users.inserting import insert_records
from mooring.users.models import User

RECORD_KINDS: Final = ("customer", "lead", "project")


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


def write_links(wanted: Iterable[WantedLink], *, making: Making, new_letters: Collection[int] = frozenset()) -> list[Link]:
    """Make the links that are missing and return them; a weaker rule gives way to a stronger one, a tombstone to none.

    `new_letters` are letters that cannot have links yet and already say so in `is_linked`.
    """
    strongest = _strongest(wanted)
    existing = _existing_links({ends[0] for ends in strongest} - set(new_letters))
    made = [_row_of(each, making) for ends, each in strongest.items() if ends not in existing]
    insert_records(made)
    _strengthen([(existing[ends], each) for ends, each in strongest.items() if ends in existing])
    touched = {link.letter_id for link in made} - set(new_letters)
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


def _row_of(wanted: WantedLink, making: Making) -> Link:
    return Link(
        letter_id=wanted.letter_id,
        position=wanted.position,
        rule=wanted.rule,
        matched_address=wanted.address[:320],
        matched_role=wanted.role,
        created_by=making.by,
        created_at=making.now,
        batch=making.batch,
        **{f"{wanted.kind}_id": wanted.record_id},
    )
