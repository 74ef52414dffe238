"""Mailboxes of every protocol from outside: how their servers get and lose letters. By them protocols join the contract."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Server
from servers.dovecot import Dovecot

LETTERS = [
    b"From: bob@example.org\r\nSubject: letter %d\r\nMessage-ID: <%d@example.org>\r\n\r\n" % (number, number)
    + b"line of letter %d\r\n" % number * number
    for number in range(1, 8)
]


class Place(ABC):
    """A mailbox from the outside, as senders and other clients of its owner see it."""

    @abstractmethod
    def server(self) -> tuple[Server, EgressPolicy]:
        """How to reach it."""

    @abstractmethod
    def deliver(self, letters: Sequence[bytes]) -> None:
        """Letters arrive in the folder under test."""

    @abstractmethod
    def remove(self, number: int) -> None:
        """The letter that arrived as number `number` (from 1) is deleted."""

    @abstractmethod
    def remove_folder(self) -> None:
        """The folder under test is deleted."""


class DovecotPlace(Place):
    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot
        self._user = dovecot.new_user()
        dovecot.create(self._user, "Tested")

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._dovecot.server(self._user), self._dovecot.policy

    def deliver(self, letters: Sequence[bytes]) -> None:
        self._dovecot.deliver(self._user, letters, folder="Tested")

    def remove(self, number: int) -> None:
        self._dovecot.expunge(self._user, [number], folder="Tested")

    def remove_folder(self) -> None:
        self._dovecot.delete(self._user, "Tested")


class MaildirPlace(Place):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        for box in (folder, folder / ".Tested"):
            for name in ("cur", "new", "tmp"):
                (box / name).mkdir(parents=True)

    def server(self) -> tuple[Server, EgressPolicy]:
        return Server(protocol="files", path=str(self._folder)), EgressPolicy()

    def deliver(self, letters: Sequence[bytes]) -> None:
        for raw in letters:
            self._count += 1
            self._file(self._count).write_bytes(raw)
            os.utime(self._file(self._count), (1_700_000_000 + self._count,) * 2)

    def _file(self, number: int) -> Path:
        return self._folder / ".Tested" / "cur" / f"{1_700_000_000 + number}.M{number}P1.host:2,"

    def remove(self, number: int) -> None:
        self._file(number).unlink()

    def remove_folder(self) -> None:
        (self._folder / ".Tested").rename(self._folder.parent / "away")


PLACES: dict[str, Callable[[pytest.FixtureRequest, Path], Place]] = {
    "files": lambda request, folder: MaildirPlace(folder / "mail"),
    "imap": lambda request, folder: DovecotPlace(request.getfixturevalue("dovecot")),
}
"""By a name that begins with the protocol: how the place is made."""
WITH_FOLDERS = ("files", "imap")
"""Those that have more than the inbox."""
REMOVING = ("imap",)
"""Those whose letters can be removed (contract.Removing)."""
KEEPING = ("imap",)
"""Those into which letters can be put (contract.Keeping)."""
