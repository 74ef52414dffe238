"""Creating and changing records: what is entered is tidied or refused in words, rows that stay are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from making import actor, make_contact, make_customer, make_lead, make_project
from mooring.customers.checking import MOST_ROWS, line, read_domain, read_email
from mooring.customers.editing import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    ProjectData,
    UnableToSave,
    change_contact,
    change_customer,
    change_lead,
    change_project,
    create_contact,
    create_customer,
    create_lead,
)
from mooring.customers.facts import contact_data, customer_data, data_of, facts_of, lead_data, project_data
from mooring.customers.models import Customer, EmailAddress
from mooring.users.journal import entries_about
from mooring.users.models import JournalEntry, User

FULL = CustomerData(
    name="  Harbour \x07  Ltd ",
    number=" C1 ",
    website="harbour.example",
    note="a\r\nb\x00",
    emails=("Office@Harbour.example", " <office@harbour.EXAMPLE> ", "mailto:sales@harbour.example", " "),
    domains=(
        DomainData(domain="@Harbour.example"),
        DomainData(domain="harbour.example", includes_subdomains=True),
        DomainData(domain=""),
    ),
    phones=(PhoneData(number="+48 600 100 200", label="Work"), PhoneData(number=" ")),
    addresses=(PostalAddressData(street="Quay 1", city="Łódź"), PostalAddressData(label="empty")),
)


def test_what_is_entered_is_tidied(alice: User, bob: User, now: datetime) -> None:
    customer = create_customer(data=replace(FULL, owner=bob), by=actor(alice), now=now)
    customer = Customer.objects.visible_to(bob).get()
    data = customer_data(customer)
    assert (data.name, data.number, data.website, data.note) == ("Harbour Ltd", "C1", "https://harbour.example", "a\nb")
    assert data.emails == ("Office@Harbour.example", "sales@harbour.example")
    assert data.domains == (DomainData(domain="harbour.example", includes_subdomains=True),)
    assert data.phones == (PhoneData(number="+48 600 100 200", label="Work"),)
    assert data.addresses == (PostalAddressData(street="Quay 1", city="Łódź"),)
    assert (customer.name_key, customer.phones.get().key, customer.created_at) == ("harbour ltd", "600100200", now)
    (entry,) = entries_about(kind="customer", record_id=customer.pk)
    assert (entry.user, entry.action, entry.changes) == (alice, "created", facts_of(data))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " \x00 "}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"number": "x" * 41}, "number"),
        ({"kind": "ghost"}, "kind"),
        ({"website": "javascript://x"}, "website"),
        ({"website": "not a site"}, "website"),
        ({"note": "x" * 100_001}, "note"),
        ({"emails": ("nobody",)}, "emails"),
        ({"emails": tuple(f"a{n}@x.example" for n in range(MOST_ROWS + 1))}, "emails"),
        ({"domains": (DomainData(domain="localhost"),)}, "domains"),
        ({"domains": tuple(DomainData(domain=f"d{n}.example") for n in range(MOST_ROWS + 1))}, "domains"),
        ({"phones": (PhoneData(number="1" * 61),)}, "phones"),
        ({"addresses": (PostalAddressData(postcode="x" * 21),)}, "addresses"),
    ],
)
def test_what_cannot_be_saved_is_said_field_by_field(db: None, now: datetime, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UnableToSave) as caught:
        create_customer(data=replace(CustomerData(name="Fine"), **fields), by=actor(None), now=now)
    assert list(caught.value.problems) == [field]
    assert not JournalEntry.objects.exists()


def test_all_that_is_wrong_is_said_at_once(db: None, now: datetime) -> None:
    with pytest.raises(UnableToSave) as caught:
        create_customer(data=CustomerData(name="", emails=("x",), website="::"), by=actor(None), now=now)
    assert set(caught.value.problems) == {"name", "emails", "website"}


def test_a_number_is_used_once(db: None, now: datetime) -> None:
    make_customer(number="1")
    make_lead(number="1")
    other = make_customer(number="2")
    for deed in (
        lambda: create_customer(data=CustomerData(name="x", number="1"), by=actor(None), now=now),
        lambda: change_customer(customer=other, data=CustomerData(name="x", number="1"), by=actor(None), now=now),
        lambda: create_lead(data=LeadData(name="x", number="1"), by=actor(None), now=now),
    ):
        with pytest.raises(UnableToSave) as caught:
            deed()
        assert list(caught.value.problems) == ["number"]


def test_of_two_who_enter_the_same_number_at_once_the_second_is_told(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_customer(number="1")
    monkeypatch.setattr("mooring.customers.editing._demand_free_number", lambda *_args, **_kwargs: None)
    with pytest.raises(UnableToSave, match="number"):
        create_customer(data=CustomerData(name="x", number="1"), by=actor(None), now=now)
    monkeypatch.setattr("mooring.customers.legal_forms.name_key", lambda _name: None)
    with pytest.raises(IntegrityError):
        create_customer(data=CustomerData(name="x"), by=actor(None), now=now)


def test_rows_that_stay_keep_their_time_and_new_ones_get_theirs(db: None, now: datetime) -> None:
    customer = create_customer(data=FULL, by=actor(None), now=now)
    later = now + timedelta(days=1)
    data = replace(
        customer_data(customer),
        emails=("new@harbour.example", "SALES@harbour.example"),
        domains=(DomainData(domain="harbour.example"), DomainData(domain="quay.example")),
    )
    change_customer(customer=customer, data=data, by=actor(None), now=later)
    rows = [(row.address, row.is_main, row.created_at) for row in EmailAddress.objects.order_by("-is_main")]
    assert rows == [("new@harbour.example", True, later), ("SALES@harbour.example", False, now)]
    domains = {row.domain: (row.includes_subdomains, row.created_at) for row in customer.domains.all()}
    assert domains == {"harbour.example": (False, now), "quay.example": (False, later)}
    data = replace(data, domains=(DomainData(domain="harbour.example", includes_subdomains=True),))
    change_customer(customer=customer, data=data, by=actor(None), now=later)
    assert [(row.domain, row.created_at) for row in customer.domains.all()] == [("harbour.example", later)]


def test_a_change_has_one_line_with_before_and_after(alice: User, bob: User, now: datetime) -> None:
    customer = create_customer(data=FULL, by=actor(alice), now=now)
    data = customer_data(customer)
    phones = (PhoneData(number="501 502 503"),)
    changed = change_customer(
        customer=customer, data=replace(data, name="Pier", owner=bob, phones=phones, addresses=()), by=actor(bob), now=now
    )
    assert changed.name == "Pier"
    entry = entries_about(kind="customer", record_id=customer.pk)[0]
    assert (entry.user, entry.action, entry.record_name) == (bob, "changed", "Pier")
    assert entry.changes == {
        "name": ["Harbour Ltd", "Pier"],
        "phones": [["+48 600 100 200 (Work)"], ["501 502 503"]],
        "addresses": [["Quay 1, Łódź"], None],
        "owner": [None, "Bob"],
    }
    words = set(changed.words.values_list("word", flat=True))
    assert {"pier", "501502503"} <= words
    assert not {"ltd", "lodz", "600100200"} & words


def test_saving_without_a_change_writes_nothing(db: None, now: datetime) -> None:
    customer = create_customer(data=FULL, by=actor(None), now=now)
    same = change_customer(customer=customer, data=FULL, by=actor(None), now=now + timedelta(days=1))
    assert same.changed_at == now
    assert len(entries_about(kind="customer", record_id=customer.pk)) == 1


def test_leads_and_projects_are_changed_like_customers(db: None, now: datetime) -> None:
    lead = make_lead("Lead", emails=("l@x.example",), note="n")
    changed = change_lead(lead=lead, data=replace(lead_data(lead), company_name="Firm"), by=actor(None), now=now)
    assert entries_about(kind="lead", record_id=lead.pk)[0].changes == {"company_name": [None, "Firm"]}
    assert data_of(changed) == lead_data(changed)
    project, other = make_project("Mast"), make_customer("Other")
    change_project(project=project, data=ProjectData(name="Mast", customer=other, is_closed=True), by=actor(None), now=now)
    project.refresh_from_db()
    assert data_of(project) == project_data(project) == ProjectData(name="Mast", customer=other, is_closed=True)


def test_a_contact_is_somewhere(db: None, now: datetime) -> None:
    customer, lead = make_customer("C"), make_lead("L")
    for affiliations in ((), (AffiliationData(),), (AffiliationData(customer=customer, lead=lead),)):
        with pytest.raises(UnableToSave) as caught:
            create_contact(data=ContactData(name="x", affiliations=affiliations), by=actor(None), now=now)
        assert list(caught.value.problems) == ["affiliations"]
    place = AffiliationData(lead=lead, job_title="x" * 121)
    with pytest.raises(UnableToSave, match="120"):
        create_contact(data=ContactData(name="x", affiliations=(place,)), by=actor(None), now=now)


def test_places_of_a_contact_come_and_go(db: None, now: datetime) -> None:
    first, second, lead = make_customer("First"), make_customer("Second"), make_lead("Lead")
    contact = make_contact("Ann", at=(first, second))
    later = now + timedelta(days=1)
    places = (AffiliationData(customer=second, job_title="CEO"), AffiliationData(lead=lead), AffiliationData(lead=lead))
    changed = change_contact(contact=contact, data=replace(contact_data(contact), affiliations=places), by=actor(None), now=later)
    assert data_of(changed) == contact_data(changed)
    assert contact_data(changed).affiliations == places[:2]
    assert [row.created_at for row in changed.affiliations.all()] == [now, later]
    assert entries_about(kind="contact", record_id=contact.pk)[0].changes == {
        "affiliations": [["First", "Second"], ["Second (CEO)", "Lead"]]
    }


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("@Example.com", "example.com"),
        (" https://example.com/a?b ", "example.com"),
        ("*.example.com", "example.com"),
        ("someone@mail.example.com", "mail.example.com"),
        ("żółw.example", "xn--w-uga1v8h.example"),
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("a b.example", ""),
    ],
)
def test_domains_are_read_as_people_write_them(text: str, domain: str) -> None:
    assert read_domain(text) == domain


def test_addresses_are_read_as_people_write_them() -> None:
    assert read_email(" <mailto:A@x.example> ") == "A@x.example"
    assert read_email("a@x@y") == ""


def test_a_line_of_text_can_be_kept_by_every_database() -> None:
    assert line("a\ud800\x00b\u202ec  d") == "a? bc d"


def test_records_are_called_by_their_names(db: None) -> None:
    customer = make_customer("C", emails=("a@x.example",), domains=("x.example",), phones=("12345",))
    rows = (customer, make_lead("L"), make_contact("K"), make_project("P"))
    assert [str(row) for row in rows] == ["C", "L", "K", "P"]
    assert [str(row.get()) for row in (customer.emails, customer.domains, customer.phones)] == [
        "a@x.example",
        "x.example",
        "12345",
    ]
