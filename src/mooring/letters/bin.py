"""Deleted here: a letter leaves its owner's mailbox for the bin, comes back from there, or goes after thirty days.

What stands on the cards of others is not the owner's to take away: an archived letter that is linked to a record stays there
(docs/decisions/0017 says why). Whether it goes from the server is a matter of the account, and of the room sync.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from mooring.letters.contents import remove_contents
from mooring.letters.mailboxes import own_deliveries
from mooring.letters.models import Delivery, Letter, Original
from mooring.users.journal import Actor, record
from mooring.users.models import User

KEPT_FOR: Final = timedelta(days=30)
MOST_EMPTIED: Final = 200
"""So many places are emptied in one transaction."""
_WHY: Final = "nobody's mailbox holds these letters any more"


def put_into_bin(*, letter_ids: Collection[int], by: Actor, now: datetime, with_conversations: bool = False) -> int:
    """Delete letters from one's own mailboxes. Returns how many; their `binned_at` is exactly `now`."""
    reader = _reader(by)
    with transaction.atomic():
        rows = _places(reader, letter_ids, with_conversations)
        ids = sorted(set(rows.filter(binned_at=None).values_list("letter_id", flat=True)))
        rows.filter(binned_at=None).update(binned_at=now)
        _note("letters_binned", ids, by=by, now=now)
    return len(ids)


def take_from_bin(*, letter_ids: Collection[int], by: Actor, now: datetime) -> int:
    """Put letters back where they were. Returns how many were in the bin."""
    with transaction.atomic():
        rows = own_deliveries(reader=_reader(by), letter_ids=letter_ids, must_write=True).filter(binned_at__isnull=False)
        ids = sorted(set(rows.values_list("letter_id", flat=True)))
        rows.update(binned_at=None)
        _note("letters_restored", ids, by=by, now=now)
    return len(ids)


def undo_bin(*, binned_at: datetime, by: Actor, now: datetime) -> int:
    """Take back what was deleted at exactly this moment."""
    rows = own_deliveries(reader=_reader(by), must_write=True).filter(binned_at=binned_at)
    return take_from_bin(letter_ids=set(rows.values_list("letter_id", flat=True)), by=by, now=now)


def due_for_emptying(*, now: datetime) -> list[Delivery]:
    """Places that have been in the bin for thirty days, the longest first; at most MOST_EMPTIED.

    Where the account removes from the server what was deleted here, a place waits until it is gone there (sync.removals).
    """
    rows = Delivery.objects.filter(binned_at__lte=now - KEPT_FOR).exclude(_is_to_be_removed())
    return list(rows.order_by("binned_at", "pk")[:MOST_EMPTIED])


def empty(*, deliveries: Collection[Delivery], by: Actor, now: datetime) -> int:
    """The places go for good, and with them letters that lie nowhere else and belong to no record. Returns how many letters went.

    Their bytes stay in their pack until packs are written anew; nothing leads to them any more.
    """
    if not deliveries:
        return 0
    with transaction.atomic():
        ids = sorted({delivery.letter_id for delivery in deliveries})
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).delete()
        left = dict.fromkeys(ids, True)
        for letter_id, is_private in Delivery.objects.filter(letter_id__in=ids).values_list("letter_id", "is_private"):
            left[letter_id] = left[letter_id] and is_private
        count = sum(_settle(letter, left[letter.pk]) for letter in Letter.objects.unscoped(_WHY).filter(pk__in=ids))
        _note("bin_emptied", ids, by=by, now=now)
    return count


def _is_to_be_removed() -> Q:
    account = {"account__removes_when_deleted": True, "account__removed_at": None, "account__is_scanned": True}
    return Q(gone_since=None, folder__isnull=False, **account)


def _settle(letter: Letter, is_private: bool) -> bool:
    """A letter without its place stays where others have it: in their mailboxes, or openly on a record."""
    is_anywhere = letter.deliveries.exists()
    if is_anywhere:
        if letter.is_private is not is_private:
            Letter.objects.unscoped(_WHY).filter(pk=letter.pk).update(is_private=is_private)
        return False
    if letter.is_linked and not letter.is_private:
        return False
    original_id = letter.original_id
    remove_contents(letter)
    letter.delete()
    if not Letter.objects.unscoped(_WHY).filter(original_id=original_id).exists():
        Original.objects.filter(pk=original_id).delete()
    return True


def _places(reader: User, letter_ids: Collection[int], with_conversations: bool) -> QuerySet[Delivery]:
    return own_deliveries(reader=reader, letter_ids=letter_ids, with_conversations=with_conversations, must_write=True)


def _reader(by: Actor) -> User:
    assert by.user is not None, "a mailbox is its reader's"
    return by.user


def _note(action: str, ids: list[int], *, by: Actor, now: datetime) -> None:
    """Of what the letters say the journal says nothing: administrators read it, and not the letters."""
    if ids:
        changes = {"count": len(ids), "letters": ids[:100]}
        record(by=by, action=action, kind="letter", record_id=ids[0], name="", changes=changes, now=now)
