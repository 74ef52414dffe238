"""Notices: made when a reminder is due, and read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction

from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.letters.handling import assign_letters
from mooring.users.journal import Actor
from mooring.users.models import User

_AT_ONCE: Final = 200
_WHY: Final = "the worker reminds everybody"


def remind(*, now: datetime) -> int:
    """Tell the owners of activities whose reminder is due; returns how many. Two workers at once tell nobody twice."""
    due = Activity.objects.unscoped(_WHY).filter(remind_at__lte=now, reminded_at=None, done_at=None, removed_at=None)
    told = 0
    for activity in due.order_by("remind_at", "id")[:_AT_ONCE]:
        with transaction.atomic():
            mine = Activity.objects.unscoped(_WHY).filter(pk=activity.pk, reminded_at=None).update(reminded_at=now)
            if mine:
                Notice.objects.create(user_id=activity.owner_id, kind=NoticeKind.REMINDER, activity=activity, at=now)
                told += 1
    return told


def give_letters(
    *, letter_ids: Collection[int], to: User | None, by: Actor, now: datetime, with_conversations: bool = False
) -> list[int]:
    """Assign letters of a team and tell, with one notice for all, whom they were given to, unless they took them themselves.

    Raises UnableToHandle.
    """
    with transaction.atomic():
        changed = assign_letters(letter_ids=letter_ids, to=to, by=by, now=now, with_conversations=with_conversations)
        if changed and to is not None and to != by.user:
            Notice.objects.create(user=to, kind=NoticeKind.LETTER_GIVEN, letter_id=changed[-1], at=now)
    return changed


def mark_read(*, user: User, now: datetime) -> int:
    """All notices of the user are read; returns how many were new. Personal, so the journal does not tell."""
    return Notice.objects.filter(user=user, read_at=None).update(read_at=now)
