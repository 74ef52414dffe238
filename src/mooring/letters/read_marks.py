"""Read and unread, as the reader of a mailbox marks it here. Never told to the server, and never written into the journal:
what somebody has looked at is nobody else's business.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from mooring.letters.mailboxes import own_deliveries
from mooring.users.models import User


def mark_read(*, letter_ids: Collection[int], reader: User, with_conversations: bool = False) -> list[int]:
    """The letters, or all of their conversations, are read. Returns the ids of those that were unread."""
    return _mark(letter_ids, reader, is_unread=False, with_conversations=with_conversations)


def mark_unread(*, letter_ids: Collection[int], reader: User) -> list[int]:
    """The letters are to be read again. Returns the ids of those that were read."""
    return _mark(letter_ids, reader, is_unread=True, with_conversations=False)


def _mark(letter_ids: Collection[int], reader: User, *, is_unread: bool, with_conversations: bool) -> list[int]:
    with transaction.atomic():
        rows = own_deliveries(reader=reader, letter_ids=letter_ids, with_conversations=with_conversations)
        changed = list(rows.exclude(is_unread=is_unread).values_list("pk", "letter_id"))
        rows.filter(pk__in=[pk for pk, _letter_id in changed]).update(is_unread=is_unread)
    return sorted({letter_id for _pk, letter_id in changed})
