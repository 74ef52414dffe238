"""What an archive would write down of a folder, for tests of protocols; and letters to list."""

from __future__ import annotations

from mooring.mail.contract import Incoming
from mooring.mail.types import Bookmark, Changes, Folder, Listed


def letter_of(word: str, *, size: int = 0) -> bytes:
    """A letter from Bob to Carol about a word, `size` bytes longer than need be."""
    fields = (
        "From: Bob <bob@mooring.example>",
        "To: carol@harbour.example",
        f"Subject: {word}",
        f"Message-ID: <{word}@tests.example>",
    )
    return "\r\n".join((*fields, "", "Good morning.", "")).encode() + (b"x" * 76 + b"\r\n") * (size // 78)


class Rows:
    """The rows of one folder, brought up to date by each visit."""

    def __init__(self, mailbox: Incoming, folder: Folder) -> None:
        self._mailbox = mailbox
        self._folder = folder
        self.bookmark: Bookmark | None = None
        self.listed: dict[str, Listed] = {}
        """All that were ever listed."""
        self.flags: dict[str, frozenset[str]] = {}
        """Of the letters that are there."""
        self.was_full = False

    def known(self, epoch: str) -> list[str]:
        """What is there already, as the engine tells a protocol."""
        assert epoch == self._folder.wire_name
        return self.ids()

    def ids(self) -> list[str]:
        """The letters that are there, oldest first."""
        return sorted(self.flags, key=lambda server_id: (self.listed[server_id].rank, server_id))

    def take(self, changes: Changes) -> None:
        """Write down what changed: pages as they come, the vanished at the end, the bookmark last."""
        vanished: set[str] = set()
        for page in changes.pages:
            for each in page.arrived:
                self.listed[each.server_id] = each
                self.flags.setdefault(each.server_id, each.flags)
            for change in page.flagged:
                if change.server_id in self.flags:
                    self.flags[change.server_id] = change.flags
            vanished.update(page.vanished)
        for server_id in vanished:
            self.flags.pop(server_id, None)
        self.bookmark, self.was_full = dict(changes.bookmark), changes.is_full

    def visit(self, *, is_full: bool = False) -> list[str]:
        """The letters that are there after a look."""
        self.take(self._mailbox.changes(self._folder, self.bookmark, known=self.known, is_full=is_full))
        return self.ids()
