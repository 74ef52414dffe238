"""Two-step sign-in of staff in a real browser: switched on, taken with a code and a recovery code, reset by an administrator."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from desk.second_steps import code_of, with_app, wrong_code
from mooring.users.models import SecondStep, User

Open = Callable[..., Page]
Looks = Callable[..., None]


def give_password(page: Page, user: User) -> None:
    """At the door."""
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill(making.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def give_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_app_is_switched_on_and_a_recovery_code_lets_in(open_page: Open, looks_right: Looks, bob: User) -> None:
    page = open_page("/profile/sign-in/", user=bob)
    expect(page.get_by_text("Whoever learns your password gets in.")).to_be_visible()
    looks_right(page, "signing-in-off")
    page.get_by_role("link", name="Set up an app").click()
    looks_right(page, "signing-in-app")
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(wrong_code(secret))
    page.get_by_label("Current password").fill(making.PASSWORD)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("This is not the code that the app shows now.")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_label("Current password").fill(making.PASSWORD)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    looks_right(page, "signing-in-new-codes")
    codes = page.locator("#recovery-codes").inner_text().strip().splitlines()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    assert codes[9] in download.value.path().read_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes are left")).to_be_visible()
    looks_right(page, "signing-in-on")
    door = open_page("/accounts/login/?next=/customers/")
    give_password(door, bob)
    expect(door.get_by_role("heading", name="Second step")).to_be_visible()
    looks_right(door, "second-step")
    give_code(door, codes[0])
    expect(door).to_have_url(re.compile("/customers/$"))
    expect(door.get_by_text("You used a recovery code; 9 are left.")).to_be_visible()


def test_the_code_of_the_app_lets_in_once_without_a_script(open_page: Open, bob: User) -> None:
    secret, _codes = with_app(bob)
    code = code_of(secret)
    first, second = (open_page("/accounts/login/", has_script=False) for _each in range(2))
    for door in (first, second):
        give_password(door, bob)
        give_code(door, code)
    expect(first.get_by_role("heading", level=1)).not_to_have_text("Second step")
    expect(second.get_by_text("This code is wrong, or was used already.")).to_be_visible()
    second.get_by_role("button", name="Back to signing in").click()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()


def test_after_five_wrong_codes_one_begins_anew(open_page: Open, looks_right: Looks, bob: User) -> None:
    secret, _codes = with_app(bob)
    door = open_page("/accounts/login/")
    give_password(door, bob)
    for attempt in range(4):
        give_code(door, wrong_code(secret))
        expect(door.get_by_text("This code is wrong, or was used already.")).to_be_visible()
        assert attempt or looks_right(door, "second-step-wrong") is None
    give_code(door, wrong_code(secret))
    expect(door.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(door.get_by_text("Too many wrong codes. Wait 5 minutes and try again.")).to_be_visible()
    give_password(door, bob)
    give_code(door, code_of(secret))
    expect(door.get_by_text("Too many wrong codes.")).to_be_visible()
    expect(door.get_by_role("heading", name="Second step")).to_be_visible()


def test_whoever_must_sets_it_up_before_anything_else(open_page: Open, looks_right: Looks, alice: User, bob: User) -> None:
    page = open_page("/setup/sign-in/", user=alice)
    page.get_by_label("Sales person").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    looks_right(page, "sign-in-settings")
    door = open_page("/accounts/login/?next=/customers/")
    give_password(door, bob)
    expect(door.get_by_text("Two-step sign-in is required of you.")).to_be_visible()
    looks_right(door, "second-step-required")
    door.goto("/customers/")
    door.get_by_role("link", name="Set up an app").click()
    door.get_by_label("Code").fill(code_of(door.locator("code").inner_text().replace(" ", "")))
    door.get_by_label("Current password").fill(making.PASSWORD)
    door.get_by_role("button", name="Switch it on").click()
    door.get_by_role("link", name="I have kept them").click()
    door.get_by_role("link", name="Customers").first.click()
    expect(door).to_have_url(re.compile("/customers/$"))


def test_other_browsers_are_signed_out(open_page: Open, looks_right: Looks, bob: User) -> None:
    here, there = (open_page("/accounts/login/?next=/profile/sign-in/") for _each in range(2))
    for door in (here, there):
        give_password(door, bob)
        expect(door.get_by_text("This browser")).to_be_visible()
    here.reload()
    looks_right(here, "signing-in-sessions")
    here.get_by_role("button", name=re.compile("^Sign out Chrome on Linux at")).click()
    expect(here.get_by_text("That browser is signed out.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_administrator_resets_the_second_step(open_page: Open, looks_right: Looks, alice: User, bob: User) -> None:
    with_app(bob)
    his = open_page("/profile/sign-in/app/", user=bob)
    looks_right(his, "signing-in-app-off")
    his.goto("/profile/sign-in/recovery-codes/")
    looks_right(his, "signing-in-more-codes")
    page = open_page("/setup/staff/", user=alice)
    looks_right(page, "staff-second-steps")
    page.get_by_role("link", name="Bob").click()
    looks_right(page, "staff-person-second-step")
    page.get_by_role("link", name="Reset the second step").click()
    looks_right(page, "staff-reset-second-step")
    page.get_by_role("button", name="Reset it").click()
    expect(page.get_by_text("Bob signs in with the password alone now. Tell them so yourself.")).to_be_visible()
    assert not SecondStep.objects.exists()
    his.reload()
    expect(his.get_by_role("heading", name="Sign in")).to_be_visible()
    give_password(his, bob)
    expect(his).to_have_url(re.compile("/profile/sign-in/recovery-codes/|/profile/sign-in/"))
