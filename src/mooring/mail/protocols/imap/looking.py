"""What changed in an examined folder, page by page: the plans of `snapshot.decide` carried out (mind RFC 7162, 4549).

Promises: an arrival is announced only with everything a listing tells; what a server claims to have changed is checked
against its own count of letters, and whenever that does not add up, all UIDs are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mooring.mail.protocols.imap.examining import all_uids
from mooring.mail.protocols.imap.letters import (
    flags_in,
    items_for,
    items_in,
    listed_from,
    server_id,
    uid_in,
    uid_of,
)
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.snapshot import Plan, Snapshot
from mooring.mail.protocols.imap.uid_sets import UidSet
from mooring.mail.protocols.imap.wire import Response, Value, plain
from mooring.mail.types import FlagChange, KnownIds, Listed, Page

PAGE_SIZE = 2_000
SET_CAP = 7_000
"""Bytes of a UID set in one command: servers refuse lines over 8 KB."""

_NEWEST_OFTEN = 100
_NEWEST_FULL = 2_000


@dataclass(slots=True)
class Look:
    """One look into a folder. `before` belongs to the same numbering as `now`, or is None."""

    session: Session
    before: Snapshot | None
    now: Snapshot
    known: KnownIds
    is_full: bool = False
    """Known letters are listed again, so that one put under a used number is noticed (forbidden by RFC 3501, 2.3.1.1)."""

    def pages(self, plan: Plan) -> Iterator[Page]:
        """What there is to know, in pages of at most PAGE_SIZE entries."""
        if plan is Plan.COMPARE or self.before is None:
            yield from self._compare()
        elif plan is Plan.BY_MODSEQ:
            yield from self._ask_by_modseq(self.before)
        elif plan is Plan.ARRIVALS:
            yield from self._list_arrivals(self.before)
        elif not self.now.modseq:
            yield from self._newest_flags(_NEWEST_OFTEN)

    def _list_arrivals(self, before: Snapshot) -> Iterator[Page]:
        count = 0
        for page in self._list(b"%d:*" % before.uidnext, UidSet(((before.uidnext, 2**32 - 1),))):
            count += sum(listed.rank < self.now.uidnext for listed in page.arrived)
            yield page
        if before.messages + count != self.now.messages:
            yield from self._compare()
        else:
            yield from self._newest_flags(_NEWEST_OFTEN)

    def _ask_by_modseq(self, before: Snapshot) -> Iterator[Page]:
        tells_vanished = "QRESYNC" in self.session.enabled
        modifiers = b"(CHANGEDSINCE %d%s)" % (before.since, b" VANISHED" if tells_vanished else b"")
        command = plain(b"UID FETCH 1:* (%s) %s" % (items_for(self.session.capabilities), modifiers))
        basket = _Basket()
        gone = UidSet()
        count = before.messages
        for response in self.session.run(command):
            if response.kind == b"VANISHED":
                gone = gone | vanished_in(response)
            items = items_in(response) if response.kind == b"FETCH" else {}
            uid = self._sort_in(items, basket, first_new=before.uidnext)
            count += before.uidnext <= uid < self.now.uidnext
            yield from basket.full_pages()
        yield from basket.last_page()
        yield from self._vanished_pages(gone)
        if count - len(gone - UidSet(((before.uidnext, 2**32 - 1),))) != self.now.messages:
            yield from self._compare()

    def _sort_in(self, items: dict[str, Value], basket: _Basket, *, first_new: int) -> int:
        """Put what a FETCH response told where it belongs; the UID of an arrival, else 0."""
        uid = uid_in(items)
        if uid >= first_new and "RFC822.SIZE" in items and uid not in basket.arrived_uids:
            basket.arrived_uids.add(uid)
            basket.arrived.append(listed_from(items, uidvalidity=self.now.uidvalidity))
            return uid
        if uid and "FLAGS" in items:
            basket.flagged.append(FlagChange(server_id(self.now.uidvalidity, uid), flags_in(items)))
        return 0

    def _compare(self) -> Iterator[Page]:
        on_server = all_uids(self.session, self.now)
        known = self._known_uids()
        new = on_server - known
        for chunk in new.wire_chunks(limit=SET_CAP):
            yield from self._list(chunk, new)
        yield from self._vanished_pages(known - on_server, are_known=True)
        if not known or not on_server:
            return
        if self.is_full:
            yield from self._list_again(known & on_server)
        elif self.before is not None and self.before.since and self.now.modseq >= self.before.since:
            yield from self._flags(b"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %d)" % self.before.since)
        else:
            yield from self._newest_flags(_NEWEST_FULL)

    def _list_again(self, known: UidSet) -> Iterator[Page]:
        """All that a listing tells about letters known already, their flags too."""
        for chunk in known.wire_chunks(limit=SET_CAP):
            for page in self._list(chunk, known):
                flags = tuple(FlagChange(listed.server_id, listed.flags) for listed in page.arrived)
                yield Page(flagged=flags, listed_again=page.arrived)

    def _known_uids(self) -> UidSet:
        uidvalidity = self.now.uidvalidity
        uids = (uid_of(letter_id, uidvalidity=uidvalidity) for letter_id in self.known(str(uidvalidity)))
        return UidSet.of(uid for uid in uids if uid)

    def _list(self, wanted: bytes, expected: UidSet) -> Iterator[Page]:
        """List these letters; what else the server tells about others is left out."""
        basket = _Basket()
        wanted_items = items_for(self.session.capabilities)
        for response in self.session.run(plain(b"UID FETCH %s (%s)" % (wanted, wanted_items))):
            items = items_in(response) if response.kind == b"FETCH" else {}
            if uid_in(items) in expected:
                self._sort_in(items, basket, first_new=1)
                yield from basket.full_pages()
        yield from basket.last_page()

    def _newest_flags(self, count: int) -> Iterator[Page]:
        """Servers that do not count changes: look at the flags of the newest letters again."""
        if self.now.messages:
            first = max(1, self.now.messages - count + 1)
            yield from self._flags(b"FETCH %d:* (UID FLAGS)" % first)

    def _flags(self, command: bytes) -> Iterator[Page]:
        basket = _Basket()
        for response in self.session.run(plain(command)):
            if response.kind == b"FETCH":
                self._sort_in(items_in(response), basket, first_new=2**32)
                yield from basket.full_pages()
        yield from basket.last_page()

    def _vanished_pages(self, gone: UidSet, *, are_known: bool = False) -> Iterator[Page]:
        """A server may name numbers that never were letters, so a long list is cut down to what is known."""
        if len(gone) > PAGE_SIZE and not are_known:
            gone = gone & self._known_uids()
        vanished: list[str] = []
        for uid in gone:
            vanished.append(server_id(self.now.uidvalidity, uid))
            if len(vanished) == PAGE_SIZE:
                yield Page(vanished=tuple(vanished))
                vanished = []
        if vanished:
            yield Page(vanished=tuple(vanished))


class _Basket:
    """Gathers entries until they make a page."""

    def __init__(self) -> None:
        self.arrived: list[Listed] = []
        self.flagged: list[FlagChange] = []
        self.arrived_uids: set[int] = set()

    def full_pages(self) -> Iterator[Page]:
        if len(self.arrived) + len(self.flagged) >= PAGE_SIZE:
            yield from self.last_page()

    def last_page(self) -> Iterator[Page]:
        if self.arrived or self.flagged:
            yield Page(arrived=tuple(self.arrived), flagged=tuple(self.flagged))
            self.arrived, self.flagged = [], []


def vanished_in(response: Response) -> UidSet:
    """The UIDs of VANISHED, whether they went just now or earlier (RFC 7162, section 3.2.10)."""
    sets = [value for value in response.values if isinstance(value, bytes)]
    return UidSet.parse(sets[-1]) if sets else UidSet()
