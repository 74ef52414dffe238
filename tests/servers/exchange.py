"""A mailbox as Exchange keeps it: folders, letters with two kinds of ids, and the changes that a delta tells about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

WELL_KNOWN = {
    "inbox": "Skrzynka odbiorcza",
    "sentitems": "Elementy wysłane",
    "drafts": "Wersje robocze",
    "deleteditems": "Elementy usunięte",
    "junkemail": "Wiadomości-śmieci",
}
"""The names are the owner's; this one has no archive folder."""
ROOT = "AQMk-root="


@dataclass
class ExchangeFolder:
    """`is_hidden` ones are in the mailbox and not for people."""

    folder_id: str
    name: str
    parent: str = ROOT
    is_hidden: bool = False


@dataclass
class ExchangeLetter:
    """`letter_id` lasts while the letter is in the mailbox; `place_id` changes with every move."""

    letter_id: str
    place_id: str
    folder: str
    raw: bytes
    message_id: str
    received_at: datetime
    is_read: bool = False
    is_flagged: bool = False


@dataclass(frozen=True)
class Change:
    """Something that happened in a folder. `kind` is "created", "updated" or "removed"; `names` the properties of an update."""

    number: int
    folder: str
    letter_id: str
    kind: str
    names: frozenset[str] = frozenset()


@dataclass
class Exchange:
    """The mailbox and its history. `first_at` is when the first letter arrives, each other a second later."""

    first_at: datetime
    folders: dict[str, ExchangeFolder] = field(default_factory=dict)
    letters: dict[str, ExchangeLetter] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        for name, shown in WELL_KNOWN.items():
            self.add_folder(shown, folder_id=f"AQMk-{name}=")
        self.add_folder("Conversation Action Settings", is_hidden=True)

    def add_folder(self, name: str, *, parent: str = ROOT, folder_id: str = "", is_hidden: bool = False) -> str:
        """The id of a new folder."""
        folder_id = folder_id or f"AQMk-folder/{next(self._numbers)}="
        self.folders[folder_id] = ExchangeFolder(folder_id, name, parent, is_hidden)
        return folder_id

    def remove_folder(self, folder_id: str) -> None:
        """A folder goes, and its letters with it."""
        for letter in [letter for letter in self.letters.values() if letter.folder == folder_id]:
            self.delete(letter.letter_id)
        del self.folders[folder_id]

    def deliver(self, folder_id: str, raw: bytes, *, is_read: bool = False) -> str:
        """A letter arrives; its immutable id."""
        number = next(self._numbers)
        letter_id = f"AAkALg/{number}+AAA="
        at = self.first_at + timedelta(seconds=len(self.history))
        self.letters[letter_id] = ExchangeLetter(letter_id, f"AAMk/{number}=", folder_id, raw, message_id_of(raw), at, is_read)
        self._note(folder_id, letter_id, "created")
        return letter_id

    def move(self, letter_id: str, target: str) -> None:
        """A letter goes to another folder: gone from one, new in the other, the same to those who ask for immutable ids."""
        letter = self.letters[letter_id]
        self._note(letter.folder, letter_id, "removed")
        letter.folder, letter.place_id = target, f"AAMk/{next(self._numbers)}="
        self._note(target, letter_id, "created")

    def delete(self, letter_id: str) -> None:
        """A letter goes for good."""
        letter = self.letters.pop(letter_id)
        self._note(letter.folder, letter_id, "removed")

    def read(self, letter_id: str, *, is_read: bool = True) -> None:
        """Its owner looks at a letter."""
        self.letters[letter_id].is_read = is_read
        self._note(self.letters[letter_id].folder, letter_id, "updated", "isRead")

    def flag(self, letter_id: str) -> None:
        """Its owner flags a letter."""
        self.letters[letter_id].is_flagged = True
        self._note(self.letters[letter_id].folder, letter_id, "updated", "flag")

    def _note(self, folder_id: str, letter_id: str, kind: str, *names: str) -> None:
        self.history.append(Change(len(self.history) + 1, folder_id, letter_id, kind, frozenset(names)))

    def in_folder(self, folder_id: str) -> list[ExchangeLetter]:
        """The letters of a folder, oldest first."""
        return [letter for letter in self.letters.values() if letter.folder == folder_id]

    def changed_since(self, folder_id: str, number: int) -> dict[str, Change]:
        """The last word about each letter of a folder since a moment; what was created since is whole, however often changed."""
        last: dict[str, Change] = {}
        for change in self.history[number:]:
            if change.folder != folder_id:
                continue
            before = last.pop(change.letter_id, None)
            if before is not None and change.kind == "updated":
                is_new = before.kind == "created"
                change = Change(
                    change.number, folder_id, change.letter_id, "created" if is_new else "updated", before.names | change.names
                )
            last[change.letter_id] = change
        return last


def message_id_of(raw: bytes) -> str:
    """With its angle brackets, as Exchange shows it; the first of the header block."""
    for line in raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"message-id":
            return value.strip().decode("latin-1")
    return ""
