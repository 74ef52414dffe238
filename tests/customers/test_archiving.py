"""The archive: customers go and come back, nothing of them changes, and each move has its line in the journal."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from making import actor, archive_customers, make_contact, make_customer, restore_customers
from mooring.customers.bulk_editing import UnableToChangeMany
from mooring.customers.facts import customer_data
from mooring.customers.finding import find
from mooring.customers.models import Customer, EmailAddress
from mooring.customers.queries import CustomerFilters, customers_page
from mooring.users.journal import entries_about
from mooring.users.models import User
from mooring.users.permissions import Action

pytestmark = pytest.mark.django_db


def of(user: User, *customers: Customer) -> object:
    return Customer.objects.visible_to(user, Action.DELETE).filter(pk__in=[each.pk for each in customers])


def names(reader: User, **filters: object) -> list[str]:
    return [row.name for row in customers_page(reader=reader, filters=CustomerFilters(**filters)).rows]  # type: ignore[arg-type]


def test_an_archived_customer_leaves_the_list_for_the_archive(alice: User, now: datetime) -> None:
    harbour, _pier = make_customer("Harbour"), make_customer("Pier")
    assert archive_customers(customers=of(alice, harbour), by=actor(alice), now=now).changed_count == 1  # type: ignore[arg-type]
    assert (names(alice), names(alice, is_archived=True)) == (["Pier"], ["Harbour"])
    assert [row.name for row in find(reader=alice, text="harb")] == ["Harbour"]


def test_archive_and_restore_leave_the_customer_as_it_was(alice: User, now: datetime) -> None:
    harbour = make_customer("Harbour", emails=("office@harbour.example",), domains=("harbour.example",), note="x", owner=alice)
    make_contact("Carol", at=(harbour,))
    before = Customer.objects.visible_to(alice).filter(pk=harbour.pk).values().get()
    facts = customer_data(Customer.objects.visible_to(alice).get(pk=harbour.pk))
    archive_customers(customers=of(alice, harbour), by=actor(alice), now=now)  # type: ignore[arg-type]
    restore_customers(customers=of(alice, harbour), by=actor(alice), now=now + timedelta(days=400))  # type: ignore[arg-type]
    assert Customer.objects.visible_to(alice).filter(pk=harbour.pk).values().get() == before
    assert customer_data(Customer.objects.visible_to(alice).get(pk=harbour.pk)) == facts
    actions = [entry.action for entry in entries_about(kind="customer", record_id=harbour.pk)]
    assert actions == ["restored", "archived", "created"]


def test_the_addresses_of_an_archived_customer_still_match(alice: User, now: datetime) -> None:
    harbour = make_customer("Harbour", emails=("office@harbour.example",))
    archive_customers(customers=of(alice, harbour), by=actor(alice), now=now)  # type: ignore[arg-type]
    assert EmailAddress.objects.filter(key="office@harbour.example", customer=harbour).exists()


def test_many_go_at_once_and_those_already_there_are_left_alone(alice: User, now: datetime) -> None:
    many = [make_customer(f"Boat {number}") for number in range(5)]
    archive_customers(customers=of(alice, many[0]), by=actor(alice), now=now)  # type: ignore[arg-type]
    later = now + timedelta(hours=1)
    assert archive_customers(customers=of(alice, *many), by=actor(alice), now=later).changed_count == 4  # type: ignore[arg-type]
    moments = set(Customer.objects.visible_to(alice).values_list("archived_at", flat=True))
    assert moments == {now, later}


@pytest.mark.parametrize("deed", [archive_customers, restore_customers])
def test_nothing_to_move_is_said_in_words(alice: User, now: datetime, deed: object) -> None:
    with pytest.raises(UnableToChangeMany, match="None of them"):
        deed(customers=of(alice), by=actor(alice), now=now)  # type: ignore[operator]


def test_a_sales_person_archives_only_customers_of_their_own(bob: User, alice: User, now: datetime) -> None:
    own, other = make_customer("Own", owner=bob), make_customer("Other", owner=alice)
    assert archive_customers(customers=of(bob, own, other), by=actor(bob), now=now).changed_count == 1  # type: ignore[arg-type]
    assert names(alice) == ["Other"]
