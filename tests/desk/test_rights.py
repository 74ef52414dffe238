"""Setup > Rights: the grid of a role is shown, saved, refused, set back and taken back; a change counts with the next click."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import making
from desk.group_rights import reach_over_groups
from desk.world import client_of
from making import make_customer, make_group, make_lead, make_project, make_user
from mooring.desk.journal_words import moment_of
from mooring.desk.why import why_seen
from mooring.users.journal import entries_of_everything
from mooring.users.models import Role, User
from mooring.users.permissions import CHANGEABLE, Scope
from mooring.users.rights import kept_rights, rights_in_force

pytestmark = pytest.mark.django_db

URL = "/setup/rights/sales_person/"


@pytest.fixture
def browser(alice: User) -> Client:
    return client_of(alice)


def grid(version: int = 0, **cells: str) -> dict[str, Any]:
    """The form as it is shown, but for `cells`."""
    rights = rights_in_force(Role.SALES_PERSON, kept_rights().get(Role.SALES_PERSON))
    shown = {
        f"{module}-{action}": rights[module][action].name.lower() for module, actions in CHANGEABLE.items() for action in actions
    }
    return {**shown, "version": version, **{name.replace("_", "-", 1): word for name, word in cells.items()}}


def test_a_change_counts_with_the_next_click_and_is_told(browser: Client, bob: User) -> None:
    eve = make_user("Eve")
    make_group("Sailors", members=[bob, eve])
    card = reverse("customer", args=[make_customer("Harbour", owner=eve).pk])
    bobs = client_of(bob)
    assert bobs.get(card).status_code == 404
    assert browser.get("/setup/rights/").headers["Location"] == "/setup/rights/sales_manager/"
    assert 'name="customers-view"' in browser.get(URL).content.decode()
    assert browser.post(URL, grid(customers_view="group")).status_code == 303
    shown = bobs.get(card)
    assert shown.status_code == 200
    assert "works in the group Sailors, as you do" in shown.content.decode()
    assert "came with: Own" in browser.get(URL).content.decode()
    (entry, *_rest) = entries_of_everything()
    assert moment_of(entry).title == "Role rights changed"
    assert set(moment_of(entry).detail.split("; ")) == {"Role: Sales person", "Customers and contacts, View: Own → Group"}
    assert browser.post(f"{URL}1/undo/").status_code == 303
    assert bobs.get(card).status_code == 404


def test_what_cannot_be_is_said_at_its_cell(browser: Client) -> None:
    answer = browser.post(URL, grid(leads_change="all"))
    assert answer.status_code == 422
    assert "reaches further than what the role may see" in answer.content.decode()
    assert browser.post(URL, grid(leads_view="emperor")).status_code == 422
    assert browser.post(URL, grid(version=7, leads_view="all")).status_code == 422
    assert not kept_rights()
    for role in ("administrator", "emperor"):
        for way in ("", "0/reset/", "0/undo/"):
            assert browser.post(f"/setup/rights/{role}/{way}").status_code == 404


def test_the_role_gets_back_what_it_came_with(browser: Client) -> None:
    browser.post(URL, grid(leads_view="all"))
    page = browser.get(URL).content.decode()
    assert f"{URL}1/reset/" in page
    browser.post(f"{URL}1/reset/")
    page = browser.get(URL).content.decode()
    assert "came with: " not in page
    assert "/reset/" not in page
    late = browser.post(f"{URL}1/reset/", follow=True)
    assert "Somebody else changed these rights meanwhile" in late.content.decode()


def test_the_lists_of_a_group_reader_take_twelve_queries_at_most(
    bob: User, alice: User, django_assert_max_num_queries: Any
) -> None:
    mates = [make_user() for _number in range(5)]
    make_group("Sailors", members=[bob, *mates])
    for owner in (bob, *mates, alice):
        make_customer(owner=owner)
        make_lead(owner=owner)
    browser = client_of(bob)
    reach_over_groups(Scope.GROUP_AND_BELOW)
    for url in ("/customers/", "/leads/", "/contacts/", "/projects/", "/reports/", "/sales/"):
        with django_assert_max_num_queries(12):
            assert browser.get(url).status_code == 200, url


def test_the_reason_on_a_card_names_the_group_below(alice: User, bob: User) -> None:
    top = make_group("Fleet", members=[bob])
    make_group("Sailors", members=[alice], parent=top)
    reach_over_groups(Scope.GROUP_AND_BELOW)
    reader, customer = User.objects.get(pk=bob.pk), make_customer("Harbour", owner=alice)
    assert why_seen(customer, reader) == "Alice looks after it, and works in a group below Fleet, in which you work."
    assert why_seen(make_lead(owner=bob), reader) == "You look after it."
    assert why_seen(make_lead(), reader) == "Nobody looks after it yet, so your role, Sales person, sees it."
    assert why_seen(make_project(customer=customer), reader) == "It belongs to a customer that you may see."
    assert why_seen(making.make_contact(at=(customer,)), reader) == "They work at a customer or lead that you may see."
