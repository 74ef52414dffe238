"""A lead becomes a customer with all that belongs to it, and everything can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from letters.making_letters import make_account, make_letter
from making import NOW, PASSWORD, actor, make_contact, make_customer, make_lead, make_opportunity
from mooring.activities.converting import UnableToConvert, convert_lead, undo_conversion
from mooring.activities.models import Activity
from mooring.activities.planning import ActivityData, plan_activity
from mooring.customers.editing import AffiliationData, ContactData, CustomerData, change_contact, change_customer
from mooring.customers.facts import data_of
from mooring.customers.models import Affiliation, Contact, Customer, Lead
from mooring.letters.models import Link, Rule
from mooring.letters.queries import letters_of
from mooring.sales.models import LeadConversion, Opportunity
from mooring.users.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
HOUR = timedelta(hours=1)


def full_lead(bob: User) -> Lead:
    """With an address, a lead contact, a letter, a task and an opportunity."""
    lead = make_lead("Lea Moor", company_name="Moor Ltd", owner=bob, emails=("lea@moor.example",), phones=("+48 1",))
    make_contact("Max", at=(lead,))
    make_letter(make_account(bob), to_records=(lead,))
    plan_activity(data=ActivityData(title="Call", owner=bob, about=lead), by=actor(bob), now=NOW)
    make_opportunity("Lines", whom=lead)
    return lead


def test_all_of_a_lead_goes_along_and_comes_back(bob: User) -> None:
    lead = full_lead(bob)
    before = data_of(Lead.objects.visible_to(bob).get(pk=lead.pk))
    made = convert_lead(lead=lead, by=actor(bob), now=LATER)
    customer, contact = made.customer, made.contact
    assert (customer.name, customer.owner, contact and contact.name) == ("Moor Ltd", bob, "Lea Moor")
    assert contact is not None
    assert [each.address for each in contact.emails.all()] == ["lea@moor.example"]
    assert {each.contact.name for each in customer.affiliations.all()} == {"Lea Moor", "Max"}
    assert len(letters_of(record=customer, reader=bob).rows) == 1
    assert Activity.objects.visible_to(bob).get().customer == customer
    assert Opportunity.objects.visible_to(bob).get().with_whom == customer
    assert not Lead.objects.visible_to(bob).filter(pk=lead.pk).exists()
    with pytest.raises(UnableToConvert):
        convert_lead(lead=lead, by=actor(bob), now=LATER)

    undo_conversion(conversion=made, by=actor(bob), now=LATER)
    back = Lead.objects.visible_to(bob).get(pk=lead.pk)
    assert data_of(back) == before
    assert not Customer.objects.visible_to(bob).filter(pk=customer.pk).exists()
    assert Affiliation.objects.get().lead == back
    assert (Link.objects.get().lead, Link.objects.get().rule) == (back, Rule.LEAD_EMAIL)
    assert Activity.objects.visible_to(bob).get().lead == back
    assert Opportunity.objects.visible_to(bob).get().with_whom == back


def test_undoing_keeps_a_customer_and_a_contact_to_whom_something_came(bob: User) -> None:
    made = convert_lead(lead=full_lead(bob), by=actor(bob), now=LATER)
    change_customer(customer=made.customer, data=CustomerData(name="Moor & Sons", owner=bob), by=actor(bob), now=LATER + HOUR)
    assert made.contact is not None
    person = ContactData(name="Lea Moor", note="Likes rope", affiliations=(AffiliationData(customer=made.customer),))
    change_contact(contact=made.contact, data=person, by=actor(bob), now=LATER + HOUR)

    undo_conversion(conversion=made, by=actor(bob), now=LATER + 2 * HOUR)
    assert Lead.objects.visible_to(bob).filter(pk=made.lead_id).exists()
    assert Customer.objects.visible_to(bob).get(pk=made.customer_id).name == "Moor & Sons"
    assert Contact.objects.unscoped("a test").get(pk=made.contact.pk).note == "Likes rope"


def test_a_lead_goes_into_a_customer_that_is_there(bob: User, client: Client) -> None:
    client.login(username=bob.email, password=PASSWORD)
    lead, harbour = full_lead(bob), make_customer("Harbour Ltd", owner=bob)
    assert "becomes a customer" in client.get(f"/leads/{lead.pk}/convert/").content.decode()
    answer = client.post(f"/leads/{lead.pk}/convert/", {"customer": "Harbour Ltd"})
    assert answer.headers["Location"] == f"/customers/{harbour.pk}/"
    conversion = LeadConversion.objects.get()
    undo = f"/leads/conversions/{conversion.pk}/undo/"
    assert undo in client.get(f"/customers/{harbour.pk}/").content.decode()
    later = client.get(f"/customers/{harbour.pk}/")
    assert undo in later.content.decode(), "it is offered on the card, not only in the message"
    client.post(undo)
    assert undo not in client.get(f"/customers/{harbour.pk}/").content.decode()
    assert client.get(f"/leads/{lead.pk}/").status_code == 200
    assert Customer.objects.visible_to(bob).filter(pk=harbour.pk).exists()
    assert client.post(f"/leads/conversions/{conversion.pk}/undo/").status_code == 303
