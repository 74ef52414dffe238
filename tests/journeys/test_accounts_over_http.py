"""Mailboxes over HTTP set up in the browser: JMAP with a password, Graph and Gmail signed in with a provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from journeys.test_mailboxes import scan
from journeys.test_provider_sign_in import answer_there
from letters.making_sign_ins import register
from mooring.letters.accounts import outgoing_server_of
from mooring.letters.models import MailAccount
from mooring.users.models import User
from servers.authorization import Authorization
from servers.certificates import Authority
from servers.cyrus import PASSWORD, Cyrus, OtherClient
from servers.gmail import GmailServer
from servers.graph import BASE, GraphServer
from servers.identity_provider import IdentityProvider
from servers.tokens import Tokens
from sync.mailboxes import make_letter

Open = Callable[..., Page]
Looks = Callable[..., None]
ADDRESS = "bob@localhost.invalid"
ROPES = "How much are ropes?"


class TokensOf(Tokens):
    """What a mail server lets in: whatever a sign-in provider has given out and not ended."""

    def __init__(self, authorization: Authorization) -> None:
        super().__init__()
        self._authorization = authorization

    def is_good(self, authorization: str) -> bool:
        return any(authorization == f"Bearer {each.access}" for each in self._authorization.tokens if not each.is_expired())


@pytest.fixture
def letter(bob: User) -> bytes:
    """Of a customer."""
    making.make_customer("Harbour Ltd", emails=("ann@harbour.example",), owner=bob)
    return make_letter("ann@harbour.example", subject=ROPES)


def begin(page: Page, kind: str) -> None:
    """The form as far as the address and the server type; without a script how letters are sent is chosen, too."""
    page.get_by_label("Email address").fill(ADDRESS)
    page.get_by_role("button", name="Find the servers").click()
    page.get_by_label("Server type").select_option(label=kind)
    if page.get_by_label("Incoming server", exact=True).is_visible():
        page.get_by_label("Letters are sent by").select_option(label="The same server")


def submit(page: Page, authority: Authority) -> MailAccount:
    """Submit what was tested, let the engine visit the mailbox, and see what it found. The account."""
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is set up")).to_be_visible()
    scan(authority)
    page.reload()
    expect(page.get_by_text("Everything is archived.")).to_be_visible()
    page.goto("/email/?show=all")
    expect(page.get_by_role("link", name=ROPES)).to_be_visible()
    return MailAccount.objects.unscoped("a test looks at everything").get()


def test_a_jmap_mailbox_is_set_up_after_a_wrong_password(
    open_page: Open, looks_right: Looks, bob: User, cyrus: Cyrus, letter: bytes, trusted: None, authority: Authority
) -> None:
    sailor = cyrus.new_user()
    with OtherClient(cyrus, sailor) as other:
        other.append("INBOX", [letter], first_at=making.NOW)
    page = open_page("/profile/email/new/", user=bob)
    begin(page, "HTTP: JMAP")
    expect(page.get_by_label("Incoming server", exact=True)).to_be_hidden()
    expect(page.get_by_label("Letters are sent by")).to_have_value("same")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Please enter the address of the interface").first).to_be_visible()
    page.get_by_label("Address of the interface").fill(cyrus.jmap_address)
    page.get_by_role("textbox", name="User name (optional)").fill(sailor)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("checkbox", name="Main").check()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The server refused the user name or password").first).to_be_visible()
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    looks_right(page, "jmap-wrong-password")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The server takes no letters of this mailbox for sending.")).to_be_visible()
    page.get_by_label("Letters are sent by").select_option(label="Nothing is sent")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()
    looks_right(page, "jmap-tested")
    account = submit(page, authority)
    assert (account.protocol, account.host, account.url) == ("jmap", "", cyrus.jmap_address)


def sign_in_and_test(page: Page, url: str) -> None:
    """Without a script, so that the address of the interface can be told where all the world has the same."""
    page.get_by_label("Address of the interface").fill(url)
    page.get_by_role("checkbox", name="Main").check()
    page.get_by_text("Advanced").click()
    page.get_by_label("Log in even though the connection is not encrypted").check()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Please sign in with the provider first.").first).to_be_visible()
    page.get_by_role("button", name="Sign in with Lighthouse").click()
    answer_there(page, "Deny")
    expect(page.get_by_text("You did not allow it")).to_be_visible()
    page.get_by_role("button", name="Sign in with Lighthouse").click()
    answer_there(page, "Allow")
    expect(page.get_by_text(f"Signed in with Lighthouse as {ADDRESS}.")).to_be_visible()
    expect(page.get_by_label("Address of the interface")).to_have_value(url)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()


def test_a_mailbox_at_microsoft_is_set_up_over_graph(
    open_page: Open, bob: User, lighthouse: IdentityProvider, graph: GraphServer, letter: bytes, authority: Authority
) -> None:
    register(lighthouse)
    graph.tokens = TokensOf(lighthouse.authorization)
    graph.mailbox.deliver("AQMk-inbox=", letter)
    page = open_page("/profile/email/new/", user=bob, visits=lighthouse.base, has_script=False)
    begin(page, "HTTP: Microsoft Graph")
    sign_in_and_test(page, graph.web.url(BASE))
    account = submit(page, authority)
    assert (account.protocol, account.login, outgoing_server_of(account).protocol) == ("graph", "token", "graph")


def test_a_mailbox_at_google_is_set_up_over_its_interface(
    open_page: Open, bob: User, lighthouse: IdentityProvider, gmail: GmailServer, letter: bytes, authority: Authority
) -> None:
    register(lighthouse)
    gmail.tokens = TokensOf(lighthouse.authorization)
    gmail.mailbox.deliver(letter)
    page = open_page("/profile/email/new/", user=bob, visits=lighthouse.base, has_script=False)
    begin(page, "HTTP: Gmail")
    sign_in_and_test(page, gmail.web.url("").rstrip("/"))
    account = submit(page, authority)
    assert (account.protocol, account.login, outgoing_server_of(account).protocol) == ("gmail", "token", "gmail")


@pytest.mark.parametrize("kind", ["HTTP: Microsoft Graph", "HTTP: Gmail"])
def test_the_form_of_a_provider_asks_for_no_address_and_no_password(
    open_page: Open, looks_right: Looks, bob: User, lighthouse: IdentityProvider, kind: str
) -> None:
    register(lighthouse)
    page = open_page("/profile/email/new/", user=bob)
    begin(page, kind)
    for label in ("Address of the interface", "Password", "Incoming server", "Log on with"):
        expect(page.get_by_label(label, exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="Sign in with Lighthouse")).to_be_visible()
    looks_right(page, f"mailbox-{kind.split()[-1].lower()}")
