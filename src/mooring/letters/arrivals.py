"""A letter on its way into the archive, and the rows that it becomes. Decides and shapes only; `storing` writes."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from mooring.letters.matching import Match
from mooring.letters.models import Direction, MailAccount
from mooring.letters.packs import KeptOriginal
from mooring.letters.shaping import Shape
from mooring.mail.types import Header, ParsedLetter

TIE_BITS: Final = 20
"""How many low bits of a position tell letters of one second apart."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter whose bytes are safe, read, matched, and found at one place on a server."""

    account_id: int
    folder_id: int | None
    """None for a letter sent from here through an account without a Sent folder."""
    folder_path: str
    epoch: str
    server_id: str
    original: KeptOriginal
    letter: ParsedLetter
    """With an empty header and fingerprint where the letter could not be taken apart."""
    received_at: datetime | None = None
    flags: frozenset[str] = frozenset()
    direction: str = Direction.INCOMING
    is_private: bool = False
    matches: tuple[Match, ...] = ()
    is_partial: bool = False
    """Only its header block is kept. Arriving whole at the same place later, it takes the place of the block."""
    size: int | None = None
    """Bytes of the whole letter, where `original` is less than that."""

    @property
    def fingerprint(self) -> str:
        return self.letter.fingerprint or self.original.sha256

    @property
    def place(self) -> tuple[int, str, str]:
        """What makes the delivery unique within its account."""
        return self.folder_id or 0, self.epoch, self.server_id


class Filed(NamedTuple):
    """Where an arrival lies now: the columns of its Delivery by which it is found again."""

    id: int
    letter_id: int
    account_id: int
    folder_id: int | None
    position: int


class KnownLetter(NamedTuple):
    """What storing must know of a letter that has its row."""

    id: int
    position: int
    thread_id: int | None
    is_private: bool


def direction_of(*, header: Header, own_keys: Collection[str], special_use: str) -> Direction:
    """Sent by us: it lies in the Sent folder, or one of our own addresses wrote it."""
    if special_use == "sent" or ("from" not in header.ambiguous and any(sender.key in own_keys for sender in header.from_)):
        return Direction.OUTGOING
    return Direction.INCOMING


def is_private_for(account: MailAccount, *, header: Header, direction: str) -> bool:
    """Whether a letter arrives as private: the account marks its direction so, or the sender calls it confidential."""
    marked = account.marks_outgoing_private if direction == Direction.OUTGOING else account.marks_incoming_private
    return marked or header.is_confidential


def time_of(arrival: Arrival, *, now: datetime) -> datetime:
    """When the letter came: as the server says, else as it says itself, but not later than now."""
    return arrival.received_at or min(arrival.letter.header.date or now, now)


def position_of(at: datetime, *, tie: int) -> int:
    """The letter's place among all letters (Letter.position)."""
    return (int(at.timestamp()) << TIE_BITS) + tie % (1 << TIE_BITS)


def tie_of(fingerprint: str) -> int:
    """The tie-breaker that a letter tries first."""
    return int(fingerprint[:5], 16)


OWN_COLUMNS: Final = (
    "fingerprint",
    "message_id",
    "subject",
    "from_name",
    "from_address",
    "recipients",
    "excerpt",
    "size",
    "attachment_count",
    "is_automatic",
    "is_bulk",
    "is_unverified",
    "is_partial",
    "defects",
)
"""Columns of a Letter that depend on nothing but the letter, its Date apart."""


def own_values(arrival: Arrival, shape: Shape) -> tuple[Any, ...]:
    """The values of OWN_COLUMNS, as they go into a row."""
    header = arrival.letter.header
    return (
        arrival.fingerprint,
        shape.message_id,
        shape.subject,
        shape.from_name,
        shape.from_address,
        shape.recipients,
        shape.excerpt,
        arrival.original.size if arrival.size is None else arrival.size,
        shape.attachment_count,
        header.is_automatic,
        header.is_bulk,
        "from" in header.ambiguous,
        arrival.is_partial,
        shape.defects,
    )


@lru_cache(maxsize=256)
def flags_value(flags: frozenset[str]) -> str:
    """The flags as a column keeps them. Few sets of them are used by millions of letters."""
    return json.dumps(sorted(flags))


def is_flagged_seen(flags: Collection[str]) -> bool:
    """Whether IMAP flags, in any case, say that the letter was read."""
    return any(flag.lower() == "\\seen" for flag in flags)
