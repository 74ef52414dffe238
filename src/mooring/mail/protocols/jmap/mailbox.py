"""A mailbox reached by JMAP: `contract.Incoming`, and with it `Removing` and `Keeping`.

States: not opened, then opened by its stages, then closed. Promises: reading changes nothing; letters come byte for byte and
only when they are as long as the server said; a letter that lies in several mailboxes is listed in each.

Where it stands: a bookmark is the state of all letters of the account, which the server can tell the changes from. Server ids
are the ids of JMAP, the same in every mailbox and after a move. The epoch of a folder is the id of its mailbox.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import ConnectionLost
from mooring.mail.protocols.authorised import Authorised
from mooring.mail.protocols.jmap import changing
from mooring.mail.protocols.jmap.folders import list_folders
from mooring.mail.protocols.jmap.letters import fetch_headers, fetch_letters
from mooring.mail.protocols.jmap.listing import changes_in
from mooring.mail.protocols.jmap.session import Calls, find_session, session_url
from mooring.mail.protocols.reaching import resolve
from mooring.mail.types import Bookmark, Changes, Folder, KnownIds, RawHeader, RawLetter, Server


class JmapMailbox:
    """Not yet opened: run the `stages` in their order, then use it as `Incoming`."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._url = session_url(server)
        self._policy = policy
        self._client = Authorised(server, policy=policy)
        self._opened: Calls | None = None

    def stages(self) -> Sequence[Stage]:
        """The steps of opening: "resolve", "log_in"."""
        return (Stage("resolve", lambda: resolve(self._url, self._policy)), Stage("log_in", self._log_in))

    def _log_in(self) -> dict[str, str]:
        self._opened = Calls(self._client, find_session(self._client, self._url))
        return {}

    @property
    def _calls(self) -> Calls:
        if self._opened is None:
            raise ConnectionLost(host=urlsplit(self._url).hostname or "")
        return self._opened

    # -- contract.Incoming -------------------------------------------------------------------------------------------

    def folders(self) -> Sequence[Folder]:
        """Every mailbox, the inbox first."""
        return list_folders(self._calls)

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """See mail.contract."""
        return changes_in(self._calls, folder, bookmark, known=known, is_full=is_full)

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:
        """See mail.contract."""
        return fetch_headers(self._calls, folder, server_ids)

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:
        """See mail.contract. Raises ProtocolViolation for a letter that is not as long as the server said."""
        return fetch_letters(self._calls, folder, server_ids)

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:  # noqa: ARG002 - the contract's names
        """False at once: push over HTTP is not everywhere (Cyrus answers 204), and asking costs one short request."""
        return False

    # -- contract.Removing and contract.Keeping ----------------------------------------------------------------------

    def remove(self, folder: Folder, server_ids: Sequence[str]) -> Sequence[str]:
        """Take letters out of this folder; those that lie in no other are destroyed."""
        return changing.remove(self._calls, folder, server_ids)

    def keep(self, folder: Folder, raw: bytes, *, is_seen: bool = True) -> str:
        """Put a letter into the folder."""
        return changing.keep(self._calls, folder, raw, is_seen=is_seen)

    def find(self, folder: Folder, message_id: str) -> Sequence[str]:
        """Letters in the folder with exactly this Message-ID."""
        return changing.find(self._calls, folder, message_id)

    def close(self) -> None:
        """Close all connections; never raises."""
        self._client.close()
        self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
