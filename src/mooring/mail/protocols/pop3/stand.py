"""Where a mailbox stood, and what is new or gone since: the pure part of looking at a POP3 mailbox."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from mooring.mail.protocols.pop3.listing import Entry, Listing, Numbering
from mooring.mail.types import Bookmark, KnownIds, Listed, Page

PAGE_SIZE = 2_000
FEW = 10
"""Where none of at least so many known ids is left, the server has given its letters other ids."""


@dataclass(frozen=True, slots=True)
class Stand:
    """`digest` is that of the listing, `top` the highest rank given so far. An epoch is named after its first listing."""

    epoch: str
    digest: str
    top: int

    def as_bookmark(self) -> Bookmark:
        """In the form in which it is kept."""
        return asdict(self)

    @classmethod
    def from_bookmark(cls, bookmark: Bookmark | None) -> Self | None:
        """What as_bookmark wrote; None for anything else, so that a damaged bookmark costs time and no letters."""
        try:
            stand = cls(**(bookmark or {}))
        except TypeError:
            return None
        is_sound = isinstance(stand.epoch, str) and isinstance(stand.digest, str) and isinstance(stand.top, int)
        return stand if is_sound and stand.top >= 0 else None

    @property
    def had_ids(self) -> bool:
        """The server gave unique ids then."""
        return self.epoch.startswith(f"{Numbering.UIDL}.")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a listing shows against what is known. `known` is None when nothing can have changed, so it was not read."""

    stand: Stand
    known: frozenset[str] | None


def compare(before: Stand | None, listing: Listing, *, known: KnownIds, is_full: bool) -> Difference:
    """Which epoch the listing belongs to and what of it is known."""
    if before is None or not before.epoch.startswith(f"{listing.numbering}."):
        return _begun(listing, top=before.top if before else 0, known=known)
    if before.digest == listing.digest and not is_full:
        return Difference(before, None)
    ids = frozenset(known(before.epoch))
    if len(ids) >= FEW and listing.entries and ids.isdisjoint(listing.by_id):
        return _begun(listing, top=before.top, known=known)
    return Difference(_later(before.epoch, before.top, listing, ids), ids)


def _begun(listing: Listing, *, top: int, known: KnownIds) -> Difference:
    epoch = f"{listing.numbering}.{listing.digest[:24]}"
    ids = frozenset(known(epoch))
    return Difference(_later(epoch, top, listing, ids), ids)


def _later(epoch: str, top: int, listing: Listing, known: Collection[str]) -> Stand:
    new_count = sum(server_id not in known for server_id in listing.by_id)
    return Stand(epoch, listing.digest, max(top, len(known)) + new_count)


def pages_of(listing: Listing, difference: Difference, *, is_full: bool) -> Iterator[Page]:
    """What arrived, is there still (for a complete comparison) and vanished."""
    known = difference.known
    if known is None:
        return
    new = [entry for entry in listing.entries if entry.server_id not in known]
    first = difference.stand.top - len(new) + 1
    for start in range(0, len(new), PAGE_SIZE):
        yield Page(arrived=_listed(new[start : start + PAGE_SIZE], first + start))
    old = [entry for entry in listing.entries if is_full and entry.server_id in known]
    for start in range(0, len(old), PAGE_SIZE):
        yield Page(listed_again=_listed(old[start : start + PAGE_SIZE], 0))
    gone = sorted(known - listing.by_id.keys())
    for start in range(0, len(gone), PAGE_SIZE):
        yield Page(vanished=tuple(gone[start : start + PAGE_SIZE]))


def _listed(entries: Sequence[Entry], first_rank: int) -> tuple[Listed, ...]:
    return tuple(Listed(entry.server_id, first_rank + place, entry.size) for place, entry in enumerate(entries))
