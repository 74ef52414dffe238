"""Passkeys in a real browser, with a device that the browser makes up for tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import making
from desk.second_steps import with_app
from journeys.test_signing_in import give_password
from mooring.users.models import Passkey, User

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def at_localhost(settings: Any, live_server: Any) -> None:
    """The installation knows itself under the address of the browser."""
    settings.BASE_URL = live_server.url


def with_device(page: Page, *, is_verified: bool = True) -> tuple[Any, dict[str, str]]:
    """A telephone or computer that keeps passkeys; its owner confirms at once, with a finger where that is asked for."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": is_verified,
        "automaticPresenceSimulation": True,
    }
    return device, device.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_passkey(page: Page, name: str) -> None:
    page.goto("/profile/sign-in/passkeys/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Current password").fill(making.PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()


def sign_out(page: Page) -> None:
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/customers/")


def test_a_passkey_is_added_and_signs_in_alone_and_as_second_step(
    open_page: Open, looks_right: Looks, bob: User, at_localhost: None
) -> None:
    page = open_page("/profile/sign-in/", user=bob)
    with_device(page)
    page.get_by_role("link", name="Add a passkey").click()
    looks_right(page, "passkey-new")
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_label("Current password").fill("wrong")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    add_passkey(page, "Work laptop")
    expect(page.get_by_text("Write these codes down, save or print them now.")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Work laptop")).to_be_visible()
    looks_right(page, "signing-in-passkeys")
    add_passkey(page, "Again")
    expect(page.get_by_text("This device has a passkey for Mooring already.")).to_be_visible()
    sign_out(page)
    looks_right(page, "sign-in-with-passkey")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/customers/$"))
    sign_out(page)
    give_password(page, bob)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    looks_right(page, "second-step-passkey")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/customers/$"))


def test_a_passkey_is_renamed_and_removed(open_page: Open, looks_right: Looks, bob: User, at_localhost: None) -> None:
    with_app(bob)
    page = open_page("/", user=bob)
    with_device(page)
    add_passkey(page, "Phone")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    page.get_by_role("link", name="Phone").click()
    looks_right(page, "passkey")
    page.get_by_label("Name").fill("Old phone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Old phone").click()
    page.get_by_label("Current password, or a code").fill(making.PASSWORD)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("The passkey Old phone was removed.")).to_be_visible()
    assert not Passkey.objects.exists()


def test_somebody_who_shows_no_finger_is_not_let_in_without_a_password(open_page: Open, bob: User, at_localhost: None) -> None:
    page = open_page("/", user=bob)
    device, its_id = with_device(page)
    add_passkey(page, "Phone")
    expect(page.get_by_text("Write these codes down")).to_be_visible()
    (key,) = device.send("WebAuthn.getCredentials", its_id)["credentials"]
    other = open_page("/accounts/login/")
    stolen, stolen_id = with_device(other, is_verified=False)
    stolen.send("WebAuthn.addCredential", {**stolen_id, "credential": key})
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.get_by_text("Nothing was confirmed on the device. Please try again.")).to_be_visible()
    stolen.send("WebAuthn.setUserVerified", {**stolen_id, "isUserVerified": True})
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.get_by_role("navigation", name="Main menu")).to_be_visible()


def test_where_passkeys_cannot_work_the_page_says_why(open_page: Open, looks_right: Looks, bob: User, settings: Any) -> None:
    settings.BASE_URL = "http://crm.mooring.example"
    page = open_page("/profile/sign-in/passkeys/new/", user=bob)
    expect(page.get_by_text("Browsers allow passkeys only where Mooring is reached under an https address")).to_be_visible()
    looks_right(page, "passkeys-impossible")
    settings.BASE_URL = "https://crm.mooring.example"
    page.reload()
    expect(page.get_by_text("Passkeys work at https://crm.mooring.example alone. Open Mooring there.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_disabled()
