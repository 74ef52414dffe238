"""Reading the outbox for pages: whose letters somebody sees there, and how many need a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db.models import Count, Q

from mooring.letters.models import OutgoingLetter, OutgoingState
from mooring.letters.models.outgoing import OutgoingLetterQuerySet
from mooring.letters.visibility import accounts_read_by
from mooring.users.models import User

NEEDS_PERSON: Final = (OutgoingState.FAILED, OutgoingState.UNKNOWN)


def outgoing_of(user: User) -> OutgoingLetterQuerySet:
    """What the user wrote, and what left or is to leave from accounts that the user reads. Drafts are their author's alone."""
    if not user.is_active:
        return OutgoingLetter.objects.limited_to(Q(pk__in=()))
    from_accounts = Q(account__in=accounts_read_by(user)) & ~Q(state=OutgoingState.DRAFT)
    return OutgoingLetter.objects.limited_to(Q(author=user) | from_accounts)


def outbox_of(user: User) -> OutgoingLetterQuerySet:
    """The same without drafts, the latest first, with what a list shows."""
    letters = outgoing_of(user).exclude(state=OutgoingState.DRAFT)
    return letters.select_related("account", "author").prefetch_related("recipients").order_by("-queued_at", "-id")


def counts_by_state(user: User) -> Mapping[str, int]:
    """How many letters the user's outbox holds in each state that is not over."""
    letters = outgoing_of(user).exclude(state__in=(OutgoingState.SENT, OutgoingState.DRAFT))
    return dict(letters.order_by().values_list("state").annotate(Count("pk")))
