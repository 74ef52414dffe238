"""Two people in a team's mailbox, each in an own browser: one letter, one answer, and nobody in doubt whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

import making
from journeys.test_mailboxes import scan
from journeys.test_writing_sent import send_queued
from mooring.letters.account_data import AccountData
from mooring.letters.accounts import TeamRight, add_account
from mooring.letters.folders import default_choices
from mooring.letters.models import MailAccount
from mooring.mail.connect import open_incoming
from mooring.mail.parsing import read_letter
from mooring.mail.types import Secret
from mooring.users.models import User
from servers.certificates import Authority
from servers.dovecot import PASSWORD, Dovecot
from servers.postfix import Postfix
from sync.mailboxes import make_letter

Open = Callable[..., Page]
Looks = Callable[..., None]
ROPES = "How much are ropes?"
SOON = 25_000
"""Milliseconds in which an open page learns what colleagues do, without being loaded anew."""


@pytest.fixture
def eve(db: None) -> User:
    return making.make_user("Eve")


@pytest.fixture
def sales(alice: User, bob: User, eve: User, dovecot: Dovecot, postfix: Postfix) -> MailAccount:
    """A mailbox on a server that Bob and Eve read and write from, in which a customer's letter has arrived."""
    making.make_customer("Harbour Ltd", emails=("ann@harbour.example",), owner=bob)
    user = dovecot.new_user()
    data = AccountData(
        your_name="Sales",
        address="sales@mooring.example",
        host="localhost",
        port=dovecot.imaps_port,
        user_name=user,
        is_main=True,
        first_scan_days=None,
        outgoing_protocol="smtp",
        outgoing_host="localhost",
        outgoing_port=postfix.port,
        outgoing_encryption="none",
        outgoing_login_of="none",
    )
    dovecot.deliver(user, [make_letter("ann@harbour.example", to="sales@mooring.example", subject=ROPES)])
    with open_incoming(dovecot.server(user), policy=dovecot.policy) as incoming:
        folders = default_choices(incoming.folders())
    team = [TeamRight(making.make_group("Sales", members=[bob, eve]), may_write=True)]
    return add_account(
        owner=None, data=data, password=Secret(PASSWORD), team=team, folders=folders, by=making.actor(alice), now=making.NOW
    )


def row(page: Page) -> Locator:
    """The letter in the list."""
    return page.get_by_role("link", name=re.compile(ROPES.replace("?", r"\?")))


def dock_of(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Emails being written")


def begin_answer(page: Page, text: str) -> Locator:
    """An answer in the dock that has been saved."""
    page.keyboard.press("r")
    dock = dock_of(page)
    dock.get_by_role("textbox", name="Text").press_sequentially(text)
    expect(dock.get_by_text("Saved ")).to_be_visible()
    expect(dock.locator("[data-version]")).to_have_value("2")
    return dock


def take(bobs: Page, eves: Page) -> None:
    """Both see a new letter that each has yet to read; Bob reads and takes it, and Eve's list says so."""
    for page in (bobs, eves):
        expect(row(page)).to_have_class(re.compile("unread"))
    row(bobs).click()
    part = bobs.locator(".team-line")
    expect(part.get_by_text("New", exact=True)).to_be_visible()
    expect(row(bobs)).not_to_have_class(re.compile("unread"))
    part.get_by_role("button", name="Take it").click()
    expect(bobs.get_by_text("1 letter is with Bob now.")).to_be_visible()
    expect(bobs.get_by_text("Assigned · Bob")).to_be_visible()
    expect(bobs).to_have_url(re.compile("/email/"))
    eves.reload()
    expect(row(eves)).to_contain_text("With Bob")
    expect(row(eves)).to_have_class(re.compile("unread"))


def test_two_people_share_a_letter_and_send_one_answer(
    open_page: Open,
    looks_right: Looks,
    bob: User,
    eve: User,
    sales: MailAccount,
    authority: Authority,
    postfix: Postfix,
) -> None:
    scan(authority)
    bobs, eves = open_page("/email/", user=bob), open_page("/email/", user=eve)
    take(bobs, eves)
    row(eves).click()
    expect(eves.get_by_text("Assigned · Bob")).to_be_visible()
    answer = begin_answer(eves, "Four euros a metre.")
    expect(bobs.get_by_text("Eve is answering this.")).to_be_visible(timeout=SOON)
    looks_right(bobs, "team-letter")
    expect(eves.get_by_text("is answering this.")).to_have_count(0)

    second = begin_answer(bobs, "About four euros.")
    answer.get_by_role("button", name="Send", exact=True).click()
    expect(eves.get_by_text("The email is being sent.")).to_be_visible()
    send_queued(sales, postfix)
    second.get_by_role("button", name="Send", exact=True).click()
    expect(second.get_by_text("Eve has answered this conversation meanwhile.")).to_be_visible()
    expect(second.get_by_role("button", name="Send anyway")).to_be_visible()
    looks_right(bobs, "team-second-answer")
    sent = [read_letter(raw) for raw in postfix.letters() if b"sales@mooring.example" in raw]
    assert ["Four euros a metre." in each.text for each in sent] == [True]


def test_done_is_done_for_both_and_reading_is_everybodys_own(
    open_page: Open, bob: User, eve: User, sales: MailAccount, authority: Authority
) -> None:
    scan(authority)
    bobs, eves = open_page("/email/", user=bob), open_page("/email/", user=eve)
    row(bobs).click()
    expect(bobs.get_by_role("heading", name=ROPES)).to_be_visible()
    bobs.keyboard.press("e")
    expect(bobs.get_by_text("1 letter is done.")).to_be_visible()
    eves.reload()
    expect(eves.get_by_text("Nothing left to do here")).to_be_visible()
    eves.goto("/email/all/")
    expect(row(eves)).to_have_class(re.compile("unread"))
    row(eves).click()
    expect(eves.locator(".team-line").get_by_text("Done", exact=True)).to_be_visible()
    expect(row(eves)).not_to_have_class(re.compile("unread"))
