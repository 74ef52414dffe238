"""Append-only files that hold letters byte for byte, compressed, each record describing itself.

A record is: magic, codec, SHA-256 of the letter, its size, the frame's size and checksum, a checksum of all these, then the
zstd frame.
A process appends only to a pack on which it holds an exclusive lock; a pack is never rewritten, except that the record of an
erased letter is overwritten with zeros. Whatever a crash leaves at the end of a pack is skipped by the walk, which looks for the
next magic, and no row ever points there.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import zstandard
from django.utils.translation import gettext as _

PACK_BYTES: Final = 128 * 1024 * 1024
"""A pack that has reached this size is closed; the next letters go to a new one."""

_MAGIC: Final = b"\x8dMOORING"
_ZSTD: Final = 1
_HEAD: Final = struct.Struct(">8sB32sQQI")
_CHECKSUM: Final = struct.Struct(">I")
HEAD_BYTES: Final = _HEAD.size + _CHECKSUM.size
_LEVEL: Final = 3
_SCAN_BYTES: Final = 1024 * 1024


class UnableToKeep(Exception):
    """The letters' bytes could not be made safe, so nothing about them may be written down. Fit for an administrator."""

    def __init__(self, text: str, *, is_full: bool = False) -> None:
        super().__init__(text)
        self.is_full = is_full


class UnableToRead(Exception):
    """An original is missing or damaged. Fit for an administrator."""


@dataclass(frozen=True, slots=True)
class KeptOriginal:
    """Where a letter's bytes lie. `offset` is where its record begins, `stored_size` the bytes of its compressed frame."""

    sha256: str
    size: int
    pack: str
    offset: int
    stored_size: int


class Packs:
    """The packs of one folder. Safe to share between threads; other processes append to packs of their own."""

    def __init__(self, folder: Path, *, pack_bytes: int = PACK_BYTES) -> None:
        self._folder = folder
        self._pack_bytes = pack_bytes
        self._lock = threading.Lock()
        self._pack: _OpenPack | None = None
        self._abandoned: set[str] = set()

    def append(self, raws: Sequence[bytes], *, digests: Sequence[str] | None = None) -> list[KeptOriginal]:
        """Write all letters, fsync once, and only then say where they lie. Raises UnableToKeep and leaves no trace.

        `digests` are their SHA-256 in hexadecimal, where the caller has reckoned them already.
        """
        if not raws:
            return []
        records = _compressed(raws, [hashlib.sha256(raw).hexdigest() for raw in raws] if digests is None else digests)
        with self._lock:
            try:
                return self._written(records)
            except OSError as error:
                raise _unable_to_keep(error, self._folder) from error

    def read(self, kept: KeptOriginal) -> bytes:
        """The letter's exact bytes, proven by their SHA-256. Raises UnableToRead."""
        try:
            with (self._folder / kept.pack).open("rb") as file:
                head = _head_at(file.fileno(), kept.offset)
                if head is None or head.sha256 != kept.sha256 or head.size != kept.size:
                    raise UnableToRead(_damaged(kept))
                frame = os.pread(file.fileno(), head.stored_size, kept.offset + HEAD_BYTES)
        except OSError as error:
            text = _("The file %(pack)s of the originals cannot be read (%(reason)s).")
            raise UnableToRead(text % {"pack": kept.pack, "reason": error.strerror}) from error
        raw = _decompressed(frame, head.size)
        if raw is None or hashlib.sha256(raw).hexdigest() != kept.sha256:
            raise UnableToRead(_damaged(kept))
        return raw

    def erase(self, kept: KeptOriginal) -> bool:
        """Overwrite the record with zeros, for good; the walk passes over them. Returns whether it was there.

        The one thing that ever changes in a pack: nothing moves, and nothing but this record is touched.
        """
        try:
            with (self._folder / kept.pack).open("r+b") as file:
                head = _head_at(file.fileno(), kept.offset)
                if head is None or head.sha256 != kept.sha256:
                    return False
                left, place = HEAD_BYTES + head.stored_size, kept.offset
                while left:
                    written = os.pwrite(file.fileno(), bytes(min(left, _SCAN_BYTES)), place)
                    left, place = left - written, place + written
                os.fsync(file.fileno())
        except FileNotFoundError:
            return False
        return True

    def walk(self) -> Iterator[KeptOriginal]:
        """Every whole record of every pack, oldest pack first. Torn and damaged stretches are skipped."""
        for path in sorted(self._folder.glob("*.pack")):
            with path.open("rb") as file:
                yield from _records_of(file.fileno(), path.name)

    def close(self) -> None:
        """Let go of the pack, so that another process may append to it."""
        with self._lock:
            if self._pack is not None:
                os.close(self._pack.descriptor)
                self._pack = None

    def _written(self, records: list[_Record]) -> list[KeptOriginal]:
        pack = self._open_pack()
        start = os.lseek(pack.descriptor, 0, os.SEEK_END)
        try:
            _write_all(pack.descriptor, b"".join(part for record in records for part in (record.head, record.frame)))
        except OSError:
            # The tail would do no harm, but a full disk needs its room back.
            os.ftruncate(pack.descriptor, start)
            raise
        try:
            os.fsync(pack.descriptor)
        except OSError:
            # The kernel has dropped the pages and will say that all is well next time: never trust this pack's end again.
            self._abandon(pack)
            raise
        return _placed(records, pack.name, start)

    def _open_pack(self) -> _OpenPack:
        if self._pack is not None and os.fstat(self._pack.descriptor).st_size >= self._pack_bytes:
            os.close(self._pack.descriptor)
            self._pack = None
        if self._pack is None:
            self._pack = self._lock_unfinished() or self._new_pack()
        return self._pack

    def _lock_unfinished(self) -> _OpenPack | None:
        for path in sorted(self._folder.glob("*.pack"), reverse=True):
            if path.name in self._abandoned or path.stat().st_size >= self._pack_bytes:
                continue
            pack = _locked(path, os.O_RDWR | os.O_APPEND)
            if pack is not None:
                return pack
        return None

    def _new_pack(self) -> _OpenPack:
        _make_durable_folder(self._folder)
        number = max((int(path.stem) for path in self._folder.glob("*.pack") if path.stem.isdecimal()), default=0)
        while True:
            number += 1
            try:
                pack = _locked(self._folder / f"{number:08d}.pack", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                continue
            if pack is not None:
                _fsync_folder(self._folder)
                return pack

    def _abandon(self, pack: _OpenPack) -> None:
        self._abandoned.add(pack.name)
        self._pack = None
        os.close(pack.descriptor)


@dataclass(frozen=True, slots=True)
class _OpenPack:
    name: str
    descriptor: int


@dataclass(frozen=True, slots=True)
class _Record:
    sha256: str
    size: int
    head: bytes
    frame: bytes


@dataclass(frozen=True, slots=True)
class _Head:
    sha256: str
    size: int
    stored_size: int
    frame_checksum: int


def _compressed(raws: Sequence[bytes], digests: Sequence[str]) -> list[_Record]:
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    records = []
    for raw, digest in zip(raws, digests, strict=True):
        frame = compressor.compress(raw)
        head = _HEAD.pack(_MAGIC, _ZSTD, bytes.fromhex(digest), len(raw), len(frame), zlib.crc32(frame))
        records.append(_Record(digest, len(raw), head + _CHECKSUM.pack(zlib.crc32(head)), frame))
    return records


def _placed(records: list[_Record], pack: str, start: int) -> list[KeptOriginal]:
    placed = []
    for record in records:
        placed.append(KeptOriginal(record.sha256, record.size, pack, start, len(record.frame)))
        start += len(record.head) + len(record.frame)
    return placed


def _decompressed(frame: bytes, size: int) -> bytes | None:
    try:
        with zstandard.ZstdDecompressor().stream_reader(frame) as reader:
            return reader.read(size + 1)
    except zstandard.ZstdError:
        return None


def _head_at(descriptor: int, offset: int) -> _Head | None:
    packed = os.pread(descriptor, HEAD_BYTES, offset)
    if len(packed) < HEAD_BYTES or _CHECKSUM.unpack_from(packed, _HEAD.size)[0] != zlib.crc32(packed[: _HEAD.size]):
        return None
    magic, codec, digest, size, stored_size, frame_checksum = _HEAD.unpack_from(packed)
    return _Head(digest.hex(), size, stored_size, frame_checksum) if magic == _MAGIC and codec == _ZSTD else None


def _records_of(descriptor: int, pack: str) -> Iterator[KeptOriginal]:
    end = os.fstat(descriptor).st_size
    offset = _next_magic(descriptor, 0)
    while offset is not None:
        head = _head_at(descriptor, offset)
        if head is not None and _is_whole(descriptor, head, offset, end):
            yield KeptOriginal(head.sha256, head.size, pack, offset, head.stored_size)
            offset = _next_magic(descriptor, offset + HEAD_BYTES + head.stored_size)
        else:
            offset = _next_magic(descriptor, offset + 1)


def _is_whole(descriptor: int, head: _Head, offset: int, end: int) -> bool:
    """Whether the frame is all there: behind a torn one lies what was written after the crash."""
    if offset + HEAD_BYTES + head.stored_size > end:
        return False
    return zlib.crc32(os.pread(descriptor, head.stored_size, offset + HEAD_BYTES)) == head.frame_checksum


def _next_magic(descriptor: int, offset: int) -> int | None:
    size = HEAD_BYTES  # nearly always the next record begins right here
    while chunk := os.pread(descriptor, size, offset):
        place = chunk.find(_MAGIC)
        if place >= 0:
            return offset + place
        if len(chunk) < len(_MAGIC):
            return None
        offset += len(chunk) - len(_MAGIC) + 1
        size = _SCAN_BYTES
    return None


def _locked(path: Path, flags: int) -> _OpenPack | None:
    """The pack, or None while another process appends to it."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            return None
        raise
    return _OpenPack(path.name, descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _make_durable_folder(folder: Path) -> None:
    """Create the folder and those above it, each known to its parent for good."""
    if folder.is_dir():
        return
    _make_durable_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _fsync_folder(folder.parent)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unable_to_keep(error: OSError, folder: Path) -> UnableToKeep:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        text = _("The disk that holds %(folder)s is full. Letters wait on the mail server until there is room again.")
        return UnableToKeep(text % {"folder": folder}, is_full=True)
    text = _("Letters cannot be written to %(folder)s (%(reason)s). They wait on the mail server.")
    return UnableToKeep(text % {"folder": folder, "reason": error.strerror})


def _damaged(kept: KeptOriginal) -> str:
    return _("The original at %(offset)d in %(pack)s is damaged.") % {"offset": kept.offset, "pack": kept.pack}
