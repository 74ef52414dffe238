"""What customers have knows their owner and archive, whoever writes the one or the other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

import making
from making import archive_customers, restore_customers
from mooring.customers.creating_many import create_customers
from mooring.customers.editing import change_customer, change_owner
from mooring.customers.facts import customer_data
from mooring.customers.models import (
    Category,
    Customer,
    CustomerCategory,
    CustomerInfo,
    CustomerTag,
    InfoType,
    Tag,
)
from mooring.customers.record_data import CustomerData, TagData
from mooring.users.models import User

BY: Any = {"by": making.BY_COMMAND, "now": making.NOW}
TABLES: Any = ((CustomerInfo, "record"), (CustomerCategory, "customer"), (CustomerTag, "customer"))


def everything() -> Any:
    return Customer.objects.unscoped("a test looks at everything").order_by("pk")


def places() -> list[list[tuple[Any, ...]]]:
    """Of each table the rows with their owner and archive, after a look whether these are the customers'."""
    found = []
    for model, customer in TABLES:
        rows = model.objects.order_by("pk")
        placed = list(rows.values_list(f"{customer}_id", "owner_id", "archived_at"))
        assert placed == list(rows.values_list(f"{customer}_id", f"{customer}__owner_id", f"{customer}__archived_at"))
        found.append(placed)
    return found


@pytest.fixture
def fleet(alice: User, bob: User) -> list[Customer]:
    """Of Alice, of Bob, of nobody."""
    field = making.make_info_field("Masts", InfoType.NUMBER)
    has: Any = {
        "categories": (making.make_entry(Category, "Key"),),
        "tags": (TagData(making.make_entry(Tag, "coast").name),),
        "info": {str(field.pk): "3"},
    }
    create_customers(rows=[CustomerData(name=f"{owner}", owner=owner, **has) for owner in (alice, bob, None)], **BY)
    return list(everything())


def test_a_customer_takes_what_it_has_along(fleet: list[Customer], alice: User, bob: User) -> None:
    ids = [customer.pk for customer in fleet]
    assert places() == [[(ids[0], alice.pk, None), (ids[1], bob.pk, None), (ids[2], None, None)]] * 3
    change_owner(records=everything(), owner=bob, **BY)
    archive_customers(customers=everything().filter(pk__in=ids[:2]), **BY)
    assert places() == [[(ids[0], bob.pk, making.NOW), (ids[1], bob.pk, making.NOW), (ids[2], bob.pk, None)]] * 3
    restore_customers(customers=everything().filter(pk=ids[0]), **BY)
    User.objects.filter(pk=bob.pk).delete()
    assert places() == [[(ids[0], None, None), (ids[1], None, making.NOW), (ids[2], None, None)]] * 3


def test_what_comes_later_or_from_another_customer_is_told_where_it_is(fleet: list[Customer], bob: User) -> None:
    mine = fleet[1]
    archive_customers(customers=everything().filter(pk=mine.pk), **BY)
    for model, customer in TABLES:
        model.objects.filter(**{f"{customer}__in": [row.pk for row in fleet[:2]]}).delete()
        model.objects.update(**{customer: mine.pk})
    assert places() == [[(mine.pk, bob.pk, making.NOW)]] * 3
    for model, customer in TABLES:
        (row,) = model.objects.all()
        others = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields if not placed(field)}
        model.objects.create(**{**others, f"{customer}_id": fleet[2].pk})
    assert places() == [[(mine.pk, bob.pk, making.NOW), (fleet[2].pk, None, None)]] * 3


def placed(field: models.Field[Any, Any]) -> bool:
    return field.primary_key or field.name in ("owner", "archived_at")


def test_a_form_that_changes_the_owner_and_what_there_is_leaves_both_right(fleet: list[Customer], alice: User) -> None:
    added = (making.make_entry(Category, "Pilot"), making.make_entry(Category, "Partner"))
    mine = everything().get(pk=fleet[1].pk)
    change_customer(customer=mine, data=making.replaced(customer_data(mine), owner=alice, categories=added), **BY)
    assert [row[:2] for row in places()[1]] == [
        (fleet[0].pk, alice.pk),
        (fleet[2].pk, None),
        (mine.pk, alice.pk),
        (mine.pk, alice.pk),
    ]


def test_the_triggers_that_keep_places_stand(db: None) -> None:
    """A migration that makes one of the tables anew on SQLite loses them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'place_of_%'")
            expected = {model._meta.db_table: 2 for model, _customer in TABLES} | {"customers_customer": 3}
        else:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ '^places?_(of|follow)'")
            expected = {model._meta.db_table: 1 for model, _customer in TABLES} | {"customers_customer": 1}
        found = [table for (table,) in cursor.fetchall()]
    assert {table: found.count(table) for table in found} == expected
