"""Roles that see more than they may change, and have other rights in one module than in another: their pages and forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

import making
from desk.test_records import EMPTY
from desk.world import client_of
from letters.making_letters import make_account, make_letter
from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.activities.planning import ActivityData, data_of, plan_activity
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


def test_a_sale_keeps_its_customer_whom_the_seller_may_not_change(bob: User, theirs: Customer, own: Customer) -> None:
    sale = making.make_opportunity("Ropes", whom=theirs, owner=bob)
    browser = browser_of(bob)
    other = making.make_customer("Quay", owner=theirs.owner)
    edit = reverse("edit_opportunity_fact", args=[sale.pk, "whom"])
    assert browser.post(edit, {"whom": place_in_words(theirs)}).status_code == 303
    assert browser.post(edit, {"whom": place_in_words(other)}).status_code == 422
    assert browser.post(edit, {"whom": place_in_words(own)}).status_code == 303


def offered(browser: Client, page: str, text: str) -> str:
    """The suggestions for what is typed into the one field of the page that has some, asked for as the page asks."""
    field = LexborHTMLParser(browser.get(page).content.decode()).css_first("input[list=places]")
    asked = json.loads(field.attributes["hx-vals"] or "")
    return browser.get(str(field.attributes["hx-get"]), {str(field.attributes["name"]): text, **asked}).content.decode()


def test_suggestions_are_what_the_field_takes(bob: User, theirs: Customer, own: Customer) -> None:
    sails = making.make_customer("Sail Makers", owner=theirs.owner)
    lead = making.make_lead("Sail Loft", owner=bob)
    project = making.make_project("Sail repair", customer=own)
    making.make_contact("Sail Sam", at=(own,))
    pipeline = making.make_pipeline(mailbox=making.make_sales_mailbox(owner=bob))
    everything = [place_in_words(each) for each in (own, sails, lead, project)]
    pages = {
        reverse("new_activity"): [True, False, True, True],
        f"{reverse('new_opportunity')}?pipeline={pipeline.pk}": [True, False, True, False],
        reverse("convert_lead", args=[lead.pk]): [True, False, False, False],
    }
    browser = browser_of(bob)
    for page, taken in pages.items():
        suggested = offered(browser, page, "sail")
        assert [name in suggested for name in everything] == taken, page
    new_project = reverse("new_project")
    for cells, taken in (({"projects_change": Scope.ALL}, [True, True]), ({"customers_change": Scope.ALL}, [True, False])):
        suggested = offered(browser_of(bob, **cells), new_project, "sail")
        assert [name in suggested for name in everything[:2]] == taken
        assert place_in_words(lead) not in suggested


def test_a_field_is_offered_as_many_of_its_kinds_as_it_lists(bob: User) -> None:
    for number in range(9):
        making.make_customer(f"Sail {number}", owner=bob)
        making.make_contact(f"Sail man {number}")
    assert offered(browser_of(bob), reverse("new_project"), "sail").count("<option") == 8


def planned(about: Any, bob: User, title: str) -> Activity:
    data = ActivityData(title=title, owner=bob, about=about, due_at=making.NOW)
    return plan_activity(data=data, by=making.actor(about.owner if isinstance(about, Customer) else bob), now=making.NOW)


def test_ones_own_activities_do_not_name_what_is_out_of_sight(bob: User, theirs: Customer, own: Customer) -> None:
    mast = making.make_project("Mast", customer=theirs)
    lead = making.make_lead("Quay", owner=theirs.owner)
    sale = making.make_opportunity("Ropes", whom=theirs)
    hidden = [planned(about, bob, f"Call {number}") for number, about in enumerate((theirs, mast, lead, sale))]
    planned(own, bob, "Call home")
    browser = client_of(bob)
    for url in (reverse("my_day"), reverse("home"), reverse("export_my_day")):
        answer = browser.get(url)
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()  # type: ignore[attr-defined]
        told = [name for name in ("Harbour", "Mast", "Quay", "Ropes") if name in text]
        assert (told, "Call 3" in text, "North Sails" in text) == ([], True, True), url
    for activity in hidden:
        edit = reverse("edit_activity", args=[activity.pk])
        form = browser.get(edit).content.decode()
        assert not any(name in form for name in ("Harbour", "Mast", "Quay", "Ropes"))
        assert browser.post(edit, {"kind": "task", "title": "Later", "owner": bob.pk}).status_code == 303
        before = data_of(activity).about
        assert data_of(Activity.objects.unscoped("a test").get(pk=activity.pk)).about == before
    making.give_rights(customers_view=Scope.ALL)
    edit = reverse("edit_activity", args=[hidden[0].pk])
    sent = {"kind": "task", "title": "Later", "owner": bob.pk, "about": place_in_words(theirs)}
    assert client_of(bob).post(edit, sent).status_code == 303


def test_ones_own_activity_does_not_name_a_letter_out_of_sight(bob: User, alice: User) -> None:
    letter = make_letter(make_account(alice), subject="Secret ropes")
    activity = planned(None, bob, "Call")
    Activity.objects.unscoped("a test").filter(pk=activity.pk).update(letter=letter)
    edit = reverse("edit_activity", args=[activity.pk])
    browser = client_of(bob)
    assert "Secret ropes" not in browser.get(edit).content.decode()
    assert browser.post(edit, {"kind": "task", "title": "Later", "owner": bob.pk}).status_code == 303
    activity.refresh_from_db()
    assert (activity.title, activity.letter) == ("Later", letter)


def test_the_bell_tells_nothing_of_what_is_out_of_sight(bob: User, theirs: Customer, own: Customer) -> None:
    data = [ActivityData(title=f"At {each}", note="@Bob", owner=theirs.owner or bob, about=each) for each in (theirs, own)]
    making.give_rights(customers_view=Scope.ALL)
    for each in data:
        plan_activity(data=each, by=making.actor(theirs.owner), now=making.NOW)
    letter = make_letter(make_account(theirs.owner or bob), to_records=(theirs,), subject="Secret ropes")
    Notice.objects.create(user=bob, kind=NoticeKind.ARCHIVED, letter=letter, at=making.NOW)
    making.give_rights()
    page = client_of(bob).get(reverse("notices")).content.decode()
    assert page.count("No longer open to you") == 2
    assert [name in page for name in ("At Harbour", "Secret ropes", "At North Sails")] == [False, False, True]


def test_whoever_may_change_records_of_one_kind_plans(bob: User) -> None:
    nothing = {f"{module}_change": Scope.NONE for module in ("customers", "leads", "projects", "sales")}
    for module in nothing:
        browser = browser_of(bob, **{**nothing, module: Scope.OWN})
        assert browser.get(reverse("new_activity")).status_code == 200
        assert reverse("new_activity") in browser.get(reverse("my_day")).content.decode()
    browser = browser_of(bob, **nothing)
    assert browser.get(reverse("new_activity")).status_code == 403
    assert reverse("new_activity") not in browser.get(reverse("my_day")).content.decode()
