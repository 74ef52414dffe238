"""Passkeys of staff: added, as the second step, in place of the password; and answers that are worth nothing."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

import making
from desk.second_steps import CODE, LOGIN, after_password, is_in, recovery_codes_on, type_code, with_app
from desk.soft_key import ORIGIN, SoftKey
from desk.world import client_of
from mooring.desk.passkeys import is_possible, origin
from mooring.users.models import JournalEntry, Passkey, RecoveryCode, SecondStep, User
from mooring.users.staff import deactivate_user

HUB = "/profile/sign-in/"
NEW = f"{HUB}passkeys/new/"
ASK_NEW = f"{HUB}passkeys/question/"
ASK = "/accounts/login/passkey/question/"
SIGN = "/accounts/login/passkey/"


@pytest.fixture(autouse=True)
def reached_by_https(settings: Settings) -> None:
    settings.BASE_URL = ORIGIN


def add(browser: Client, key: SoftKey, name: str = "Phone") -> Any:
    question = browser.post(ASK_NEW, {"password": making.PASSWORD}).json()
    return browser.post(NEW, {"name": name, "password": making.PASSWORD, "credential": key.make(question)})


def with_passkey(user: User) -> SoftKey:
    key = SoftKey()
    add(client_of(user), key)
    user.refresh_from_db()
    return key


def sign(browser: Client, key: SoftKey, **more: str) -> Any:
    return browser.post(SIGN, {"credential": key.sign(browser.post(ASK).json()), **more})


def said_after(browser: Client, answer: Any) -> str:
    return str(browser.get(answer.headers["Location"]).content.decode())


def test_a_passkey_is_added_with_recovery_codes_and_ends_other_sessions(bob: User) -> None:
    here, elsewhere = client_of(bob), client_of(bob)
    assert len(recovery_codes_on(add(here, SoftKey()))) == 10
    assert add(here, SoftKey(), "Key ring").status_code == 303
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    page = here.get(HUB).content.decode()
    assert "Phone" in page
    assert "Key ring" in page
    assert JournalEntry.objects.filter(action="passkey_added", user=bob).count() == 2


def test_the_question_for_a_new_passkey_takes_the_password(bob: User) -> None:
    browser = client_of(bob)
    answer = browser.post(ASK_NEW, {"password": "wrong"})
    assert (answer.status_code, answer.json()) == (422, {"problem": "This is not your current password."})
    question = browser.post(ASK_NEW, {"password": making.PASSWORD}).json()
    assert (question["publicKey"]["rp"]["id"], question["publicKey"]["user"]["name"]) == ("crm.mooring.example", bob.email)


def test_an_answer_without_a_question_makes_no_passkey(alice: User, bob: User) -> None:
    question = client_of(alice).post(ASK_NEW, {"password": making.PASSWORD}).json()
    answer = client_of(bob).post(NEW, {"name": "X", "password": making.PASSWORD, "credential": SoftKey().make(question)})
    assert answer.status_code == 422
    assert not Passkey.objects.exists()


def test_an_answer_is_taken_once(bob: User) -> None:
    browser, key = client_of(bob), SoftKey()
    question = browser.post(ASK_NEW, {"password": making.PASSWORD}).json()
    form = {"name": "X", "password": making.PASSWORD, "credential": key.make(question)}
    assert [browser.post(NEW, form).status_code for _each in range(2)] == [200, 422]


def test_a_passkey_belongs_to_one_person(alice: User, bob: User) -> None:
    key = with_passkey(alice)
    assert "known already" in add(client_of(bob), key).content.decode()
    assert not SecondStep.objects.filter(pk=bob.pk).exists()


@pytest.mark.parametrize(
    "key", [SoftKey(origin="https://crm.mooring.example.evil"), SoftKey(host="evil.example"), SoftKey(origin="http://testserver")]
)
def test_a_passkey_made_at_another_address_is_refused(bob: User, key: SoftKey) -> None:
    assert add(client_of(bob), key).status_code == 422
    assert not Passkey.objects.exists()


def test_a_passkey_is_the_second_step(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    assert after_password(client, bob, next="/customers/").headers["Location"] == CODE
    assert "Sign in with a passkey" in client.get(CODE).content.decode()
    before = client.session.session_key
    assert sign(client, key).headers["Location"] == "/customers/"
    assert is_in(client)
    assert client.session.session_key != before
    line = JournalEntry.objects.get(action="second_step_taken")
    assert (line.user, line.changes) == (bob, {"means": "passkey", "passkey": "Phone"})


def test_after_the_password_no_finger_is_needed_and_without_it_one_is(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    key.is_verified = False
    assert "does not fit" in said_after(client, sign(client, key))
    assert not is_in(client)
    after_password(client, bob)
    sign(client, key)
    assert is_in(client)


def test_a_passkey_alone_lets_in_and_goes_on_to_the_page_that_was_asked_for(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    assert "Sign in with a passkey" in client.get(LOGIN).content.decode()
    assert sign(client, key, next="/customers/").headers["Location"] == "/customers/"
    assert is_in(client)
    assert JournalEntry.objects.get(action="signed_in_by_passkey").user == bob


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_a_passkey_never_leads_to_another_site(client: Client, bob: User, path: str) -> None:
    assert sign(client, with_passkey(bob), next=path).headers["Location"] == "/"


def test_the_passkey_of_somebody_else_is_no_second_step(client: Client, alice: User, bob: User) -> None:
    key = with_passkey(alice)
    with_app(bob)
    after_password(client, bob)
    answer = sign(client, key)
    assert answer.headers["Location"] == CODE
    assert not is_in(client)
    assert JournalEntry.objects.get(action="passkey_failed").record_id == bob.pk


def test_a_question_before_the_password_is_no_question_after_it(client: Client, alice: User, bob: User) -> None:
    key = with_passkey(alice)
    question = client.post(ASK).json()
    with_app(bob)
    after_password(client, bob)
    client.post(SIGN, {"credential": key.sign(question)})
    assert not is_in(client)


def test_an_answer_that_was_given_before_is_refused(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    credential = key.sign(client.post(ASK).json())
    client.post(SIGN, {"credential": credential})
    other = Client()
    other.post(ASK)
    assert other.post(SIGN, {"credential": credential}).headers["Location"] == LOGIN
    assert not is_in(other)


def test_a_copied_passkey_is_refused(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    key.sign_count = 7
    sign(client, key)
    other, key.sign_count = Client(), 3
    assert "copied" in said_after(other, sign(other, key))
    assert not is_in(other)


def test_a_device_that_does_not_count_lets_in_again_and_again(bob: User) -> None:
    key = with_passkey(bob)
    for _each in range(2):
        browser = Client()
        browser.post(SIGN, {"credential": key.sign(browser.post(ASK).json(), counts=False)})
        assert is_in(browser)


def test_very_many_answers_are_not_looked_at_nor_written_down(client: Client, bob: User, settings: Settings) -> None:
    with_passkey(bob)
    settings.ACCOUNT_RATE_LIMITS = {"passkey": "3/m/ip"}
    after_password(client, bob)
    for _attempt in range(6):
        client.post(SIGN, {"credential": "{}"})
    assert JournalEntry.objects.filter(action="passkey_failed").count() == 3
    assert client.post(ASK).status_code == 429


def test_somebody_deactivated_is_not_let_in_by_a_passkey(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    deactivate_user(user=bob, by=making.BY_COMMAND, now=timezone.now())
    assert sign(client, key).headers["Location"] == "/accounts/inactive/"
    assert not is_in(client)


def test_a_removed_passkey_opens_nothing(client: Client, bob: User) -> None:
    key, browser = SoftKey(), client_of(bob)
    add(browser, key)
    passkey = Passkey.objects.get()
    page = f"{HUB}passkeys/{passkey.pk}/"
    browser.post(page, {"name": "Old phone"})
    assert "Old phone" in browser.get(HUB).content.decode()
    assert browser.post(f"{page}remove/", {"confirmation": "wrong"}).status_code == 422
    browser.post(f"{page}remove/", {"confirmation": making.PASSWORD})
    assert not SecondStep.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert "not known here" in said_after(client, sign(client, key))
    assert after_password(client, bob).headers["Location"] == "/"


def test_the_step_stays_as_long_as_one_means_is_left(bob: User) -> None:
    with_app(bob)
    browser = client_of(bob)
    assert add(browser, SoftKey()).status_code == 303
    browser.post(f"{HUB}app/", {"confirmation": making.PASSWORD})
    assert SecondStep.objects.filter(pk=bob.pk).exists()
    browser.post(f"{HUB}passkeys/{Passkey.objects.get().pk}/remove/", {"confirmation": making.PASSWORD})
    assert not SecondStep.objects.filter(pk=bob.pk).exists()


def test_with_a_passkey_alone_a_recovery_code_lets_in(client: Client, bob: User) -> None:
    codes = recovery_codes_on(add(client_of(bob), SoftKey()))
    after_password(client, bob)
    assert "Recovery code" in client.get(CODE).content.decode()
    assert type_code(client, codes[0]).status_code == 302


def test_passkeys_of_others_are_not_there(alice: User, bob: User) -> None:
    with_passkey(alice)
    browser = client_of(bob)
    page = f"{HUB}passkeys/{Passkey.objects.get().pk}/"
    answers = (browser.get(page), browser.post(page), browser.post(f"{page}remove/", {"confirmation": making.PASSWORD}))
    assert [answer.status_code for answer in answers] == [404] * 3


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "5",
        "null",
        "{}",
        '{"rawId": 5}',
        '{"rawId": "eA", "id": "eA", "type": "public-key", "response": {}}',
        "[" * 9_000,
        "x" * 30_000,
    ],
)
def test_made_up_answers_are_refused_in_words(client: Client, bob: User, answer: str) -> None:
    with_passkey(bob)
    client.post(ASK)
    assert client.post(SIGN, {"credential": answer}).headers["Location"] == LOGIN
    browser = client_of(bob)
    browser.post(ASK_NEW, {"password": making.PASSWORD})
    assert browser.post(NEW, {"name": "X", "password": making.PASSWORD, "credential": answer}).status_code == 422


def test_an_answer_that_was_changed_is_refused(client: Client, bob: User) -> None:
    key = with_passkey(bob)
    said = json.loads(key.sign(client.post(ASK).json()))
    said["response"]["signature"] = said["response"]["signature"][:-4] + "AAAA"
    client.post(SIGN, {"credential": json.dumps(said)})
    assert not is_in(client)


@pytest.mark.parametrize(
    ("url", "possible"),
    [
        ("https://crm.example.com", True),
        ("https://crm.example.com:8443", True),
        ("http://localhost:8000", True),
        ("http://crm.example.com", False),
        ("http://127.0.0.1:8000", False),
        ("https://192.168.1.5", False),
        ("https://[::1]", False),
    ],
)
def test_passkeys_need_https_and_a_name_or_localhost(bob: User, settings: Settings, url: str, possible: bool) -> None:
    settings.BASE_URL = url
    assert is_possible() is possible
    page = client_of(bob).get(NEW).content.decode()
    assert ("MOORING_BASE_URL" in page) is not possible


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://CRM.Example.com:443/", "https://crm.example.com"),
        ("https://crm.example.com:8443", "https://crm.example.com:8443"),
        ("http://localhost:80", "http://localhost"),
        ("https://łódź.example", "https://xn--d-uga0v4h.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_address_is_compared_as_browsers_name_it(settings: Settings, url: str, named: str) -> None:
    settings.BASE_URL = url
    assert origin() == named


@pytest.mark.database
@pytest.mark.parametrize(("length", "status"), [(1023, 200), (1024, 422), (4000, 422)])
def test_an_id_longer_than_the_standard_allows_is_refused(bob: User, length: int, status: int) -> None:
    key = SoftKey()
    key.id = secrets.token_bytes(length)
    assert add(client_of(bob), key).status_code == status


def test_a_question_from_before_another_password_makes_no_passkey(bob: User) -> None:
    browser = client_of(bob)
    question = browser.post(ASK_NEW, {"password": making.PASSWORD}).json()
    new = "seven unlikely lighthouses"
    browser.post("/profile/sign-in/password/", {"oldpassword": making.PASSWORD, "password1": new, "password2": new})
    answer = browser.post(NEW, {"name": "X", "password": "wrong", "credential": SoftKey().make(question)})
    assert answer.status_code == 422
    assert not Passkey.objects.exists()


def test_in_place_of_the_password_the_device_says_whose_key_it_is(client: Client, alice: User, bob: User) -> None:
    key, other = with_passkey(bob), with_passkey(alice)
    right = key.handle
    for wrong in (other.handle, ""):
        key.handle = wrong
        assert "does not fit" in said_after(client, sign(client, key))
        assert not is_in(client)
    key.handle = right
    sign(client, key)
    assert is_in(client)


def test_five_refused_passkeys_after_the_password_begin_the_sign_in_anew(client: Client, bob: User) -> None:
    with_passkey(bob)
    after_password(client, bob)
    for refused in range(1, 7):
        answer = sign(client, SoftKey())
        assert answer.headers["Location"] == (CODE if refused < 5 else LOGIN)
    assert JournalEntry.objects.filter(action="passkey_failed").count() == 5
    assert client.get(CODE).headers["Location"] == LOGIN


def test_an_administrator_sees_how_many_passkeys_outlive_a_new_password(alice: User, bob: User) -> None:
    browser = client_of(alice)
    assert "after a new password" not in browser.get(f"/setup/staff/{bob.pk}/").content.decode()
    with_passkey(bob)
    assert "1 passkey. It goes on working after a new password." in browser.get(f"/setup/staff/{bob.pk}/").content.decode()
