"""Whoever must have a second step and has none sets it up first."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

import making
from desk.second_steps import after_password, code_of, is_in, with_app
from desk.world import client_of
from mooring.activities.calendar_feed import make_feed
from mooring.desk.options import SECOND_STEP_ROLES
from mooring.options.values import change
from mooring.users.models import JournalEntry, Role, SecondStep, User

HUB = "/profile/sign-in/"
SETTINGS = "/setup/sign-in/"


def demand_of(*roles: str) -> None:
    change(SECOND_STEP_ROLES, roles, by=making.BY_COMMAND, now=making.NOW)


def test_an_administrator_requires_it_of_roles(alice: User) -> None:
    browser = client_of(alice)
    assert "Alice" in browser.get(SETTINGS).content.decode()
    browser.post(SETTINGS, {"roles": ["sales_person", "office"]})
    page = LexborHTMLParser(browser.get(SETTINGS).content)
    assert [box.attributes["value"] for box in page.css("input[name=roles][checked]")] == ["sales_person", "office"]
    assert JournalEntry.objects.get(action="changed", record_kind="option").record_name == "desk.second_step_roles"
    assert "Sales person" in browser.get("/setup/journal/").content.decode()
    assert browser.post(SETTINGS, {"roles": ["captain"]}).status_code == 422


@pytest.mark.parametrize("path", ["/", "/customers/", "/profile/", f"{HUB}password/", "/notices/bell/", "/search/?q=a"])
def test_nothing_else_is_open_before_it_is_set_up(client: Client, bob: User, path: str) -> None:
    demand_of(Role.SALES_PERSON)
    after_password(client, bob)
    assert client.get(path).headers["Location"] == HUB
    assert client.post(path).headers["Location"] == HUB


def test_a_session_that_is_open_is_led_there_with_the_next_click(bob: User) -> None:
    browser = client_of(bob)
    assert is_in(browser)
    demand_of(Role.SALES_PERSON)
    page = browser.get("/", follow=True).content.decode()
    assert "required of you" in page
    assert "/customers/" not in page
    assert browser.get("/customers/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == HUB


def test_once_it_is_set_up_everything_is_open(bob: User) -> None:
    demand_of(Role.SALES_PERSON)
    browser = client_of(bob)
    page = LexborHTMLParser(browser.get(f"{HUB}app/").content)
    secret = page.css_first("code").text().replace(" ", "")
    sealed = page.css_first("input[name=sealed]").attributes["value"] or ""
    browser.post(f"{HUB}app/", {"sealed": sealed, "password": making.PASSWORD, "code": code_of(secret)})
    assert SecondStep.objects.filter(pk=bob.pk).exists()
    assert is_in(browser)


def test_those_of_other_roles_and_those_who_have_one_are_left_alone(alice: User, bob: User, rita: User) -> None:
    with_app(bob)
    demand_of(Role.SALES_PERSON, Role.READ_ONLY)
    assert [is_in(client_of(user)) for user in (alice, bob, rita)] == [True, True, False]


def test_whoever_is_led_there_may_sign_out_and_choose_a_language(bob: User) -> None:
    demand_of(Role.SALES_PERSON)
    browser = client_of(bob)
    browser.post("/language/", {"language": "pl", "next": HUB})
    assert "wymagane" in browser.get(HUB).content.decode()
    assert browser.post("/accounts/logout/").headers["Location"] == "/accounts/login/"


def test_a_role_that_is_no_more_is_no_demand(bob: User) -> None:
    demand_of("captain")
    assert is_in(client_of(bob))


def test_the_calendar_feed_rests_while_a_required_second_step_is_lacking(bob: User) -> None:
    address = reverse("calendar", args=[make_feed(user=bob, by=making.BY_COMMAND, now=making.NOW)])
    assert Client().get(address).status_code == 200
    demand_of(Role.SALES_PERSON)
    assert Client().get(address).status_code == 404
    with_app(bob)
    assert Client().get(address).status_code == 200
