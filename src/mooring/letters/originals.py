"""The exact bytes of every letter, kept once under their SHA-256: which ones are known, and where the packs hold them.

File first, row afterwards: `keep` makes bytes safe outside any transaction; storing writes the rows that point to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mooring.customers.value_lists import any_of
from mooring.letters.models import Original
from mooring.letters.packs import PACK_BYTES, KeptOriginal, Packs, UnableToKeep, UnableToRead
from mooring.users.inserting import insert_records

__all__ = ("Damage", "Keeping", "KeptOriginal", "Originals", "UnableToKeep", "UnableToRead")


@dataclass(frozen=True, slots=True)
class Damage:
    """An original whose bytes are no longer what they were."""

    original_id: int
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """Letters about to be made safe."""

    _packs: Packs
    _digests: Sequence[str]
    _known: Mapping[str, KeptOriginal]
    _new: Mapping[str, bytes]

    def finish(self) -> list[KeptOriginal]:
        """Write the letters not known yet and say where all of them lie, in their order. Raises UnableToKeep."""
        placed = self._packs.append(list(self._new.values()), digests=list(self._new))
        kept = {**self._known, **dict(zip(self._new, placed, strict=True))}
        return [kept[digest] for digest in self._digests]


class Originals:
    """Keeps and gives back originals in a folder (settings.ORIGINALS_FOLDER). One per process; threads may share it."""

    def __init__(self, folder: Path | str, *, pack_bytes: int = PACK_BYTES) -> None:
        self._packs = Packs(Path(folder), pack_bytes=pack_bytes)

    def keep(self, raws: Sequence[bytes]) -> list[KeptOriginal]:
        """Make the letters safe, in their order, with one fsync for all; those known already are not written again.

        Raises UnableToKeep, for example when the disk is full; then no letter of the call may be written down.
        """
        return self.keeping(raws).finish()

    def keeping(self, raws: Sequence[bytes], *, digests: Sequence[str] | None = None) -> Keeping:
        """`keep` in two halves: this one asks the database, the other one is the disk's and may run in another thread.

        `digests` are those of `digest_of`, where the caller has reckoned them already.
        """
        digests = [digest_of(raw) for raw in raws] if digests is None else digests
        known = _known(set(digests))
        new = {digest: raw for digest, raw in zip(digests, raws, strict=True) if digest not in known}
        return Keeping(self._packs, digests, known, new)

    def read(self, original: Original | KeptOriginal) -> bytes:
        """The letter byte for byte, proven by its SHA-256. Raises UnableToRead."""
        return self._packs.read(original if isinstance(original, KeptOriginal) else _place_of(original))

    def erase(self, kept: KeptOriginal) -> bool:
        """Overwrite the letter's bytes for good (letters.erasing). Returns whether they were there."""
        return self._packs.erase(kept)

    def walk(self) -> Iterator[KeptOriginal]:
        """What the packs themselves say they hold, whatever the database knows: the ground for rebuilding it."""
        return self._packs.walk()

    def rebuild(self, *, batch_size: int = 500) -> int:
        """Write the row of every whole record that has none. Returns how many were missing."""
        added = 0
        batch: dict[str, KeptOriginal] = {}
        for found in self.walk():
            batch.setdefault(found.sha256, found)
            if len(batch) >= batch_size:
                added += self._register(batch)
                batch = {}
        return added + self._register(batch)

    def scrub(self, *, after_id: int = 0) -> Iterator[Damage]:
        """Read every original again, in the order of their ids, and name those that are damaged or missing."""
        for original in Original.objects.filter(pk__gt=after_id).order_by("pk").iterator(chunk_size=500):
            try:
                self.read(original)
            except UnableToRead as error:
                yield Damage(original.pk, original.sha256, str(error))

    def close(self) -> None:
        """Let go of the pack being written, so that another process may go on with it."""
        self._packs.close()

    def _register(self, found: dict[str, KeptOriginal]) -> int:
        known = _known(found)
        whole = [kept for digest, kept in found.items() if digest not in known and self._is_whole(kept)]
        insert_records([row_of(kept) for kept in whole])
        return len(whole)

    def _is_whole(self, kept: KeptOriginal) -> bool:
        try:
            self.read(kept)
        except UnableToRead:
            return False
        return True


def digest_of(raw: bytes) -> str:
    """The name under which a letter's bytes are kept."""
    return hashlib.sha256(raw).hexdigest()


def row_of(kept: KeptOriginal) -> Original:
    """The row, not yet saved, that points to where a letter was kept."""
    return Original(sha256=kept.sha256, size=kept.size, pack=kept.pack, offset=kept.offset, stored_size=kept.stored_size)


def _known(digests: Collection[str]) -> dict[str, KeptOriginal]:
    return {row.sha256: _place_of(row) for row in Original.objects.filter(sha256__in=any_of(digests))} if digests else {}


def _place_of(row: Original) -> KeptOriginal:
    return KeptOriginal(row.sha256, row.size, row.pack, row.offset, row.stored_size)


def register(kept: KeptOriginal) -> Original:
    """The row of kept bytes, written if there is none yet. Within the caller's transaction."""
    row = Original.objects.filter(sha256=kept.sha256).first()
    if row is None:
        row = row_of(kept)
        row.save(force_insert=True)
    return row
