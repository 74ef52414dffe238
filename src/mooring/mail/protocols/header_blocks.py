"""Header blocks cut out of letters that arrive block by block."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

HEAD_CAP: Final = 262_144
"""A header block is cut off here, as over IMAP."""
_WORTH_FINISHING: Final = 65_536
"""So much is read to the end even so: giving up an answer costs its connection."""


def head_of(blocks: Iterable[bytes], *, cap: int) -> bytes:
    """The letter up to and including its first empty line, or its first `cap` bytes; not more is read than is cheap."""
    raw = bytearray()
    end = -1
    for block in blocks:
        searched = max(0, len(raw) - 3)
        raw += block
        end = end if end >= 0 else _end_in(raw, searched)
        if (end >= 0 and len(raw) > _WORTH_FINISHING) or len(raw) >= cap:
            break
    return bytes(raw[: end if 0 <= end <= cap else cap])


def _end_in(raw: bytearray, start: int) -> int:
    ends = [place + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (place := raw.find(mark, start)) >= 0]
    return min(ends, default=-1)
