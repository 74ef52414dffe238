"""Signing in and out, passwords, and how each person likes the desk."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

import making
from desk.world import client_of
from mooring.users.models import JournalEntry, User
from mooring.users.staff import deactivate_user

NEW = "seven unlikely lighthouses"


def sign_in(client: Client, email: str, password: str = making.PASSWORD, **more: str) -> str:
    """Where the answer leads; empty when the page comes back."""
    answer = client.post("/accounts/login/", {"login": email, "password": password, **more})
    return answer.headers.get("Location", "")


def test_people_sign_in_with_their_address_whatever_its_case(client: Client, bob: User) -> None:
    assert sign_in(client, "BOB@Mooring.Example") == "/"
    assert client.get("/").status_code == 200


def test_the_session_changes_its_key_at_sign_in(client: Client, bob: User) -> None:
    client.get("/accounts/login/")
    client.session.save()
    before = client.session.session_key
    sign_in(client, bob.email)
    assert client.session.session_key != before


@pytest.mark.parametrize("email", ["bob@mooring.example", "nobody@mooring.example"])
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(client: Client, bob: User, email: str) -> None:
    page = client.post("/accounts/login/", {"login": email, "password": "wrong"}).content.decode()
    assert "do not belong together" in page


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "http:///evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_signing_in_never_leads_to_another_site(client: Client, bob: User, path: str) -> None:
    assert sign_in(client, bob.email, next=path) == "/"


def test_signing_in_goes_on_to_the_page_that_was_asked_for(client: Client, bob: User) -> None:
    asked = client.get("/customers/?kind=person").headers["Location"]
    assert asked == "/accounts/login/?next=/customers/%3Fkind%3Dperson"
    assert sign_in(client, bob.email, next="/customers/?kind=person") == "/customers/?kind=person"


def test_dave_who_left_cannot_sign_in(client: Client, dave: User) -> None:
    assert sign_in(client, dave.email) == "/accounts/inactive/"
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_deactivation_ends_open_sessions_with_the_next_click(bob: User) -> None:
    browser = client_of(bob)
    assert browser.get("/").status_code == 200
    deactivate_user(user=bob, by=making.BY_COMMAND, now=timezone.now())
    assert browser.get("/").headers["Location"] == "/accounts/login/?next=/"


def test_signing_out_needs_a_click_and_ends_the_session(bob: User) -> None:
    browser = client_of(bob)
    browser.get("/accounts/logout/")
    assert browser.get("/").status_code == 200
    assert browser.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert browser.get("/").status_code == 302


def test_nobody_signs_up(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404


def test_many_failed_attempts_are_stopped_even_with_the_right_password(client: Client, bob: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    cache.clear()
    for _attempt in range(3):
        sign_in(client, bob.email, "wrong")
    page = client.post("/accounts/login/", {"login": bob.email, "password": making.PASSWORD}).content.decode()
    assert "Too many attempts" in page
    cache.clear()


def test_without_mail_the_page_says_whom_to_ask_for_a_new_password(client: Client, bob: User) -> None:
    page = client.post("/accounts/password/reset/", {"email": bob.email}).content.decode()
    assert "ask an administrator" in page
    assert mail.outbox == []


def test_with_mail_a_link_sets_a_new_password_once(client: Client, bob: User, settings: Settings) -> None:
    settings.MAIL_IS_CONFIGURED = True
    client.post("/accounts/password/reset/", {"email": bob.email})
    link = re.search(rf"{settings.BASE_URL}(/\S+)", mail.outbox[0].body)
    assert link
    opened = client.get(link[1], follow=True)
    answer = client.post(opened.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert answer.headers["Location"] == "/accounts/login/"
    assert sign_in(client, bob.email, NEW) == "/"
    assert JournalEntry.objects.filter(action="password set", record_id=bob.pk).count() == 1
    assert "no longer works" in Client().get(link[1], follow=True).content.decode()


def test_asking_for_a_password_of_nobody_is_answered_like_any_other(client: Client, settings: Settings, db: None) -> None:
    settings.MAIL_IS_CONFIGURED = True
    answer = client.post("/accounts/password/reset/", {"email": "nobody@mooring.example"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"


def test_a_changed_password_ends_the_other_sessions(bob: User) -> None:
    here, elsewhere = client_of(bob), client_of(bob)
    here.post("/profile/sign-in/password/", {"oldpassword": making.PASSWORD, "password1": NEW, "password2": NEW})
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_changing_the_password_needs_the_current_one(bob: User) -> None:
    answer = client_of(bob).post("/profile/sign-in/password/", {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
    assert "This is not your current password." in answer.content.decode()


def test_pages_speak_the_language_of_the_person_and_count_in_their_time_zone(bob: User) -> None:
    browser = client_of(bob)
    answer = browser.post("/language/", {"language": "pl", "next": "/customers/"})
    assert answer.headers["Location"] == "/customers/"
    assert '<html lang="pl"' in browser.get("/customers/").content.decode()
    browser.post("/profile/", {"name": "Bob", "language": "en", "time_zone": "Asia/Tokyo", "theme": "dark"})
    page = browser.get("/profile/")
    assert '<html lang="en" dir="ltr" data-bs-theme="dark"' in page.content.decode()
    bob.refresh_from_db()
    assert bob.time_zone == "Asia/Tokyo"


def test_somebody_not_signed_in_chooses_language_and_colours_for_the_browser(client: Client, db: None) -> None:
    client.post("/language/", {"language": "pl", "next": "https://evil.example"})
    client.post("/theme/", {"theme": "dark"})
    page = client.get("/accounts/login/").content.decode()
    assert '<html lang="pl"' in page
    assert 'data-bs-theme="dark"' in page


def test_colours_follow_to_another_machine(client: Client, bob: User) -> None:
    client_of(bob).post("/theme/", {"theme": "dark"})
    sign_in(client, bob.email)
    assert client.cookies["theme"].value == "dark"


def test_an_administrator_adds_somebody_who_can_sign_in(alice: User, client: Client) -> None:
    sent = {
        "name": "Eve",
        "email": "eve@mooring.example",
        "role": "read_only",
        "password": NEW,
        "language": "pl",
        "time_zone": "Europe/Warsaw",
    }
    assert client_of(alice).post("/setup/staff/new/", sent).status_code == 303
    assert sign_in(client, "eve@mooring.example", NEW) == "/"


def test_what_is_wrong_with_a_new_person_stands_at_its_field(alice: User, bob: User) -> None:
    sent = {"name": "Eve", "email": bob.email, "role": "read_only", "password": "short", "language": "en", "time_zone": "UTC"}
    page = client_of(alice).post("/setup/staff/new/", sent).content.decode()
    assert "Somebody with this address can sign in already." in page
    assert "too short" in page
    assert 'value="Eve"' in page


def test_the_last_administrator_cannot_be_deactivated(alice: User) -> None:
    browser = client_of(alice)
    page = browser.post(f"/setup/staff/{alice.pk}/deactivate/", follow=True).content.decode()
    assert "This is the last administrator." in page
    alice.refresh_from_db()
    assert alice.is_active


def test_an_administrator_gives_a_new_password(alice: User, bob: User, client: Client) -> None:
    client_of(alice).post(f"/setup/staff/{bob.pk}/password/", {"password": NEW})
    assert sign_in(client, bob.email, NEW) == "/"


def test_the_journal_is_filtered_by_person_and_kind(alice: User, bob: User) -> None:
    making.make_customer("By alice", by=making.actor(alice))
    making.make_lead("By bob", by=making.actor(bob))
    moments = client_of(alice).get(f"/setup/journal/?user={alice.pk}&kind=customer").context["moments"]
    assert [moment.title for moment in moments] == ["Customer added: By alice"]


def test_a_forged_form_is_refused_in_words(bob: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies.update(client_of(bob).cookies)
    answer = browser.post("/profile/", {"name": "Mallory"})
    assert answer.status_code == 403
    assert "Mooring" in answer.content.decode()
