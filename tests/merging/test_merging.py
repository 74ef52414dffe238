"""One record takes in others without losing anything, and gives back exactly that."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import making
from desk.world import World, make_world
from letters.making_letters import make_letter
from mooring.customers.editing import AffiliationData, DomainData, PhoneData, change_contact, change_customer
from mooring.customers.facts import contact_data, customer_data
from mooring.customers.models import Affiliation, Contact, Customer, CustomerInfo, EmailAddress, Lead
from mooring.customers.queries import CustomerFilters, customers_page
from mooring.letters.linking import remove_link
from mooring.letters.models import Link, RecordFile
from mooring.merging.ledger import rows_of
from mooring.merging.merging import UnableToMerge, merge_records
from mooring.merging.models import Merge, MergeStep
from mooring.merging.tables import FOUND_BY, MADE_ANEW, RECORD_MODELS, TABLES, Record
from mooring.merging.undoing import UnableToUndoMerge, forget_old_steps, undo_merge
from mooring.privacy.holdings import rows_of_contact, rows_of_customer
from mooring.users.journal import Actor, entries_about

pytestmark = pytest.mark.django_db

LATER = making.NOW + timedelta(hours=1)


def held(*records: Record) -> str:
    """Everything held on these, as it is handed out."""
    found = [rows_of_customer(each) if isinstance(each, Customer) else _others(each) for each in records]
    return json.dumps(found, cls=DjangoJSONEncoder, indent=1)


def _others(record: Record) -> Any:
    if isinstance(record, Contact):
        return rows_of_contact(record)
    tables = (rows_of(table.model).filter(**{table.column: record.pk}) for table in TABLES["lead"])
    return [list(rows.order_by("pk").values()) for rows in tables] + list(rows_of(Lead).filter(pk=record.pk).values())


def merged(winner: Record, *losers: Record, **how: Any) -> list[Merge]:
    return merge_records(winner=winner, losers=losers, **{"by": making.BY_COMMAND, "now": LATER, **how})


def undo(merge: Merge, now: datetime = LATER) -> Any:
    return undo_merge(merge=merge, by=making.BY_COMMAND, now=now)


def twin_of_harbour(world: World) -> Customer:
    """A customer with much of what Harbour has, and more."""
    twin = making.make_customer(
        "Harbour Ltd",
        emails=("second@harbour.example", "office@harbour.example"),
        domains=(DomainData(domain="harbour.example"), DomainData(domain="pier.example")),
        phones=("+48 600 100 200",),
        number="T2",
        note="Second note",
        owner=world.owner,
        info={str(world.info_field.pk): "12 m"},
    )
    known = contact_data(world.contact)
    places = (*known.affiliations, AffiliationData(customer=twin, job_title="Master"))
    change_contact(contact=world.contact, data=making.replaced(known, affiliations=places), by=making.BY_COMMAND, now=making.NOW)
    making.make_contact("Nora", at=(twin,), emails=("nora@pier.example",))
    making.make_project("Second pier", customer=twin)
    both = make_letter(world.account, to_records=(world.customer, twin), subject="To both")
    make_letter(world.account, to_records=(twin,), subject="To the twin alone")
    remove_link(link=both.links.get(customer=world.customer), by=Actor(world.owner, "desk"), now=making.NOW)
    RecordFile.objects.create(customer=twin, name="plan.txt", size=1, sha256="0" * 64, added_at=making.NOW)
    return twin


def test_every_column_that_points_to_a_record_is_handled() -> None:
    declared = {(table.model, table.column) for tables in TABLES.values() for table in tables}
    declared |= {(model, "record_id") for models in MADE_ANEW.values() for model in models} | {(FOUND_BY.model, FOUND_BY.column)}
    pointing = {
        (model, field.attname)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model in RECORD_MODELS.values()
    }
    plain = {
        (model, field.attname)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if not field.is_relation and field.attname in ("customer_id", "lead_id", "contact_id")
    }
    assert pointing | plain == declared


def test_nothing_hangs_on_rows_that_are_removed_because_the_winner_has_the_same() -> None:
    removed = {table.model for tables in TABLES.values() for table in tables if table.alike and not table.refuses}
    assert [model for model in removed if any(field.one_to_many for field in model._meta.get_fields(include_hidden=True))] == []


def test_everything_moves_and_comes_back_byte_for_byte() -> None:
    world = make_world()
    twin = twin_of_harbour(world)
    before = held(world.customer, twin)
    (merge,) = merged(world.customer, twin)
    letters = Link.objects.filter(customer=world.customer, removed_at=None).values_list("letter__subject", flat=True)
    assert sorted(letters) == ["Ropes", "To both", "To the twin alone"]
    kept = customer_data(Customer.objects.visible_to(world.owner).get(pk=world.customer.pk))
    assert kept.emails == ("office@harbour.example", "second@harbour.example")
    assert {row.domain: row.includes_subdomains for row in kept.domains} == {"harbour.example": True, "pier.example": False}
    assert (kept.name, kept.number) == ("Harbour", "C")
    assert kept.note == "note\n\nSecond note"
    people = Affiliation.objects.filter(customer=world.customer).values_list("contact__name", "job_title")
    assert sorted(people) == [("Carol", "Keeper"), ("Dan", ""), ("Nora", "")]
    assert not rows_of(Customer).filter(pk=twin.pk).exists()
    assert [row.name for row in customers_page(reader=world.owner, filters=CustomerFilters(text="second@harb")).rows] == [
        "Harbour"
    ]
    undone = undo(merge)
    assert (undone.left, held(world.customer, twin)) == ("", before)
    found = customers_page(reader=world.owner, filters=CustomerFilters(text="second@harb")).rows
    assert [row.name for row in found] == ["Harbour Ltd"]


def test_a_chosen_value_wins_and_what_is_missing_is_filled() -> None:
    winner, loser = making.make_customer("Pier", website="https://pier.example"), making.make_customer("Pier GmbH", number="7")
    (merge,) = merged(winner, loser, choices={"name": loser.pk, "website": loser.pk})
    kept = rows_of(Customer).get(pk=winner.pk)
    assert (kept.name, kept.name_key, kept.website, kept.number) == ("Pier GmbH", "pier gmbh", "", "7")
    told = entries_about(kind="customer", record_id=winner.pk)[0]
    assert (told.action, told.changes["name"]) == ("merged", ["Pier", "Pier GmbH"])
    undo(merge)
    back = rows_of(Customer).get(pk=winner.pk)
    assert (back.name, back.website, back.number) == ("Pier", "https://pier.example", "")


def test_additional_information_is_found_where_it_is_now() -> None:
    length, colour = making.make_info_field("Length"), making.make_info_field("Colour")
    winner = making.make_customer("Pier", info={str(length.pk): "9 m"})
    loser = making.make_customer("Pier 2", info={str(length.pk): "8 m", str(colour.pk): "red"})
    before = held(winner, loser)
    (merge,) = merged(winner, loser)
    assert rows_of(Customer).get(pk=winner.pk).info == {str(length.pk): "9 m", str(colour.pk): "red"}
    assert set(CustomerInfo.objects.filter(record=winner).values_list("field_id", flat=True)) == {length.pk, colour.pk}
    undo(merge)
    assert held(winner, loser) == before


def test_what_came_since_stays_and_what_changed_since_is_said() -> None:
    winner, loser = (
        making.make_customer("Pier"),
        making.make_customer("Pier 2", emails=("two@pier.example",), phones=("6001002003",)),
    )
    (merge,) = merged(winner, loser)
    fresh = rows_of(Customer).get(pk=winner.pk)
    data = making.replaced(customer_data(fresh), emails=("new@pier.example",), phones=(PhoneData(number="6001002003"),))
    change_customer(customer=fresh, data=data, by=making.BY_COMMAND, now=LATER)
    undone = undo(merge)
    assert undone.left == "email addresses: 1"
    assert list(EmailAddress.objects.values_list("customer_id", "address")) == [(winner.pk, "new@pier.example")]
    assert undone.record.phones.get().number == "6001002003"


def test_several_at_once_and_a_chain_come_back_one_by_one() -> None:
    top, middle, low, side = (
        making.make_customer(name, emails=(f"{name}@x.example",)) for name in ("top", "middle", "low", "side")
    )
    before = held(top, middle, low, side)
    (first,) = merged(middle, low)
    second, third = merged(top, middle, side)
    first.refresh_from_db()
    assert first.now_id == top.pk
    with pytest.raises(UnableToUndoMerge, match="merged itself"):
        undo(first)
    for merge in (third, second, first):
        merge.refresh_from_db()
        assert undo(merge).left == ""
    assert held(top, middle, low, side) == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(st.tuples(*(st.sets(st.sampled_from("abc"), max_size=3) for _part in range(4))), min_size=3, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_any_merges_undone_in_reverse_leave_everything_as_it_was(records: list[Any], order: Any) -> None:
    people = [making.make_contact(name) for name in "abc"]
    made = [
        making.make_customer(
            emails=tuple(f"{letter}@x.example" for letter in sorted(emails)),
            domains=tuple(f"{letter}.example" for letter in sorted(domains)),
            phones=tuple(f"60010020{'abc'.index(letter)}" for letter in sorted(phones)),
            note="".join(sorted(emails)),
        )
        for emails, domains, phones, _who in records
    ]
    for customer, (*_parts, who) in zip(made, records, strict=True):
        for letter in who:
            Affiliation.objects.create(contact=people["abc".index(letter)], customer=customer, created_at=making.NOW)
    before, left, merges = held(*made), list(made), []
    while len(left) > 1:
        order.shuffle(left)
        merges += merged(left[0], left.pop())
    assert [undo(Merge.objects.get(pk=merge.pk)).left for merge in reversed(merges)] == [""] * len(merges)
    assert held(*made) == before


def test_contacts_become_one_with_their_places_sales_and_addresses() -> None:
    world = make_world()
    other = making.make_contact("C. Carol", at=(world.customer, making.make_customer("Yard")), emails=("c@yard.example",))
    world.sale.contacts.create(contact=other)
    before = held(world.contact, other)
    (merge,) = merged(world.contact, other)
    names = sorted(str(row.customer or row.lead) for row in rows_of(Contact).get(pk=world.contact.pk).affiliations.all())
    assert names == ["Harbour", "Lighthouse", "Yard"]
    assert [row.contact_id for row in world.sale.contacts.all()] == [world.contact.pk]
    undo(merge)
    assert held(world.contact, other) == before


def test_leads_become_one() -> None:
    world = make_world()
    other = making.make_lead("Keeper", emails=("keeper@lighthouse.example", "k@lighthouse.example"), phones=("6005006007",))
    make_letter(world.account, to_records=(other, world.lead), subject="Lamp")
    make_letter(world.account, to_records=(other,), subject="Oil")
    before = held(world.lead, other)
    (merge,) = merged(world.lead, other)
    assert sorted(Link.objects.filter(lead=world.lead).values_list("letter__subject", flat=True)) == ["Lamp", "Oil"]
    undo(merge)
    assert held(world.lead, other) == before


def test_two_portal_logins_of_one_person_are_not_thrown_together() -> None:
    world = make_world()
    other = making.make_contact("Carol again", at=(world.customer,))
    login = world.portal_user
    login.pk, login.contact, login.email = None, other, "again@harbour.example"
    login.save(force_insert=True)
    with pytest.raises(UnableToMerge, match="two logins"):
        merged(world.contact, other)
    assert rows_of(Contact).filter(pk=other.pk).exists()
    assert not Merge.objects.filter(kind="contact").exists()


def test_one_merges_only_what_one_may_change_and_delete() -> None:
    world = make_world()
    other = making.make_customer("Harbour of a colleague", owner=world.colleague)
    lead = making.make_lead("Lamp", owner=world.owner)
    for winner, loser in ((world.customer, other), (other, world.customer), (world.lead, lead)):
        with pytest.raises(UnableToMerge, match="only records"):
            merged(winner, loser, by=Actor(world.owner, "desk"))
    (merge,) = merged(world.customer, other, by=Actor(world.administrator, "desk"))
    with pytest.raises(UnableToUndoMerge, match="may change"):
        undo_merge(merge=merge, by=Actor(world.colleague, "desk"), now=LATER)


@pytest.mark.parametrize("count", [0, 5])
def test_two_to_five_different_records_become_one(count: int) -> None:
    winner, *losers = [making.make_customer() for _ in range(count + 1)]
    with pytest.raises(UnableToMerge, match="two to five"):
        merged(winner, *losers)
    with pytest.raises(UnableToMerge, match="two to five"):
        merged(winner, winner)


def test_archived_and_converted_records_are_not_merged() -> None:
    world = make_world()
    with pytest.raises(UnableToMerge, match="rests in the archive"):
        merged(world.customer, world.archived)


def test_after_thirty_days_a_merge_stands() -> None:
    (merge,) = merged(making.make_customer(), making.make_customer())
    assert forget_old_steps(LATER + timedelta(days=29)) == 0
    with pytest.raises(UnableToUndoMerge, match="thirty days"):
        undo(merge, LATER + timedelta(days=30))
    assert forget_old_steps(LATER + timedelta(days=31)) > 0
    assert (Merge.objects.count(), MergeStep.objects.count()) == (1, 0)
    assert undo_is_refused(merge)


def undo_is_refused(merge: Merge) -> bool:
    with pytest.raises(UnableToUndoMerge):
        undo(merge, LATER + timedelta(days=31))
    return True
