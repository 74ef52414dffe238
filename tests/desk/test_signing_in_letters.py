"""Whoever changes how somebody signs in cannot do so unseen: the person is told by email where the installation sends any."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

import making
from desk.second_steps import after_password, type_code, with_app, wrong_code
from desk.soft_key import ORIGIN, SoftKey
from desk.test_passkeys import HUB, add
from desk.test_signing_in import APP, CODES, code_of, setting_up
from desk.world import client_of
from mooring.users.models import Passkey, User
from mooring.users.second_steps import MOST_WRONG

PASSWORD = "/profile/sign-in/password/"  # an address


@pytest.fixture(autouse=True)
def sends_letters(settings: Settings) -> None:
    settings.MAIL_IS_CONFIGURED, settings.BASE_URL = True, ORIGIN


def told(user: User) -> list[str]:
    """What the letters said since the last look, all of them to this person."""
    letters, mail.outbox[:] = list(mail.outbox), []
    assert {tuple(letter.to) for letter in letters} <= {(user.email,)}
    return [str(letter.body) for letter in letters]


def test_an_app_new_codes_and_its_end_are_told(bob: User) -> None:
    browser = client_of(bob)
    secret, form = setting_up(browser)
    browser.post(APP, {**form, "code": wrong_code(secret)})
    assert told(bob) == []
    browser.post(APP, {**form, "code": code_of(secret)})
    (letter,) = told(bob)
    assert "An app for codes was set up. It was done from the address 127.0.0.1." in letter
    assert f"{ORIGIN}{HUB}" in letter
    assert secret not in letter
    browser.post(CODES, {"password": making.PASSWORD})
    assert "New recovery codes were made" in told(bob)[0]
    browser.post(APP, {"confirmation": making.PASSWORD})
    assert "was switched off" in told(bob)[0]


def test_a_passkey_added_and_removed_is_told(bob: User) -> None:
    browser = client_of(bob)
    add(browser, SoftKey())
    assert "A passkey was added." in told(bob)[0]
    browser.post(f"{HUB}passkeys/{Passkey.objects.get().pk}/remove/", {"confirmation": making.PASSWORD})
    assert "A passkey was removed." in told(bob)[0]


def test_a_recovery_code_that_opened_the_door_is_told_and_a_code_of_the_app_is_not(client: Client, bob: User) -> None:
    secret, codes = with_app(bob)
    after_password(client, bob)
    type_code(client, code_of(secret))
    assert told(bob) == []
    client.logout()
    after_password(client, bob)
    type_code(client, codes[0])
    (letter,) = told(bob)
    assert "with one of your recovery codes" in letter
    assert codes[0] not in letter


def test_wrong_codes_after_the_right_password_are_told_once_they_are_too_many(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    for _each in range(MOST_WRONG - 1):
        type_code(client, wrong_code(secret))
    assert told(bob) == []
    type_code(client, wrong_code(secret))
    assert "five wrong codes in a row" in told(bob)[0]


def test_a_new_password_is_told_in_the_language_of_its_owner(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(language="pl")
    new = "a-new-and-long-password-9"
    client_of(bob).post(PASSWORD, {"oldpassword": making.PASSWORD, "password1": new, "password2": new})
    (letter,) = told(bob)
    assert "Hasło zostało zmienione" in letter


def test_an_installation_that_sends_no_letters_says_nothing(bob: User, settings: Settings) -> None:
    settings.MAIL_IS_CONFIGURED = False
    add(client_of(bob), SoftKey())
    assert told(bob) == []
