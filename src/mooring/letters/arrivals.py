"""A letter on its way into the archive, and the rows that it becomes. Decides and shapes only; `storing` writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from mooring.letters.matching import Match
from mooring.letters.models import Attachment, Direction, Letter, MailAccount
from mooring.letters.packs import KeptOriginal
from mooring.mail.types import Header, ParsedLetter

TIE_BITS: Final = 20
"""How many low bits of a position tell letters of one second apart."""
LONGEST_TEXT: Final = 200_000
MOST_PARTICIPANTS: Final = 2_000
MOST_ATTACHMENTS: Final = 1_000


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


class Person(NamedTuple):
    """An address in a letter's headers: the columns of a Participant after its letter."""

    role: str
    name: str
    address: str
    key: str
    domain: str
    counts: bool


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


def letter_of(arrival: Arrival, *, at: datetime, position: int, original_id: int, now: datetime) -> Letter:
    """The letter's row, not yet saved; its thread and what depends on its deliveries and links are the caller's."""
    header = arrival.letter.header
    sender = header.from_[0] if header.from_ else None
    return Letter(
        fingerprint=arrival.fingerprint,
        original_id=original_id,
        position=position,
        at=at,
        date=header.date,
        message_id=storable(header.message_id, 400),
        subject=storable(header.subject, 1000),
        from_name=storable(sender.name, 300) if sender else "",
        from_address=storable(sender.address, 320) if sender else "",
        recipients=_recipients(header),
        excerpt=storable(" ".join(arrival.letter.text[:1_000].split()), 300),
        size=arrival.original.size if arrival.size is None else arrival.size,
        attachment_count=len(arrival.letter.attachments),
        is_automatic=header.is_automatic,
        is_bulk=header.is_bulk,
        is_unverified="from" in header.ambiguous,
        is_partial=arrival.is_partial,
        defects=[storable(defect, 200) for defect in (*header.defects, *arrival.letter.defects)][:100],
        stored_at=now,
    )


def text_of(arrival: Arrival) -> str:
    """The letter's readable text as it is kept."""
    return storable(arrival.letter.text, LONGEST_TEXT)


def people_of(header: Header) -> list[Person]:
    """The letter's people. Of a letter to thousands only the first thousands are listed."""
    people = []
    for role, mailbox in islice(header.people(), MOST_PARTICIPANTS):
        key = storable(mailbox.key, 320)
        counts = bool(key) and role not in header.ambiguous
        domain = key.rpartition("@")[2][:253]
        people.append(Person(role, storable(mailbox.name, 300), storable(mailbox.address, 320), key, domain, counts))
    return people


def attachments_of(parsed: ParsedLetter, letter: Letter) -> list[Attachment]:
    """The letter's attachments, not yet saved."""
    return [
        Attachment(
            letter=letter,
            part=storable(each.part, 100),
            name=storable(each.name, 255),
            content_type=storable(each.content_type, 120),
            size=each.size,
            sha256=each.sha256,
            content_id=storable(each.content_id, 300),
            is_inline=each.is_inline,
        )
        for each in parsed.attachments[:MOST_ATTACHMENTS]
    ]


def storable(text: str, limit: int) -> str:
    """At most `limit` characters of a stranger's text, without what databases refuse: NUL and lone surrogates."""
    if len(text) > limit:
        text = text[:limit]
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


def is_flagged_seen(flags: Collection[str]) -> bool:
    """Whether IMAP flags, in any case, say that the letter was read."""
    return any(flag.lower() == "\\seen" for flag in flags)


def _recipients(header: Header) -> str:
    names = [mailbox.name or mailbox.address for mailbox in (*header.to[:10], *header.cc[:10])]
    return storable(", ".join(names), 500)
