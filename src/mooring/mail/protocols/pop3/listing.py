"""Which letters a mailbox holds and how they are told apart: numbers change with every log-in, so every letter gets a lasting id.

By its unique id (UIDL) where the server gives good ones; where an id is used twice, too long or no word, together with the size;
where that is not enough, or there are no ids at all, by its header (TOP); and where there is no TOP either, by its content.
Promises: a listing is complete or an error, since what is missing in one would look like a deleted letter.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.pop3.letters import headers_of, letters_of
from mooring.mail.protocols.pop3.refusals import command_error
from mooring.mail.protocols.pop3.session import Session

_USUAL_ID = re.compile(rb"[\x21-\x7e]{1,70}")
_LASTING_FIELD = re.compile(rb"^(?:message-id|date|from|received)[ \t]*:.*(?:\r?\n[ \t].*)*", re.IGNORECASE | re.MULTILINE)
"""What a server does not change after the letter came, as it does Status or X-UIDL."""


class Numbering(StrEnum):
    """What ids are made of."""

    UIDL = "uidl"
    HEADER = "top"
    CONTENT = "retr"


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter: its number in this session, its size as the server counts it, its lasting id."""

    number: int
    size: int
    server_id: str


class Listing:
    """All letters, oldest first."""

    def __init__(self, numbering: Numbering, entries: Sequence[Entry], stems: Counter[str]) -> None:
        self.numbering = numbering
        self.entries = entries
        self.by_id = {entry.server_id: entry for entry in entries}
        self._stems = stems
        self.digest = hashlib.sha256("\n".join(self.by_id).encode()).hexdigest()

    def lacks(self, server_id: str) -> bool:
        """Whether the letter of that id is certainly not there; False for ids of another kind and for nonsense."""
        kind, _, rest = server_id.partition(":")
        if not rest or server_id in self.by_id:
            return False
        if self.numbering is Numbering.UIDL:
            return kind in ("u", "s") and not self._stems[server_id]
        return kind == ("t" if self.numbering is Numbering.HEADER else "c")


def list_letters(session: Session, *, had_ids: bool = False) -> Listing:
    """The listing. `had_ids`: the server gave ids before, so that a refusal to do so is a passing trouble.

    Raises ProtocolViolation when the server's numbers contradict each other, and CommandRefused and its kin.
    """
    sizes = _sizes(session)
    reply, lines = session.ask_for_lines(b"UIDL")
    if reply.is_ok:
        ids = dict(_numbered(lines))
        if ids.keys() != sizes.keys():
            raise ProtocolViolation(expected=f"the ids of {len(sizes)} letters")
        return _by_unique_ids(session, sizes, ids)
    if "UIDL" in session.capabilities or (had_ids and not session.capabilities) or reply.code:
        raise command_error(reply, host=session.stream.host, command="UIDL")
    keys = _by_looks(session, sizes, list(sizes))
    numbering = Numbering.CONTENT if any(key.startswith("c:") for key in keys.values()) else Numbering.HEADER
    return Listing(numbering, _entries(sizes, keys), Counter())


def lacks_ids(session: Session) -> bool:
    """Whether a server that does not promise UIDL really lacks it; one whose mailbox is empty is taken at its word."""
    if "UIDL" in session.capabilities:
        return False
    return bool(session.capabilities) or not session.ask_for_lines(b"UIDL")[0].is_ok


def count_letters(session: Session) -> int:
    """STAT: how many letters there are."""
    reply = session.ask(b"STAT")
    count = reply.raw.split()[:1]
    if not reply.is_ok:
        raise command_error(reply, host=session.stream.host, command="STAT")
    if not count or not _is_number(count[0]):
        raise ProtocolViolation(expected="the number of letters")
    return int(count[0])


def _sizes(session: Session) -> dict[int, int]:
    count = count_letters(session)
    reply, lines = session.ask_for_lines(b"LIST")
    if not reply.is_ok:
        raise command_error(reply, host=session.stream.host, command="LIST")
    sizes = {}
    for number, size in _numbered(lines):
        word = size.split()[:1]
        if number in sizes or not word or not _is_number(word[0]):
            raise ProtocolViolation(expected="a list of sizes")
        sizes[number] = int(word[0])
    if len(sizes) != count:
        raise ProtocolViolation(expected=f"{count} letters")
    return dict(sorted(sizes.items()))


def _numbered(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    for line in lines:
        number, _, rest = line.strip().partition(b" ")
        if not _is_number(number):
            raise ProtocolViolation(expected="a numbered list")
        yield int(number), rest.strip()


def _is_number(word: bytes) -> bool:
    return word.isdigit() and len(word) <= 15


def _by_unique_ids(session: Session, sizes: dict[int, int], ids: dict[int, bytes]) -> Listing:
    times = Counter(ids.values())
    keys, stems = {}, Counter[str]()
    for number, unique_id in ids.items():
        is_good = times[unique_id] == 1 and _USUAL_ID.fullmatch(unique_id)
        pair = f"s:{_digest(unique_id)}.{sizes[number]}"
        keys[number] = f"u:{unique_id.decode('ascii')}" if is_good else pair
        stems.update((f"u:{unique_id.decode('ascii', 'replace')}", pair))
    pairs = Counter(keys.values())
    unclear = [number for number, key in keys.items() if pairs[key] > 1]
    if unclear:
        keys.update(_by_looks(session, sizes, unclear))
    return Listing(Numbering.UIDL, _entries(sizes, keys), stems)


def _by_looks(session: Session, sizes: dict[int, int], numbers: Sequence[int]) -> dict[int, str]:
    """Ids made of what the letters say. Letters that look the same are the same; which is which does not matter then."""
    keys = {}
    for number, raw in headers_of(session, numbers):
        keys[number] = f"t:{_digest(b''.join(_LASTING_FIELD.findall(raw)))}.{sizes[number]}"
    rest = [number for number in numbers if number not in keys]
    if len(rest) == len(numbers):
        keys = {number: f"c:{_digest(raw)}" for number, raw in letters_of(session, rest)}
    if len(keys) != len(numbers):
        raise ProtocolViolation(expected=f"{len(numbers)} letters")
    seen: Counter[str] = Counter()
    for number in numbers:
        seen[keys[number]] += 1
        if seen[keys[number]] > 1:
            keys[number] += f"#{seen[keys[number]]}"
    return keys


def _entries(sizes: dict[int, int], keys: dict[int, str]) -> tuple[Entry, ...]:
    return tuple(Entry(number, size, keys[number]) for number, size in sizes.items())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:40]
