"""Every address x every role, where the portal is concerned: its own for its users and for staff, the desk's for its users.

What is denied leaves the database as it was; so does every GET, and tells nothing of what is the desk's. A new address without a
row fails.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import get_resolver, reverse
from django.utils import timezone

import making
from desk.asking import Asking
from desk.policy import ROWS as DESK_ROWS
from desk.policy_words import DERIVED, Row, address_name
from desk.policy_words import PRINCIPALS as STAFF
from desk.test_access_matrix import is_of_portal, names_of
from making import archive_customers, restore_customers
from mooring.customers.models import Customer
from mooring.customers.portal_sign_in import open_session
from portal.portal_policy import PRINCIPALS, ROWS
from portal.portal_world import MARK, PortalWorld, client_of_portal, make_portal_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OPEN_BY_ITS_ADDRESS = "calendar"
"""Whoever holds the secret address of a calendar reads it."""


def test_every_address_of_the_portal_has_a_row() -> None:
    names = [name for name in names_of(get_resolver().url_patterns) if is_of_portal(name)]
    assert set(names) == {address_name(name) for name in ROWS}
    assert all(reverse(address_name(name), args=row.args).startswith("/portal/") for name, row in ROWS.items() if not row.args)


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_the_policy_of_the_portal_holds_for(principal: str) -> None:
    secret = "" if principal in ("administrator", "member") else MARK
    assert _deviations(principal, ROWS, column=PRINCIPALS.index(principal), secret=secret) == {}


def test_whatever_their_role_staff_are_nobody_in_the_portal() -> None:
    world = make_portal_world(timezone.now())
    staff = [name for name in STAFF + DERIVED if name not in PRINCIPALS]
    assert {"owner", "group", "reader"} <= set(staff)
    column = PRINCIPALS.index("administrator")
    assert {name: found for name in staff if (found := _deviations(name, ROWS, column=column, world=world, secret=MARK))} == {}


@pytest.mark.parametrize("principal", ["member", "other"])
def test_on_the_desk_a_portal_user_is_nobody(principal: str) -> None:
    rows = {name: row for name, row in DESK_ROWS.items() if name != OPEN_BY_ITS_ADDRESS}
    assert _deviations(principal, rows, column=STAFF.index("anonymous"), secret=MARK) == {}


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
    secret: str = "",
) -> dict[tuple[str, str], str]:
    """(address, method) -> the answer, where it is another than the row's word in this column."""
    asking = Asking(world or make_portal_world(timezone.now()), secret=secret)
    cells = [(name, row, method) for name, row in rows.items() for method in methods]
    found = {(name, method): asking.word(principal, name, row, method) for name, row, method in cells}
    wanted = {(name, method): getattr(row, method).split()[column] for name, row, method in cells}
    return {cell: word for cell, word in found.items() if word != wanted[cell]}
