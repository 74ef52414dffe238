"""Writing letters in the browser: beside what one reads, saved by itself, with templates and files, in two windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

import making
from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account
from mooring.customers.models import Customer
from mooring.letters.models import MailAccount, OutgoingLetter, OutgoingState
from mooring.letters.templates import save_template
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
    text = dock.locator(".written").get_by_role("textbox", name="Text")
    expect(text).to_contain_text("Halyard & Sons")
    expect(text).to_contain_text("Carol Quay <carol@harbour.example> wrote:")
    text.press_sequentially("Dear Carol, here they are.")
    expect(dock.get_by_text("Saved ")).to_be_visible()
    expect(dock.locator("[data-version]")).to_have_value("2")
    looks_right(page, "writing-reply")
    page.reload()
    expect(dock.get_by_role("textbox", name="Text")).to_contain_text("Dear Carol, here they are.")


def dock_of(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Emails being written")


def write_to_carol(page: Page, *, text: str = "Dear Carol, here they are.") -> Locator:
    """A new letter in the dock, its recipient chosen from the suggestions."""
    page.keyboard.press("c")
    dock = dock_of(page)
    to = dock.get_by_role("combobox", name="To", exact=True)
    expect(to).to_be_focused()
    to.press_sequentially("carol", delay=20)
    expect(dock.get_by_role("option", name="Carol Quay")).to_be_visible()
    to.press("Enter")
    expect(to).to_have_value("Carol Quay <carol@harbour.example>, ")
    dock.get_by_label("Subject").fill("Ropes")
    dock.locator(".written").get_by_role("textbox", name="Text").press_sequentially(text)
    return dock


def test_a_letter_with_a_template_and_files_is_sent_and_taken_back(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer, tmp_path: Path
) -> None:
    body = "<p>Dear {{contact.first_name}}, you are our {{contact.job_title}} at {{customer.name}}. {{customer.number}}</p>"
    save_template(name="Greeting", body_html=body, by=making.actor(bob), now=making.NOW)
    page = open_page("/customers/", user=bob)
    dock = write_to_carol(page, text=" ")
    dock.get_by_text("Template", exact=True).click()
    looks_right(page, "writing-templates")
    dock.get_by_role("button", name="Greeting").click()
    text = dock.locator(".written").get_by_role("textbox", name="Text")
    expect(text).to_contain_text("Dear Carol, you are our Buyer at Harbour Ltd.")
    expect(text.locator("mark")).to_have_text("{{customer.number}}")
    (tmp_path / "prices.pdf").write_bytes(b"%PDF-1.4 prices")
    with page.expect_file_chooser() as chooser:
        dock.locator(".draft-attach").click()
    chooser.value.set_files(tmp_path / "prices.pdf")
    expect(dock.get_by_role("link", name="prices.pdf")).to_be_visible()
    looks_right(page, "writing-with-file")
    text.press("Control+Enter")
    expect(dock.get_by_role("alert")).to_contain_text("{{customer.number}} is not filled in.")
    looks_right(page, "writing-cautions")
    dock.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_text("The email is being sent.")).to_be_visible()
    expect(dock).to_be_hidden()
    assert the_draft().state == OutgoingState.READY
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Subject")).to_have_value("Ropes")
    assert the_draft().state == OutgoingState.DRAFT
    looks_right(page, "writing-page")


def test_a_letter_is_sent_later_and_waits_in_the_outbox(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    page = open_page("/email/drafts/", user=bob)
    looks_right(page, "drafts-empty")
    dock = write_to_carol(page)
    dock.get_by_text("When", exact=True).click()
    dock.get_by_label("Send later, at").fill("2099-01-05T09:00")
    dock.get_by_label("If no answer in so many working days, remind me").fill("3")
    looks_right(page, "writing-when")
    dock.get_by_role("button", name="Send later").click()
    expect(page.get_by_text("The email will be sent on Jan. 5, 2099, 9 a.m.")).to_be_visible()
    assert the_draft().wants_answer_days == 3
    page.goto("/email/outbox/")
    looks_right(page, "outbox")
    page.get_by_role("link", name="Ropes").click()
    expect(page.get_by_text("Waits for its time.")).to_be_visible()
    looks_right(page, "outbox-letter")
    page.get_by_role("button", name="Take back and edit").click()
    expect(page.get_by_label("Send later, at")).to_have_value("2099-01-05T09:00")


def test_two_windows_lose_nothing(open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer) -> None:
    page = open_page("/email/drafts/", user=bob)
    dock = write_to_carol(page, text="From the first window")
    expect(dock.get_by_text("Saved ")).to_be_visible()
    expect(dock.locator("[data-version]")).not_to_have_value("1")
    other = open_page(f"/email/drafts/{the_draft().pk}/", user=bob)
    text = other.locator(".written").get_by_role("textbox", name="Text")
    expect(text).to_contain_text("From the first window")
    text.press_sequentially("From the second window. ")
    expect(other.locator("[data-version]")).to_have_value("3")
    dock.locator(".written").get_by_role("textbox", name="Text").press_sequentially(" and more")
    expect(dock.get_by_role("alert")).to_contain_text("changed in another window")
    expect(dock.get_by_role("textbox", name="Text")).to_contain_text("From the first window and more")
    looks_right(page, "writing-conflict")
    dock.get_by_role("button", name="Keep mine as another draft").click()
    expect(dock.get_by_role("alert")).to_have_count(0)
    expect(dock.get_by_role("textbox", name="Text")).to_contain_text("and more")
    texts = set(OutgoingLetter.objects.unscoped("a test looks at what was stored").values_list("body_text", flat=True))
    assert any("second window" in each for each in texts)
    assert any("and more" in each for each in texts)


def test_several_drafts_are_tabs_and_untouched_ones_leave_no_trace(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    letter = keep(box, html_letter(), to=(harbour,))
    page = open_page(f"/letters/{letter.pk}/", user=bob)
    page.get_by_role("link", name="Forward").first.click()
    dock = dock_of(page)
    expect(dock.get_by_role("link", name="prices.pdf")).to_be_visible()
    expect(dock.get_by_role("textbox", name="Text")).to_contain_text("Forwarded message")
    page.get_by_role("heading", name="Ropes").first.click()
    page.keyboard.press("a")
    expect(dock.get_by_role("button", name="Re: Ropes")).to_have_attribute("aria-pressed", "true")
    looks_right(page, "writing-tabs")
    dock.locator(".draft:not([hidden])").get_by_role("button", name="Close; the draft is kept").click()
    expect(dock.locator(".draft")).to_have_count(1)
    dock.get_by_role("button", name="Minimise").click()
    expect(dock.get_by_role("button", name="Fwd: Ropes")).to_be_visible()
    looks_right(page, "writing-folded")
    page.goto("/customers/")
    dock.get_by_role("button", name="Fwd: Ropes").click()
    dock.get_by_role("button", name="Discard draft").click()
    expect(page.get_by_text("The draft was discarded.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Subject")).to_have_value("Fwd: Ropes")


def test_a_letter_is_written_without_a_script(open_page: Open, bob: User, box: MailAccount, harbour: Customer) -> None:
    page = open_page("/email/write/?to=carol@harbour.example", user=bob, has_script=False)
    page.get_by_label("Subject").fill("Ropes")
    page.get_by_label("Text").fill("Dear Carol")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The email is being sent.")).to_be_visible()
    assert the_draft().body_text == "Dear Carol"


def test_a_letter_is_written_on_the_phone(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    page = open_page("/customers/", user=bob, width=390, height=844)
    page.get_by_role("link", name="Harbour Ltd", exact=True).click()
    page.get_by_role("link", name="Write", exact=True).click()
    expect(page.get_by_role("combobox", name="To", exact=True)).to_have_value("Harbour Ltd <office@harbour.example>")
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, "a short letter fits without scrolling"
    page.get_by_label("Subject").fill("Ropes")
    page.locator(".written").get_by_role("textbox", name="Text").press_sequentially("Dear all")
    expect(page.get_by_text("Saved ")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The email is being sent.")).to_be_visible()


def test_templates_are_kept_and_tried(
    open_page: Open, looks_right: Looks, bob: User, box: MailAccount, harbour: Customer
) -> None:
    page = open_page("/profile/templates/", user=bob)
    looks_right(page, "templates-empty")
    page.get_by_role("link", name="New template").first.click()
    page.get_by_label("Name", exact=True).fill("Greeting")
    page.locator(".written").get_by_role("textbox", name="Text").press_sequentially("Dear ")
    page.get_by_text("Places that are filled in").click()
    page.get_by_role("button", name="First name").click()
    looks_right(page, "template-form")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("combobox", name="As it would go to").fill("carol@harbour.example")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("Dear Carol")
    looks_right(page, "template-preview")
    page.goto("/profile/templates/")
    looks_right(page, "templates")
    page.get_by_role("row", name="Greeting").hover()
    page.get_by_role("button", name="Remove Greeting").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Greeting", exact=True)).to_be_visible()
