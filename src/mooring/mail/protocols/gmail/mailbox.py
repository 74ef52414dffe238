"""A mailbox reached by the Gmail API: `contract.Incoming`, and with it `Removing` and `Keeping`.

States: not opened, then opened by its stages, then closed. Promises: reading changes nothing; letters come byte for byte, fifty
in a request; ids last for ever and are the same under every label; who is too fast waits.

Where it stands: a bookmark is the id of the mailbox's history. When that is forgotten, every id is compared.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.protocols.gmail import changing
from mooring.mail.protocols.gmail.folders import list_folders
from mooring.mail.protocols.gmail.letters import fetch_headers, fetch_letters
from mooring.mail.protocols.gmail.listing import changes_in
from mooring.mail.protocols.gmail.requests import ME, Gmail
from mooring.mail.protocols.reaching import resolve
from mooring.mail.types import Bookmark, Changes, Folder, KnownIds, RawHeader, RawLetter, Server


class GmailMailbox:
    """Not yet opened: run the `stages` in their order, then use it as `Incoming`."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._policy = policy
        self._gmail = Gmail(server, policy=policy)

    def stages(self) -> Sequence[Stage]:
        """The steps of opening: "resolve", "log_in"."""
        return (Stage("resolve", lambda: resolve(self._gmail.url, self._policy)), Stage("log_in", self._log_in))

    def _log_in(self) -> dict[str, str]:
        self._gmail.get(f"{ME}/profile", command="profile")
        return {}

    def folders(self) -> Sequence[Folder]:
        """The inbox, all mail, and the other labels."""
        return list_folders(self._gmail)

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """See mail.contract."""
        return changes_in(self._gmail, folder, bookmark, known=known, is_full=is_full)

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:  # noqa: ARG002 - ids need no folder
        """See mail.contract."""
        return fetch_headers(self._gmail, server_ids)

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:  # noqa: ARG002 - ids need no folder
        """See mail.contract."""
        return fetch_letters(self._gmail, server_ids)

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:  # noqa: ARG002 - the contract's names
        """False at once: Google tells changes by way of a queue that has to be rented."""
        return False

    def remove(self, folder: Folder, server_ids: Sequence[str]) -> Sequence[str]:
        """Take letters out of the folder; those that lie nowhere else go to the bin."""
        return changing.remove(self._gmail, folder, server_ids)

    def keep(self, folder: Folder, raw: bytes, *, is_seen: bool = True) -> str:
        """Put a letter into the folder."""
        return changing.keep(self._gmail, folder, raw, is_seen=is_seen)

    def find(self, folder: Folder, message_id: str) -> Sequence[str]:
        """Letters in the folder with exactly this Message-ID."""
        return changing.find(self._gmail, folder, message_id)

    def close(self) -> None:
        """Close all connections; never raises."""
        self._gmail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
