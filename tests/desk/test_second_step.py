"""Two-step sign-in of staff: at the door no code works twice, wrong ones are counted, and no door leads past it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

import making
from desk.second_steps import CODE, LOGIN, after_password, code_of, is_in, type_code, with_app, wrong_code
from desk.world import client_of
from mooring.desk.second_step import TAKEN, Verdict, try_code
from mooring.users.journal import Actor
from mooring.users.models import JournalEntry, SecondStep, User
from mooring.users.second_steps import block_after
from mooring.users.staff import deactivate_user

NEW = "seven unlikely lighthouses"


def last_line(action: str) -> JournalEntry:
    return JournalEntry.objects.filter(action=action, record_kind="user").latest("pk")


def test_the_password_alone_opens_nothing(client: Client, bob: User) -> None:
    with_app(bob)
    assert after_password(client, bob).headers["Location"] == CODE
    assert not is_in(client)
    assert client.get("/customers/").headers["Location"].startswith(LOGIN)


def test_a_code_of_the_app_lets_in_and_goes_on_to_the_page_that_was_asked_for(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob, next="/customers/?kind=person")
    assert type_code(client, code_of(secret)).headers["Location"] == "/customers/?kind=person"
    assert is_in(client)
    line = last_line("second_step_taken")
    assert (line.user, line.changes, line.address) == (bob, {"means": "app_code"}, "127.0.0.1")


def test_the_second_step_never_leads_to_another_site(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob, next="https://evil.example/")
    answer = client.post(f"{CODE}?next=//evil.example", {"code": code_of(secret), "next": "//evil.example"})
    assert answer.headers["Location"] == "/"


def test_the_session_changes_its_key_at_each_step(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    client.get(LOGIN)
    client.session.save()
    keys = [client.session.session_key]
    after_password(client, bob)
    keys.append(client.session.session_key)
    type_code(client, code_of(secret))
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


def test_a_code_that_was_taken_is_refused_from_then_on(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    code = code_of(secret)
    after_password(client, bob)
    type_code(client, code)
    other = Client()
    after_password(other, bob)
    assert "used already" in type_code(other, code).content.decode()
    assert not is_in(other)


def test_a_code_from_before_one_that_was_taken_is_refused(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    earlier = code_of(secret, steps=-1)
    after_password(client, bob)
    type_code(client, code_of(secret))
    other = Client()
    after_password(other, bob)
    assert type_code(other, earlier).status_code == 422


def test_a_recovery_code_lets_in_once_and_says_how_many_are_left(client: Client, bob: User) -> None:
    _secret, codes = with_app(bob)
    after_password(client, bob)
    assert type_code(client, codes[0].replace(" ", "")).status_code == 302
    assert "9 are left" in client.get("/").content.decode()
    assert last_line("second_step_taken").changes == {"means": "recovery_code", "left": 9}
    other = Client()
    after_password(other, bob)
    assert type_code(other, codes[0]).status_code == 422
    assert type_code(other, codes[1]).status_code == 302


def test_five_wrong_codes_end_what_was_begun_and_close_every_door_for_a_while(client: Client, bob: User) -> None:
    secret, codes = with_app(bob)
    wrong = wrong_code(secret)
    after_password(client, bob)
    assert [type_code(client, wrong).status_code for _attempt in range(4)] == [422] * 4
    last = type_code(client, wrong)
    assert last.headers["Location"] == LOGIN
    assert "Wait 5 minutes" in client.get(LOGIN).content.decode()
    assert client.get(CODE).headers["Location"] == LOGIN
    other = Client()
    after_password(other, bob)
    for right in (code_of(secret), codes[0]):
        assert "Too many wrong codes" in type_code(other, right).content.decode()
    assert not is_in(other)
    line = last_line("second_step_failed")
    assert (line.user, line.changes) == (None, {"wrong_in_a_row": 5})


def test_wrong_codes_in_two_browsers_are_counted_together(bob: User) -> None:
    secret, _codes = with_app(bob)
    browsers = [Client() for _each in range(2)]
    for browser in browsers:
        after_password(browser, bob)
    for attempt in range(5):
        type_code(browsers[attempt % 2], wrong_code(secret))
    assert "Too many wrong codes" in type_code(browsers[1], code_of(secret)).content.decode()


def test_the_count_goes_on_behind_a_block_and_the_next_is_longer(bob: User) -> None:
    _secret, _codes = with_app(bob)
    by, now = Actor(bob, "desk"), timezone.now()

    def tried(at: timedelta) -> Verdict:
        return try_code(user=bob, typed="000", action=TAKEN, by=by, now=now + at)

    assert [tried(timedelta()) for _each in range(5)] == [Verdict.WRONG] * 4 + [Verdict.ONE_TOO_MANY]
    assert tried(timedelta(minutes=4)) is Verdict.BLOCKED
    assert [tried(timedelta(minutes=6)) for _each in range(5)][-1] is Verdict.ONE_TOO_MANY
    assert tried(timedelta(minutes=15)) is Verdict.BLOCKED
    assert SecondStep.objects.get(pk=bob.pk).wrong_count == 10


@pytest.mark.parametrize(("count", "minutes"), [(5, 5), (10, 10), (15, 20), (25, 60), (5_000_000, 60)])
def test_a_block_doubles_up_to_an_hour(count: int, minutes: int) -> None:
    assert block_after(count) == timedelta(minutes=minutes)


def test_a_right_code_begins_the_count_anew(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    type_code(client, wrong_code(secret))
    type_code(client, code_of(secret))
    assert SecondStep.objects.get(pk=bob.pk).wrong_count == 0


def test_a_new_password_by_mail_does_not_lead_past_the_second_step(client: Client, bob: User, settings: Settings) -> None:
    with_app(bob)
    settings.MAIL_IS_CONFIGURED = True
    client.post("/accounts/password/reset/", {"email": bob.email})
    link = re.search(rf"{settings.BASE_URL}(/\S+)", str(mail.outbox[0].body))
    assert link
    opened = client.get(link[1], follow=True)
    client.post(opened.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert not is_in(client)
    assert client.post(LOGIN, {"login": bob.email, "password": NEW}).headers["Location"] == CODE
    assert not is_in(client)


def test_a_password_that_an_administrator_gave_does_not_lead_past_the_second_step(client: Client, alice: User, bob: User) -> None:
    with_app(bob)
    client_of(alice).post(f"/setup/staff/{bob.pk}/password/", {"password": NEW})
    assert client.post(LOGIN, {"login": bob.email, "password": NEW}).headers["Location"] == CODE


def test_a_sign_in_begun_before_the_password_changed_comes_to_nothing(client: Client, alice: User, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    client_of(alice).post(f"/setup/staff/{bob.pk}/password/", {"password": NEW})
    assert type_code(client, code_of(secret)).headers["Location"] == LOGIN
    assert not is_in(client)


def test_somebody_deactivated_between_the_steps_is_not_let_in(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    deactivate_user(user=bob, by=making.BY_COMMAND, now=timezone.now())
    assert type_code(client, code_of(secret)).headers["Location"] == LOGIN
    assert not is_in(client)


def test_a_sign_in_begun_before_the_step_was_switched_off_begins_anew(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    client_of(bob).post("/profile/sign-in/app/", {"confirmation": making.PASSWORD})
    assert type_code(client, code_of(secret)).headers["Location"] == LOGIN
    assert after_password(client, bob).headers["Location"] == "/"


def test_a_sign_in_that_was_not_finished_in_time_begins_anew(client: Client, bob: User, settings: Settings) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    settings.ACCOUNT_LOGIN_TIMEOUT = -1
    assert type_code(client, code_of(secret)).headers["Location"] == LOGIN
    assert "took too long" in client.get(LOGIN).content.decode()


def test_a_code_without_a_password_before_it_is_worth_nothing(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    assert type_code(client, code_of(secret)).headers["Location"] == LOGIN
    assert not JournalEntry.objects.filter(action__startswith="second_step").exists()


def test_somebody_else_may_begin_anew_at_the_door(client: Client, alice: User, bob: User) -> None:
    with_app(bob)
    after_password(client, bob)
    client.post("/accounts/logout/")
    assert after_password(client, alice).headers["Location"] == "/"


def test_without_the_key_of_the_secret_a_recovery_code_still_lets_in(client: Client, alice: User, bob: User) -> None:
    secret, codes = with_app(bob)
    with_app(alice)
    foreign = SecondStep.objects.get(pk=alice.pk).code_sealed
    SecondStep.objects.filter(pk=bob.pk).update(code_sealed=foreign)
    after_password(client, bob)
    assert type_code(client, code_of(secret)).status_code == 422
    assert type_code(client, codes[0]).status_code == 302
