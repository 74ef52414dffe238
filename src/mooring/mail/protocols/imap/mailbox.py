"""A mailbox reached by IMAP4rev1: `contract.Incoming`, `Removing` and `Keeping` over the wire layer of this package.

Bookmarks hold UIDVALIDITY, UIDNEXT, the count of letters and HIGHESTMODSEQ. Server ids are "<UIDVALIDITY>.<UID>": an id
from before a folder was made anew finds nothing instead of a stranger's letter. The epoch is the UIDVALIDITY; "0" stands
for servers that give none, whose folders are compared in full at every visit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from mooring.mail.contract import Stage
from mooring.mail.egress import Connection, EgressPolicy
from mooring.mail.errors import ConnectionLost
from mooring.mail.headers import read_header
from mooring.mail.networks import Address
from mooring.mail.protocols.imap.bodies import fetch_headers, fetch_letters
from mooring.mail.protocols.imap.examining import examine
from mooring.mail.protocols.imap.folders import list_folders
from mooring.mail.protocols.imap.idling import wait_for_change
from mooring.mail.protocols.imap.letters import server_id, uid_of
from mooring.mail.protocols.imap.looking import Look
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.snapshot import Plan, Snapshot, decide
from mooring.mail.protocols.imap.uid_sets import UidSet
from mooring.mail.protocols.imap.writing import append_letter, find_letters, remove_letters
from mooring.mail.protocols.stream import Stream
from mooring.mail.types import Bookmark, Changes, Encryption, Folder, KnownIds, RawHeader, RawLetter, Server

_CONNECT_TIMEOUT = 20.0
_WORTH_DEFLATING = 100
"""From this many header blocks at once compression pays for itself."""


class ImapMailbox:
    """Not yet connected: run the `stages` in their order, then use it as `Incoming`."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._server = server
        self._policy = policy
        self._timeout = server.timeout.total_seconds()
        self._addresses: tuple[Address, ...] = ()
        self._connection: Connection | None = None
        self._logged_in: Session | None = None
        self._examined = ""
        self._now: Snapshot | None = None
        self._listed: dict[str, Snapshot] = {}
        self._seen: dict[str, Snapshot] = {}

    # -- opening -----------------------------------------------------------------------------------------------------

    def stages(self) -> tuple[Stage, ...]:
        """The steps of opening, each of which may raise a MailError."""
        stages = [Stage("resolve", self._resolve), Stage("connect", self._connect)]
        if self._server.encryption is not Encryption.NONE:
            stages.append(Stage("encrypt", self._encrypt))
        return (*stages, Stage("log_in", self._log_in))

    def _resolve(self) -> dict[str, str]:
        self._addresses = self._policy.resolve(host=self._server.host, port=self._server.port)
        return {"addresses": ", ".join(map(str, self._addresses))}

    def _connect(self) -> dict[str, str]:
        self._connection = self._policy.connect(
            host=self._server.host,
            port=self._server.port,
            timeout=min(self._timeout, _CONNECT_TIMEOUT),
            addresses=self._addresses,
            trusted_certificate=self._server.trusted_certificate,
        )
        if self._server.encryption is not Encryption.TLS:
            self._session_on(self._connection)
        return {}

    def _session_on(self, connection: Connection) -> None:
        self._logged_in = Session(Stream(connection, timeout=self._timeout))
        self._logged_in.greet()

    def _encrypt(self) -> dict[str, str]:
        if self._server.encryption is Encryption.STARTTLS:
            self._session.start_tls()
        else:
            connection = self._connected
            connection.start_tls()
            self._session_on(connection)
        return {}

    def _log_in(self) -> dict[str, str]:
        self._session.log_in(self._server)
        self._session.settle()
        return {}

    @property
    def _connected(self) -> Connection:
        if self._connection is None:
            raise ConnectionLost(host=self._server.host)
        return self._connection

    @property
    def _session(self) -> Session:
        if self._logged_in is None:
            raise ConnectionLost(host=self._server.host)
        return self._logged_in

    # -- contract.Incoming -------------------------------------------------------------------------------------------

    def folders(self) -> Sequence[Folder]:
        """Every folder. How they stand is remembered, so that `changes` need not ask about those that are the same."""
        listing = list_folders(self._session)
        self._listed = listing.snapshots
        self._listed.pop(self._examined, None)
        return listing.folders

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """What changed; Gmail's labels are flags of the form "label:Name"."""
        before = Snapshot.from_bookmark(bookmark)
        now = self._listed.pop(folder.wire_name, None)
        if now is None or not now.modseq or decide(before, now, is_full=is_full) is not Plan.NOTHING:
            now = self._examine(folder)
        now = replace(now, since=self._asked_from(before, now))
        plan = decide(before, now, is_full=is_full)
        is_same_epoch = before is not None and before.uidvalidity == now.uidvalidity
        look = Look(self._session, before if is_same_epoch else None, now, known, is_full)
        self._seen[folder.wire_name] = now
        return Changes(
            epoch=str(now.uidvalidity),
            bookmark=now.as_bookmark(),
            pages=look.pages(plan),
            message_count=now.messages,
            is_full=plan is Plan.COMPARE,
        )

    def _asked_from(self, before: Snapshot | None, now: Snapshot) -> int:
        """Gmail raises HIGHESTMODSEQ before the change shows, so there each change is asked for twice."""
        if "X-GM-EXT-1" not in self._session.capabilities or before is None:
            return now.modseq
        return min(before.modseq, now.modseq)

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:
        """Header blocks, cut off after 256 KB."""
        if len(server_ids) >= _WORTH_DEFLATING:
            self._session.start_deflate()
        uidvalidity, uids = self._open(folder, server_ids)
        for body in fetch_headers(self._session, uids):
            yield RawHeader(server_id(uidvalidity, body.uid), body.raw)

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:
        """Whole letters. Raises ProtocolViolation for a letter that the server lists and then hands out empty."""
        uidvalidity, uids = self._open(folder, server_ids)
        for body in fetch_letters(self._session, uids):
            yield RawLetter(server_id(uidvalidity, body.uid), body.raw)

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:
        """IDLE where the server can; otherwise the folder is examined again from time to time."""
        seen = self._seen.get(folder.wire_name)
        self._listed.clear()
        now = self._examine(folder)
        if seen is not None and replace(now, since=0) != replace(seen, since=0):
            return True
        return wait_for_change(self._session, look=lambda: self._examine(folder), stop=stop, timeout=timeout.total_seconds())

    def _open(self, folder: Folder, server_ids: Sequence[str]) -> tuple[int, UidSet]:
        now = self._now
        if self._examined != folder.wire_name or now is None:
            now = self._examine(folder)
        uids = (uid_of(letter_id, uidvalidity=now.uidvalidity) for letter_id in server_ids)
        return now.uidvalidity, UidSet.of(uid for uid in uids if uid)

    # -- contract.Removing and contract.Keeping ------------------------------------------------------------------------

    def remove(self, folder: Folder, server_ids: Sequence[str]) -> Sequence[str]:
        """Remove letters for good. Raises RemovalNotOffered where the server has no UIDPLUS, and FolderMissing."""
        self._forget_examined()
        self._listed.pop(folder.wire_name, None)
        now = examine(self._session, folder, may_write=True)
        by_uid = {uid: letter_id for letter_id in server_ids if (uid := uid_of(letter_id, uidvalidity=now.uidvalidity))}
        return [by_uid[uid] for uid in remove_letters(self._session, UidSet.of(by_uid))]

    def keep(self, folder: Folder, raw: bytes, *, is_seen: bool = True) -> str:
        """Put a letter in. Where the server does not tell the number it gave, the Message-ID does, if it is like no other."""
        self._examine(folder)
        self._listed.pop(folder.wire_name, None)
        letter_id = append_letter(self._session, folder, raw, is_seen=is_seen)
        if letter_id:
            return letter_id
        found = self.find(folder, read_header(raw).message_id)
        return found[0] if len(found) == 1 else ""

    def find(self, folder: Folder, message_id: str) -> Sequence[str]:
        """Letters by their exact Message-ID, in the order of arrival."""
        now = self._examine(folder)
        return [server_id(now.uidvalidity, uid) for uid in find_letters(self._session, message_id)]

    def _forget_examined(self) -> None:
        self._examined, self._now = "", None

    def _examine(self, folder: Folder) -> Snapshot:
        self._forget_examined()
        self._now = examine(self._session, folder)
        self._examined = folder.wire_name
        return self._now

    def close(self) -> None:
        """Log out and close; never raises."""
        if self._logged_in is not None:
            self._logged_in.close()
        elif self._connection is not None:
            self._connection.close()
        self._logged_in = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
