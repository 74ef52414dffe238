"""Duplicates become one and two again: from the finder to the card and back, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from letters.making_letters import make_account, make_folder, make_letter
from mooring.customers.models import Customer
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def twins(alice: User) -> tuple[Customer, Customer]:
    """A customer that was entered twice, each time with something that the other one lacks."""
    one = making.make_customer("Harbour", owner=alice, emails=("office@harbour.example",), note="Calls on Tuesdays")
    two = making.make_customer("Harbour Ltd", owner=alice, phones=("600100200",), number="77", note="Wants rope")
    making.make_contact("Carol Quay", at=(one,))
    making.make_contact("Rufus Pier", at=(two,))
    account = make_account(alice, is_main=True)
    make_folder(account, "INBOX")
    make_letter(account, to_records=(two,), subject="Sails for the spring")
    return one, two


def merge_the_twins(page: Page, look: Callable[[str], None]) -> None:
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("link", name="Same name").click()
    for name in ("Harbour", "Harbour Ltd"):
        expect(page.get_by_role("checkbox", name=name, exact=True)).to_be_checked()
    look("duplicates")
    page.get_by_role("button", name="Compare and merge").click()
    page.get_by_role("radio", name="Harbour", exact=True).check()
    page.get_by_role("radio", name="Name of Harbour Ltd").check()
    expect(page.get_by_role("radio", name="Keep all notes")).to_be_checked()
    look("merge")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("took in Harbour Ltd.")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_duplicates_are_found_compared_merged_without_a_loss_and_brought_back_by_undo(
    open_page: Open, looks_right: Looks, alice: User, twins: tuple[Customer, Customer], width: int
) -> None:
    one, two = twins
    page = open_page("/customers/", user=alice, width=width)
    merge_the_twins(page, lambda name: looks_right(page, name) if width == 1440 else None)
    expect(page.get_by_role("heading", name="Harbour Ltd")).to_be_visible()
    for words in ("office@harbour.example", "600100200", "Calls on Tuesdays", "Wants rope"):
        expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
    for part, names in (("contacts", ("Carol Quay", "Rufus Pier")), ("emails", ("Sails for the spring",))):
        # The address of the one that is no more leads to the other
        page.goto(f"/customers/{two.pk}/{part}/")
        assert f"/customers/{one.pk}/{part}/" in page.url
        for name in names:
            expect(page.get_by_role("main").get_by_text(name).first).to_be_visible()
    page.get_by_role("button", name="Undo: bring Harbour Ltd back").click()
    expect(page.get_by_text("Harbour Ltd is back with all that it had.")).to_be_visible()
    assert f"/customers/{two.pk}/" in page.url
    page.goto(f"/customers/{one.pk}/contacts/")
    expect(page.get_by_role("heading", name="Harbour", exact=True)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Carol Quay").first).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Rufus Pier")).to_have_count(0)
