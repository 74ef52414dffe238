"""Sending over a scripted server: what the tests of SMTP share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mooring.mail import connect
from mooring.mail.errors import MailError
from mooring.mail.protocols.smtp import SmtpOutgoing
from mooring.mail.types import Envelope
from servers.scripted_imap import LOOPBACK
from servers.scripted_smtp import ScriptedSmtp

RAW = b"From: <bob@mooring.example>\r\nMessage-ID: <1.ab+c@mooring.example>\r\n\r\nAhoy\r\n"
TO_CAROL = Envelope("bob@mooring.example", ("carol@harbour.example",))
TO_THREE = Envelope("bob@mooring.example", ("a@x.example", "b@x.example", "c@x.example"))


class Committed:
    """before_data, counted."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


@contextmanager
def running(fake: ScriptedSmtp) -> Iterator[ScriptedSmtp]:
    try:
        yield fake.start()
    finally:
        fake.stop()


@contextmanager
def opened(fake: ScriptedSmtp, *, seconds: float = 5.0) -> Iterator[SmtpOutgoing]:
    with running(fake), connect.open_outgoing(fake.server(seconds=seconds), policy=LOOPBACK) as outgoing:
        assert isinstance(outgoing, SmtpOutgoing)
        yield outgoing


def failing(
    fake: ScriptedSmtp, kind: type[MailError], *, commits: int, envelope: Envelope = TO_CAROL, raw: bytes = RAW
) -> MailError:
    """The error that sending ends with, and that before_data was called so many times."""
    committed = Committed()
    with opened(fake) as outgoing, pytest.raises(kind) as raised:
        outgoing.send(envelope, raw, before_data=committed)
    assert committed.count == commits
    return raised.value
