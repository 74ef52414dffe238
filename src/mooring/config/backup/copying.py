"""Copying files so that they are safe on the disk, with their SHA-256; what did not change is a hard link to the backup before.

Never a link to the installation's own files: a pack grows, and the letters that are erased are overwritten in it, in place. The
erasing changes the pack's time, so that the next backup copies it anew, while the backups before keep what they held.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from mooring.config.backup.manifest import BackedUpFile, Manifest

CHUNK: Final = 1024 * 1024
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_RECENT_NS: Final = 2_000_000_000
"""Times of files move on in steps: what changes twice within one of them looks unchanged."""
_PASSING: Final = ("arriving-", "lock")
"""Names in the folders of attached files that are nobody's file (letters.attached_files)."""
_OF_THE_DISK: Final = ("lost+found",)

Told = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done and how much there is, in bytes."""


@dataclass(frozen=True, slots=True)
class Base:
    """The backup before, of which files are shared."""

    folder: Path
    manifest: Manifest


class UnableToReadSource(OSError):
    """It was not the writing that failed."""


@dataclass(slots=True)
class Copied:
    """What has come into a backup so far. `flaws` say what could not be read, `unlinked` counts what a link was refused for."""

    files: list[BackedUpFile] = field(default_factory=list)
    new_bytes: int = 0
    flaws: list[str] = field(default_factory=list)
    unlinked: int = 0


def copy_folder(*, source: Path, into: Path, name: str, base: Base | None, copied: Copied, told: Told) -> None:
    """Bring the files of `source` to `into`/`name`; what cannot be read becomes a flaw. Raises OSError where writing fails.

    A file that is swept meanwhile is left out: backup.facts tells whether a row needs it.
    """
    make_folder(into / name)
    paths = sorted(_files_of(source, name, copied))
    total, done = sum(size for _path, size in paths), 0
    for path, size in paths:
        below = f"{name}/{path.relative_to(source).as_posix()}"
        try:
            copied.files.append(_brought(path, below, into, base, copied))
        except FileNotFoundError:
            continue
        except UnableToReadSource as error:
            (into / below).unlink(missing_ok=True)
            copied.flaws.append(f"{below}: {error.strerror}")
        done += size
        told(name, done, total)
    settle(into / name)


def copy_file(*, source: Path, target: Path, most: int | None = None) -> tuple[int, str]:
    """Write a new file for its owner alone and force it to the disk; its size and SHA-256. At most `most` bytes are taken.

    Raises OSError, and of these UnableToReadSource where it is the source that fails.
    """
    digest, size = hashlib.sha256(), 0
    with _opened(source) as reading, open(_new(target), "wb") as writing:
        while chunk := _next(reading, source, CHUNK if most is None else min(CHUNK, most - size)):
            writing.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    return size, digest.hexdigest()


def write_file(*, target: Path, text: str) -> None:
    """A new file for its owner alone, forced to the disk."""
    with open(_new(target), "w", encoding="utf-8") as writing:
        writing.write(text)
        writing.flush()
        os.fsync(writing.fileno())


def digest_of(path: Path, told: Callable[[int], None] = lambda _size: None) -> tuple[int, str]:
    """Size and SHA-256 of what is on the disk. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as reading:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            told(len(chunk))
    return size, digest.hexdigest()


def make_folder(path: Path) -> None:
    """For its owner alone, with those above it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def settle(folder: Path) -> None:
    """Force the names in a folder, and in those below it, to the disk."""
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        settle_names(path)


def settle_names(folder: Path) -> None:
    """Force the names in a folder alone to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Room on the disk of the folder, or of the nearest one above it that exists."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _files_of(source: Path, name: str, copied: Copied) -> Iterator[tuple[Path, int]]:
    """Files and their sizes; a link to a file counts as the file, as it does for whoever reads it."""

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            copied.flaws.append(f"{name}: {error.filename}: {error.strerror}")

    for folder, below, names in os.walk(source, onerror=fail):
        below[:] = [each for each in below if each not in _OF_THE_DISK]
        for path in (Path(folder, each) for each in names if not each.startswith(_PASSING)):
            try:
                found = path.stat()
            except OSError as error:
                fail(error)
            else:
                if stat.S_ISREG(found.st_mode):
                    yield path, found.st_size


def _brought(path: Path, below: str, into: Path, base: Base | None, copied: Copied) -> BackedUpFile:
    found = path.stat()
    file = _shared(below, found, into, base, copied)
    if file is None:
        file = _copied(path, below, found, into)
        copied.new_bytes += file.size
    return file


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnableToReadSource(error.errno, error.strerror, str(source)) from error


def _next(reading: BinaryIO, source: Path, size: int) -> bytes:
    try:
        return reading.read(size)
    except OSError as error:
        raise UnableToReadSource(error.errno, error.strerror, str(source)) from error


def _shared(below: str, found: os.stat_result, into: Path, base: Base | None, copied: Copied) -> BackedUpFile | None:
    known = base.manifest.by_path.get(below) if base is not None else None
    if base is None or known is None or known.changed_ns != found.st_mtime_ns or known.size != found.st_size:
        return None
    target = into / below
    make_folder(target.parent)
    try:
        if (base.folder / below).stat().st_size != known.size:
            return None
        os.link(base.folder / below, target)
    except FileNotFoundError:  # gone from the backup before
        return None
    except OSError:  # a file system without links, or too many of them
        copied.unlinked += 1
        return None
    return known


def _copied(path: Path, below: str, found: os.stat_result, into: Path) -> BackedUpFile:
    target = into / below
    make_folder(target.parent)
    is_settled = time.time_ns() - found.st_mtime_ns > _RECENT_NS
    size, digest = copy_file(source=path, target=target, most=found.st_size)
    return BackedUpFile(below, size, digest, found.st_mtime_ns if is_settled else None)


def _new(target: Path) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
