"""A mailbox of Outlook.com or Microsoft 365 reached by Microsoft Graph: `contract.Incoming`, with it `Removing` and `Finding`.

States: not opened, then opened by its stages, then closed. Promises: reading changes nothing; ids are immutable, so a letter
keeps its own when it is moved; at most four requests at once; throttled requests wait as long as they are told to.

Where it stands: a bookmark is the link that the server gave for the next round of a folder's delta. Microsoft keeps the letter in
parts and puts its MIME together when asked, so bytes are the same each time only as far as Exchange makes them so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.protocols.graph import changing
from mooring.mail.protocols.graph.folders import list_folders
from mooring.mail.protocols.graph.letters import fetch_headers, fetch_letters
from mooring.mail.protocols.graph.listing import changes_in
from mooring.mail.protocols.graph.requests import Graph
from mooring.mail.protocols.reaching import resolve
from mooring.mail.types import Bookmark, Changes, Folder, KnownIds, RawHeader, RawLetter, Server


class GraphMailbox:
    """Not yet opened: run the `stages` in their order, then use it as `Incoming`."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._policy = policy
        self._graph = Graph(server, policy=policy)
        self._counts: Mapping[str, int] = {}

    def stages(self) -> Sequence[Stage]:
        """The steps of opening: "resolve", "log_in"."""
        return (Stage("resolve", lambda: resolve(self._graph.url, self._policy)), Stage("log_in", self._log_in))

    def _log_in(self) -> dict[str, str]:
        self._graph.get("/me/mailFolders/inbox?$select=id", command="log_in")
        return {}

    def folders(self) -> Sequence[Folder]:
        """Every folder that is not hidden, the inbox first. How many letters they hold is remembered for `changes`."""
        listing = list_folders(self._graph)
        self._counts = listing.counts
        return listing.folders

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """See mail.contract."""
        count = self._counts.get(folder.wire_name)
        return changes_in(self._graph, folder, bookmark, known=known, count=count, is_full=is_full)

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:  # noqa: ARG002 - ids need no folder
        """See mail.contract."""
        return fetch_headers(self._graph, server_ids)

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:  # noqa: ARG002 - ids need no folder
        """See mail.contract."""
        return fetch_letters(self._graph, server_ids)

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:  # noqa: ARG002 - the contract's names
        """False at once: Microsoft notifies public web addresses only."""
        return False

    def remove(self, folder: Folder, server_ids: Sequence[str]) -> Sequence[str]:
        """Delete letters that are in the folder at this moment."""
        return changing.remove(self._graph, folder, server_ids)

    def find(self, folder: Folder, message_id: str) -> Sequence[str]:
        """Letters in the folder with exactly this Message-ID."""
        return changing.find(self._graph, folder, message_id)

    def close(self) -> None:
        """Close all connections; never raises."""
        self._graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
