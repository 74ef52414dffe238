"""How a folder stands, and what to do about it: the pure part of the IMAP synchronisation (RFC 4549, 7162)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

from mooring.mail.types import Bookmark


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder as EXAMINE or STATUS describes it. `modseq` is 0 where the folder does not count changes.

    `since` is the modseq to ask from: Gmail raises HIGHESTMODSEQ before the change can be seen, so there it lags one
    visit behind.
    """

    uidvalidity: int
    uidnext: int
    messages: int
    modseq: int = 0
    since: int = 0

    def as_bookmark(self) -> Bookmark:
        """In the form in which it is kept."""
        return asdict(self)

    @classmethod
    def from_bookmark(cls, bookmark: Bookmark | None) -> Self | None:
        """What as_bookmark wrote; None for anything else, so that a damaged bookmark costs time and no letters."""
        try:
            snapshot = cls(**(bookmark or {}))
        except TypeError:
            return None
        numbers = asdict(snapshot).values()
        return snapshot if all(isinstance(number, int) and number >= 0 for number in numbers) else None


class Plan(StrEnum):
    """What a visit does in a folder, cheapest first."""

    NOTHING = "nothing"
    ARRIVALS = "arrivals"
    """List what came; nothing can have vanished."""
    BY_MODSEQ = "by_modseq"
    """Ask the server what changed."""
    COMPARE = "compare"
    """Compare all UIDs with those known."""


def decide(before: Snapshot | None, now: Snapshot, *, is_full: bool) -> Plan:
    """The cheapest plan that cannot miss a letter."""
    if before is None or is_full or not now.uidvalidity or now.uidvalidity != before.uidvalidity:
        return Plan.COMPARE
    is_same = (now.uidnext, now.messages) == (before.uidnext, before.messages)
    if not now.messages and not is_same:
        return Plan.COMPARE  # nothing to ask for: whatever was known has vanished
    if now.uidnext < before.uidnext or bool(now.modseq) != bool(before.modseq):
        return Plan.COMPARE
    if now.modseq:
        if now.modseq < before.modseq:
            return Plan.COMPARE
        is_settled = now.modseq == before.modseq == before.since
        return Plan.NOTHING if is_same and is_settled else Plan.BY_MODSEQ
    if is_same:
        return Plan.NOTHING
    has_only_grown = 0 < now.uidnext - before.uidnext == now.messages - before.messages
    return Plan.ARRIVALS if has_only_grown else Plan.COMPARE
