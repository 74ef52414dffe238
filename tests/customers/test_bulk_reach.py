"""Whose many changes reach whom: what one may take back, and what only somebody else may."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet

import making
from mooring.customers.bulk_editing import UnableToChangeMany, Wish, change_many, outlook, undo_change
from mooring.customers.models import BulkChange, BulkField, BulkState, Customer, CustomerStatus
from mooring.users.groups import remove_member
from mooring.users.journal import Actor
from mooring.users.models import User
from mooring.users.permissions import Scope

pytestmark = pytest.mark.django_db


def everybody() -> QuerySet[Customer]:
    return Customer.objects.unscoped("a test").order_by("pk")


def states(change: BulkChange) -> list[str]:
    return list(change.rows.values_list("state", flat=True))


def test_what_was_out_of_reach_when_it_was_undone_is_given_back_by_somebody_who_may(bob: User, alice: User) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    customers = [making.make_customer(name, owner=bob) for name in "ABC"]
    bobs, alices = ({"by": Actor(each, "desk"), "now": making.NOW} for each in (bob, alice))
    change = change_many(record_ids=[row.pk for row in customers], wish=Wish(BulkField.STATUS, status.pk), **bobs)
    everybody().filter(name="B").update(owner=alice)
    everybody().filter(name="C").update(status=None)
    assert undo_change(change=change, **bobs).out_of_reach_count == 1
    assert states(change) == ["given_back", "out_of_reach", "overwritten"]
    with pytest.raises(UnableToChangeMany, match="Nothing was undone"):
        undo_change(change=change, **bobs)
    verdicts = [outlook(change=change, rows=list(change.rows.all()), reader=each) for each in (bob, alice)]
    assert [list(each.values()) for each in verdicts] == [[BulkState.OUT_OF_REACH], [BulkState.GIVEN_BACK]]
    undone = undo_change(change=change, **alices)
    assert (undone.out_of_reach_count, undone.given_back_count, undone.undone_by) == (0, 2, alice)
    assert [row.status for row in everybody()] == [None] * 3
    with pytest.raises(UnableToChangeMany, match="undone already"):
        undo_change(change=change, **alices)


def test_whoever_may_change_nothing_any_more_takes_no_gift_back(bob: User, alice: User) -> None:
    making.make_customer("A", owner=bob)
    by = {"by": Actor(bob, "desk"), "now": making.NOW}
    change = change_many(record_ids=[everybody().get().pk], wish=Wish(BulkField.OWNER, alice.pk), **by)
    bob.is_active = False
    bob.save()
    with pytest.raises(UnableToChangeMany, match="Nothing was undone"):
        undo_change(change=change, **by)
    assert everybody().get().owner == alice


def test_records_of_colleagues_are_taken_back_only_while_they_are_within_reach(bob: User, alice: User) -> None:
    eve = making.make_user("Eve")
    making.give_rights(customers_view=Scope.GROUP, customers_change=Scope.GROUP)
    crew = making.make_group("Crew", members=[bob, eve])
    making.make_customer("Of Bob", owner=bob)
    making.make_customer("Of Eve", owner=eve)
    by = {"by": Actor(User.objects.get(pk=bob.pk), "desk"), "now": making.NOW}
    change = change_many(record_ids=list(everybody().values_list("pk", flat=True)), wish=Wish(BulkField.OWNER, alice.pk), **by)
    assert states(change) == [BulkState.CHANGED] * 2
    remove_member(group=crew, user=eve, by=making.BY_COMMAND, now=making.NOW)
    undone = undo_change(change=change, by=Actor(User.objects.get(pk=bob.pk), "desk"), now=making.NOW)
    assert states(undone) == [BulkState.GIVEN_BACK, BulkState.OUT_OF_REACH]
    assert [row.owner for row in everybody()] == [bob, alice]


def test_whoever_gave_records_away_takes_them_back_unless_their_new_owner_gave_them_on(bob: User, alice: User) -> None:
    eve = making.make_user("Eve")
    for name in ("A", "B"):
        making.make_customer(name, owner=bob)
    by = {"by": Actor(bob, "desk"), "now": making.NOW}
    ids = list(everybody().values_list("pk", flat=True))
    change = change_many(record_ids=ids, wish=Wish(BulkField.OWNER, alice.pk), **by)
    everybody().filter(name="B").update(owner=eve)
    assert outlook(change=change, rows=list(change.rows.all()), reader=bob) == dict(
        zip(ids, [BulkState.GIVEN_BACK, BulkState.OVERWRITTEN], strict=True)
    )
    undo_change(change=change, **by)
    assert [row.owner for row in everybody()] == [bob, eve]
