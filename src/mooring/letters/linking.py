"""Links that people make and remove, one by one or hundreds at once. A removed link stays as a tombstone.

Who links a letter must see the letter and may change the record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import Customer, Lead, Project
from mooring.letters.link_rows import Making, WantedLink, ends_of, write_links
from mooring.letters.models import Letter, Link, Rule
from mooring.letters.models.letter import LetterQuerySet
from mooring.letters.visibility import visible_letters
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.permissions import Action

Linkable: TypeAlias = Customer | Lead | Project
"""What a letter can be linked to."""

MOST_ASSIGNED: Final = 1_000
"""How many letters one deed links."""
_WHY: Final = "links are written"


class UnableToLink(Exception):
    """The letters were not linked, or the link was not changed; the text is fit for the user."""


def add_link(*, letter: Letter, to: Linkable, by: Actor, now: datetime) -> Link:
    """Link a letter by hand. A link that is there already stays as it is; one removed before comes back."""
    with transaction.atomic():
        _demand(by.user, [letter.pk], to)
        link = Link.objects.filter(letter=letter, **{kind_of(to): to}).first()
        if link is not None and link.removed_at is None:
            return link
        link = _revived(link, by=by, now=now) if link is not None else _made_by_hand(letter, to, by=by, now=now)
        _note("letter_linked", to, letter, _subject(letter), by=by, now=now)
    return link


def remove_link(*, link: Link, by: Actor, now: datetime) -> Link:
    """Take a letter off a record. No rule will ever link the two again by itself; a person may."""
    with transaction.atomic():
        to = target_of(link)
        _demand(by.user, [link.letter_id], to)
        if link.removed_at is None:
            link.removed_at, link.removed_by = now, by.user
            link.save(update_fields=["removed_at", "removed_by"])
            keep_linked_true([link.letter_id])
            _note("letter_unlinked", to, link.letter, {"rule": link.rule}, by=by, now=now)
    return link


def restore_link(*, link: Link, by: Actor, now: datetime) -> Link:
    """Undo the removal of a link; from then on it counts as made by hand.

    Whoever removed it may, even if that hid the letter from them.
    """
    if by.user is None or link.removed_by_id != by.user.pk:
        return add_link(letter=link.letter, to=target_of(link), by=by, now=now)
    with transaction.atomic():
        to = target_of(link)
        _demand_record(by.user, to)
        restored = _revived(link, by=by, now=now)
        _note("letter_linked", to, link.letter, _subject(link.letter), by=by, now=now)
    return restored


def assign(*, letter_ids: Collection[int], to: Linkable, by: Actor, now: datetime) -> int:
    """Link many letters by hand; returns how many were not linked to the record before. One line in the journal."""
    ids = sorted(set(letter_ids))
    if len(ids) > MOST_ASSIGNED:
        raise UnableToLink(_("At most %(most)d emails can be linked at once.") % {"most": MOST_ASSIGNED})
    with transaction.atomic():
        _demand(by.user, ids, to)
        known = {link.letter_id: link for link in Link.objects.filter(letter_id__in=ids, **{kind_of(to): to})}
        removed = [link for link in known.values() if link.removed_at is not None]
        for link in removed:
            _revived(link, by=by, now=now)
        new = list(_letters(ids).exclude(pk__in=known).only("pk", "position"))
        linked_count = len(_made(new, to, by=by, now=now)) + len(removed)
        if linked_count:
            record(
                by=by,
                action="letters_linked",
                kind=kind_of(to),
                record_id=to.pk,
                name=str(to),
                changes={"count": linked_count, "letters": ids[:100]},
                now=now,
            )
    return linked_count


def undo_assign(*, made_at: datetime, by: Actor, now: datetime) -> int:
    """Take off the links that this person made by hand at exactly one moment. Returns how many. One line in the journal."""
    with transaction.atomic():
        links = Link.objects.filter(created_at=made_at, created_by=by.user, rule=Rule.MANUAL, removed_at=None)
        chosen = list(links.select_related("customer", "lead", "project")) if by.user is not None else []
        Link.objects.filter(pk__in=[link.pk for link in chosen]).update(removed_at=now, removed_by=by.user)
        keep_linked_true({link.letter_id for link in chosen})
        if chosen:
            to = target_of(chosen[0])
            changes = {"count": len(chosen), "letters": [link.letter_id for link in chosen[:100]]}
            kind = kind_of(to)
            record(by=by, action="letters_unlinked", kind=kind, record_id=to.pk, name=str(to), changes=changes, now=now)
    return len(chosen)


def kind_of(to: Linkable) -> str:
    """ "customer", "lead" or "project": the link's column and the journal's kind."""
    return to._meta.model_name or ""


def target_of(link: Link) -> Linkable:
    """The record that a link leads to."""
    to = link.customer or link.lead or link.project
    assert to is not None
    return to


def keep_linked_true(letter_ids: Iterable[int]) -> None:
    """Make Letter.is_linked say whether a link is left, after links were removed."""
    ids = set(letter_ids)
    left = set(Link.objects.filter(letter_id__in=ids, removed_at=None).values_list("letter_id", flat=True))
    if ids - left:
        _letters(ids - left).update(is_linked=False)
    if left:
        _letters(left).filter(is_linked=False).update(is_linked=True)


def _demand(user: User | None, letter_ids: Collection[int], to: Linkable) -> None:
    """Commands and the worker, which nobody signed in to, may link everything."""
    _demand_record(user, to)
    readable = visible_letters(user) if user is not None else _letters(letter_ids)
    if readable.filter(pk__in=letter_ids).count() < len(letter_ids):
        raise UnableToLink(_("Some of these emails are no longer there, or not for you to see."))


def _demand_record(user: User | None, to: Linkable) -> None:
    records: Any = type(to).objects
    if user is not None and not records.visible_to(user, Action.CHANGE).filter(pk=to.pk).exists():
        raise UnableToLink(_("You may not change “%(record)s”.") % {"record": to})


def _made(letters: Sequence[Letter], to: Linkable, *, by: Actor, now: datetime) -> list[int]:
    wanted = [WantedLink(letter.pk, letter.position, kind_of(to), to.pk, Rule.MANUAL) for letter in letters]
    return write_links(wanted, making=Making(now, by.user))


def _made_by_hand(letter: Letter, to: Linkable, *, by: Actor, now: datetime) -> Link:
    return Link.objects.get(pk=_made([letter], to, by=by, now=now)[0])


def _revived(link: Link, *, by: Actor, now: datetime) -> Link:
    link.removed_at = link.removed_by = None
    link.rule, link.created_by, link.created_at = Rule.MANUAL, by.user, now
    link.matched_address = link.matched_role = ""
    link.batch = None
    link.save()
    keep_linked_true([link.letter_id])
    return link


def _letters(ids: Collection[int]) -> LetterQuerySet:
    return Letter.objects.unscoped(_WHY).filter(pk__in=ids)


def _subject(letter: Letter) -> dict[str, Any]:
    """What the journal says of the letter: of a private one nothing, since administrators read the journal, not the letter."""
    return {} if letter.is_private else {"subject": letter.subject}


def _note(action: str, to: Linkable, letter: Letter, facts: dict[str, Any], *, by: Actor, now: datetime) -> None:
    changes = {"letter": letter.pk, **facts}
    record(by=by, action=action, kind=kind_of(to), record_id=to.pk, name=str(to), changes=changes, now=now)


__all__ = (
    "MOST_ASSIGNED",
    "Linkable",
    "UnableToLink",
    "add_link",
    "assign",
    "ends_of",
    "keep_linked_true",
    "kind_of",
    "remove_link",
    "restore_link",
    "target_of",
    "undo_assign",
)
