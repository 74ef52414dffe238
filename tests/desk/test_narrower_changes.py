"""Roles that see more than they may change, and have other rights in one module than in another: their pages and forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import making
from desk.test_records import EMPTY
from desk.world import client_of
from mooring.customers.editing import change_project, create_project
from mooring.customers.models import Affiliation, Contact, Customer, Project
from mooring.customers.record_data import ProjectData, UnableToSave
from mooring.desk.forms.places import place_in_words
from mooring.users.models import User
from mooring.users.permissions import Scope

pytestmark = pytest.mark.django_db

SEES_ALL = {"customers_view": Scope.ALL, "leads_view": Scope.ALL, "projects_view": Scope.ALL, "sales_view": Scope.ALL}


@pytest.fixture
def theirs(alice: User) -> Customer:
    return making.make_customer("Harbour", owner=alice)


@pytest.fixture
def own(bob: User) -> Customer:
    return making.make_customer("North Sails", owner=bob)


def browser_of(user: User, **cells: Scope) -> Client:
    """Who sees all records, and changes their own but for `cells`."""
    making.give_rights(**{**SEES_ALL, **cells})
    return client_of(user)


def project_sent(customer: Customer, **fields: Any) -> dict[str, Any]:
    return {"name": "Mast", "customer": place_in_words(customer), **fields}


def test_a_project_begins_only_at_customers_within_the_reach_for_projects(bob: User, theirs: Customer, own: Customer) -> None:
    browser = browser_of(bob, customers_change=Scope.ALL)
    new = reverse("new_project")
    assert browser.post(new, project_sent(theirs)).status_code == 422
    assert browser.get(f"{new}?customer={theirs.pk}").status_code == 404
    assert f"{new}?customer=" not in browser.get(reverse("customer", args=[theirs.pk])).content.decode()
    assert browser.post(new, project_sent(own)).status_code == 303
    project = Project.objects.unscoped("a test").get()
    edit = reverse("edit_project", args=[project.pk])
    assert browser.post(edit, project_sent(theirs)).status_code == 422
    project.refresh_from_db()
    assert project.customer == own


def test_a_project_begins_at_a_customer_that_its_maker_may_not_change(bob: User, theirs: Customer) -> None:
    browser = browser_of(bob, projects_change=Scope.ALL)
    new = f"{reverse('new_project')}?customer={theirs.pk}"
    assert new in browser.get(reverse("customer", args=[theirs.pk])).content.decode()
    assert place_in_words(theirs) in browser.get(new).content.decode()
    assert browser.post(new, project_sent(theirs)).status_code == 303
    project = Project.objects.unscoped("a test").get()
    edit = reverse("edit_project", args=[project.pk])
    assert browser.post(edit, project_sent(theirs, name="Second mast")).status_code == 303
    project.refresh_from_db()
    assert (project.name, project.customer) == ("Second mast", theirs)


def test_the_deeds_ask_of_which_customer_a_project_may_be(bob: User, theirs: Customer, own: Customer) -> None:
    making.give_rights(**SEES_ALL, customers_change=Scope.ALL)
    by = making.actor(User.objects.get(pk=bob.pk))
    with pytest.raises(UnableToSave):
        create_project(data=ProjectData(name="Mast", customer=theirs), by=by, now=making.NOW)
    project = create_project(data=ProjectData(name="Mast", customer=own), by=by, now=making.NOW)
    with pytest.raises(UnableToSave):
        change_project(project=project, data=ProjectData(name="Mast", customer=theirs), by=by, now=making.NOW)


def affiliations_sent(contact: Contact, *places: str) -> dict[str, Any]:
    rows = {f"affiliations-{number}-place": place for number, place in enumerate(places)}
    return {**EMPTY, "name": contact.name, "affiliations-total": str(len(places)), **rows}


def titles_of(contact: Contact) -> dict[tuple[int | None, int | None], str]:
    rows = Affiliation.objects.filter(contact=contact)
    return {(row.customer_id, row.lead_id): row.job_title for row in rows}


def test_where_a_contact_works_stays_where_the_reader_may_not_change_it(bob: User, theirs: Customer, own: Customer) -> None:
    lead = making.make_lead("Quay", owner=theirs.owner)
    contact = making.make_contact("Ann", at=(theirs, lead, own), job_title="Buyer")
    browser = browser_of(bob)
    edit = reverse("edit_contact", args=[contact.pk])
    form = browser.get(edit).content.decode()
    assert "Harbour, Buyer" in form
    assert "Quay, Buyer" in form
    assert f'value="{place_in_words(own)}"' in form
    assert place_in_words(theirs) not in form
    assert browser.post(edit, affiliations_sent(contact, place_in_words(own))).status_code == 303
    titles = {(theirs.pk, None): "Buyer", (None, lead.pk): "Buyer"}
    assert titles_of(contact) == {**titles, (own.pk, None): ""}
    assert browser.post(edit, affiliations_sent(contact)).status_code == 303
    assert titles_of(contact) == titles


def test_everything_held_is_given_only_to_those_who_may_take_all_of_it_along(bob: User, own: Customer) -> None:
    contact = making.make_contact("Ann", at=(own,))
    places = [
        (name, reverse(f"everything_of_{name}", args=[record.pk])) for name, record in (("customer", own), ("contact", contact))
    ]
    cards = {"customer": reverse("customer", args=[own.pk]), "contact": reverse("contact", args=[contact.pk])}
    for cells, refused in (
        ({}, ()),
        ({"projects_export": Scope.NONE}, ("customer",)),
        (dict.fromkeys(("sales_view", "sales_change", "sales_delete", "sales_export"), Scope.NONE), ("customer", "contact")),
    ):
        browser = browser_of(bob, **cells)
        for name, url in places:
            answer = browser.get(url)
            assert answer.status_code == (403 if name in refused else 200), (name, cells)
            assert (url in browser.get(cards[name]).content.decode()) == (name not in refused)
            if name in refused:
                assert "which your role does not let you take along" in answer.content.decode()
