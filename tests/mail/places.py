"""Mailboxes of every protocol from outside: how their servers get and lose letters. By them protocols join the contract."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Server
from servers.cyrus import Cyrus, OtherClient
from servers.dovecot import Dovecot
from servers.gmail import GmailServer
from servers.graph import GraphServer
from servers.jmap import Box, ScriptedJmap
from servers.scripted_imap import LOOPBACK

FIRST = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the first letter arrives, where the place can tell its server."""

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
    folder = "Tested"

    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot
        self._user = dovecot.new_user()
        if self.folder != "INBOX":
            dovecot.create(self._user, self.folder)

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._dovecot.server(self._user), self._dovecot.policy

    def deliver(self, letters: Sequence[bytes]) -> None:
        self._dovecot.deliver(self._user, letters, folder=self.folder)

    def remove(self, number: int) -> None:
        self._dovecot.expunge(self._user, [number], folder=self.folder)

    def remove_folder(self) -> None:
        self._dovecot.delete(self._user, self.folder)


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


class CyrusPlace(Place):
    """Over JMAP, while letters come and go over IMAP."""

    folder = "INBOX.Tested"

    def __init__(self, cyrus: Cyrus) -> None:
        self._cyrus = cyrus
        self._user = cyrus.new_user()
        self._count = 0
        with self._client() as client:
            if self.folder != "INBOX":
                client.do(f"CREATE {self.folder}")

    def _client(self) -> OtherClient:
        return OtherClient(self._cyrus, self._user)

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._cyrus.jmap_server(self._user), LOOPBACK

    def deliver(self, letters: Sequence[bytes]) -> None:
        with self._client() as client:
            client.append(self.folder, letters, first_at=FIRST + timedelta(seconds=self._count))
        self._count += len(letters)

    def remove(self, number: int) -> None:
        with self._client() as client:
            client.expunge(self.folder, str(number))

    def remove_folder(self) -> None:
        with self._client() as client:
            client.do(f"DELETE {self.folder}")


class DovecotPop3Place(DovecotPlace):
    """The inbox, as that is all that POP3 shows."""

    folder = "INBOX"

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._dovecot.server(self._user, protocol="pop3"), self._dovecot.policy


class CyrusPop3Place(CyrusPlace):
    """The inbox over POP3, while letters come and go over IMAP."""

    folder = "INBOX"

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._cyrus.server(self._user, protocol="pop3"), LOOPBACK


class ScriptedJmapPlace(Place):
    """A JMAP server that needs no packages; what Cyrus does is the truth."""

    def __init__(self, jmap: ScriptedJmap) -> None:
        self._jmap = jmap
        jmap.at_once, jmap.most_in_query = 3, 2
        jmap.boxes["m9"] = Box("Tested")
        self._ids: list[str] = []

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._jmap.server(), self._jmap.policy

    def deliver(self, letters: Sequence[bytes]) -> None:
        self._ids.extend(self._jmap.deliver(raw, "m9") for raw in letters)

    def remove(self, number: int) -> None:
        self._jmap.destroy(self._ids[number - 1])

    def remove_folder(self) -> None:
        del self._jmap.boxes["m9"]


class GraphPlace(Place):
    """Pages are small, so that listings have several."""

    def __init__(self, graph: GraphServer) -> None:
        self._graph = graph
        self._mailbox = graph.mailbox
        self._folder = self._mailbox.add_folder("Tested")
        self._ids: list[str] = []

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._graph.server(), self._graph.policy

    def deliver(self, letters: Sequence[bytes]) -> None:
        self._ids.extend(self._mailbox.deliver(self._folder, raw) for raw in letters)

    def remove(self, number: int) -> None:
        self._mailbox.delete(self._ids[number - 1])

    def remove_folder(self) -> None:
        self._mailbox.remove_folder(self._folder)


class GmailPlace(Place):
    """The folder is a label; letters are in the inbox as well until they are deleted."""

    def __init__(self, gmail: GmailServer) -> None:
        self._gmail = gmail
        self._mailbox = gmail.mailbox
        self._label = self._mailbox.add_label("Work/Tested")
        self._ids: list[str] = []

    def server(self) -> tuple[Server, EgressPolicy]:
        return self._gmail.server(), self._gmail.policy

    def deliver(self, letters: Sequence[bytes]) -> None:
        self._ids.extend(self._mailbox.deliver(raw, labels=["INBOX", "UNREAD", self._label]) for raw in letters)

    def remove(self, number: int) -> None:
        self._mailbox.delete(self._ids[number - 1])

    def remove_folder(self) -> None:
        self._mailbox.remove_label(self._label)


PLACES: dict[str, Callable[[pytest.FixtureRequest, Path], Place]] = {
    "files": lambda request, folder: MaildirPlace(folder / "mail"),
    "gmail": lambda request, folder: GmailPlace(request.getfixturevalue("gmail")),
    "graph": lambda request, folder: GraphPlace(request.getfixturevalue("graph")),
    "imap": lambda request, folder: DovecotPlace(request.getfixturevalue("dovecot")),
    "jmap of cyrus": lambda request, folder: CyrusPlace(request.getfixturevalue("cyrus")),
    "jmap scripted": lambda request, folder: ScriptedJmapPlace(request.getfixturevalue("jmap")),
    "pop3 of cyrus": lambda request, folder: CyrusPop3Place(request.getfixturevalue("cyrus")),
    "pop3 of dovecot": lambda request, folder: DovecotPop3Place(request.getfixturevalue("dovecot")),
}
"""By a name that begins with the protocol: how the place is made."""
WITH_FOLDERS = ("files", "gmail", "graph", "imap", "jmap of cyrus", "jmap scripted")
"""Those that have more than the inbox."""
REMOVING = ("gmail", "graph", "imap", "jmap of cyrus", "jmap scripted", "pop3 of cyrus", "pop3 of dovecot")
"""Those whose letters can be removed (contract.Removing)."""
KEEPING = ("gmail", "imap", "jmap of cyrus", "jmap scripted")
"""Those into which letters can be put (contract.Keeping)."""
