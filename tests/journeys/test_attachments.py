"""Attachments in the browser: listed, looked at in a dialog, and what else can be done with ticked letters."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account
from mooring.letters.models import Letter
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


def test_attachments_are_listed_and_letters_made_private_in_bulk(open_page: Open, looks_right: Looks, bob: User) -> None:
    box = make_account(bob, address="bob@mooring.example", is_main=True)
    making.make_customer("Harbour Ltd", owner=bob)
    keep(box, html_letter(subject="Price list", file_name="prices.pdf"))
    page = open_page("/email/attachments/", user=bob)
    expect(page.get_by_role("link", name="prices.pdf", exact=True)).to_be_visible()
    looks_right(page, "attachments")
    page.goto("/email/")
    page.get_by_role("checkbox", name="Tick Price list").check()
    page.get_by_label("More with the ticked letters").click()
    looks_right(page, "email-bulk-menu")
    page.get_by_role("button", name="Private", exact=True).click()
    expect(page.get_by_text("1 letter is private now.")).to_be_visible()
    assert Letter.objects.unscoped("a test looks at everything").get().is_private
