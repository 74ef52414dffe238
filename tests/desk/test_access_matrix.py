"""Every address of the desk x GET and POST x six principals, as the table in policy.py has it.

What is denied leaves the database as it was; so does every GET. Every answer carries the headers that keep it private.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from desk.digests import digest, writes
from desk.policy import ROWS
from desk.policy_words import PRINCIPALS, Row, address_name
from desk.world import World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_address_has_a_row_in_the_policy() -> None:
    names = set(names_of(get_resolver().url_patterns))
    assert {name for name in names if not is_of_portal(name)} == {address_name(name) for name in ROWS}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_the_policy_holds_for(principal: str, method: str) -> None:
    world = make_world()
    before = digest()
    wanted = {name: getattr(row, method).split()[PRINCIPALS.index(principal)] for name, row in ROWS.items()}
    found = {name: _outcome(world, principal, name, row, method, before) for name, row in ROWS.items()}
    assert {name: word for name, word in found.items() if word != wanted[name]} == {}


def _outcome(world: World, principal: str, name: str, row: Row, method: str, before: dict[str, int]) -> str:
    """What the principal is answered, with "W" in front if the database changed. Undoes what was done."""
    url = reverse(address_name(name), args=[world.value(arg) for arg in row.args])
    if row.query:
        url += f"?{urlencode({field: _value(world, value) for field, value in row.query.items()}, doseq=True)}"
    data = {field: _value(world, value) for field, value in row.data.items()} if method == "post" else {}
    client = _same_browser(world.clients[principal])
    with transaction.atomic():
        with writes() as written:
            answer = getattr(client, method)(url, data)
        assert_private(answer, url)
        changed = "W" if written and digest() != before else ""
        transaction.set_rollback(True)
    return changed + _word(answer)


def _value(world: World, value: Any) -> Any:
    """Of several values each."""
    return [world.value(each) for each in value] if isinstance(value, tuple) else world.value(value)


def _same_browser(client: Client) -> Client:
    """A copy, so that cookies set by one cell do not reach the next."""
    copy = Client()
    copy.cookies.update(client.cookies)
    return copy


def _word(answer: Any) -> str:
    if answer.status_code in (301, 302, 303):
        return "login" if answer.headers["Location"].startswith("/accounts/login/?next=") else "see"
    return "ok" if answer.status_code == 200 else str(answer.status_code)


def assert_private(answer: Any, url: str) -> None:
    """The headers that every answer has."""
    headers = answer.headers
    # A calendar program keeps its calendar and asks each time whether it changed.
    is_kept = "text/calendar" in headers.get("Content-Type", "")
    assert ("private, no-cache" if is_kept else "no-store") in headers["Cache-Control"], url
    assert headers["X-Content-Type-Options"] == "nosniff", url
    assert headers["Referrer-Policy"] == "same-origin", url
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", url
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, url
    # The frame of a stranger's letter may style itself; it is sandboxed and runs nothing.
    assert "unsafe" not in policy or ("sandbox" in policy and "script-src" not in policy), url
    assert "frame-ancestors" in policy, url


def is_of_portal(name: str) -> bool:
    """Whether an address is the portal's, by where it lies: tests/portal has the rows of those."""
    return name.startswith("portal_")


def names_of(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The names of all addresses."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        else:
            assert pattern.name, pattern
            yield pattern.name
