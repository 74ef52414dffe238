"""Letters with real bytes for the tests of the pages: HTML, an attachment, and links to records."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import making
from letters.making_letters import arrival, match_of, raw_letter
from mooring.letters.bodies import originals
from mooring.letters.models import Letter, MailAccount
from mooring.letters.storing import store_batch

HTML = '<p>Good <b>morning</b></p><script>ran()</script><img src="https://tracker.example/dot.gif">'
_numbers = count(1)


def html_letter(
    html: str = HTML,
    *,
    subject: str = "Ropes",
    sender: str = "Carol Quay <carol@harbour.example>",
    file_name: str = "prices.pdf",
) -> bytes:
    """Text with a quote, HTML, and an attachment."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "Bob <bob@mooring.example>", subject
    message["Date"], message["Message-ID"] = making.NOW, f"<{next(_numbers)}@kept.example>"
    message.set_content("Good morning\n\n> as you wrote\n")
    if html:
        message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.4 prices", maintype="application", subtype="pdf", filename=file_name)
    return message.as_bytes()


def keep(account: MailAccount, raw: bytes = b"", *, to: tuple[Any, ...] = (), private: bool = False, **arrived: Any) -> Letter:
    """The letter stored so that its bytes can be read, linked by rule to the records."""
    raw = raw or html_letter()
    (original,) = originals().keep([raw])
    matches = tuple(match_of(record) for record in to)
    arrival_ = arrival(account, raw, original=original, matches=matches, is_private=private, **arrived)
    return store_batch(arrivals=[arrival_], now=making.NOW)[0].letter


def letters(box: MailAccount, count: int, *, to: tuple[Any, ...] = (), word: str = "Ropes", **arrived: Any) -> list[Any]:
    """So many letters, each a minute older than the one before."""
    raws = [raw_letter(subject=f"{word} {number:03}", at=making.NOW - timedelta(minutes=number)) for number in range(count)]
    return [keep(box, raw, to=to, received_at=making.NOW - timedelta(minutes=n), **arrived) for n, raw in enumerate(raws)]


def queries_of(browser: Client, url: str) -> int:
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)
