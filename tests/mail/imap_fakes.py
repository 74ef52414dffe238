"""What the tests with scripted IMAP servers share."""

from __future__ import annotations

from collections.abc import Callable

from mooring.mail.types import Changes, Folder, Listed
from servers.scripted_imap import FakeLetter

THREE = [FakeLetter(uid, b"Subject: %d\r\n\r\n" % uid + b"body %d\r\n" % uid * uid) for uid in (3, 5, 9)]
INBOX = Folder(path="INBOX", wire_name="INBOX")
ALL = "IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE QRESYNC CONDSTORE ESEARCH IDLE"


def knowing(*ids: str) -> Callable[[str], list[str]]:
    return lambda epoch: list(ids)


def arrivals(changes: Changes) -> list[Listed]:
    return [listed for page in changes.pages for listed in page.arrived]
