"""Every address x every role, where the portal is concerned: its own addresses for seven principals, and its users on the desk.

What is denied leaves the database as it was; so does every GET. A new address without a row fails.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

import making
from desk.digests import digest, writes
from desk.policy import ROWS as DESK_ROWS
from desk.policy_words import Row, address_name
from desk.test_access_matrix import assert_private, is_of_portal, names_of
from mooring.customers.archiving import archive_customers, restore_customers
from mooring.customers.models import Customer
from mooring.customers.portal_sign_in import open_session
from portal.portal_policy import PRINCIPALS, ROWS
from portal.portal_world import PortalWorld, client_of_portal, make_portal_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_address_of_the_portal_has_a_row() -> None:
    names = [name for name in names_of(get_resolver().url_patterns) if is_of_portal(name)]
    assert set(names) == {address_name(name) for name in ROWS}
    assert all(reverse(address_name(name), args=row.args).startswith("/portal/") for name, row in ROWS.items() if not row.args)


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_the_policy_of_the_portal_holds_for(principal: str) -> None:
    assert _deviations(principal, ROWS, column=PRINCIPALS.index(principal)) == {}


def test_on_the_desk_a_portal_user_is_nobody() -> None:
    assert _deviations("member", DESK_ROWS, column=0) == {}


def test_the_archive_shuts_every_address_to_a_member_at_once_and_restoring_opens_all_of_them() -> None:
    world = make_portal_world(timezone.now())
    by: Any = {"by": making.BY_COMMAND, "now": world.now}
    theirs = Customer.objects.unscoped("a test archives").filter(pk=world.desk.customer.pk)
    archive_customers(customers=theirs, **by)
    assert _deviations("member", ROWS, column=PRINCIPALS.index("archived"), world=world, methods=("get",)) == {}
    restore_customers(customers=theirs, **by)
    assert _deviations("member", ROWS, column=PRINCIPALS.index("archived"), world=world, methods=("get",)) == {}
    world.member.refresh_from_db()
    world.clients["member"] = client_of_portal(open_session(portal_user=world.member, now=world.now))
    assert _deviations("member", ROWS, column=PRINCIPALS.index("member"), world=world, methods=("get",)) == {}


def _deviations(
    principal: str,
    rows: dict[str, Row],
    *,
    column: int,
    world: PortalWorld | None = None,
    methods: tuple[str, ...] = ("get", "post"),
) -> dict[tuple[str, str], str]:
    """(address, method) -> the answer, where it is another than the row's word in this column."""
    world = world or make_portal_world(timezone.now())
    before = digest()
    cells = [(name, row, method) for name, row in rows.items() for method in methods]
    found = {(name, method): _outcome(world, principal, name, row, method, before) for name, row, method in cells}
    wanted = {(name, method): getattr(row, method).split()[column] for name, row, method in cells}
    return {cell: word for cell, word in found.items() if word != wanted[cell]}


def _outcome(world: PortalWorld, principal: str, name: str, row: Row, method: str, before: dict[str, int]) -> str:
    """What the principal is answered, with "W" in front if the database changed. Undoes what was done."""
    cache.clear()
    url = reverse(address_name(name), args=[world.value(arg) for arg in row.args])
    data = {field: world.value(value) for field, value in row.data.items()} if method == "post" else {}
    client = Client()
    client.cookies.update(world.clients[principal].cookies)
    with transaction.atomic():
        with writes() as written:
            answer = getattr(client, method)(url, data)
        assert_private(answer, url)
        changed = "W" if written and digest() != before else ""
        transaction.set_rollback(True)
    return changed + _word(answer)


def _word(answer: Any) -> str:
    if answer.status_code in (301, 302, 303):
        to = answer.headers["Location"]
        if to.startswith("/accounts/login/?next="):
            return "login"
        return "door" if to.startswith("/portal/sign-in/") else "see"
    return "ok" if answer.status_code == 200 else str(answer.status_code)
