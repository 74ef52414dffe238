"""Every address of the desk x GET and POST x every principal, as the table in policy.py has it.

What is denied leaves the database as it was; so does every GET. Every answer carries the headers that keep it private. Portal
users on the desk, and staff in the portal, are asked in tests/portal/test_portal_matrix.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from desk.asking import Asking
from desk.policy import ROWS
from desk.policy_words import DERIVED, PRINCIPALS, address_name, wanted
from desk.world import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_address_has_a_row_in_the_policy() -> None:
    names = set(names_of(get_resolver().url_patterns))
    assert {name for name in names if not is_of_portal(name)} == {address_name(name) for name in ROWS}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("principal", PRINCIPALS + DERIVED)
def test_the_policy_holds_for(principal: str, method: str) -> None:
    asking = Asking(make_world())
    found = {name: asking.word(principal, name, row, method) for name, row in ROWS.items()}
    assert {name: word for name, word in found.items() if word != wanted(name, ROWS[name], principal, method)} == {}


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
