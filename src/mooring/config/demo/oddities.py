"""The rest of what a mailbox holds: newsletters, automatic replies, bounces, private letters, strangers, and broken mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from random import Random
from typing import Final

from mooring.config.demo.company import ALICE, BOB, HOME, UNKNOWN_PEOPLE, Firm
from mooring.config.demo.letters import YEAR, Post, address_of, received

_STRANGERS_WRITE: Final = (
    ("Do you sell ship's biscuit?", "I could not find it on your website, but you seem the sort of people who would know."),
    (
        "School project about knots",
        "My daughter is to present three knots on Monday. Is there one that always goes wrong? She wants that one.",
    ),
    ("Photographs of your loft", "I photograph workshops and would love to spend a day in yours. I bring my own sandwiches."),
    ("A lorry of yours", "The driver waved at my dog every morning this week. The dog would like to know whether he is well."),
)

_NEWS: Final = (
    ("The Bitter End, a letter for rope people", "news", "the-bitter-end.example"),
    ("Canvas Weekly", "hello", "canvas-weekly.example"),
    ("Chandlers' Bargains", "offers", "chandlers-bargains.example"),
)


def oddities(*, customers: tuple[Firm, ...], now: datetime, chance: Random) -> Iterator[Post]:
    """Everything that is no conversation with a customer or lead."""
    yield from _newsletters(now, chance)
    yield from _automatic_replies(customers[:12], now, chance)
    yield from _strangers(now, chance)
    yield from _private(now)
    yield from _colleagues(now, chance)
    yield _bounce(customers[9], now - timedelta(days=3, hours=5))
    yield from _broken(customers, now)


def _newsletters(now: datetime, chance: Random) -> Iterator[Post]:
    for week in range(26):
        name, local, host = _NEWS[week % len(_NEWS)]
        at = now - timedelta(days=7 * week, hours=chance.randrange(1, 9))
        message = _letter(f"{name} <{local}@{host}>", BOB.address, f"{name}, no. {180 - week}", at, f"issue-{week}@{host}")
        message["List-Id"] = f"<{local}.{host}>"
        message["List-Unsubscribe"] = f"<https://{host}/leave>"
        message["Precedence"] = "bulk"
        message.set_content(f"{name}\n\nThis week: {week + 3} ways to coil a line, of which two are right.\n")
        message.add_alternative(_news_page(name, host, week), subtype="html")
        if host.startswith("chandlers"):
            yield Post("office", "", received(message, at), at)
        else:
            yield Post("bob", "Newsletters", received(message, at), at, week > 1)


def _news_page(name: str, host: str, week: int) -> str:
    return (
        f'<html><head><style>h1 {{ color: #265c80 }}</style></head><body><img src="https://{host}/open.gif?reader=bob" width="1">'
        f"<h1>{name}</h1><p>This week: <b>{week + 3} ways to coil a line</b>, of which two are right.</p>"
        f'<p><a href="https://{host}/read">Read on</a></p><script>alert("never runs")</script></body></html>'
    )


def _automatic_replies(firms: tuple[Firm, ...], now: datetime, chance: Random) -> Iterator[Post]:
    for number, firm in enumerate(firms):
        at = now - YEAR * chance.random()
        sender = address_of(firm.people[0], firm)
        message = _letter(
            f'"{firm.people[0]}" <{sender}>', BOB.address, "Automatic reply: at sea", at, f"away-{number}@{firm.domain}"
        )
        message["Auto-Submitted"] = "auto-replied"
        message.set_content("I am at sea and shall read your letter when the anchor is down again.\n")
        yield Post("bob", "INBOX", received(message, at), at)


def _strangers(now: datetime, chance: Random) -> Iterator[Post]:
    for number, (subject, text) in enumerate(_STRANGERS_WRITE):
        name, address = UNKNOWN_PEOPLE[number]
        at = now - timedelta(days=chance.randrange(1, 60), hours=number)
        message = _letter(f"{name} <{address}>", f"sales@{HOME}", subject, at, f"stranger-{number}@{address.partition('@')[2]}")
        message.set_content(f"Hello,\n\n{text}\n\n{name}\n")
        raw = received(message, at)
        yield Post("sales", "", raw, at)
        yield Post("bob", "INBOX", raw, at, number > 1)


def _private(now: datetime) -> Iterator[Post]:
    at = now - timedelta(days=6, hours=2)
    message = _letter(
        '"Dr Amelia Plaster" <surgery@westhaven-surgery.example>',
        BOB.address,
        "Your appointment",
        at,
        "a1@westhaven-surgery.example",
    )
    message["Sensitivity"] = "Private"
    message.set_content("Dear Mr Tarling,\n\nyour shoulder is expected on Tuesday at nine. Please bring it along.\n")
    yield Post("bob", "INBOX", received(message, at), at)


def _colleagues(now: datetime, chance: Random) -> Iterator[Post]:
    """Among ourselves: our own addresses never link a letter to anybody."""
    for number, text in enumerate(
        ("The tar has arrived.", "Who has the big fid?", "Cake in the loft at four.", "The big fid was under the cake.")
    ):
        at = now - timedelta(days=20 - number, hours=chance.randrange(1, 5))
        message = _letter(f"{ALICE.name} <{ALICE.address}>", BOB.address, text, at, f"inside-{number}@{HOME}")
        message.set_content(f"{text}\n\nA.\n")
        raw = received(message, at)
        yield Post("alice", "Sent", raw, at)
        yield Post("bob", "INBOX", raw, at)


def _bounce(firm: Firm, at: datetime) -> Post:
    gone = f"treasurer@{firm.domain}"
    message = _letter(
        f"Mail Delivery System <mailer-daemon@mx.{HOME}>",
        BOB.address,
        "Undelivered mail returned to sender",
        at,
        f"bounce-1@mx.{HOME}",
    )
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(f"Your letter to {gone} could not be delivered: there is no such person here.\n")
    message.make_mixed()
    message.replace_header("Content-Type", 'multipart/report; report-type="delivery-status"')
    status = EmailMessage(policy=SMTP)
    status.add_header("Content-Type", "text/plain")
    status.set_content(f"Final-Recipient: rfc822; {gone}\nAction: failed\nStatus: 5.1.1\n")
    message.attach(status)
    return Post("bob", "INBOX", received(message, at), at)


def _broken(customers: tuple[Firm, ...], now: datetime) -> Iterator[Post]:
    """What programs of other people really send. Every one of them must be kept, shown and not stop the others."""
    firm = customers[3]
    sender = address_of(firm.people[0], firm)
    head = f"From: {sender}\r\nTo: {BOB.address}\r\n"
    for number, (what, rest) in enumerate(_damages()):
        at = now - timedelta(days=30 + 5 * number)
        dated = "" if what == "no date" else f"Date: {format_datetime(at)}\r\nMessage-ID: <odd-{number}@{firm.domain}>\r\n"
        top = f"Received: from mx.{HOME} by mail.{HOME} with ESMTPS; {format_datetime(at)}\r\n"
        yield Post("bob", "INBOX", (top + head + dated).encode("ascii") + rest, at)


def _damages() -> tuple[tuple[str, bytes], ...]:
    return (
        (
            "eight bits in the header",
            "Subject: Grüße aus der Werkstatt\r\n\r\nOhne Kodierung, aber mit Herz.\r\n".encode("latin-1"),
        ),
        ("no date", b"Subject: Written in a hurry\r\n\r\nNo date, no id, no time. Please call back.\r\n"),
        (
            "no last boundary",
            (
                b"Subject: Cut off by the tide\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=knot\r\n\r\n"
                b"--knot\r\nContent-Type: text/plain\r\n\r\nThe rest of this letter fell into the\r\n"
            ),
        ),
        ("no such charset", b"Subject: From an old machine\r\nContent-Type: text/plain; charset=y\r\n\r\nStill readable.\r\n"),
        (
            "base64 that is none",
            (
                b"Subject: Scan of the label\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=tar\r\n\r\n--tar\r\n"
                b'Content-Type: text/plain\r\n\r\nSee the scan.\r\n--tar\r\nContent-Type: image/png; name="label.png"\r\n'
                b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo!!!this is not base64!!!\r\n--tar--\r\n"
            ),
        ),
        (
            "two senders",
            b'From: "Somebody Else" <somebody@lee-shore-photo.example>\r\nSubject: Who am I?\r\n\r\nTwo From lines.\r\n',
        ),
    )


def _letter(sender: str, to: str, subject: str, at: datetime, identity: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = format_datetime(at), f"<{identity}>"
    return message
