"""Profile > Signing in, and what administrators do for colleagues who lost all means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings
from selectolax.lexbor import LexborHTMLParser

import making
from desk.second_steps import after_password, code_of, is_in, recovery_codes_on, type_code, with_app, wrong_code
from desk.world import client_of
from mooring.letters.code_sealing import open_staff_code, rotate_codes
from mooring.letters.credentials import UnableToUnseal
from mooring.users.journal import Actor
from mooring.users.models import JournalEntry, RecoveryCode, SecondStep, User
from mooring.users.second_steps import UnableToResetSecondStep, recovery_codes_left, reset_second_step

APP = "/profile/sign-in/app/"
CODES = "/profile/sign-in/recovery-codes/"


def setting_up(browser: Client) -> tuple[str, dict[str, str]]:
    """The secret that the page shows, and what its form sends along."""
    page = LexborHTMLParser(browser.get(APP).content)
    sealed = page.css_first("input[name=sealed]").attributes["value"] or ""
    return page.css_first("code").text().replace(" ", ""), {"sealed": sealed, "password": making.PASSWORD}


def said(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_app_is_switched_on_by_its_code_and_the_password(bob: User) -> None:
    browser, elsewhere = client_of(bob), client_of(bob)
    secret, form = setting_up(browser)
    answer = browser.post(APP, {**form, "code": code_of(secret)})
    codes = recovery_codes_on(answer)
    assert len(set(codes)) == 10
    assert "data:text/plain" in said(answer)
    assert (is_in(browser), is_in(elsewhere)) == (True, False)
    assert codes[0] not in said(browser.get("/profile/sign-in/"))
    assert "10 recovery codes are left" in said(browser.get("/profile/sign-in/"))
    actions = set(JournalEntry.objects.filter(user=bob, record_id=bob.pk).values_list("action", flat=True))
    assert actions == {"app_code_on", "recovery_codes_made"}


def test_the_code_that_switched_it_on_does_not_let_in(client: Client, bob: User) -> None:
    browser = client_of(bob)
    secret, form = setting_up(browser)
    code = code_of(secret)
    browser.post(APP, {**form, "code": code})
    after_password(client, bob)
    assert type_code(client, code).status_code == 422


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"code": "12"}, {"sealed": "x"}])
def test_without_password_code_and_the_secret_that_was_shown_nothing_is_switched_on(bob: User, wrong: dict[str, str]) -> None:
    browser = client_of(bob)
    secret, form = setting_up(browser)
    answer = browser.post(APP, {**form, "code": code_of(secret), **wrong})
    assert answer.status_code == 422
    assert not SecondStep.objects.exists()


def test_a_secret_that_was_shown_to_somebody_else_is_not_taken(alice: User, bob: User) -> None:
    secret, form = setting_up(client_of(alice))
    assert client_of(bob).post(APP, {**form, "code": code_of(secret)}).status_code == 422


def test_a_wrong_code_keeps_the_secret_that_was_scanned(bob: User) -> None:
    browser = client_of(bob)
    secret, form = setting_up(browser)
    again = LexborHTMLParser(browser.post(APP, {**form, "code": wrong_code(secret)}).content)
    assert again.css_first("code").text().replace(" ", "") == secret


def test_wrong_passwords_are_not_looked_at_after_five(bob: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm": "5/5m/key"}
    with_app(bob)
    browser = client_of(bob)
    for _attempt in range(5):
        browser.post(CODES, {"password": "wrong"})
    assert "Too many attempts" in said(browser.post(CODES, {"password": making.PASSWORD}))


@pytest.mark.parametrize("means", ["password", "code", "recovery"])
def test_an_app_is_switched_off_with_the_password_or_a_code(client: Client, bob: User, means: str) -> None:
    secret, codes = with_app(bob)
    typed = {"password": making.PASSWORD, "code": code_of(secret), "recovery": codes[0]}[means]
    browser = client_of(bob)
    assert browser.post(APP, {"confirmation": "wrong"}).status_code == 422
    assert browser.post(APP, {"confirmation": typed}).status_code == 303
    assert not RecoveryCode.objects.exists()
    assert after_password(client, bob).headers["Location"] == "/"


def test_wrong_codes_typed_into_the_profile_count_at_the_door_too(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    browser = client_of(bob)
    for _attempt in range(5):
        browser.post(APP, {"confirmation": wrong_code(secret)})
    after_password(client, bob)
    assert "Too many wrong codes" in said(type_code(client, code_of(secret)))


def test_new_recovery_codes_take_the_place_of_those_from_before(client: Client, bob: User) -> None:
    _secret, old = with_app(bob)
    browser = client_of(bob)
    assert browser.post(CODES, {"password": "wrong"}).status_code == 422
    new = recovery_codes_on(browser.post(CODES, {"password": making.PASSWORD}))
    assert not set(new) & set(old)
    after_password(client, bob)
    assert [type_code(client, code).status_code for code in (old[0], new[0])] == [422, 302]


def test_no_code_and_no_secret_stands_in_the_database(bob: User) -> None:
    secret, codes = with_app(bob)
    step = SecondStep.objects.get()
    assert secret.encode() not in bytes(step.code_sealed)
    assert not RecoveryCode.objects.filter(digest__contains=codes[0].replace(" ", "")).exists()


def test_a_sealed_secret_opens_for_nobody_else(alice: User, bob: User) -> None:
    with_app(alice)
    with_app(bob)
    step = SecondStep.objects.get(pk=bob.pk)
    step.code_sealed = SecondStep.objects.get(pk=alice.pk).code_sealed
    with pytest.raises(UnableToUnseal):
        open_staff_code(step)


def test_a_new_sealing_key_seals_the_secrets_anew(bob: User, settings: Settings, tmp_path: Path) -> None:
    secret, _codes = with_app(bob)
    old = Path(settings.SEALING_KEYS_FILE).read_text()
    settings.SEALING_KEYS_FILE = tmp_path / "keys"
    new = "new:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    settings.SEALING_KEYS_FILE.write_text(new + old)
    assert (rotate_codes().resealed_count, rotate_codes().resealed_count) == (1, 0)
    settings.SEALING_KEYS_FILE.write_text(new)
    assert open_staff_code(SecondStep.objects.get()).reveal() == secret


def test_a_secret_that_no_key_opens_is_told_with_whose_it_is(bob: User, settings: Settings, tmp_path: Path) -> None:
    with_app(bob)
    settings.SEALING_KEYS_FILE = tmp_path / "keys"
    settings.SEALING_KEYS_FILE.write_text("new:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    ((_account, reason),) = rotate_codes().failed
    assert reason.startswith(f"second step of {bob.email} (staff): ")


def test_an_administrator_resets_the_second_step_of_a_colleague(
    client: Client, alice: User, bob: User, settings: Settings
) -> None:
    settings.MAIL_IS_CONFIGURED = True
    with_app(bob)
    open_one, desk = client_of(bob), client_of(alice)
    assert "Reset the second step" in said(desk.get(f"/setup/staff/{bob.pk}/"))
    assert "gets in then" in said(desk.get(f"/setup/staff/{bob.pk}/second-step/"))
    assert SecondStep.objects.exists()
    desk.post(f"/setup/staff/{bob.pk}/second-step/")
    assert (SecondStep.objects.exists(), RecoveryCode.objects.exists(), is_in(open_one)) == (False, False, False)
    assert after_password(client, bob).headers["Location"] == "/"
    (letter,) = mail.outbox
    assert (letter.to, "reset by Alice" in letter.body) == ([bob.email], True)
    assert JournalEntry.objects.filter(action="second_step_reset", user=alice, record_id=bob.pk).count() == 1


def test_administrators_do_not_reset_their_own(alice: User) -> None:
    with_app(alice)
    client_of(alice).post(f"/setup/staff/{alice.pk}/second-step/")
    assert SecondStep.objects.filter(pk=alice.pk).exists()


def test_nobody_but_administrators_resets(bob: User, rita: User) -> None:
    with_app(rita)
    assert client_of(bob).post(f"/setup/staff/{rita.pk}/second-step/").status_code == 403
    with pytest.raises(UnableToResetSecondStep):
        reset_second_step(user=rita, by=Actor(bob, "desk"), now=making.NOW)
    assert recovery_codes_left(rita) == 10


def test_the_list_of_staff_says_who_has_a_second_step(alice: User, bob: User) -> None:
    with_app(bob)
    page = LexborHTMLParser(client_of(alice).get("/setup/staff/").content)
    said_of = {row.css_first("a").text().split()[-1]: row.css("td")[4].text() for row in page.css("tbody tr")}
    assert (said_of["Alice"], said_of["Bob"]) == ("Off", "On")
