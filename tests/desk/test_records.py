"""Cards and forms of customers, leads, contacts and projects."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import making
from desk.world import client_of
from mooring.customers.facts import customer_data
from mooring.customers.models import Affiliation, Contact, Customer, Lead, Project
from mooring.customers.record_data import CustomerData, DomainData
from mooring.desk.forms.places import place_in_words
from mooring.users.models import JournalEntry, User

EMPTY = {"emails-total": "0", "domains-total": "0", "phones-total": "0", "addresses-total": "0"}


@pytest.fixture
def desk(alice: User) -> Client:
    """Alice's browser."""
    return client_of(alice)


def stored(name: str) -> Customer:
    return Customer.objects.unscoped("what the page saved").get(name=name)


def form_of(**fields: Any) -> dict[str, Any]:
    return {"kind": "company", **EMPTY, **fields}


def test_a_customer_is_added_with_everything_on_the_form(desk: Client, alice: User) -> None:
    sent = form_of(
        name="Acme",
        owner=alice.pk,
        website="acme.example",
        **{"emails-total": "2", "emails-0-address": "office@acme.example", "emails-1-address": ""},
        **{"domains-total": "1", "domains-0-domain": "acme.example", "domains-0-includes_subdomains": "on"},
        **{"phones-total": "1", "phones-0-number": "+48 1", "phones-0-label": "desk"},
        **{"addresses-total": "1", "addresses-0-city": "Gdynia"},
    )
    answer = desk.post("/customers/new/", sent)
    customer = stored("Acme")
    assert answer.headers["Location"] == f"/customers/{customer.pk}/"
    data = customer_data(customer)
    assert (data.emails, data.website, data.owner) == (("office@acme.example",), "https://acme.example", alice)
    assert data.domains == (DomainData(domain="acme.example", includes_subdomains=True),)
    assert [row.city for row in data.addresses] == ["Gdynia"]
    assert (
        f'href="{reverse("write")}?to=office%40acme.example" data-compose'
        in desk.get(answer.headers["Location"]).content.decode()
    )


def test_one_more_row_keeps_everything_typed_and_saves_nothing(desk: Client) -> None:
    sent = form_of(name="", note="typed", **{"emails-total": "1", "emails-0-address": "half@"}, more="emails")
    page = desk.post("/customers/new/", sent).content.decode()
    assert 'name="emails-total" value="2"' in page
    assert 'value="half@"' in page
    assert ">\ntyped</textarea>" in page
    assert "form-error" not in page
    assert not Customer.objects.unscoped("what the page saved").exists()


def test_what_cannot_be_saved_is_said_at_its_place_with_everything_typed(desk: Client) -> None:
    sent = form_of(name="Acme", note="typed", **{"emails-total": "1", "emails-0-address": "nonsense"})
    answer = desk.post("/customers/new/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“nonsense” is not a complete email address." in page
    assert 'value="nonsense"' in page
    assert ">\ntyped</textarea>" in page


def test_a_possible_duplicate_is_pointed_out_and_saved_only_on_demand(desk: Client) -> None:
    making.make_customer("Acme", emails=("office@acme.example",))
    sent = form_of(name="Acme Ltd", **{"emails-total": "1", "emails-0-address": "OFFICE@acme.example"})
    answer = desk.post("/customers/new/", sent)
    assert answer.status_code == 422
    assert "Same email address" in answer.content.decode()
    assert desk.post("/customers/new/", {**sent, "anyway": "yes"}).status_code == 303


def test_duplicates_are_pointed_out_while_typing(desk: Client) -> None:
    making.make_customer("Acme")
    answer = desk.post("/customers/hints/", form_of(name="acme"))
    assert "Same name" in answer.content.decode()


def test_a_hidden_duplicate_is_hinted_at_without_its_name(bob: User, alice: User) -> None:
    making.make_customer("Secret Shipping", emails=("office@secret.example",), owner=alice)
    sent = form_of(name="Other", **{"emails-total": "1", "emails-0-address": "office@secret.example"})
    page = client_of(bob).post("/customers/new/", sent).content.decode()
    assert "A colleague may know this one already" in page
    assert "Secret Shipping" not in page


def test_a_customer_is_changed_and_the_journal_says_how(desk: Client) -> None:
    customer = making.make_customer("Acme")
    version = customer.changed_at.isoformat()
    desk.post(f"/customers/{customer.pk}/edit/", form_of(name="Acme SA", changed_at=version))
    assert stored("Acme SA").pk == customer.pk
    page = desk.get(f"/customers/{customer.pk}/").content.decode()
    assert "Changed: Name" in page
    assert "Name: Acme → Acme SA" in page


def test_of_two_people_editing_the_second_is_told_and_loses_nothing(desk: Client, bob: User) -> None:
    customer = making.make_customer("Acme")
    opened = desk.get(f"/customers/{customer.pk}/edit/").content.decode()
    version = re.search(r'name="changed_at" value="([^"]+)"', opened)
    assert version
    client_of(bob).post(f"/customers/{customer.pk}/edit/", form_of(name="Bob's", changed_at=version[1]))
    answer = desk.post(f"/customers/{customer.pk}/edit/", form_of(name="Mine", changed_at=version[1]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else saved meanwhile" in page
    assert 'value="Mine"' in page
    assert stored("Bob&#x27;s".replace("&#x27;", "'")).pk == customer.pk
    newer = re.search(r'name="changed_at" value="([^"]+)"', page)
    assert newer
    desk.post(f"/customers/{customer.pk}/edit/", form_of(name="Mine", changed_at=newer[1]))
    assert stored("Mine").pk == customer.pk


def test_one_fact_is_changed_in_place_and_the_others_stay(desk: Client) -> None:
    customer = making.make_customer("Acme", emails=("a@acme.example",), phones=("+48 1",), note="kept")
    url = f"/customers/{customer.pk}/facts/emails/"
    assert 'name="emails-0-address"' in desk.get(url).content.decode()
    sent = {"emails-total": "1", "emails-0-address": "b@acme.example", "changed_at": customer.changed_at.isoformat()}
    desk.post(url, sent)
    data = customer_data(stored("Acme"))
    assert (data.emails, data.note, [row.number for row in data.phones]) == (("b@acme.example",), "kept", ["+48 1"])


def test_under_htmx_a_saved_fact_brings_the_card_back_without_a_reload(desk: Client) -> None:
    customer = making.make_customer("Acme")
    sent = {"name": "Acme SA", "changed_at": customer.changed_at.isoformat()}
    answer = desk.post(f"/customers/{customer.pk}/facts/name/", sent, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<h1>Acme SA</h1>" in page
    assert "<html" not in page


def test_what_is_no_fact_cannot_be_edited(desk: Client) -> None:
    customer = making.make_customer("Acme")
    assert desk.get(f"/customers/{customer.pk}/facts/created_at/").status_code == 404


def test_fields_that_no_form_has_are_not_taken(desk: Client) -> None:
    customer = making.make_customer("Acme")
    sent = form_of(name="Acme", changed_at=customer.changed_at.isoformat(), id="999", name_key="zzz", created_at="2000-01-01")
    desk.post(f"/customers/{customer.pk}/edit/", sent)
    after = stored("Acme")
    assert (after.pk, after.name_key, after.created_at) == (customer.pk, "acme", customer.created_at)


def test_whoever_gives_a_customer_away_lands_on_the_list(bob: User, alice: User) -> None:
    customer = making.make_customer("Acme", owner=bob)
    sent = form_of(name="Acme", owner=alice.pk, changed_at=customer.changed_at.isoformat())
    answer = client_of(bob).post(f"/customers/{customer.pk}/edit/", sent)
    assert answer.headers["Location"] == "/customers/"


def test_a_contact_is_added_from_a_card_at_that_customer(desk: Client) -> None:
    customer = making.make_customer("Acme")
    assert f'value="Acme – C{customer.pk}"' in desk.get(f"/contacts/new/?customer={customer.pk}").content.decode()
    sent = {
        **EMPTY,
        "name": "Carol",
        "affiliations-total": "1",
        "affiliations-0-place": "acme",
        "affiliations-0-job_title": "CFO",
    }
    desk.post("/contacts/new/", sent)
    affiliation = Affiliation.objects.get()
    assert (affiliation.customer, affiliation.job_title) == (customer, "CFO")


def test_a_place_of_which_there_are_two_is_asked_for(desk: Client) -> None:
    first, second = making.make_customer("Acme"), making.make_lead("Acme")
    sent = {**EMPTY, "name": "Carol", "affiliations-total": "1", "affiliations-0-place": "Acme"}
    page = desk.post("/contacts/new/", sent).content.decode()
    assert place_in_words(first) in page
    assert place_in_words(second) in page


def test_a_hidden_customer_cannot_be_named_as_a_place(bob: User, alice: User) -> None:
    hidden = making.make_customer("Secret", owner=alice)
    sent = {**EMPTY, "name": "Mallory", "affiliations-total": "1", "affiliations-0-place": place_in_words(hidden)}
    assert client_of(bob).post("/contacts/new/", sent).status_code == 422
    assert client_of(bob).post("/projects/new/", {"name": "P", "customer": f"x – C{hidden.pk}"}).status_code == 422
    assert not Contact.objects.unscoped("what the page saved").exists()
    assert not Project.objects.unscoped("what the page saved").exists()


def test_places_that_the_reader_cannot_see_stay_when_a_contact_is_changed(bob: User, alice: User) -> None:
    own, hidden = making.make_customer("Own", owner=bob), making.make_customer("Secret", owner=alice)
    contact = making.make_contact("Carol", at=(own, hidden))
    page = client_of(bob).get(f"/contacts/{contact.pk}/edit/").content.decode()
    assert "Secret" not in page
    sent = {**EMPTY, "name": "Carol", "affiliations-total": "1", "affiliations-0-place": place_in_words(own)}
    client_of(bob).post(f"/contacts/{contact.pk}/edit/", {**sent, "changed_at": contact.changed_at.isoformat()})
    assert set(contact.affiliations.values_list("customer__name", flat=True)) == {"Own", "Secret"}


def test_a_card_never_names_records_that_the_reader_cannot_see(bob: User, alice: User) -> None:
    own, hidden = making.make_customer("Own", owner=bob), making.make_customer("Secret", owner=alice)
    contact = making.make_contact("Carol", at=(own, hidden))
    pages = [f"/contacts/{contact.pk}/", f"/customers/{own.pk}/contacts/", "/contacts/", "/search/?q=carol", "/search/?q=secret"]
    assert all("Secret" not in _without_typed(client_of(bob).get(url).content.decode()) for url in pages)


def _without_typed(page: str) -> str:
    return re.sub(r'value="secret"|“secret”', "", page)


def test_a_lead_and_a_project_are_added(desk: Client, alice: User) -> None:
    customer = making.make_customer("Acme")
    desk.post("/leads/new/", {**EMPTY, "name": "Ole", "company_name": "Olsen", "owner": alice.pk})
    desk.post("/projects/new/", {"name": "Pier", "customer": "Acme"})
    assert Lead.objects.unscoped("what the page saved").get().company_name == "Olsen"
    assert Project.objects.unscoped("what the page saved").get().customer == customer


def test_a_website_that_is_no_web_address_never_becomes_a_link(desk: Client) -> None:
    customer = making.make_customer("Acme", website="https://acme.example")
    Customer.objects.unscoped("an old row").filter(pk=customer.pk).update(website="javascript:alert(1)")
    page = desk.get(f"/customers/{customer.pk}/").content.decode()
    assert 'href="javascript:' not in page


def test_the_timeline_goes_on_where_the_page_before_ended(desk: Client) -> None:
    customer = making.make_customer("Acme")
    for number in range(40):
        data = CustomerData(name=f"Acme {number}")
        customer = making_change(customer, data)
    first = desk.get(f"/customers/{customer.pk}/").context["timeline"]
    rest = desk.get(f"/customers/{customer.pk}/?before={first.older}").context["timeline"]
    assert len(first.moments) + len(rest.moments) == JournalEntry.objects.filter(record_kind="customer").count()
    assert rest.older == ""


def making_change(customer: Customer, data: CustomerData) -> Customer:
    from mooring.customers.editing import change_customer

    return change_customer(customer=customer, data=data, by=making.BY_COMMAND, now=making.NOW)


def test_a_card_says_why_the_reader_sees_it(desk: Client, bob: User) -> None:
    own, nobodys = making.make_customer("Own", owner=bob), making.make_customer("Nobody's")
    contact = making.make_contact("Carol", at=(own,))
    browser = client_of(bob)
    assert "You look after it." in browser.get(f"/customers/{own.pk}/").content.decode()
    assert "Nobody looks after it yet" in browser.get(f"/customers/{nobodys.pk}/").content.decode()
    assert "They work at a customer or lead" in browser.get(f"/contacts/{contact.pk}/").content.decode()
    assert "Your role, Administrator, sees all of them." in desk.get(f"/customers/{own.pk}/").content.decode()


@pytest.mark.parametrize("part", ["", "emails/", "contacts/", "projects/"])
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_card_takes_at_most_twelve_queries(
    part: str, name: str, alice: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    customer = making.make_customer(owner=bob, emails=("office@hansa.example",))
    making.make_contact(at=(customer,), emails=("ann@hansa.example",))
    making.make_project(customer=customer)
    browser = client_of({"alice": alice, "bob": bob}[name])
    with django_assert_max_num_queries(12):
        assert browser.get(f"/customers/{customer.pk}/{part}").status_code == 200
