"""The header block of a letter or part: where it ends, which fields it has, their text. Bytes in, nothing raised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mooring.mail.charsets import decode, scrub
from mooring.mail.encoded_words import decode_words

LONGEST_BLOCK = 262_144
MOST_LINES = 2_000
"""A header block beyond these bounds is read up to them (Dovecot met 500,000 address headers: CVE-2024-23184)."""

LONGEST_VALUE = 1_000
"""Unstructured texts such as the subject are cut to this many characters."""

_FIELD = re.compile(rb"^([!-9;-~]{1,200})[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_READ = frozenset(
    b"from reply-to sender to cc bcc subject date message-id in-reply-to references auto-submitted x-autoreply"
    b" x-autorespond x-autoresponder x-auto-response-suppress precedence return-path list-id list-unsubscribe"
    b" mail-followup-to feedback-id sensitivity x-failed-recipients content-type content-disposition"
    b" content-transfer-encoding content-id".split()
)
"""The fields that anybody here asks for; most of a header is traces of transport."""


def _any_of(names: Iterable[bytes]) -> bytes:
    """A pattern for any of the names, in whatever case. By the first letter alone most lines are passed over."""
    rests: dict[bytes, list[bytes]] = {}
    for name in sorted(names):
        rests.setdefault(name[:1], []).append(re.escape(name[1:]))
    return b"|".join(b"[%b%b](?i:%b)" % (first, first.upper(), b"|".join(rest)) for first, rest in rests.items())


_FIELD_READ = re.compile(rb"\n(" + _any_of(_READ) + rb")[ \t]*+:(.*+(?:\n[ \t].*+)*+)")
_ENVELOPE_LINE = re.compile(rb">?From [^\n]*\n")
_EMPTY_LINE = re.compile(rb"\n(?:\r\n|\n(?!\r\n))")
_FOLD = re.compile(rb"\r?\n[ \t]")
_CONTROLS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that matter, by lower-case name; the values of each in order, raw and folded as they stand in the letter."""

    values: dict[str, list[bytes]]
    defects: tuple[str, ...] = ()

    def first(self, name: str) -> bytes:
        """The first value of a field; empty when there is none."""
        values = self.values.get(name)
        return values[0] if values else b""

    def text(self, name: str, charset: str = "") -> str:
        """The first value, unfolded, as text whose encoded words are still encoded."""
        values = self.values.get(name)
        return text_of(values[0], charset) if values else ""


def read_fields_of_part(raw: bytes, start: int, end: int) -> tuple[Fields, int]:
    """As read_fields, for a part, which has no fields at all when its first line is none: all of it is body then."""
    if start < end and raw[start] not in b"\r\n" and not _FIELD.match(raw, start, min(end, start + 1_000)):
        return Fields({}, ("no-empty-line-after-header",)), start
    return read_fields(raw, start, end)


def read_fields(raw: bytes, start: int, end: int) -> tuple[Fields, int]:
    """(the fields of the block that begins at `start`, where the body begins).

    The block ends at an empty line; without one, after the last line that looks like a field. Lines between fields
    that are none are skipped.
    """
    block_end, body_start = _end_of_block(raw, start, end)
    block = raw[start : min(block_end, start + LONGEST_BLOCK)]
    defects = []
    if block_end - start > MOST_LINES and (block_end - start > LONGEST_BLOCK or block.count(b"\n") > MOST_LINES):
        defects.append("header-too-large")
        block = _first_lines(block)
    values: dict[str, list[bytes]] = {}
    for name, value in _FIELD_READ.findall(b"\n" + block):
        values.setdefault(_name_read(name), []).append(value)
    rest, has_field = _rest_of(block)
    if rest and (not defects or block_end == end) and (has_field or not _ENVELOPE_LINE.fullmatch(rest + b"\n")):
        defects.append("no-empty-line-after-header")
        body_start = _start_of_rest(raw, start, block_end, rest)
    return Fields(values, tuple(defects)), body_start


@lru_cache(maxsize=1_024)
def _name_read(name: bytes) -> str:
    return name.lower().decode("ascii")


def _rest_of(block: bytes) -> tuple[bytes, bool]:
    """(the lines after the last field, with bare line feeds, of which there usually are none; whether there is a field)."""
    block = block.rstrip(b"\r\n")
    last = block.rfind(b"\n") + 1
    while last and block[last : last + 1] in (b" ", b"\t"):
        last = block.rfind(b"\n", 0, last - 1) + 1
    if _FIELD.match(block, last):
        return b"", True
    block = block.replace(b"\r\n", b"\n")
    last = 0
    for found in _FIELD.finditer(block):
        last = found.end()
    return block[last:].strip(b"\r\n"), last > 0


def _end_of_block(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """(end of the header block, start of the body): the first empty line, be it ended by LF or CRLF."""
    if raw.startswith(b"\n", start):
        return start, min(start + 1, end)
    if raw.startswith(b"\r\n", start):
        return start, min(start + 2, end)
    found = _EMPTY_LINE.search(raw, start, end)
    return (found.start() + 1, found.end()) if found else (end, end)


def _first_lines(block: bytes) -> bytes:
    return b"\n".join(block.split(b"\n", MOST_LINES)[:MOST_LINES]) + b"\n"


def _start_of_rest(raw: bytes, start: int, block_end: int, rest: bytes) -> int:
    """Where the lines after the last field begin in the original, whose line ends may be longer."""
    first_line = rest.split(b"\n", 1)[0]
    is_near_end = block_end - start <= LONGEST_BLOCK
    earliest = block_end - len(rest) - rest.count(b"\n") - 4 if is_near_end else start
    return max(start, raw.find(first_line, max(start, earliest), block_end))


def with_line_feeds(raw: bytes) -> bytes:
    """The letter with line feeds when it ends its lines with bare carriage returns, as old Macs did."""
    if b"\n" in raw[:LONGEST_BLOCK] or b"\r" not in raw[:LONGEST_BLOCK]:
        return raw
    return raw.replace(b"\r", b"\n")


def without_envelope_line(raw: bytes) -> bytes:
    """The letter without the line that a mail file puts before it, and without empty lines at the start."""
    if raw[:1] in b"\r\n":
        raw = raw.lstrip(b"\r\n")
    found = _ENVELOPE_LINE.match(raw)
    return raw[found.end() :] if found else raw


def text_of(raw: bytes, charset: str = "") -> str:
    """A raw field value as text: unfolded, trimmed, 8-bit characters read as UTF-8, in `charset` or guessed."""
    value = raw.replace(b"\n", b"").replace(b"\r", b"").strip()
    if value.isascii():
        return value.decode("ascii")
    try:
        return value.decode("utf-8")
    except UnicodeError:
        pass
    try:
        return _FOLD.sub(b"", raw).strip().decode("utf-8")
    except UnicodeError:
        return decode(value, charset)[0]


def plain_text(raw: bytes, charset: str = "", *, limit: int = LONGEST_VALUE) -> str:
    """An unstructured value for people: encoded words decoded, one line, no control characters (also not encoded)."""
    text = decode_words(text_of(raw, charset))
    return scrub(_CONTROLS.sub(" ", text).strip())[:limit].rstrip()
