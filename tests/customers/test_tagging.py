"""Tags on records: typed, kept, found again, merged, retired."""

from __future__ import annotations

from dataclasses import replace

import pytest

import making
from mooring.customers.bulk_editing import Wish, change_many, undo_change
from mooring.customers.creating_many import create_leads
from mooring.customers.editing import LeadData, UnableToSave, change_customer, change_project
from mooring.customers.facts import data_of
from mooring.customers.lists import EntryData, UnableToKeepList, add_entry, change_entry, retire_entry
from mooring.customers.models import BulkField, Customer, Lead, Tag
from mooring.customers.queries import (
    ContactFilters,
    CustomerFilters,
    LeadFilters,
    ProjectFilters,
    contacts_page,
    customers_page,
    leads_page,
    projects_page,
)
from mooring.customers.tagging import merge_tags, offered_tags, typed
from mooring.users.journal import Actor
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db


def test_what_is_typed_becomes_tags_of_the_list_spelt_as_they_are_there(bob: User) -> None:
    first = making.make_customer("Harbour", owner=bob, tags=typed("VIP, boats;  Gdynia "))
    second = making.make_lead("Light", owner=bob, tags=typed("vip, VIP"))
    assert names(first) == ["boats", "Gdynia", "VIP"]
    assert names(second) == ["VIP"]
    assert Tag.objects.count() == 3


def test_changing_tags_is_told_by_the_journal_and_typing_them_alike_changes_nothing(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob, tags=typed("a, b"))
    assert retagged(customer, "B, A", bob) == ["a", "b"]
    assert JournalEntry.objects.filter(action="changed").count() == 0
    assert retagged(customer, "b, c", bob) == ["b", "c"]
    assert JournalEntry.objects.get(action="changed").changes == {"tags": [["a", "b"], ["b", "c"]]}


@pytest.mark.parametrize("text", ["x" * 61, ", ".join(str(number) for number in range(51))])
def test_too_long_and_too_many_are_refused(bob: User, text: str) -> None:
    with pytest.raises(UnableToSave) as raised:
        making.make_customer("Harbour", owner=bob, tags=typed(text))
    assert set(raised.value.problems) == {"tags"}


def test_a_retired_tag_stays_where_it_is_and_is_put_on_nothing_new(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob, tags=typed("old"))
    retire_entry(entry=Tag.objects.get(), by=making.BY_COMMAND, now=making.NOW)
    assert retagged(customer, "old, new", bob) == ["new", "old"]
    with pytest.raises(UnableToSave):
        making.make_lead("Light", tags=typed("OLD"))
    assert [tag.name for tag in offered_tags("", most=8)] == ["new"]


def test_a_renamed_tag_has_its_new_name_everywhere_and_a_comma_is_no_part_of_one(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob, tags=typed("old"))
    change_entry(entry=Tag.objects.get(), data=EntryData(name="new", colour="red"), by=making.BY_COMMAND, now=making.NOW)
    (tag,) = data_of(customer).tags
    assert (tag.name, tag.colour) == ("new", "red")
    with pytest.raises(UnableToKeepList):
        add_entry(kind=Tag, data=EntryData(name="a, b"), by=making.BY_COMMAND, now=making.NOW)


def test_two_tags_become_one_on_every_kind_of_record(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob, tags=typed("boat, boats"))
    contact = making.make_contact("Carol", at=(customer,), tags=typed("boat"))
    project = making.make_project("Pier", customer=customer, tags=typed("boat"))
    boat, boats = (Tag.objects.get(name=name) for name in ("boat", "boats"))
    with pytest.raises(UnableToKeepList):
        merge_tags(tag=boat, into=boat, by=making.BY_COMMAND, now=making.NOW)
    assert merge_tags(tag=boat, into=boats, by=making.BY_COMMAND, now=making.NOW) == 3
    assert [names(record) for record in (customer, contact, project)] == [["boats"]] * 3
    assert not Tag.objects.filter(name="boat").exists()


def test_every_list_is_filtered_by_tag_and_brings_its_tags_along(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob, tags=typed("x"))
    making.make_customer("Other", owner=bob)
    making.make_lead("Light", owner=bob, tags=typed("x"))
    making.make_contact("Carol", at=(customer,), tags=typed("x"))
    making.make_project("Pier", customer=customer, tags=typed("x"))
    tag_id = Tag.objects.get().pk
    pages = (
        customers_page(reader=bob, filters=CustomerFilters(tag_id=tag_id)),
        leads_page(reader=bob, filters=LeadFilters(tag_id=tag_id)),
        contacts_page(reader=bob, filters=ContactFilters(tag_id=tag_id)),
        projects_page(reader=bob, filters=ProjectFilters(tag_id=tag_id)),
    )
    found = [[(row.name, row.tag_rows) for row in page.rows] for page in pages]
    tags = [{"name": "x", "colour": "grey"}]
    assert found == [[(name, tags)] for name in ("Harbour", "Light", "Carol", "Pier")]


def test_many_customers_get_a_tag_and_lose_it_again_by_undo(bob: User) -> None:
    customers = [making.make_customer(name, owner=bob) for name in ("Harbour", "Pier")]
    tag = add_entry(kind=Tag, data=EntryData(name="x"), by=making.BY_COMMAND, now=making.NOW)
    ids, by = [customer.pk for customer in customers], Actor(bob, "desk")
    change = change_many(record_ids=ids, wish=Wish(BulkField.TAG_ADDED, tag.pk), by=by, now=making.NOW)
    assert [names(customer) for customer in customers] == [["x"], ["x"]]
    assert undo_change(change=change, by=by, now=making.NOW).given_back_count == 2
    assert [names(customer) for customer in customers] == [[], []]


def test_an_import_makes_each_tag_once(bob: User) -> None:
    rows = [LeadData(name=f"Lead {number}", tags=typed("x, new")) for number in range(3)]
    ids = create_leads(rows=rows, by=making.BY_COMMAND, now=making.NOW)
    assert [names(lead) for lead in Lead.objects.unscoped("a test looks").filter(pk__in=ids)] == [["new", "x"]] * 3
    assert Tag.objects.count() == 2


def test_a_project_keeps_its_tags_when_something_else_changes(bob: User) -> None:
    project = making.make_project("Pier", customer=making.make_customer("Harbour", owner=bob), tags=typed("x"))
    data = replace(data_of(project), note="Longer")
    change_project(project=project, data=data, by=Actor(bob, "desk"), now=making.NOW)  # type: ignore[arg-type]
    assert names(project) == ["x"]


def retagged(customer: Customer, text: str, by: User) -> list[str]:
    data = replace(data_of(customer), tags=typed(text))
    change_customer(customer=customer, data=data, by=Actor(by, "desk"), now=making.NOW)  # type: ignore[arg-type]
    return names(customer)


def names(record: object) -> list[str]:
    return [tag.name for tag in data_of(record).tags]  # type: ignore[arg-type]
