"""Sessions of staff as a list that they see: noted when one signs in, and when the browser comes back after a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from mooring.desk.browser_words import browser_in_words, is_phone
from mooring.users.models import User
from mooring.users.open_sessions import keep_session, open_sessions_of

_MARK: Final = "open_session"
"""In the session: which line of the list it is, under which key, when it was begun, and when it was last noted."""
_EVERY: Final = timedelta(minutes=5)
"""A click writes nothing more often than that."""


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One browser of the list."""

    pk: int
    browser: str
    address: str
    began_at: datetime
    seen_at: datetime
    is_this: bool
    is_phone: bool


class OpenSessionMiddleware:
    """Stands behind the middleware that knows who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """After the answer, when it is known who is signed in and under which key the session goes on."""
        response = self.get_response(request)
        user = getattr(request, "_cached_user", None)
        if isinstance(user, User):
            _note_again(request, user)
        return response


def begin_session(request: HttpRequest, user: User) -> None:
    """Somebody has just signed in."""
    now = timezone.now()
    _note(request, user, session_id=None, began_at=now, now=now)


def session_lines(request: HttpRequest, user: User) -> list[SessionLine]:
    """This browser first, then those that were seen last."""
    mine = _mark_of(request).get("id")
    lines = [
        SessionLine(
            pk=each.pk,
            browser=browser_in_words(each.browser),
            address=each.address,
            began_at=each.began_at,
            seen_at=each.seen_at,
            is_this=each.pk == mine,
            is_phone=is_phone(each.browser),
        )
        for each in open_sessions_of(user, now=timezone.now())
    ]
    return sorted(lines, key=lambda line: not line.is_this)


def _note_again(request: HttpRequest, user: User) -> None:
    mark = _mark_of(request)
    if not mark or not request.session.session_key:
        return
    now = timezone.now()
    is_fresh = now - datetime.fromtimestamp(mark["seen"], UTC) < _EVERY
    if is_fresh and mark["key"] == request.session.session_key:
        return
    _note(request, user, session_id=mark["id"], began_at=datetime.fromtimestamp(mark["began"], UTC), now=now)


def _note(request: HttpRequest, user: User, *, session_id: int | None, began_at: datetime, now: datetime) -> None:
    key = request.session.session_key
    if not key:
        return
    session = keep_session(
        user=user,
        key=key,
        address=request.META.get("REMOTE_ADDR", ""),
        browser=request.headers.get("User-Agent", ""),
        began_at=began_at,
        now=now,
        session_id=session_id,
    )
    request.session[_MARK] = {"id": session.pk, "key": key, "began": began_at.timestamp(), "seen": now.timestamp()}


def _mark_of(request: HttpRequest) -> dict[str, Any]:
    mark = request.session.get(_MARK)
    return mark if isinstance(mark, dict) else {}
