"""Which address opens what: the one that a person has now, and no other; and which sessions end with it."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

import making
from desk.second_steps import LOGIN, after_password, is_in
from desk.world import client_of
from mooring.users.models import User
from mooring.users.staff import add_user, change_user, deactivate_user, reactivate_user

pytestmark = pytest.mark.database
NEW, NEWER = "seven unlikely lighthouses", "eight unlikely lighthouses"


@pytest.fixture(autouse=True)
def _mail(settings: Settings) -> None:
    settings.MAIL_IS_CONFIGURED = True


def letters_after_asking(address: str, **headers: str) -> list[str]:
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": address}, headers=headers)
    return [str(each.body) for each in mail.outbox]


def follow(letter: str, password: str) -> None:
    link = re.search(r"https?://[^/]+(/\S+)", letter)
    assert link
    browser = Client()
    opened = browser.get(link[1], follow=True)
    browser.post(opened.request["PATH_INFO"], {"password1": password, "password2": password})


def move(user: User) -> str:
    """The address that was theirs."""
    before = user.email
    change_user(user=user, email="bob.new@example.com", by=making.BY_COMMAND, now=timezone.now())
    return before


def test_an_address_that_was_taken_away_opens_nothing(bob: User) -> None:
    letters_after_asking(bob.email)
    EmailAddress.objects.get_or_create(user=bob, email=bob.email)
    before, other = move(bob), Client()
    other.post(LOGIN, {"login": before, "password": making.PASSWORD})
    assert (is_in(other), letters_after_asking(before)) == (False, [])


def test_a_link_that_went_to_the_address_of_before_sets_no_password(bob: User) -> None:
    (letter,) = letters_after_asking(bob.email)
    move(bob)
    follow(letter, NEWER)
    bob.refresh_from_db()
    assert not bob.check_password(NEWER)


def test_the_next_owner_of_an_address_resets_their_own_password_alone(bob: User) -> None:
    letters_after_asking(bob.email)
    EmailAddress.objects.get_or_create(user=bob, email=bob.email)
    before = move(bob)
    carol = add_user(email=before, name="Carol", role="read_only", password=NEW, by=making.BY_COMMAND, now=timezone.now())
    for letter in letters_after_asking(before):
        follow(letter, NEWER)
    bob.refresh_from_db()
    carol.refresh_from_db()
    assert (bob.check_password(NEWER), carol.check_password(NEWER)) == (False, True)


def test_asking_for_a_new_password_keeps_no_second_list_of_addresses(bob: User) -> None:
    letters_after_asking(bob.email)
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("typed", ["BOB@Mooring.Example", "bob@moor\u0131ng.example", "bob@moor\u0130ng.example"])
def test_the_letter_goes_to_the_address_that_is_kept_or_to_nobody(bob: User, typed: str) -> None:
    letters_after_asking(typed)
    assert [each.to for each in mail.outbox] == ([[bob.email]] if typed.isascii() else [])


def test_whoever_left_gets_no_link(dave: User) -> None:
    assert letters_after_asking(dave.email) == []


def test_links_to_a_new_password_name_the_address_of_the_installation(bob: User, settings: Settings) -> None:
    (letter,) = letters_after_asking(bob.email, Host="localhost:4444")
    assert "localhost:4444" not in letter
    assert f"{settings.BASE_URL}/accounts/password/reset/key/" in letter


def test_sessions_from_before_a_deactivation_stay_dead(bob: User) -> None:
    browser = Client()
    after_password(browser, bob)
    deactivate_user(user=bob, by=making.BY_COMMAND, now=timezone.now())
    reactivate_user(user=bob, by=making.BY_COMMAND, now=timezone.now())
    assert not is_in(browser)


def test_another_address_ends_the_sessions_of_the_person(bob: User) -> None:
    browser = client_of(bob)
    move(bob)
    assert not is_in(browser)


def test_an_administrator_stays_signed_in_where_they_change_their_own_address(alice: User) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    here.post(f"/setup/staff/{alice.pk}/", {"email": "a@mooring.example", "name": "Alice", "role": "administrator"})
    alice.refresh_from_db()
    assert alice.email == "a@mooring.example"
    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_another_role_ends_the_sessions_of_the_person(bob: User) -> None:
    browser = client_of(bob)
    change_user(user=bob, role="read_only", by=making.BY_COMMAND, now=timezone.now())
    assert not is_in(browser)


def test_another_name_ends_no_session(bob: User) -> None:
    browser = client_of(bob)
    change_user(user=bob, name="Robert", by=making.BY_COMMAND, now=timezone.now())
    assert is_in(browser)
