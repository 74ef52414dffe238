"""Private by hand: a letter, a conversation, everything of a sender; and open again.

Privacy belongs to the delivery, the place in one account. A letter is private, and off the records of colleagues, when all its
places are: Letter.is_private is kept true to that here and by storing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import Arrival, KnownLetter
from mooring.letters.mailboxes import own_deliveries
from mooring.letters.models import Delivery, Letter, MailAccount, Participant, PrivateMark
from mooring.letters.models.letter import LetterQuerySet
from mooring.letters.visibility import in_written_accounts
from mooring.mail.addresses import match_key
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.scoping import has_none

_WHY: Final = "privacy is kept true whoever may read the letters"


class UnableToMarkPrivate(Exception):
    """Nothing was marked; the text is fit for the user."""


def make_private(*, letter_ids: Collection[int], by: Actor, now: datetime) -> int:
    """These letters, in one's own mailboxes. Returns how many were open there."""
    with transaction.atomic():
        ids = _close(own_deliveries(reader=_reader(by), letter_ids=letter_ids, must_write=True), now)
        _note("letters_made_private", ids, by=by, now=now)
    return len(ids)


def make_conversation_private(*, letter_ids: Collection[int], by: Actor, now: datetime) -> int:
    """The whole conversations of these letters, and what still comes to them."""
    with transaction.atomic():
        rows = own_deliveries(reader=_reader(by), letter_ids=letter_ids, with_conversations=True, must_write=True)
        pairs = set(rows.filter(letter__thread__isnull=False).values_list("account_id", "letter__thread_id"))
        marks = [
            PrivateMark(account_id=account_id, thread_id=thread_id, created_by=by.user, created_at=now)
            for account_id, thread_id in sorted(pairs)
        ]
        PrivateMark.objects.bulk_create(marks, ignore_conflicts=True)
        ids = _close(rows, now)
        _note("conversations_made_private", ids, by=by, now=now)
    return len(ids)


def make_sender_private(*, address: str, by: Actor, now: datetime) -> int:
    """Everything this sender wrote or will write to one's own mailboxes. Returns how many letters were open there."""
    key, reader = match_key(address), _reader(by)
    if not key:
        raise UnableToMarkPrivate(_("This is not an email address."))
    accounts = MailAccount.objects.limited_to(in_written_accounts(reader)).filter(removed_at=None)
    with transaction.atomic():
        marks = [PrivateMark(account=account, key=key, created_by=reader, created_at=now) for account in accounts]
        if not marks:
            raise UnableToMarkPrivate(_("You have no mailbox in which this sender could be private."))
        PrivateMark.objects.bulk_create(marks, ignore_conflicts=True)
        ids = _close(_of_sender(reader, key), now)
        record(by=by, action="sender_made_private", kind="letter", record_id=None, name=key, changes={"count": len(ids)}, now=now)
    return len(ids)


def make_open(*, letter_ids: Collection[int], by: Actor, now: datetime, with_conversations: bool = False) -> list[int]:
    """Private no longer: these letters, or all of their conversations and what still comes to them. Returns their ids."""
    with transaction.atomic():
        rows = own_deliveries(reader=_reader(by), letter_ids=letter_ids, with_conversations=with_conversations, must_write=True)
        if with_conversations:
            threads = set(rows.values_list("letter__thread_id", flat=True))
            accounts = set(rows.values_list("account_id", flat=True))
            PrivateMark.objects.filter(account__in=accounts, thread__in=threads).delete()
        ids = _open(rows)
        _note("letters_made_open", ids, by=by, now=now)
    return ids


def make_sender_open(*, address: str, by: Actor, now: datetime) -> int:
    """The sender is private no longer, nor are the letters that were so by hand. Returns how many."""
    key, reader = match_key(address), _reader(by)
    with transaction.atomic():
        marks = PrivateMark.objects.filter(in_written_accounts(reader, account="account"), key=key)
        if not key or not marks.exists():
            return 0
        marks.delete()
        ids = _open(_of_sender(reader, key).filter(made_private_at__isnull=False))
        record(by=by, action="sender_made_open", kind="letter", record_id=None, name=key, changes={"count": len(ids)}, now=now)
    return len(ids)


def undo_private(*, made_private_at: datetime, by: Actor, now: datetime) -> int:
    """Take back what was made private at exactly this moment, letters and marks."""
    reader = _reader(by)
    with transaction.atomic():
        ours = in_written_accounts(reader, account="account")
        PrivateMark.objects.filter(ours, created_at=made_private_at, created_by=reader).delete()
        ids = _open(own_deliveries(reader=reader, must_write=True).filter(made_private_at=made_private_at))
        _note("letters_made_open", ids, by=by, now=now)
    return len(ids)


def private_senders(*, reader: User, keys: Collection[str]) -> set[str]:
    """Which of the senders are private in one of the reader's accounts. One query."""
    marks = PrivateMark.objects.filter(in_written_accounts(reader, account="account"), key__in=set(keys) - {""})
    return set(marks.values_list("key", flat=True)) if reader.is_active else set()


def marked_private(arrivals: Sequence[Arrival], letters: Mapping[str, KnownLetter]) -> set[tuple[int, str, str]]:
    """The places of those arriving letters that somebody marked before they came; one query."""
    keys = {key for arrival in arrivals for key in _senders(arrival)}
    threads = {letter.thread_id for letter in letters.values() if letter.thread_id is not None}
    if not arrivals:
        return set()
    marks = PrivateMark.objects.filter(account__in={arrival.account_id for arrival in arrivals})
    chosen = marks.filter(Q(key__in=any_of(keys)) | Q(thread__in=any_of(threads)))
    found: set[tuple[int, str, int | None]] = set(chosen.values_list("account_id", "key", "thread_id"))
    return {
        arrival.place
        for arrival in (arrivals if found else ())
        if any((arrival.account_id, key, None) in found for key in _senders(arrival))
        or (arrival.account_id, "", letters[arrival.fingerprint].thread_id) in found
    }


def keep_private_true(letter_ids: Collection[int]) -> None:
    """Make Letter.is_private say whether every place of the letter is private. Two statements."""
    letters = _letters().filter(pk__in=any_of(set(letter_ids)))
    open_places = Delivery.objects.filter(letter=OuterRef("pk"), is_private=False)
    letters.filter(has_none(open_places), is_private=False, deliveries__isnull=False).update(is_private=True)
    letters.exclude(has_none(open_places)).filter(is_private=True).update(is_private=False)


def _close(rows: QuerySet[Delivery, Any], now: datetime) -> list[int]:
    pairs = list(rows.filter(is_private=False).values_list("pk", "letter_id"))
    Delivery.objects.filter(pk__in=any_of({pk for pk, _letter in pairs})).update(is_private=True, made_private_at=now)
    return _kept_true(pairs)


def _open(rows: QuerySet[Delivery, Any]) -> list[int]:
    pairs = list(rows.filter(is_private=True).values_list("pk", "letter_id"))
    Delivery.objects.filter(pk__in=any_of({pk for pk, _letter in pairs})).update(is_private=False, made_private_at=None)
    return _kept_true(pairs)


def _kept_true(pairs: Sequence[tuple[int, int]]) -> list[int]:
    ids = sorted({letter_id for _pk, letter_id in pairs})
    keep_private_true(ids)
    return ids


def _of_sender(reader: User, key: str) -> QuerySet[Delivery, Any]:
    people = Participant.objects.filter(role="from", key=key).values("letter_id")
    return own_deliveries(reader=reader, must_write=True).filter(letter_id__in=people)


def _senders(arrival: Arrival) -> list[str]:
    """A sender that can be read in two ways is trusted here: what is private by mistake can be opened, not taken back."""
    return [sender.key for sender in arrival.letter.header.from_ if sender.key]


def _letters() -> LetterQuerySet:
    return Letter.objects.unscoped(_WHY)


def _reader(by: Actor) -> User:
    assert by.user is not None, "a mailbox is its reader's"
    return by.user


def _note(action: str, ids: list[int], *, by: Actor, now: datetime) -> None:
    """Of what the letters say the journal says nothing: administrators read it, and not the letters."""
    if ids:
        changes = {"count": len(ids), "letters": ids[:100]}
        record(by=by, action=action, kind="letter", record_id=ids[0], name="", changes=changes, now=now)
