"""A mailbox as Gmail keeps it: letters with labels, and a history of what happened to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

SYSTEM_LABELS = (
    "CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", "CATEGORY_FORUMS", "CATEGORY_UPDATES", "CATEGORY_PERSONAL",
    "CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL", "STARRED", "UNREAD",
)  # fmt: skip
FIRST_ID = 0x18F_0000_0000_0001


@dataclass
class GoogleLetter:
    """`internal_date` in milliseconds."""

    letter_id: str
    raw: bytes
    labels: set[str]
    internal_date: int
    thread_id: str


@dataclass(frozen=True)
class Event:
    """A history record. `kind` is its field, such as "labelsAdded"."""

    number: int
    kind: str
    letter_id: str
    labels: tuple[str, ...] = ()


@dataclass
class GoogleMailbox:
    """`first_at` is when the first letter arrives, each other a second later."""

    first_at: datetime
    labels: dict[str, str] = field(default_factory=dict)
    """id -> name of those that people made."""
    letters: dict[str, GoogleLetter] = field(default_factory=dict)
    history: list[Event] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def history_id(self) -> int:
        """Where history stands; there are gaps between its ids."""
        return 1_000 + 7 * len(self.history)

    def add_label(self, name: str) -> str:
        """The id of a new label."""
        label = f"Label_{next(self._numbers)}"
        self.labels[label] = name
        return label

    def remove_label(self, label: str) -> None:
        """A label goes, from letters as well, which stay."""
        for letter in self.letters.values():
            if label in letter.labels:
                self.relabel(letter.letter_id, remove=[label])
        del self.labels[label]

    def deliver(
        self, raw: bytes, *, labels: Iterable[str] = ("INBOX", "UNREAD", "CATEGORY_PERSONAL"), thread_id: str = ""
    ) -> str:
        """A letter arrives, in a conversation of its own unless one is named; its id."""
        number = next(self._numbers)
        letter_id = f"{FIRST_ID + number:x}"
        at = self.first_at + timedelta(seconds=number)
        self.letters[letter_id] = GoogleLetter(letter_id, raw, set(labels), int(at.timestamp() * 1_000), thread_id or letter_id)
        self._note("messagesAdded", letter_id)
        return letter_id

    def relabel(self, letter_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Labels are put on and taken off."""
        letter = self.letters[letter_id]
        added, removed = sorted(set(add) - letter.labels), sorted(set(remove) & letter.labels)
        letter.labels |= set(added)
        letter.labels -= set(removed)
        if added:
            self._note("labelsAdded", letter_id, *added)
        if removed:
            self._note("labelsRemoved", letter_id, *removed)

    def bin(self, letter_id: str) -> None:
        """A letter goes to the bin, where it keeps its other labels but for the inbox."""
        self.relabel(letter_id, add=["TRASH"], remove=["INBOX"])

    def delete(self, letter_id: str) -> None:
        """A letter goes for good."""
        del self.letters[letter_id]
        self._note("messagesDeleted", letter_id)

    def _note(self, kind: str, letter_id: str, *labels: str) -> None:
        number = self.history_id + 7
        self.history.append(Event(number, kind, letter_id, labels))
