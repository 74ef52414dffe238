"""A mailbox whose provider takes no passwords: registered, signed in for on its page or with a code, scanned, signed in again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from journeys.test_mailboxes import scan
from letters.making_letters import make_account
from letters.making_sign_ins import make_grant, register, tokens
from mooring.letters.models import Grant, SignIn
from mooring.users.models import User
from servers.authorization import Token
from servers.certificates import Authority
from servers.dovecot import Dovecot
from servers.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from sync.mailboxes import make_letter

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def sailor(token_dovecot: Dovecot) -> str:
    """The address of a mailbox with a letter of a customer."""
    address = f"{token_dovecot.new_user()}@localhost.invalid"
    token_dovecot.deliver(address, [make_letter("ann@harbour.example", subject="How much are ropes?")])
    return address


def fill_in(page: Page, dovecot: Dovecot) -> None:
    """The form as a person fills it in, after the address did not tell the server."""
    page.get_by_label("Incoming server", exact=True).fill("localhost")
    page.get_by_label("Log on with").select_option(label="Sign-in with the provider (OAuth 2)")
    page.get_by_label("Letters are sent by").select_option(label="Nothing is sent")
    page.get_by_text("Advanced").click()
    page.get_by_label("Use default ports").uncheck()
    page.get_by_label("Port", exact=True).fill(str(dovecot.imaps_port))


def answer_there(page: Page, button: str, *, person: str = "") -> None:
    """From our page to the provider's, and the answer there, which leads back."""
    page.get_by_role("link", name="Continue to Lighthouse").click()
    if person:
        page.get_by_label("Person").fill(person)
    page.get_by_role("button", name=button).click()


def answer_in_three_ways(page: Page, looks_right: Looks, sailor: str) -> None:
    """No, somebody else, the right person. What was typed is there each time."""
    page.get_by_role("button", name="Sign in with Lighthouse").click()
    looks_right(page, "sign-in")
    answer_there(page, "Deny")
    expect(page.get_by_text("You did not allow it")).to_be_visible()
    expect(page.get_by_label("Incoming server", exact=True)).to_have_value("localhost")
    page.get_by_role("button", name="Sign in with Lighthouse").click()
    answer_there(page, "Allow", person="eve@else.example")
    expect(page.get_by_text("You signed in as eve@else.example")).to_be_visible()
    looks_right(page, "mailbox-wrong-person")
    page.get_by_role("button", name="Sign in with Lighthouse").click()
    answer_there(page, "Allow")
    expect(page.get_by_text(f"Signed in with Lighthouse as {sailor}.")).to_be_visible()


def sign_in_again(page: Page, looks_right: Looks, sailor: str) -> None:
    """From the list of mailboxes, when the permission of one is gone."""
    page.get_by_role("link", name=sailor).click()
    expect(page.get_by_text("is gone").first).to_be_visible()
    looks_right(page, "mailbox-sign-in-again")
    page.get_by_role("button", name="Sign in again").click()
    answer_there(page, "Allow")
    expect(page.get_by_text("Signed in. The mailbox is visited next.")).to_be_visible()


def test_an_administrator_registers_a_provider(
    open_page: Open, looks_right: Looks, alice: User, lighthouse: IdentityProvider
) -> None:
    page = open_page("/setup/email/providers/", user=alice)
    looks_right(page, "providers-none")
    page.get_by_role("link", name="Google").click()
    looks_right(page, "provider-google")
    page.go_back()
    page.get_by_role("link", name="Another provider").click()
    page.get_by_label("Name").fill("Lighthouse")
    page.get_by_label("Client ID").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_label("Authorization address").fill(lighthouse.url("authorize"))
    page.get_by_label("Token address").fill(lighthouse.url("token").replace("https", "http"))
    page.get_by_label("Scopes").fill("openid email mail")
    page.get_by_label("Mail servers").fill("localhost")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("An address here begins with https://.")).to_be_visible()
    looks_right(page, "provider-other-wrong")
    page.get_by_label("Token address").fill(lighthouse.url("token"))
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Lighthouse")).to_be_visible()
    looks_right(page, "providers")
    assert CLIENT_SECRET not in page.content()


def test_signing_in_makes_a_mailbox_an_archive_and_once_more_when_the_permission_is_gone(
    open_page: Open,
    looks_right: Looks,
    bob: User,
    lighthouse: IdentityProvider,
    token_dovecot: Dovecot,
    sailor: str,
    authority: Authority,
) -> None:
    register(lighthouse)
    making.make_customer("Harbour Ltd", emails=("ann@harbour.example",), owner=bob)
    page = open_page("/profile/email/new/", user=bob, visits=lighthouse.base)
    page.get_by_label("Email address").fill(sailor)
    page.get_by_role("button", name="Find the servers").click()
    fill_in(page, token_dovecot)
    looks_right(page, "mailbox-not-signed-in")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Please sign in with the provider first.").first).to_be_visible()

    answer_in_three_ways(page, looks_right, sailor)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()
    looks_right(page, "mailbox-signed-in")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is set up")).to_be_visible()

    scan(authority)
    page.reload()
    expect(page.get_by_text("Everything is archived.")).to_be_visible()

    lighthouse.authorization.expire()
    lighthouse.authorization.forget(sailor)
    scan(authority)
    sign_in_again(page, looks_right, sailor)
    token_dovecot.deliver(sailor, [make_letter("ann@harbour.example", subject="And sails?")])
    scan(authority)
    page.reload()
    expect(page.get_by_text("Everything is archived.")).to_be_visible()
    assert not page.get_by_text("is gone").count()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_code_is_entered_on_the_providers_page(
    open_page: Open, looks_right: Looks, bob: User, lighthouse: IdentityProvider, sailor: str, has_script: bool
) -> None:
    account = make_account(bob, address=sailor, login="token")
    make_grant(account, register(lighthouse), tokens("old"))
    page = open_page(f"/mail-accounts/{account.pk}/", user=bob, visits=lighthouse.base, has_script=has_script)
    page.get_by_role("button", name="Sign in again").click()
    page.get_by_role("button", name="Use a code instead").click()
    code = page.get_by_label("Code").inner_text()
    if has_script:
        looks_right(page, "sign-in-code")
    else:
        page.get_by_role("button", name="I have allowed it").click()
        expect(page.get_by_label("Code")).to_have_text(code)
    elsewhere = page.context.new_page()
    elsewhere.goto(lighthouse.url(f"activate?user_code={code}"))
    elsewhere.get_by_label("Person").fill(sailor)
    elsewhere.get_by_role("button", name="Allow").click()
    expect(elsewhere.get_by_text("close this page")).to_be_visible()
    if not has_script:
        SignIn.objects.update(next_ask_at=making.NOW)
        page.get_by_role("button", name="I have allowed it").click()
    expect(page.get_by_text("Signed in. The mailbox is visited next.")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/mail-accounts/{account.pk}/$"))
    assert Grant.objects.get().identity == sailor
    assert isinstance(lighthouse.authorization.tokens[-1], Token)
