"""A mailbox reached by POP3: `contract.Incoming` with one folder, `Removing` and `Paced`.

A session shows the mailbox as it was at the log-in; so a second call of `changes` logs in anew, and so does one after `remove`,
which ends the session. Bookmarks hold the numbering, a digest of the listing and the highest rank. The epoch changes
when the server gives all its letters other ids (after a move to another server), or begins or ceases to give any.
Promises: letters marked for removal are removed by the end of the session that was asked to, and by no other; a server that
removes what was read when a session ends well (EXPIRE 0) sees none end well that read anything.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import FolderMissing, MailError
from mooring.mail.protocols.opening import Opening
from mooring.mail.protocols.pop3.letters import header_in, headers_of, letters_of, whole_letter
from mooring.mail.protocols.pop3.listing import Entry, Listing, count_letters, lacks_ids, list_letters
from mooring.mail.protocols.pop3.session import Session
from mooring.mail.protocols.pop3.stand import Stand, compare, pages_of
from mooring.mail.types import Bookmark, Changes, Folder, KnownIds, RawHeader, RawLetter, Server

_GOODBYE_TIMEOUT = 5.0
INBOX = Folder(path="INBOX", wire_name="INBOX", special_use="inbox")


class Pop3Mailbox:
    """Not yet connected: run the `stages` in their order, then use it as `Incoming`."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._server = server
        self._opening = Opening(server, policy=policy, make=Session)
        self._listing: Listing | None = None
        self._had_ids = False
        self._has_read = False
        self._is_closed = False
        self._login_delay: tuple[str, ...] = ()

    def stages(self) -> tuple[Stage, ...]:
        """The steps of opening, each of which may raise a MailError."""
        *first, log_in = self._opening.stages()
        return (*first, Stage(log_in.code, lambda: {**log_in.run(), **self._facts()}))

    def _facts(self) -> dict[str, str]:
        """What a person should know before choosing how long letters stay: how many there are, and whether they have ids."""
        count = count_letters(self._session)
        self._login_delay = self._session.capabilities.get("LOGIN-DELAY", ())
        facts = {"letters": str(count)}
        return {**facts, "lacks": "ids"} if lacks_ids(self._session) else facts

    # -- contract.Incoming -------------------------------------------------------------------------------------------

    def folders(self) -> Sequence[Folder]:
        """The inbox, which is all there is."""
        return (INBOX,)

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """What is new or gone since the bookmark, as of this log-in; asked a second time, as of another log-in."""
        _check(folder)
        before = Stand.from_bookmark(bookmark)
        self._had_ids = before is not None and before.had_ids
        if self._listing is not None or self._is_closed:
            self._open_again()
        listing = self._letters()
        difference = compare(before, listing, known=known, is_full=is_full)
        return Changes(
            epoch=difference.stand.epoch,
            bookmark=difference.stand.as_bookmark(),
            pages=pages_of(listing, difference, is_full=is_full),
            message_count=len(listing.entries),
            is_full=is_full,
        )

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:
        """Header blocks, cut off after 256 KB; from servers that lack TOP those of whole letters."""
        _check(folder)
        wanted = self._wanted(server_ids)
        left = dict(wanted)
        for number, raw in headers_of(self._session, list(wanted)):
            yield RawHeader(left.pop(number).server_id, raw)
        if left and "TOP" not in self._session.capabilities:
            for number, raw in self._read(list(left)):
                yield RawHeader(left[number].server_id, header_in(raw))

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:
        """Whole letters. Raises ProtocolViolation for a letter that the server lists and then hands out empty."""
        _check(folder)
        wanted = self._wanted(server_ids)
        for number, raw in self._read(list(wanted)):
            yield RawLetter(wanted[number].server_id, whole_letter(raw, size=wanted[number].size))

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:  # noqa: ARG002 - the contract has them
        """POP3 does not tell: False at once."""
        return False

    def close(self) -> None:
        """Say goodbye and close; never raises."""
        self._say_goodbye()
        self._opening.close()
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # -- contract.Removing and contract.Paced ------------------------------------------------------------------------

    def remove(self, folder: Folder, server_ids: Sequence[str]) -> Sequence[str]:
        """Remove letters and end the session: only the server's consent to that removes them (RFC 1939, section 6)."""
        _check(folder)
        if self._has_read and self._removes_by_itself:
            self._open_again()
        listing = self._letters()
        gone = [server_id for server_id in server_ids if listing.lacks(server_id)]
        wanted = self._wanted(server_ids)
        if not wanted:
            return gone
        session = self._session
        try:
            answers = session.run([(b"DELE", b"%d" % number) for number in wanted])
            marked = [entry for entry, answer in zip(wanted.values(), answers, strict=True) if answer.reply.is_ok]
            is_done = session.ask(b"QUIT").is_ok
        finally:
            self._opening.close()
            self._is_closed = True
        return gone + [entry.server_id for entry in marked if is_done]

    @property
    def pause(self) -> timedelta:
        """LOGIN-DELAY (RFC 2449, section 6.5)."""
        seconds = self._login_delay[:1]
        is_told = bool(seconds) and seconds[0].isdecimal() and len(seconds[0]) < 7
        return timedelta(seconds=int(seconds[0])) if is_told else timedelta()

    # -- the session -------------------------------------------------------------------------------------------------

    @property
    def _session(self) -> Session:
        return self._opening.session

    @property
    def _removes_by_itself(self) -> bool:
        return self._session.capabilities.get("EXPIRE", ())[:1] == ("0",)

    def _letters(self) -> Listing:
        if self._listing is None:
            self._listing = list_letters(self._session, had_ids=self._had_ids)
        return self._listing

    def _wanted(self, server_ids: Sequence[str]) -> dict[int, Entry]:
        """By their numbers those of the letters that are there."""
        entries = (self._letters().by_id.get(server_id) for server_id in server_ids)
        return {entry.number: entry for entry in entries if entry is not None}

    def _read(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        self._has_read = True
        yield from letters_of(self._session, numbers)

    def _open_again(self) -> None:
        self._say_goodbye()
        self._opening.close()
        self._listing, self._has_read, self._is_closed = None, False, False
        for stage in self._opening.stages():
            stage.run()

    def _say_goodbye(self) -> None:
        """QUIT, and wait a moment for the answer: before it the mailbox may stay locked for the next log-in."""
        with suppress(MailError):
            session = self._session
            if session.is_settled and not (self._has_read and self._removes_by_itself):
                session.send(b"QUIT")
                if session.stream.waits_readable(_GOODBYE_TIMEOUT):
                    session.answer()


def _check(folder: Folder) -> None:
    if folder.wire_name != INBOX.wire_name:
        raise FolderMissing(folder=folder.path)
