"""One cell of the access matrices: a principal asks an address, the answer is put into a word, and what was done is undone."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from desk.digests import digest, writes
from desk.policy_words import Row, address_name


class Place(Protocol):
    """A world in which there are things to name and people to ask."""

    clients: dict[str, Client]

    def value(self, text: Any) -> Any: ...


class Asking:
    """Asks in one world, whose database it leaves as it found it."""

    def __init__(self, world: Place, *, secret: str = "") -> None:
        self._world = world
        self._before = digest()
        self._secret = secret.strip().encode()

    def word(self, principal: str, name: str, row: Row, method: str) -> str:
        """What the principal is answered: "W" in front if the database changed, “told” behind if the answer holds the secret."""
        cache.clear()
        client = self._same_browser(principal)
        data = _values(self._world, row.data) if method == "post" else {}
        with transaction.atomic():
            with writes() as written:
                answer = getattr(client, method)(address_of(self._world, name, row), data)
            assert_private(answer, name)
            changed = "W" if written and digest() != self._before else ""
            transaction.set_rollback(True)
        told = " told" if self._secret and self._secret in _content(answer) else ""
        return changed + _word(answer) + told

    def _same_browser(self, principal: str) -> Client:
        """A copy, so that cookies set by one cell do not reach the next."""
        copy = Client()
        copy.cookies.update(self._world.clients[principal].cookies)
        return copy


def address_of(world: Place, name: str, row: Row) -> str:
    """Where a row leads, with what stands behind the ? of it."""
    url = reverse(address_name(name), args=[world.value(arg) for arg in row.args])
    return f"{url}?{urlencode(_values(world, row.query), doseq=True)}" if row.query else url


def _values(world: Place, fields: dict[str, Any]) -> dict[str, Any]:
    return {field: _value(world, value) for field, value in fields.items()}


def _value(world: Place, value: Any) -> Any:
    """Of several values each."""
    return [world.value(each) for each in value] if isinstance(value, tuple) else world.value(value)


def _content(answer: Any) -> bytes:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body + repr(dict(answer.headers)).encode()


def _word(answer: Any) -> str:
    if answer.status_code in (301, 302, 303):
        to = answer.headers["Location"]
        if to.startswith("/accounts/login/?next="):
            return "login"
        return "door" if to.startswith("/portal/sign-in/") else "see"
    return "ok" if answer.status_code == 200 else str(answer.status_code)


def assert_private(answer: Any, name: str) -> None:
    """The headers that every answer has."""
    headers = answer.headers
    # A calendar program keeps its calendar and asks each time whether it changed.
    is_kept = "text/calendar" in headers.get("Content-Type", "")
    assert ("private, no-cache" if is_kept else "no-store") in headers["Cache-Control"], name
    assert headers["X-Content-Type-Options"] == "nosniff", name
    assert headers["Referrer-Policy"] == "same-origin", name
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, name
    # The frame of a stranger's letter may style itself; it is sandboxed and runs nothing.
    assert "unsafe" not in policy or ("sandbox" in policy and "script-src" not in policy), name
    assert "frame-ancestors" in policy, name
