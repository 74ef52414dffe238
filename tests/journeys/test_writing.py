"""Writing letters in the browser: beside what one reads, saved by itself, with templates and files, in two windows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account
from mooring.customers.models import Customer
from mooring.letters.models import MailAccount, OutgoingLetter
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(
        bob,
        address="bob@mooring.example",
        your_name="Bob Mast",
        is_main=True,
        outgoing_protocol="smtp",
        outgoing_host="smtp.mooring.example",
        signature="<p>Bob Mast<br>Halyard &amp; Sons</p>",
    )


@pytest.fixture
def harbour(bob: User) -> Customer:
    harbour = making.make_customer("Harbour Ltd", emails=("office@harbour.example",), owner=bob)
    making.make_contact("Carol Quay", at=(harbour,), emails=("carol@harbour.example",), job_title="Buyer")
    return harbour


def the_draft() -> OutgoingLetter:
    return OutgoingLetter.objects.unscoped("a test looks at what was stored").get()


def test_a_letter_is_written_beside_the_one_that_is_read(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    letter = keep(box, html_letter(), to=(harbour,))
    page = open_page(f"/email/?letter={letter.pk}", user=bob)
    page.keyboard.press("r")
    dock = page.get_by_role("complementary", name="Emails being written")
    expect(dock.get_by_label("Subject")).to_have_value("Re: Ropes")
    expect(dock.get_by_role("combobox", name="To", exact=True)).to_have_value("Carol Quay <carol@harbour.example>")
    text = dock.get_by_role("textbox", name="Text")
    expect(text).to_contain_text("Halyard & Sons")
    expect(text).to_contain_text("Carol Quay <carol@harbour.example> wrote:")
    text.press_sequentially("Dear Carol, here they are.")
    expect(dock.get_by_text("Saved ")).to_be_visible()
    expect(dock.locator("[data-version]")).to_have_value("2")
    looks_right(page, "writing-reply")
    page.reload()
    expect(dock.get_by_role("textbox", name="Text")).to_contain_text("Dear Carol, here they are.")
