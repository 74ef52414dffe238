"""What a protocol that receives mail must be able to do.

`tests/mail/test_contract.py` runs the same tests over every protocol that fulfils it. A protocol never marks, moves or
removes anything on the server through these methods, and raises only the errors of `mail/errors.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from mooring.mail.types import Bookmark, Changes, Folder, KnownIds, RawHeader, RawLetter


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
