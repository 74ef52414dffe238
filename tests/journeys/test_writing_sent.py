"""A letter from the pen to the other side: written in the browser, sent by the engine, taken by a real Postfix."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account
from mooring.letters.models import Letter, MailAccount, OutgoingLetter, OutgoingState, RecipientState
from mooring.letters.originals import Originals
from mooring.mail.parser_process import Parser
from mooring.mail.parsing import read_letter
from mooring.mail.types import ParsedLetter
from mooring.sync.engine import Engine
from mooring.sync.sending import send_from
from mooring.sync.sent_archive import archive_sent
from mooring.users.models import User
from servers.postfix import Postfix


@pytest.fixture
def box(bob: User, postfix: Postfix) -> MailAccount:
    return make_account(
        bob,
        address="bob@mooring.example",
        your_name="Bob Mast",
        is_main=True,
        signature="<p>Bob Mast</p>",
        outgoing_protocol="smtp",
        outgoing_host="localhost",
        outgoing_port=postfix.port,
        outgoing_encryption="none",
        outgoing_plain_login_allowed=True,
        outgoing_login_of="none",
    )


@pytest.fixture
def answered(box: MailAccount) -> Letter:
    """Carol's, late in a conversation, to Bob, Dora and a copy to Emil."""
    raw = html_letter().replace(b"To: Bob <bob@mooring.example>", b"To: Bob <bob@mooring.example>, dora@harbour.example", 1)
    return keep(box, b"Cc: Emil <emil@harbour.example>\nReferences: <first@harbour.example>\n" + raw)


def test_a_reply_with_a_file_arrives(
    open_page: Callable[..., Page], bob: User, box: MailAccount, answered: Letter, postfix: Postfix, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text("ropes")
    page = open_page(f"/letters/{answered.pk}/", user=bob)
    page.keyboard.press("r")
    dock = dock_of(page)
    expect(dock.locator(".tiptap")).to_be_focused()
    page.keyboard.type("Dear Carol, ")
    dock.locator("[data-picker]").set_input_files(tmp_path / "list.txt")
    expect(dock.get_by_role("link", name="list.txt")).to_be_visible()
    letter, arrived = sent(page, box, postfix)
    assert (letter.state, letter.recipients.get().state) == (OutgoingState.SENT, RecipientState.ACCEPTED)
    assert arrived.header.subject == "Re: Ropes"
    assert arrived.header.in_reply_to == (answered.message_id,)
    assert [each.address for each in arrived.header.to] == ["carol@harbour.example"]
    assert "Dear Carol," in arrived.text
    assert [each.name for each in arrived.attachments] == ["list.txt"]
    page.goto(f"/email/outbox/{letter.pk}/")
    expect(page.get_by_text("Accepted")).to_be_visible()


def test_a_reply_to_all_and_a_forwarded_letter_arrive_and_are_archived(
    open_page: Callable[..., Page], bob: User, box: MailAccount, answered: Letter, postfix: Postfix
) -> None:
    page = open_page(f"/letters/{answered.pk}/", user=bob)
    page.keyboard.press("a")
    dock = dock_of(page)
    expect(dock.locator(".tiptap")).to_be_focused()
    page.keyboard.type("Dear all, ")
    letter, to_all = sent(page, box, postfix)
    assert postfix.delivered()[letter.message_id] == 3
    assert [each.address for each in to_all.header.to] == ["carol@harbour.example", "dora@harbour.example"]
    assert [each.address for each in to_all.header.cc] == ["emil@harbour.example"]
    assert (to_all.header.subject, to_all.header.in_reply_to) == ("Re: Ropes", (answered.message_id,))
    assert to_all.header.references == ("first@harbour.example", answered.message_id)
    assert "> Good morning" in to_all.text
    assert to_all.attachments == ()

    page.goto(f"/letters/{answered.pk}/")
    expect(page.locator("main")).to_contain_text("Dear all,")
    page.keyboard.press("f")
    to = dock.get_by_role("combobox", name="To", exact=True)
    expect(to).to_be_focused()
    page.keyboard.type("frank@harbour.example")
    letter, forwarded = sent(page, box, postfix)
    assert [each.address for each in forwarded.header.to] == ["frank@harbour.example"]
    assert (forwarded.header.subject, forwarded.header.in_reply_to, forwarded.header.cc) == ("Fwd: Ropes", (), ())
    assert forwarded.header.references == ("first@harbour.example", answered.message_id)
    assert "Forwarded message" in forwarded.text
    assert "Good morning" in forwarded.text
    assert "tracker.example" not in forwarded.html
    assert [(each.name, each.content_type) for each in forwarded.attachments] == [("prices.pdf", "application/pdf")]

    page.goto("/email/outbox/?show=sent")
    expect(page.get_by_role("link", name="Re: Ropes")).to_be_visible()
    page.get_by_role("link", name="Fwd: Ropes").click()
    expect(page.get_by_text("Accepted")).to_be_visible()


def dock_of(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Emails being written")


def sent(page: Page, box: MailAccount, postfix: Postfix) -> tuple[OutgoingLetter, ParsedLetter]:
    """What is being written goes out; the row in the outbox, and the letter as it arrived."""
    dock_of(page).get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The email is being sent.")).to_be_visible()
    send_queued(box, postfix)
    letter = OutgoingLetter.objects.unscoped("a test looks at what became of it").latest("pk")
    return letter, read_letter(next(raw for raw in postfix.letters() if letter.message_id.encode() in raw))


def send_queued(account: MailAccount, postfix: Postfix) -> None:
    """The engine's part, when undo is over."""
    engine = Engine(Originals(settings.ORIGINALS_FOLDER), Parser(child_count=1), postfix.policy, owner="test:1:a")
    try:
        later = datetime.now(UTC) + timedelta(seconds=11)
        assert send_from(account.pk, engine=engine, clock=lambda: later, stop=threading.Event()) == 1
        assert archive_sent(account, engine=engine, clock=lambda: later) == 1
    finally:
        engine.close()
    postfix.wait_until_idle()
