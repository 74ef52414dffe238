"""What others changed since somebody was here last: on the own customers, leads, opportunities, pipelines and sales mailboxes.

The browser remembers when that was, so that looking writes nothing here. Within an hour it is the same visit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mooring.customers.models import Customer, Lead
from mooring.desk.journal_words import moment_of
from mooring.sales.models import Opportunity, Pipeline, SalesMailbox
from mooring.ui.parts import Moment
from mooring.users.journal import entries_since
from mooring.users.models import User

MOST_CHANGES: Final = 10
_COOKIE: Final = "visits"
_YEAR: Final = 31_536_000
_ONE_VISIT: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(days=30)
_WITHOUT_MEMORY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Visit:
    """`since` is the end of the visit before this one; `seen_at` is now."""

    since: datetime
    seen_at: datetime


def visit_of(request: HttpRequest, *, now: datetime) -> Visit:
    """As the browser remembers; a week back where it does not, and never longer than thirty days."""
    before, _, latest = request.COOKIES.get(_COOKIE, "").partition(".")
    since, seen_at = _moment(before, now), _moment(latest, now)
    if seen_at is None or since is None:
        return Visit(now - _WITHOUT_MEMORY, now)
    begins = seen_at if now - seen_at > _ONE_VISIT else since
    return Visit(max(begins, now - _LONGEST), now)


def remember_visit(request: HttpRequest, response: HttpResponse, visit: Visit) -> HttpResponse:
    text = f"{int(visit.since.timestamp())}.{int(visit.seen_at.timestamp())}"
    response.set_cookie(_COOKIE, text, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


def changes_since(user: User, since: datetime) -> list[Moment]:
    """Who did what, without the values: those stand on the cards, with their rights. One query."""
    about: dict[str, QuerySet[Any]] = {
        "customer": Customer.objects.visible_to(user).filter(owner=user),
        "lead": Lead.objects.visible_to(user).filter(owner=user),
        "opportunity": Opportunity.objects.visible_to(user).filter(owner=user),
        "pipeline": Pipeline.objects.visible_to(user).filter(mailbox__owner=user),
        "sales_mailbox": SalesMailbox.objects.visible_to(user).filter(owner=user),
    }
    entries = entries_since(since, about=about, not_by=user, limit=MOST_CHANGES)
    return [replace(moment_of(entry), detail="") for entry in entries]


def _moment(text: str, now: datetime) -> datetime | None:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return None
    return min(datetime.fromtimestamp(int(text), UTC), timezone.localtime(now))
