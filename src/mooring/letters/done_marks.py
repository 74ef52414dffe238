"""Done and to do: what the reader of a mailbox has dealt with leaves the inbox and stays among all letters.

Done is done for everybody of a team, read only for who said so. Like read marks it leaves no line in the journal.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from mooring.letters.mailboxes import own_deliveries
from mooring.letters.models import Delivery
from mooring.letters.read_marks import mark_read
from mooring.users.models import User


def mark_done(*, letter_ids: Collection[int], reader: User, now: datetime, with_conversations: bool = False) -> int:
    """The letters are dealt with, and read by the reader. Returns how many were still to do; their `done_at` is exactly `now`."""
    places = _places(reader, letter_ids, with_conversations).filter(done_at=None)
    with transaction.atomic():
        mark_read(letter_ids=set(places.values_list("letter_id", flat=True)), reader=reader)
        return places.update(done_at=now)


def mark_to_do(*, letter_ids: Collection[int], reader: User, with_conversations: bool = False) -> int:
    """Back into the inbox. Returns how many were done."""
    rows = _places(reader, letter_ids, with_conversations)
    return rows.filter(done_at__isnull=False).update(done_at=None)


def undo_done(*, marked_at: datetime, reader: User) -> int:
    """Take back what was marked done at exactly this moment."""
    return own_deliveries(reader=reader, must_write=True).filter(done_at=marked_at).update(done_at=None)


def _places(reader: User, letter_ids: Collection[int], with_conversations: bool) -> QuerySet[Delivery]:
    return own_deliveries(reader=reader, letter_ids=letter_ids, with_conversations=with_conversations, must_write=True)
