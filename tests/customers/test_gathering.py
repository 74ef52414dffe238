"""Filters kept with a job, and what they find by the time the worker looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import making
from mooring.customers.gathering import from_json, gather, to_json
from mooring.customers.info_values import InfoFilter
from mooring.customers.models import BulkKind
from mooring.customers.queries import ContactFilters, CustomerFilters, LeadFilters, ProjectFilters
from mooring.users.models import User
from mooring.users.permissions import Action


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        (BulkKind.CUSTOMER, CustomerFilters(text="x", created_since=making.NOW, info=(InfoFilter(1, "a", "b"),))),
        (BulkKind.LEAD, LeadFilters(has_no_owner=True, tag_id=3)),
        (BulkKind.CONTACT, ContactFilters(role_id=2)),
        (BulkKind.PROJECT, ProjectFilters(is_closed=False, created_since=making.NOW)),
    ],
)
def test_filters_come_back_as_they_were_kept(kind: BulkKind, filters: Any) -> None:
    assert from_json(kind, to_json(filters)) == filters


@pytest.mark.django_db
def test_what_was_added_later_or_is_not_the_readers_is_left_out(bob: User) -> None:
    own = making.make_customer("Own", owner=bob)
    making.make_customer("Not his", owner=making.make_user("Eve"))
    making.make_customer("Later", owner=bob, now=making.NOW + timedelta(days=1))
    asked: dict[str, Any] = {"kind": BulkKind.CUSTOMER, "filters": CustomerFilters(), "action": Action.CHANGE}
    found = gather(**asked, reader=bob, until=making.NOW, cursor="")
    assert (found.ids, found.cursor) == ([own.pk], "")
