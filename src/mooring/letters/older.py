"""Links of letters kept before an address or domain was entered, and of letters whose address is no longer entered.

Looked for through the people in the letters' rows, in portions of their own transactions, so that hundreds of thousands do
not hold anybody up; begun again after a crash it finds what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from mooring.letters.link_rows import Making, WantedLink, wanted_by_rules, write_links
from mooring.letters.linking import Linkable, keep_linked_true, kind_of, target_of
from mooring.letters.matching import RULES_BY_STRENGTH
from mooring.letters.models import Letter, Link, LinkBatch, Participant
from mooring.letters.rematching import rematched
from mooring.users.journal import Actor, record

CHUNK: Final = 500
MOST_COUNTED: Final = 10_000
"""A preview counts up to so many letters; there may be more."""


@dataclass(frozen=True, slots=True)
class Reach:
    """An address (its key), or a domain, that leads to a record from now on."""

    key: str = ""
    domain: str = ""
    includes_subdomains: bool = False

    def __str__(self) -> str:
        return self.key or self.domain


@dataclass(frozen=True, slots=True)
class OlderLetters:
    """What linking would do: how many letters (MOST_COUNTED stands for as many or more), and how old the oldest counted is."""

    count: int
    oldest_at: datetime | None


def preview_older(*, reach: Reach, to: Linkable) -> OlderLetters:
    """How many kept letters the record would get. Letters that a person took off the record are not among them."""
    count, oldest = 0, None
    for chunk in _wanted(reach, to):
        count, oldest = count + len(chunk), chunk[-1].position
        if count >= MOST_COUNTED:
            break
    letters = Letter.objects.unscoped("a count is shown before older letters are linked")
    return OlderLetters(min(count, MOST_COUNTED), letters.get(position=oldest).at if oldest is not None else None)


def link_older(*, reach: Reach, to: Linkable, by: Actor, now: datetime) -> LinkBatch:
    """Link the kept letters to the record, each with the rule that reaches it, as one batch that can be undone."""
    batch = LinkBatch.objects.create(cause=str(reach)[:320], created_by=by.user, created_at=now)
    for chunk in _wanted(reach, to):
        with transaction.atomic():
            revived = _revived(chunk, to, batch, now)
            made = write_links(chunk, making=Making(now, by.user, batch))
            LinkBatch.objects.filter(pk=batch.pk).update(link_count=F("link_count") + len(made) + revived)
    batch.refresh_from_db()
    _note("older_letters_linked", to, batch, by=by, now=now)
    return batch


def undo_batch(*, batch: LinkBatch, by: Actor, now: datetime) -> int:
    """Remove the links of a batch that still stand and were not confirmed by hand. Returns how many."""
    with transaction.atomic():
        batch = LinkBatch.objects.select_for_update().get(pk=batch.pk)
        links = batch.links.filter(removed_at=None, rule__in=RULES_BY_STRENGTH)
        letter_ids = list(links.values_list("letter_id", flat=True))
        first = links.select_related("customer", "lead", "project").first()
        removed = links.update(removed_at=now, removed_by=by.user)
        for start in range(0, len(letter_ids), CHUNK):
            keep_linked_true(letter_ids[start : start + CHUNK])
        batch.undone_at = batch.undone_at or now
        batch.save(update_fields=["undone_at"])
        if first is not None:
            _note("older_letters_unlinked", target_of(first), batch, by=by, now=now)
    return removed


def refresh_links(*, to: Linkable, by: Actor, now: datetime) -> int:
    """After addresses or domains were taken off a record: its links that no rule reaches any more go, unless made by hand.

    A link that another address or rule still reaches gives that as its reason. Returns how many links went.
    """
    removed = 0
    for links in _chunks(_made_by_rules(to)):
        with transaction.atomic():
            removed += _refreshed(links, to)
    if removed:
        changes = {"count": removed}
        record(by=by, action="letters_unlinked", kind=kind_of(to), record_id=to.pk, name=str(to), changes=changes, now=now)
    return removed


def _wanted(reach: Reach, to: Linkable) -> Iterator[list[WantedLink]]:
    """The links that are missing, in chunks, newest letters first."""
    candidates = _candidates(reach, to)
    for start in range(0, len(candidates), CHUNK):
        letters = candidates[start : start + CHUNK]
        matches = rematched([letter_id for letter_id, _position in letters])
        chunk = []
        for letter_id, position in letters:
            ours = [each for each in matches[letter_id] if (each.kind, each.record_id) == (kind_of(to), to.pk)]
            chunk += wanted_by_rules(ours, letter_id=letter_id, position=position)
        if chunk:
            yield chunk


def _candidates(reach: Reach, to: Linkable) -> list[tuple[int, int]]:
    """(id, position) of letters that the address or domain stands in and that have no link, or only one undone with its batch."""
    people = Participant.objects.filter(_stands_in(reach), counts=True)
    linked = Link.objects.filter(letter=OuterRef("pk"), **{kind_of(to): to})
    linked = linked.exclude(removed_at__isnull=False, batch__undone_at__isnull=False)
    letters = Letter.objects.unscoped("older letters are linked whoever may read them")
    letters = letters.filter(~Exists(linked), pk__in=people.values("letter_id"))
    return list(letters.order_by("-position").values_list("pk", "position"))


def _stands_in(reach: Reach) -> Q:
    if reach.key:
        return Q(key=reach.key)
    below = Q(domain__endswith=f".{reach.domain}") if reach.includes_subdomains else Q()
    return Q(domain=reach.domain) | below if below else Q(domain=reach.domain)


def _revived(chunk: list[WantedLink], to: Linkable, batch: LinkBatch, now: datetime) -> int:
    wanted = {each.letter_id: each for each in chunk}
    undone = Link.objects.filter(letter_id__in=wanted, batch__undone_at__isnull=False, removed_at__isnull=False)
    links = list(undone.filter(**{kind_of(to): to}))
    for link in links:
        reason = wanted[link.letter_id]
        link.rule, link.matched_address, link.matched_role = reason.rule, reason.address, reason.role
        link.removed_at = link.removed_by = None
        link.batch, link.created_by, link.created_at = batch, batch.created_by, now
    names = ["rule", "matched_address", "matched_role", "removed_at", "removed_by", "batch", "created_by", "created_at"]
    Link.objects.bulk_update(links, names)
    keep_linked_true(link.letter_id for link in links)
    return len(links)


def _made_by_rules(to: Linkable) -> QuerySet[Link]:
    return Link.objects.filter(removed_at=None, rule__in=RULES_BY_STRENGTH, **{kind_of(to): to})


def _chunks(links: QuerySet[Link]) -> Iterator[list[Link]]:
    last = 0
    while chunk := list(links.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = chunk[-1].pk
        yield chunk


def _refreshed(links: list[Link], to: Linkable) -> int:
    matches = rematched([link.letter_id for link in links])
    gone, changed = [], []
    for link in links:
        ours = next((each for each in matches[link.letter_id] if (each.kind, each.record_id) == (kind_of(to), to.pk)), None)
        if ours is None:
            gone.append(link)
        elif (ours.rule, ours.address) != (link.rule, link.matched_address):
            link.rule, link.matched_address, link.matched_role = ours.rule, ours.address, ours.role
            changed.append(link)
    Link.objects.bulk_update(changed, ["rule", "matched_address", "matched_role"])
    Link.objects.filter(pk__in=[link.pk for link in gone]).delete()
    keep_linked_true(link.letter_id for link in gone)
    return len(gone)


def _note(action: str, to: Linkable, batch: LinkBatch, *, by: Actor, now: datetime) -> None:
    changes = {"batch": batch.pk, "cause": batch.cause, "count": batch.link_count}
    record(by=by, action=action, kind=kind_of(to), record_id=to.pk, name=str(to), changes=changes, now=now)
