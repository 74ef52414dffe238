"""What the tests with scripted POP3 servers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mooring.mail.contract import Incoming
from mooring.mail.protocols.pop3 import Pop3Mailbox
from mooring.mail.protocols.pop3.mailbox import INBOX
from mooring.mail.types import Bookmark, Changes
from servers.scripted_pop3 import PopLetter, ScriptedPop3

THREE = [
    PopLetter(
        b"Message-ID: <%d@tests.example>\r\nSubject: %d\r\n\r\n" % (number, number) + b"body %d\r\n" % number * number,
        f"id{number}",
    )
    for number in (1, 2, 3)
]
MODEST = ("USER",)
"""What a server without ids offers; TOP is there all the same unless it is refused."""
NO_IDS = {"UIDL": b"-ERR what is that\r\n"}
NO_TOP = {"UIDL": b"-ERR what is that\r\n", "TOP": b"-ERR what is that\r\n"}


def knowing(*ids: str) -> Callable[[str], Iterable[str]]:
    return lambda epoch: list(ids)


class Seen:
    """What an archive knows of a mailbox, by epoch."""

    def __init__(self) -> None:
        self.ids: dict[str, list[str]] = {}
        self.bookmark: Bookmark | None = None
        self.epoch = ""
        self.ranks: list[int] = []
        self.again: list[str] = []
        self.asked = 0

    def known(self, epoch: str) -> Sequence[str]:
        self.asked += 1
        return list(self.ids.get(epoch, ()))

    def look(self, mailbox: Incoming, *, is_full: bool = False) -> list[str]:
        """The ids in the mailbox now, oldest first."""
        changes: Changes = mailbox.changes(INBOX, self.bookmark, known=self.known, is_full=is_full)
        ids = self.ids.setdefault(changes.epoch, [])
        self.ranks, self.again = [], []
        for page in changes.pages:
            self.ranks += [listed.rank for listed in page.arrived]
            self.again += [listed.server_id for listed in page.listed_again]
            ids += [listed.server_id for listed in page.arrived]
            for server_id in page.vanished:
                ids.remove(server_id)
        self.epoch, self.bookmark = changes.epoch, changes.bookmark
        return list(ids)


def raws(mailbox: Incoming, ids: Sequence[str]) -> list[bytes]:
    """The letters in the order of the ids."""
    found = {letter.server_id: letter.raw for letter in mailbox.fetch(INBOX, ids)}
    return [found[server_id] for server_id in ids if server_id in found]


def mailbox_on(opened: Callable[[ScriptedPop3], Incoming], fake: ScriptedPop3) -> Pop3Mailbox:
    mailbox = opened(fake)
    assert isinstance(mailbox, Pop3Mailbox)
    return mailbox


def letter(number: int, *, uid: str = "", body: bytes = b"text\r\n", size: int | None = None, **fields: str) -> PopLetter:
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Message-ID": f"<{number}@tests.example>", **fields}.items())
    return PopLetter(head.encode() + b"\r\n" + body, uid, size)
