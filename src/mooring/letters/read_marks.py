"""Read and unread, as the readers of a mailbox mark it here. Never told to the server, and never written into the journal:
what somebody has looked at is nobody else's business.

In a personal account the delivery itself says it; in a team's account each member has marks of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models import OuterRef, Q

from mooring.customers.value_lists import any_of
from mooring.letters.mailboxes import Place, own_deliveries
from mooring.letters.models import Delivery, ReadMark
from mooring.users.models import User
from mooring.users.scoping import has_any, has_none


def mark_read(*, letter_ids: Collection[int], reader: User, with_conversations: bool = False) -> list[int]:
    """The letters, or all of their conversations, are read. Returns the ids of those that were unread."""
    return _mark(letter_ids, reader, is_unread=False, with_conversations=with_conversations)


def mark_unread(*, letter_ids: Collection[int], reader: User) -> list[int]:
    """The letters are to be read again. Returns the ids of those that were read."""
    return _mark(letter_ids, reader, is_unread=True, with_conversations=False)


def is_unread_for(place: Place) -> Q:
    """Of deliveries: that the reader of the place has not read them."""
    if not place.team_ids:
        return Q(is_unread=True)
    marks = ReadMark.objects.filter(user_id=place.reader_id, letter=OuterRef("letter_id"))
    of_team = (Q(is_unread=True) & has_none(marks.filter(is_read=True))) | has_any(marks.filter(is_read=False))
    if set(place.account_ids) <= set(place.team_ids):
        return of_team
    return (Q(is_unread=True) & ~Q(account_id__in=place.team_ids)) | (Q(account_id__in=place.team_ids) & of_team)


def marks_of(*, place: Place, letter_ids: Collection[int]) -> Mapping[int, bool]:
    """Letter id -> whether it is unread, for those that the reader of the place marked; asks nothing without a team."""
    if not place.team_ids or not letter_ids:
        return {}
    marks = ReadMark.objects.filter(user_id=place.reader_id, letter_id__in=any_of(set(letter_ids)))
    return {letter_id: not is_read for letter_id, is_read in marks.values_list("letter_id", "is_read")}


def _mark(letter_ids: Collection[int], reader: User, *, is_unread: bool, with_conversations: bool) -> list[int]:
    with transaction.atomic():
        rows = own_deliveries(reader=reader, letter_ids=letter_ids, with_conversations=with_conversations)
        own = list(rows.filter(account__is_team=False).exclude(is_unread=is_unread).values_list("pk", "letter_id"))
        Delivery.objects.filter(pk__in=any_of({pk for pk, _letter_id in own})).update(is_unread=is_unread)
        of_team = list(rows.filter(account__is_team=True).values_list("letter_id", "is_unread"))
        changed = _mark_in_teams(of_team, reader, is_unread=is_unread)
    return sorted({*changed, *(letter_id for _pk, letter_id in own)})


def _mark_in_teams(letters: Sequence[tuple[int, bool]], reader: User, *, is_unread: bool) -> set[int]:
    known = ReadMark.objects.filter(user=reader, letter_id__in=any_of({letter_id for letter_id, _default in letters}))
    marks = {letter_id: not is_read for letter_id, is_read in known.values_list("letter_id", "is_read")}
    changed = {letter_id for letter_id, default in letters if marks.get(letter_id, default) is not is_unread}
    rows = [ReadMark(user=reader, letter_id=letter_id, is_read=not is_unread) for letter_id in sorted(changed)]
    ReadMark.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "letter"], update_fields=["is_read"], batch_size=500
    )
    return changed
