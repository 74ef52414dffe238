"""Where the letters of an mbox file begin and end, found by streaming, and those bytes read back exactly.

A letter is everything after its From_ line up to the next From_ line, byte for byte (">From " stays as it is), without the
one blank line that writers put before the next From_ line or at the end of the file. A From_ line is "From -" alone
(Netscape) or one that carries a time and a year, so that prose such as "From Russia with love" separates nothing; a blank
line before it is usual but not demanded. Content-Length is believed only where it leads exactly to a From_ line or to the
end of the file; otherwise it lies and is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO

CHUNK = 1 << 20
LONGEST_FROM_LINE = 500
HEAD_BYTES = 16_384
"""How much of a letter is looked at for its length, status and date."""
_BOM = b"\xef\xbb\xbf"
_FROM_LINE = re.compile(rb"From (?:-[ \t]*|(?=[^\r\n]*\d:\d\d)(?=[^\r\n]*(?<!\d)\d{4}(?!\d))[^\r\n]{1,490})\r?(?:\n|\Z)")
_CONTENT_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_BLANK = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Found:
    """A letter in the file: its first byte, its length, and a digest of exactly these bytes."""

    offset: int
    length: int
    digest: str
    marker: int
    """Where its From_ line begins."""
    head: bytes
    """The first bytes of the letter."""

    @property
    def server_id(self) -> str:
        return f"{self.offset}-{self.length}-{self.digest}"


def is_mbox(start: bytes) -> bool:
    """Whether a file with these first bytes is an mbox: blank lines and a byte order mark aside it starts with a From_ line."""
    return _FROM_LINE.match(start.removeprefix(_BOM).lstrip(b"\r\n")) is not None


def is_from_line(file: BinaryIO, position: int) -> bool:
    """Whether a From_ line begins at this byte."""
    file.seek(position)
    return _FROM_LINE.match(file.read(LONGEST_FROM_LINE)) is not None


def header_length(raw: bytes) -> int:
    """The bytes of the header block with its empty line; all of them when there is no empty line."""
    if raw.startswith((b"\n", b"\r\n")):
        return raw.index(b"\n") + 1
    blank = _BLANK.search(raw)
    return blank.end() if blank else len(raw)


def letters_in(file: BinaryIO, start: int, size: int) -> Iterator[Found]:
    """The letters whose From_ lines lie in file[start:size]; `start` is 0 or the place of a From_ line."""
    marker = _first_marker(file, start, size)
    while marker < size:
        begin = _line_end(file, marker, size)
        following = _following_marker(file, begin, size)
        yield _found(file, marker, begin, _without_blank_line(file, begin, following))
        marker = following


def read_found(file: BinaryIO, server_id: str) -> bytes | None:
    """The bytes of the letter with this id; None when the file no longer holds exactly them at that place."""
    try:
        offset_text, length_text, digest = server_id.split("-")
        offset, length = int(offset_text), int(length_text)
    except ValueError:
        return None
    file.seek(offset)
    raw = file.read(length)
    return raw if len(raw) == length and _digest(raw) == digest else None


def _first_marker(file: BinaryIO, start: int, size: int) -> int:
    head = _read(file, start, HEAD_BYTES, size)
    if start == 0:
        return len(head) - len(head.removeprefix(_BOM).lstrip(b"\r\n"))
    return start if _FROM_LINE.match(head) else _next_from_line(file, start, size)


def _line_end(file: BinaryIO, marker: int, size: int) -> int:
    line = _read(file, marker, LONGEST_FROM_LINE, size)
    return marker + (line.find(b"\n") + 1 or len(line))


def _following_marker(file: BinaryIO, begin: int, size: int) -> int:
    head = _read(file, begin, HEAD_BYTES, size)
    if _FROM_LINE.match(head):
        return begin  # an empty letter
    return _marker_by_content_length(file, begin, head, size) or _next_from_line(file, begin, size)


def _marker_by_content_length(file: BinaryIO, begin: int, head: bytes, size: int) -> int:
    """The place that an honest Content-Length names; 0 when there is none or it lies."""
    blank = _BLANK.search(head)
    named = _CONTENT_LENGTH.search(head, 0, blank.start() + 1) if blank else None
    if blank is None or named is None:
        return 0
    end = begin + blank.end() + int(named[1])
    if end > size:
        return 0
    after = _read(file, end, LONGEST_FROM_LINE, size)
    marker = end + len(after) - len(after.lstrip(b"\r\n"))
    if marker - end <= 4 and (marker == size or _FROM_LINE.match(_read(file, marker, LONGEST_FROM_LINE, size))):
        return marker
    return 0


def _next_from_line(file: BinaryIO, begin: int, size: int) -> int:
    """The first From_ line that begins after `begin`; `size` when there is none."""
    position, tail = begin, b""
    while position < size:
        block = tail + _read(file, position, CHUNK, size)
        block_start = position - len(tail)
        position = block_start + len(block)
        at = block.find(b"\nFrom ")
        while at >= 0:
            if len(block) - at <= LONGEST_FROM_LINE and position < size:
                break  # the line may be cut: look again with the next block
            if _FROM_LINE.match(block, at + 1):
                return block_start + at + 1
            at = block.find(b"\nFrom ", at + 1)
        tail = block[at:] if at >= 0 else block[-8:]
    return size


def _without_blank_line(file: BinaryIO, begin: int, end: int) -> int:
    tail = _read(file, max(begin, end - 4), 4, end)
    for ending in (b"\r\n\r\n", b"\n\n"):
        if tail.endswith(ending):
            return end - len(ending) // 2
    return begin if tail in (b"\n", b"\r\n") and end - begin == len(tail) else end


def _found(file: BinaryIO, marker: int, begin: int, end: int) -> Found:
    digest = blake2b(digest_size=12)
    for position in range(begin, end, CHUNK):
        digest.update(_read(file, position, CHUNK, end))
    return Found(begin, end - begin, digest.hexdigest(), marker, _read(file, begin, HEAD_BYTES, end))


def _digest(raw: bytes) -> str:
    return blake2b(raw, digest_size=12).hexdigest()


def _read(file: BinaryIO, start: int, count: int, end: int) -> bytes:
    file.seek(start)
    return file.read(max(0, min(count, end - start)))
