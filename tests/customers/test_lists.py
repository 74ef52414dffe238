"""The lists that administrators keep: renamed everywhere at once, retired without losing history, customers moved and back."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

import making
from mooring.customers.editing import change_contact, change_customer
from mooring.customers.facts import contact_data, customer_data
from mooring.customers.lists import (
    EntryData,
    UnableToKeepList,
    add_entry,
    bring_back_entry,
    change_entry,
    move_customers,
    offered,
    order_entries,
    retire_entry,
    undo_move,
)
from mooring.customers.models import (
    Category,
    Contact,
    ContactRole,
    Customer,
    CustomerStatus,
    Industry,
    IndustryMove,
    ListEntry,
    Source,
)
from mooring.customers.record_data import AffiliationData
from mooring.users.journal import entries_about, entries_of_everything

pytestmark = pytest.mark.django_db
KINDS = (Source, Category, Industry, ContactRole, CustomerStatus)
BY = {"by": making.BY_COMMAND, "now": making.NOW}


def stored(customer: Customer) -> Customer:
    return Customer.objects.unscoped("a test").get(pk=customer.pk)


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_added_at_the_end_renamed_and_coloured(kind: type[ListEntry]) -> None:
    first, second = (add_entry(kind=kind, data=EntryData(name=name), **BY) for name in ("Web", "  Trade \t fair "))
    assert [(entry.name, entry.place) for entry in kind._default_manager.all()] == [("Web", 0), ("Trade fair", 1)]
    change_entry(entry=first, data=EntryData(name="Website", colour="green"), **BY)
    (line, *_) = entries_of_everything()
    assert line.changes == {"name": ["Web", "Website"], "colour": ["grey", "green"]}
    assert change_entry(entry=second, data=EntryData(name="Trade fair"), **BY) == second
    assert entries_of_everything()[0] == line


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (EntryData(name=" "), "name"),
        (EntryData(name="x" * 121), "name"),
        (EntryData(name="WEB"), "name"),
        (EntryData(name="New", colour="infrared"), "colour"),
        (EntryData(name="New", is_of_customers=False, is_of_contacts=False), "is_of_customers"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_at_its_field(data: EntryData, field: str) -> None:
    making.make_entry(Category, "Web")
    with pytest.raises(UnableToKeepList) as refused:
        add_entry(kind=Category, data=data, **BY)
    assert refused.value.field == field
    assert Category.objects.count() == 1


def test_a_retired_entry_is_kept_by_those_who_have_it_and_offered_to_nobody_else() -> None:
    source = making.make_entry(Source, "Fax")
    customer = making.make_customer(source=source)
    retire_entry(entry=source, **BY)
    assert list(offered(Source)) == []
    assert list(offered(Source, besides=[source, None])) == [source]
    assert stored(customer).source == source
    retire_entry(entry=source, **BY)
    bring_back_entry(entry=source, **BY)
    assert list(offered(Source)) == [source]
    assert [line.action for line in entries_about(kind="source", record_id=source.pk)] == ["brought_back", "retired", "added"]


def test_a_list_is_put_into_order_and_what_is_not_named_stays_behind() -> None:
    first, second, third = (making.make_entry(Industry, name) for name in ("Ships", "Timber", "Grain"))
    order_entries(kind=Industry, ids=[third.pk, third.pk, 0, first.pk], **BY)
    assert list(Industry.objects.all()) == [third, first, second]
    before = entries_of_everything()
    order_entries(kind=Industry, ids=[third.pk], **BY)
    assert entries_of_everything() == before


def test_what_a_customer_has_of_the_lists_is_saved_and_told_by_name() -> None:
    status, industry, source = (making.make_entry(kind, kind.__name__) for kind in (CustomerStatus, Industry, Source))
    fair, partner = (making.make_entry(Category, name) for name in ("Fair", "Partner"))
    customer = making.make_customer(status=status, industry=industry, source=source, categories=(partner, fair))
    data = customer_data(stored(customer))
    assert (data.status, data.industry, data.source, data.categories) == (status, industry, source, (fair, partner))
    with_chosen = Customer.objects.unscoped("a test").with_chosen().get(pk=customer.pk)
    assert customer_data(with_chosen) == data
    change_customer(customer=customer, data=making.replaced(data, status=None, categories=(fair,)), **BY)
    (line, *_) = entries_about(kind="customer", record_id=customer.pk)
    assert line.changes == {"status": ["CustomerStatus", None], "categories": [["Fair", "Partner"], ["Fair"]]}


def test_a_contact_has_categories_and_a_role_at_each_customer() -> None:
    harbour, yard = making.make_customer("Harbour"), making.make_customer("Yard")
    role, category = making.make_entry(ContactRole, "Finance Manager"), making.make_entry(Category, "VIP")
    contact = making.make_contact("Carol", at=(harbour, yard), categories=(category,))
    data = contact_data(contact)
    places = (AffiliationData(customer=harbour, role=role), AffiliationData(customer=yard, job_title="Board"))
    change_contact(contact=contact, data=making.replaced(data, affiliations=places), **BY)
    stored = Contact.objects.unscoped("a test").with_chosen().get(pk=contact.pk)
    assert contact_data(stored).affiliations == places
    assert contact_data(stored).categories == (category,)
    (line, *_) = entries_about(kind="contact", record_id=contact.pk)
    assert line.changes == {"affiliations": [["Harbour", "Yard"], ["Harbour (Finance Manager)", "Yard (Board)"]]}


def test_all_customers_of_an_industry_are_moved_and_come_back_unless_changed_since() -> None:
    ships, boats, grain = (making.make_entry(Industry, name) for name in ("Ships", "Boats", "Grain"))
    moved, changed = (making.make_customer(name, industry=ships) for name in ("Harbour", "Yard"))
    there_before = making.make_customer("Canoes", industry=boats)
    move = move_customers(old=ships, new=boats, **BY)
    assert move.customer_count == 2
    assert {stored(row).industry for row in (moved, changed, there_before)} == {boats}
    change_customer(customer=changed, data=making.replaced(customer_data(stored(changed)), industry=grain), **BY)
    assert undo_move(move=move, by=making.BY_COMMAND, now=making.NOW + timedelta(days=30)) == 1
    assert [stored(row).industry for row in (moved, changed, there_before)] == [ships, grain, boats]
    lines = entries_about(kind="industry", record_id=ships.pk)
    assert [line.action for line in lines] == ["move_undone", "customers_moved", "added"]
    with pytest.raises(UnableToKeepList, match="undone already"):
        undo_move(move=move, **BY)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
@pytest.mark.parametrize("is_round", [False, True])
def test_customers_that_were_moved_on_are_back_when_all_moves_are_undone_in_whatever_order(
    order: tuple[int, ...], is_round: bool
) -> None:
    ships, boats, grain, wool = (making.make_entry(Industry, name) for name in ("Ships", "Boats", "Grain", "Wool"))
    customers = [making.make_customer(kind.name, industry=kind) for kind in (ships, boats, grain)]
    there_before = making.make_customer("Wool", industry=wool)
    path = (ships, boats, grain, ships if is_round else wool)
    moves = [move_customers(old=old, new=new, **BY) for old, new in pairwise(path)]
    assert [move.customer_count for move in moves] == [1, 2, 3]
    for number in order:
        undo_move(move=IndustryMove.objects.get(pk=moves[number].pk), **BY)
    assert [stored(row).industry for row in (*customers, there_before)] == [ships, boats, grain, wool]
    assert not Customer.objects.unscoped("a test").exclude(moved_in=None).exists()


def test_a_move_of_nobody_to_the_same_industry_or_after_a_month_is_refused() -> None:
    ships, boats = making.make_entry(Industry, "Ships"), making.make_entry(Industry, "Boats")
    for old, new in ((ships, ships), (ships, boats)):
        with pytest.raises(UnableToKeepList):
            move_customers(old=old, new=new, **BY)
    making.make_customer(industry=ships)
    move = move_customers(old=ships, new=boats, **BY)
    with pytest.raises(UnableToKeepList, match="30 days"):
        undo_move(move=move, by=making.BY_COMMAND, now=making.NOW + timedelta(days=30, seconds=1))
