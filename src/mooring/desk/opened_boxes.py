"""What a session knows of sales mailboxes that were opened with number and password.

It keeps each box's stamp for some hours; a box is closed again once its password is another,
it was locked, or its hours are over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from mooring.sales.models import SalesMailbox
from mooring.sales.opening import fits, stamp_of

HOURS: Final = timedelta(hours=8)
_KEPT: Final = "opened_boxes"
_WHY = "a session opened these boxes with their passwords"


def remember(request: HttpRequest, box: SalesMailbox, *, now: datetime) -> None:
    """The box stays open in this session."""
    kept = request.session.get(_KEPT, {})
    request.session[_KEPT] = {**kept, str(box.pk): [stamp_of(box), (now + HOURS).isoformat()]}


def forget(request: HttpRequest, box: SalesMailbox) -> None:
    """The box is closed in this session."""
    kept = request.session.get(_KEPT, {})
    if kept.pop(str(box.pk), None):
        request.session[_KEPT] = kept


def opened(request: HttpRequest) -> frozenset[int]:
    """The ids of the boxes that are open in this session. One query, and none for sessions that opened nothing."""
    found: frozenset[int] | None = getattr(request, "_opened_boxes", None)
    if found is None:
        found = _still_open(request.session.get(_KEPT, {}), now=timezone.now())
        request._opened_boxes = found  # type: ignore[attr-defined]  # kept for the rest of this request
    return found


def _still_open(kept: dict[str, Any], *, now: datetime) -> frozenset[int]:
    stamps = {int(pk): stamp for pk, (stamp, until) in kept.items() if datetime.fromisoformat(until) > now}
    if not stamps:
        return frozenset()
    boxes = SalesMailbox.objects.unscoped(_WHY).filter(pk__in=stamps, locked_at=None).only("pk", "password")
    return frozenset(box.pk for box in boxes if fits(box, stamps[box.pk]))
