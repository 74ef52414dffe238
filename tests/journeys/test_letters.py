"""Letters in the browser: read, linked, assigned in bulk, turned into customers; what a stranger's HTML can not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

import making
from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account, raw_letter
from mooring.customers.models import Customer
from mooring.letters.models import MailAccount
from mooring.sync.backfill import look_for_additions
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]
TABLE = "<table><tr><th>Rope</th><td>10 mm</td><td>€ 4.20</td></tr></table>"


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example", is_main=True)


@pytest.fixture
def harbour(bob: User) -> Customer:
    return making.make_customer("Harbour Ltd", emails=("office@harbour.example",), owner=bob)


def test_an_html_letter_is_read_in_three_panes(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    keep(box, raw_letter(subject="Weather", message_id="<1@thread.example>"))
    html = f'<p>Dear Bob, our prices:</p>{TABLE}<img src="https://tracker.example/dot.gif" alt="logo">'
    keep(box, html_letter(html, subject="Price list"), to=(harbour,))
    page = open_page("/email/", user=bob)
    looks_right(page, "email")
    page.get_by_role("link", name="Price list").click()
    expect(page.get_by_role("heading", name="Price list")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("our prices")).to_be_visible()
    expect(page.get_by_text("Pictures from elsewhere are not shown")).to_be_visible()
    expect(page.get_by_role("link", name="prices.pdf")).to_be_visible()
    looks_right(page, "email-letter")
    page.get_by_role("link", name="Unread", exact=True).click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    page.goto("/email/?show=folders")
    looks_right(page, "email-folders")


def fill_with_a_talk(box: MailAccount, harbour: Customer) -> None:
    """A conversation of nine letters of which the last is unread, and four others."""
    for number in range(9):
        refers = f"In-Reply-To: <{number - 1}@talk.example>" if number else ""
        sender = ("Ann Quay <ann@harbour.example>", "Bob <bob@mooring.example>")[number % 2]
        at = making.NOW + timedelta(hours=number)
        raw = raw_letter(
            subject="Ropes for the pier", sender=sender, body=f"Letter {number}\n\n> what you wrote", at=at,
            message_id=f"<{number}@talk.example>", extra=refers,
        )  # fmt: skip
        keep(box, raw, to=(harbour,), flags=("\\Seen",) if number < 8 else ())
    for number in range(4):
        keep(box, raw_letter(subject=f"Other matter {number}"))


def test_a_conversation_is_read_ticked_and_dealt_with(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    fill_with_a_talk(box, harbour)
    page = open_page("/email/", user=bob)
    page.get_by_role("link", name="Ropes for the pier").click()
    expect(page.get_by_text("Letter 8")).to_be_visible()
    expect(page.get_by_text("5 letters in between")).to_be_visible()
    expect(page.locator(".letter-row.unread")).to_have_count(4)
    looks_right(page, "email-conversation")
    page.get_by_text("Letter 6").click()
    expect(page.locator(".one-letter[open]")).to_have_count(2)
    expect(page.locator("#unread-all")).to_contain_text("4")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_text("Reply to all")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_text("9 letters are done.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Ropes for the pier")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_text("9 letters are done.")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("9 letters are back.")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("2 ticked")).to_be_visible()
    looks_right(page, "email-ticked")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("letters were deleted.")).to_be_visible()
    page.get_by_role("link", name="Bin").click()
    expect(page.get_by_role("heading", name="Bin")).to_be_visible()
    page.get_by_label("Filter and view").click()
    looks_right(page, "email-bin-filter")


def test_a_letter_is_linked_taken_off_and_put_back(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    letter = keep(box, raw_letter(subject="Ropes", body="See https://ropes.example\n\n> how much?"))
    making.make_project("Pier", customer=harbour)
    page = open_page(f"/letters/{letter.pk}/", user=bob)
    page.get_by_text("Link to …").click()
    page.get_by_label("Customer, lead or project").press_sequentially("harb", delay=20)
    expect(page.locator("#places option")).to_have_count(1)
    page.get_by_label("Customer, lead or project").fill("Nobody")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_text("Nothing of this name is known.")).to_be_visible()
    looks_right(page, "letter-unknown-record")
    page.get_by_label("Customer, lead or project").fill("Harbour Ltd")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_text("linked by Bob")).to_be_visible()
    looks_right(page, "letter-linked")
    page.get_by_role("button", name="Take this letter off Harbour Ltd").click()
    expect(page.get_by_text("belongs to no record yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The link is back.")).to_be_visible()
    page.goto(f"/letters/{letter.pk}/")
    expect(page.get_by_text("linked by Bob")).to_be_visible()


def test_the_report_is_filtered_and_letters_assigned(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    for number in range(3):
        keep(box, raw_letter(subject=f"Ropes {number}"))
    keep(box, raw_letter(subject="Linked already"), to=(harbour,))
    page = open_page("/reports/synced-emails/", user=bob)
    looks_right(page, "report")
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Linked", exact=True).select_option("no")
    looks_right(page, "report-filter")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="Linked already")).to_have_count(0)
    page.get_by_role("checkbox", name="Ropes 1").check()
    page.get_by_role("checkbox", name="Ropes 2").check()
    looks_right(page, "report-ticked")
    page.get_by_label("Customer, lead or project").fill("Harbour Ltd")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_text("2 emails were linked to Harbour Ltd.")).to_be_visible()
    expect(page.get_by_role("link", name="Ropes 0", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Ropes 1")).to_have_count(0)
    page.get_by_role("row", name="Ropes 0").hover()
    page.get_by_role("link", name="Link “Ropes 0” to a record").click()
    dialog = page.get_by_role("dialog")
    looks_right(page, "report-link-one")
    dialog.get_by_label("Customer, lead or project").fill("Harbour Ltd")
    dialog.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()


def test_a_customer_is_made_from_a_letter(open_page: Open, looks_right: Looks, bob: User, box: MailAccount) -> None:
    letter = keep(box, html_letter(sender="Ivo Mast <ivo@north-sails.example>", subject="New sails"))
    page = open_page(f"/letters/{letter.pk}/", user=bob)
    looks_right(page, "letter-of-a-stranger")
    page.get_by_role("link", name="New customer", exact=True).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("North sails")
    expect(page.get_by_label("Email address").first).to_have_value("ivo@north-sails.example")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name="North sails")).to_be_visible()
    expect(page.get_by_role("link", name="New sails")).to_be_visible()


def test_older_letters_are_offered_linked_and_taken_back(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount
) -> None:
    keep(box, raw_letter(sender="ann@harbour.example", subject="From last year"))
    harbour = making.make_customer("Harbour Ltd", emails=("ann@harbour.example",), owner=bob)
    look_for_additions(now=making.NOW)
    page = open_page(f"/customers/{harbour.pk}/", user=bob)
    expect(page.get_by_text("1 older letter of ann@harbour.example")).to_be_visible()
    looks_right(page, "older-letters")
    page.get_by_role("button", name="Link them").click()
    expect(page.get_by_role("link", name="From last year")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 link was taken back.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="From last year")).to_have_count(0)


def test_a_sender_is_refused_and_accepted_again(open_page: Open, looks_right: Looks, alice: User) -> None:
    letter = keep(make_account(alice, is_main=True), raw_letter(sender="pest@spam.example"))
    page = open_page(f"/letters/{letter.pk}/", user=alice)
    page.get_by_text("More with this letter").click()
    page.get_by_role("button", name="Never keep letters of this sender").click()
    expect(page.get_by_text("will not be kept")).to_be_visible()
    page.goto("/setup/email/senders/")
    looks_right(page, "refused-senders")
    page.get_by_role("button", name="Keep again").click()
    expect(page.get_by_text("No sender is refused")).to_be_visible()


def test_the_settings_of_email_are_changed(open_page: Open, looks_right: Looks, alice: User) -> None:
    page = open_page("/setup/email/", user=alice)
    looks_right(page, "email-settings")
    page.get_by_label("Our own domains").fill("mooring.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    page.get_by_role("link", name="Public mail domains").click()
    looks_right(page, "public-domains")
    page.get_by_role("link", name="All accounts").click()
    looks_right(page, "all-accounts")


def test_the_mailbox_is_walked_with_the_keyboard(open_page: Open, bob: User, box: MailAccount) -> None:
    for number in range(3):
        keep(box, raw_letter(subject=f"Ropes {number}"))
    page = open_page("/email/", user=bob)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#reading h1")).to_be_visible()
    expect(page.locator(".letter-row[aria-current]")).to_have_count(1)
