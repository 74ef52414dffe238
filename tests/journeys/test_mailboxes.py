"""A mailbox becomes an archive: set up in the browser on a real Dovecot, scanned by the engine, read on the customer's card."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from mooring.letters.bodies import originals
from mooring.letters.models import MailAccount
from mooring.mail.parser_process import Parser
from mooring.sync.engine import Engine
from mooring.sync.worker import read_clock
from mooring.users.models import User
from servers.certificates import Authority
from servers.dovecot import PASSWORD, Dovecot
from sync.mailboxes import Clock, make_letter, policy_for, visit

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def sailor(dovecot: Dovecot) -> str:
    """A mailbox with a letter of a customer, one of nobody, and a folder of spam."""
    user = dovecot.new_user()
    dovecot.create(user, "Junk")
    dovecot.create(user, "Customers/2025")
    dovecot.deliver(user, [make_letter("ann@harbour.example", subject="How much are ropes?"), make_letter("eve@else.example")])
    return user


def fill_in(page: Page, dovecot: Dovecot, sailor: str, *, password: str) -> None:
    """The form as a person fills it in, after the address did not tell the server."""
    page.get_by_label("Incoming server", exact=True).fill("localhost")
    page.get_by_label("Letters are sent by").select_option(label="Nothing is sent")
    page.get_by_text("Advanced").click()
    page.get_by_label("Use default ports").uncheck()
    page.get_by_label("Port", exact=True).fill(str(dovecot.imaps_port))
    page.get_by_role("textbox", name="User name (optional)").fill(sailor)
    page.get_by_label("Password", exact=True).fill(password)


def test_a_mailbox_is_set_up_from_the_profile_and_its_letters_reach_the_card(
    open_page: Open, looks_right: Looks, bob: User, dovecot: Dovecot, sailor: str, trusted: None, authority: Authority
) -> None:
    harbour = making.make_customer("Harbour Ltd", emails=("ann@harbour.example",), owner=bob)
    page = open_page("/profile/email/", user=bob)
    looks_right(page, "mailboxes-empty")
    page.get_by_role("link", name="New mailbox").first.click()
    looks_right(page, "mailbox-begin")
    page.get_by_label("Email address").fill("bob@localhost.invalid")
    page.get_by_role("button", name="Find the servers").click()
    fill_in(page, dovecot, sailor, password="wrong")
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The server said:")).to_be_visible()
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    looks_right(page, "mailbox-wrong-password")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="INBOX")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Junk")).not_to_be_checked()
    looks_right(page, "mailbox-tested")
    page.get_by_role("checkbox", name="Main").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is set up")).to_be_visible()
    looks_right(page, "mailboxes")
    assert PASSWORD not in page.content()

    scan(authority)
    page.reload()
    expect(page.get_by_text("Everything is archived.")).to_be_visible()
    page.get_by_role("link", name="bob@localhost.invalid").click()
    expect(page.get_by_role("cell", name="INBOX")).to_be_visible()
    looks_right(page, "mailbox-health")
    page.goto(f"/customers/{harbour.pk}/emails/")
    expect(page.get_by_text("ann@harbour.example is an address of the customer")).to_be_visible()
    looks_right(page, "customer-emails")
    page.get_by_role("link", name=re.compile("How much are ropes")).click()
    expect(page.get_by_role("heading", name="How much are ropes?")).to_be_visible()


def test_an_administrator_sets_up_a_mailbox_for_somebody_without_a_script(
    open_page: Open, alice: User, bob: User, dovecot: Dovecot, sailor: str, trusted: None
) -> None:
    page = open_page("/setup/staff/", user=alice, has_script=False)
    page.get_by_role("link", name="Bob").click()
    page.get_by_role("link", name="Email settings").click()
    page.get_by_role("link", name="New mailbox").first.click()
    page.get_by_label("Email address").fill("bob@localhost.invalid")
    page.get_by_role("button", name="Find the servers").click()
    fill_in(page, dovecot, sailor, password=PASSWORD)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()
    # A page never repeats a password: it is typed once more for Submit.
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is set up")).to_be_visible()
    account = MailAccount.objects.unscoped("a test looks at everything").get()
    assert account.owner == bob


def scan(authority: Authority) -> None:
    """One visit of every account, as the worker would."""
    with Parser(child_count=1) as parser:
        engine = Engine(originals=originals(), parser=parser, policy=policy_for(authority), chance=lambda: 0.5, owner="tests")
        for account in MailAccount.objects.unscoped("the worker visits every account"):
            visit(account, engine=engine, clock=Clock(read_clock()))
