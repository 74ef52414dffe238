"""Sets of UIDs as sorted ranges, so that a million letters cost a few numbers (RFC 3501, section 9, sequence-set)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from mooring.mail.errors import ProtocolViolation

HIGHEST_UID = 2**32 - 1


@dataclass(frozen=True, slots=True)
class UidSet:
    """`ranges` are (first, last) pairs, ascending, disjoint and not touching."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, uids: Iterable[int]) -> Self:
        """From single UIDs in any order; ascending ones cost no sorting."""
        return cls(_merged((uid, uid) for uid in uids))

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """From the wire: "3,5:9,12". Raises ProtocolViolation, also for "*" and numbers that are no UIDs."""
        try:
            return cls(_merged(_range(part) for part in text.split(b",") if part))
        except ValueError as error:
            raise ProtocolViolation(expected="a set of UIDs") from error

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __contains__(self, uid: int) -> bool:
        place = bisect_right(self.ranges, (uid, HIGHEST_UID)) - 1
        return place >= 0 and self.ranges[place][0] <= uid <= self.ranges[place][1]

    def __sub__(self, other: UidSet) -> UidSet:
        left: list[tuple[int, int]] = []
        taken = iter(other.ranges)
        hole = next(taken, None)
        for first, last in self.ranges:
            while hole is not None and hole[1] < first:
                hole = next(taken, None)
            while hole is not None and hole[0] <= last:
                if first < hole[0]:
                    left.append((first, hole[0] - 1))
                first = hole[1] + 1
                if hole[1] > last:
                    break
                hole = next(taken, None)
            if first <= last:
                left.append((first, last))
        return UidSet(tuple(left))

    def __and__(self, other: UidSet) -> UidSet:
        return self - (self - other)

    def __or__(self, other: UidSet) -> UidSet:
        return UidSet(_merged((*self.ranges, *other.ranges)))

    def wire_chunks(self, *, limit: int) -> Iterator[bytes]:
        """The set in the form of the wire, in pieces of at most `limit` bytes."""
        parts: list[bytes] = []
        size = 0
        for first, last in self.ranges:
            part = b"%d" % first if first == last else b"%d:%d" % (first, last)
            if parts and size + len(part) > limit:
                yield b",".join(parts)
                parts, size = [], 0
            parts.append(part)
            size += len(part) + 1
        if parts:
            yield b",".join(parts)


def _range(part: bytes) -> tuple[int, int]:
    if not part.replace(b":", b"", 1).isdigit() or len(part) > 21:
        raise ValueError(part)
    first, _, last = part.partition(b":")
    low, high = sorted((int(first), int(last or first)))
    if not 0 < low <= high <= HIGHEST_UID:
        raise ValueError(part)
    return low, high


def _merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    is_ascending = True
    for first, last in ranges:
        if merged and first < merged[-1][0]:
            is_ascending = False
            merged.append((first, last))
        elif merged and first <= merged[-1][1] + 1:
            if last > merged[-1][1]:
                merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return tuple(merged) if is_ascending else _merged(sorted(merged))
