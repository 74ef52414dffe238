"""A letter from the pen to the other side: written in the browser, sent by the engine, taken by a real Postfix."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page, expect

from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account
from mooring.letters.models import MailAccount, OutgoingLetter, OutgoingState, RecipientState
from mooring.letters.originals import Originals
from mooring.mail.parser_process import Parser
from mooring.mail.parsing import read_letter
from mooring.sync.engine import Engine
from mooring.sync.sending import send_from
from mooring.users.models import User
from servers.postfix import Postfix


def test_a_reply_with_a_file_arrives(open_page: Callable[..., Page], bob: User, postfix: Postfix, tmp_path: Path) -> None:
    box = make_account(
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
    answered = keep(box, html_letter())
    (tmp_path / "list.txt").write_text("ropes")
    page = open_page(f"/letters/{answered.pk}/", user=bob)
    page.keyboard.press("r")
    dock = page.get_by_role("complementary", name="Emails being written")
    expect(dock.locator(".tiptap")).to_be_focused()
    page.keyboard.type("Dear Carol, ")
    dock.locator("[data-picker]").set_input_files(tmp_path / "list.txt")
    expect(dock.get_by_role("link", name="list.txt")).to_be_visible()
    dock.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The email is being sent.")).to_be_visible()
    send_queued(box, postfix)
    letter = OutgoingLetter.objects.unscoped("a test looks at what became of it").get()
    assert (letter.state, letter.recipients.get().state) == (OutgoingState.SENT, RecipientState.ACCEPTED)
    arrived = read_letter(next(raw for raw in postfix.letters() if letter.message_id.encode() in raw))
    assert arrived.header.subject == "Re: Ropes"
    assert arrived.header.in_reply_to == (answered.message_id,)
    assert [each.address for each in arrived.header.to] == ["carol@harbour.example"]
    assert "Dear Carol," in arrived.text
    assert [each.name for each in arrived.attachments] == ["list.txt"]
    page.goto(f"/email/outbox/{letter.pk}/")
    expect(page.get_by_text("Accepted")).to_be_visible()


def send_queued(account: MailAccount, postfix: Postfix) -> None:
    """The engine's part, when undo is over."""
    engine = Engine(Originals(settings.ORIGINALS_FOLDER), Parser(child_count=1), postfix.policy, owner="test:1:a")
    try:
        later = datetime.now(UTC) + timedelta(seconds=11)
        assert send_from(account.pk, engine=engine, clock=lambda: later, stop=threading.Event()) == 1
    finally:
        engine.close()
    postfix.wait_until_idle()
