"""Many customers changed at once: each with its line, and each given back what it had."""

from __future__ import annotations

import pytest

import making
from mooring.customers.bulk_editing import UnableToChangeMany, Wish, change_many, undo_many
from mooring.customers.editing import change_customer
from mooring.customers.facts import customer_data
from mooring.customers.models import BulkField, Category, Customer, CustomerStatus
from mooring.users.journal import entries_about

pytestmark = pytest.mark.django_db
BY = {"by": making.BY_COMMAND, "now": making.NOW}


def everybody() -> Customer:
    return Customer.objects.unscoped("a test").order_by("pk")


def test_many_get_a_status_and_get_back_what_they_had_unless_changed_since() -> None:
    active, dormant, merged = (making.make_entry(CustomerStatus, name) for name in ("Active", "Dormant", "Merged"))
    making.make_customer("A", status=active)
    making.make_customer("B")
    making.make_customer("C", status=dormant)
    changed = making.make_customer("D", status=active)
    change = change_many(customers=everybody(), wish=Wish(BulkField.STATUS, dormant.pk), **BY)
    assert [row.status for row in everybody()] == [dormant] * 4
    assert len(change.before) == 3
    (line, *_) = entries_about(kind="customer", record_id=changed.pk)
    assert line.changes == {"status": ["Active", "Dormant"]}
    stored = everybody().get(pk=changed.pk)
    change_customer(customer=stored, data=making.replaced(customer_data(stored), status=merged), **BY)
    assert undo_many(change=change, customers=everybody(), **BY) == 2
    assert [row.status for row in everybody()] == [active, None, dormant, merged]
    with pytest.raises(UnableToChangeMany, match="undone already"):
        undo_many(change=change, customers=everybody(), **BY)


def test_many_get_a_category_and_lose_it_again() -> None:
    key, fair = (making.make_entry(Category, name) for name in ("Key", "Fair"))
    first, second = making.make_customer("A", categories=(key,)), making.make_customer("B", categories=(fair,))
    added = change_many(customers=everybody(), wish=Wish(BulkField.CATEGORY_ADDED, key.pk), **BY)
    assert [set(row.categories.all()) for row in everybody()] == [{key}, {key, fair}]
    (line, *_) = entries_about(kind="customer", record_id=second.pk)
    assert line.changes == {"categories": [["Fair"], ["Key", "Fair"]]}
    removed = change_many(customers=everybody(), wish=Wish(BulkField.CATEGORY_REMOVED, key.pk), **BY)
    assert [set(row.categories.all()) for row in everybody()] == [set(), {fair}]
    assert undo_many(change=removed, customers=everybody(), **BY) == 2
    assert undo_many(change=added, customers=everybody(), **BY) == 1
    assert [set(row.categories.all()) for row in everybody()] == [{key}, {fair}]
    assert entries_about(kind="customer", record_id=first.pk)[0].action == "changed"


def test_a_change_that_changes_nobody_or_chooses_nothing_is_refused() -> None:
    status = making.make_entry(CustomerStatus, "Active")
    making.make_customer("A", status=status)
    for entry_id in (status.pk, status.pk + 1):
        with pytest.raises(UnableToChangeMany):
            change_many(customers=everybody(), wish=Wish(BulkField.STATUS, entry_id), **BY)
