"""What a protocol that receives or sends mail must be able to do.

`tests/mail/test_contract.py` runs the same tests over every protocol that fulfils it. `Incoming` never marks, moves or removes
anything on the server; what changes a mailbox are the further abilities `Removing` and `Keeping`, which a protocol may have or
not, as it may have that of `Finding`. All raise only the errors of `mail/errors.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from mooring.mail.types import Bookmark, Changes, Envelope, Folder, KnownIds, RawHeader, RawLetter, Sent


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of opening a connection: `run` does it and tells what there is to tell, or raises a MailError."""

    code: str
    run: Callable[[], dict[str, str]]


class Incoming(Protocol):
    """An open, logged-in connection to one mailbox. Used by one thread at a time."""

    def folders(self) -> Sequence[Folder]:
        """Every folder of the mailbox, in the server's order, INBOX first where there is one."""
        ...

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """What is new, changed or gone in the folder since `bookmark` (None: list everything).

        A protocol that sees the mailbox as it was at the log-in tells of that moment, and when asked again of a later one.

        `is_full` asks for a complete comparison with `known` whatever the server claims to have changed; where a server could
        give a known id to another letter, the known ones are listed again.
        Raises FolderMissing when the folder is gone. The pages must be consumed before the next call on the connection.
        """
        ...

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:
        """The header blocks of these letters, in any order; ids that are gone are left out."""
        ...

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:
        """These letters byte for byte, in any order; ids that are gone are left out.

        The caller keeps a batch within a count and a number of bytes. A letter is handed on only when complete.
        """
        ...

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:
        """Wait until the server hints at a change in the folder (True), or until `stop` or `timeout` (False).

        A hint is only ever a reason to call `changes`. Protocols that cannot be told return False at once.
        """
        ...

    def close(self) -> None:
        """Log out and close; never raises."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


@runtime_checkable
class Removing(Protocol):
    """The ability to remove letters from the server."""

    def remove(self, folder: Folder, server_ids: Sequence[str]) -> Sequence[str]:
        """Remove exactly these letters; the ids that the server confirmed as gone, those gone before included.

        May end the session (POP3 removes nothing before): afterwards only `changes`, which opens another, and `close` are of use.

        An id that is not among them may or may not be gone: the next listing tells. Other letters are never touched, whatever
        flags other programs set on them.
        """
        ...


@runtime_checkable
class Finding(Protocol):
    """The ability to find a letter by its Message-ID."""

    def find(self, folder: Folder, message_id: str) -> Sequence[str]:
        """The server ids of the letters in the folder whose Message-ID (without angle brackets) is exactly this one."""
        ...


@runtime_checkable
class Keeping(Finding, Protocol):
    """The ability to put a letter into a folder, and to find one there."""

    def keep(self, folder: Folder, raw: bytes, *, is_seen: bool = True) -> str:
        """Put a letter there byte for byte; its server id, or "" where the server does not tell it."""
        ...


@runtime_checkable
class Paced(Protocol):
    """The ability to say how often the server wants to be visited."""

    @property
    def pause(self) -> timedelta:
        """At least so long between two log-ins; zero where the server does not mind."""
        ...


class Outgoing(Protocol):
    """An open, logged-in connection that takes letters. Used by one thread at a time."""

    keeps_sent_copy: bool
    """The server puts a copy into the Sent folder by itself, so that nobody else must."""

    def send(self, envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
        """Hand a letter over. `before_data` is called once, when the next step could make the server accept it.

        What goes wrong before that is certain: nothing was accepted, and a MailError is raised. After it, only an answer of the
        server is certain; anything else raises FateUnknown. Recipients that the server refuses are named in the result while
        the others get the letter; when all are refused AllRecipientsRefused is raised, over SMTP certainly before `before_data`.
        """
        ...

    def close(self) -> None:
        """Log out and close; never raises."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
