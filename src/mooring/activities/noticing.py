"""Notices: made when a reminder is due, when a letter is given to somebody, when a mailbox wants a sign-in; and read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import OuterRef

from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.customers.models import Customer
from mooring.letters.handling import assign_letters
from mooring.letters.models import Grant, Letter, MailAccount
from mooring.users.journal import Actor
from mooring.users.models import Role, User
from mooring.users.scoping import has_any, has_none

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


def tell_of_lost_sign_ins(*, now: datetime) -> int:
    """Tell whom it concerns, once, that a mailbox must be signed in to again; and no longer where that was done.

    Returns how many were told: the owner of the mailbox, of a team's whoever signed in, and administrators where that one
    left or may not open it any more.
    """
    lost = Grant.objects.filter(gone_at__isnull=False, account__isnull=False, account__removed_at=None)
    open_ones = Notice.objects.filter(kind=NoticeKind.SIGN_IN, read_at=None)
    open_ones.exclude(has_any(lost.filter(account=OuterRef("account")))).update(read_at=now)
    told = Notice.objects.filter(kind=NoticeKind.SIGN_IN, account=OuterRef("account"), at__gte=OuterRef("gone_at"))
    notices = []
    for grant in lost.filter(has_none(told)).select_related("account__owner", "granted_by").order_by("gone_at", "id")[:_AT_ONCE]:
        account = grant.account
        assert account is not None  # asked for above
        users = _who_signs_in(account, grant.granted_by)
        notices += [Notice(user=user, kind=NoticeKind.SIGN_IN, account=account, at=now) for user in users]
    Notice.objects.bulk_create(notices)
    return len(notices)


def _who_signs_in(account: MailAccount, granted_by: User) -> list[User]:
    user = account.owner or granted_by
    if user.is_active and MailAccount.objects.visible_to(user).filter(pk=account.pk).exists():
        return [user]
    return list(User.objects.filter(is_active=True, role=Role.ADMINISTRATOR).order_by("id"))


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


def tell_of_message(*, letter: Letter, customer: Customer, now: datetime) -> Notice | None:
    """Tell whoever looks after the customer that one of its people wrote in the portal; nobody where nobody does."""
    owner = customer.owner
    if owner is None or not owner.is_active:
        return None
    return Notice.objects.create(user=owner, kind=NoticeKind.PORTAL, letter=letter, at=now)


def mark_read(*, user: User, now: datetime) -> int:
    """All notices of the user are read; returns how many were new. Personal, so the journal does not tell."""
    return Notice.objects.filter(user=user, read_at=None).update(read_at=now)
