"""The bytes of files attached to letters that are being written: kept once under their SHA-256, swept when no letter needs them.

File first, row afterwards: `keep` returns when the bytes are safe on the disk, and only then an OutgoingAttachment may point to
them. Not in the packs of the originals, which never give room back: most of what is attached is sent within the hour and lies in
the letter's own original from then on.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

SWEPT_AFTER: Final = timedelta(days=2)
"""A file that no letter names is kept so long, for whoever is attaching it just now and for undoing."""
_LOCK: Final = "lock"


class UnableToKeepFile(Exception):
    """The file was not attached; the text is fit for the user."""


class FileTooLarge(UnableToKeepFile):
    """It has more bytes than there may be."""


class UnableToReadFile(Exception):
    """An attached file is missing or damaged; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What the bytes are named by, and how many they are."""

    sha256: str
    size: int


class AttachedFiles:
    """The files of one folder (settings.ATTACHED_FOLDER). Processes and threads may share it."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def keep(self, chunks: Iterable[bytes], *, most_bytes: int) -> KeptFile:
        """Make the bytes safe. Raises FileTooLarge, or UnableToKeepFile when no room is left."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix="arriving-", delete=False) as draft:
                try:
                    kept = _written(draft.fileno(), chunks, most_bytes)
                    self._put_in_place(Path(draft.name), kept.sha256)
                finally:
                    Path(draft.name).unlink(missing_ok=True)
        except OSError as error:
            raise _unable_to_keep(error) from error
        return kept

    def read(self, sha256: str) -> bytes:
        """The bytes, proven by their name. Raises UnableToReadFile."""
        try:
            data = self._path(sha256).read_bytes()
        except OSError as error:
            raise UnableToReadFile(_("An attached file is no longer there. Please attach it again.")) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UnableToReadFile(_("An attached file is damaged. Please attach it again."))
        return data

    def sweep(self, *, used: Collection[str], now: datetime) -> int:
        """Remove files that are not `used` and were not touched for a while. Returns how many."""
        removed = 0
        for path in self._folder.glob("*"):
            if path.name != _LOCK and path.name not in used:
                removed += self._removed_if_old(path, now - SWEPT_AFTER)
        return removed

    def _removed_if_old(self, path: Path, before: datetime) -> int:
        with self._alone(), contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                return 1
        return 0

    def _put_in_place(self, draft: Path, sha256: str) -> None:
        """Under its name; a file that is there already is young again, so that no sweep takes it before its row is written."""
        with self._alone():
            place = self._path(sha256)
            if place.exists():
                os.utime(place)
                return
            draft.rename(place)
            descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeping and sweeping take turns, so that none is swept between being found and being touched."""
        with (self._folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not sha256.isalnum():
            raise UnableToReadFile(_("An attached file is no longer there. Please attach it again."))
        return self._folder / sha256


def _written(descriptor: int, chunks: Iterable[bytes], most_bytes: int) -> KeptFile:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise FileTooLarge(_("The file is too large."))
        digest.update(chunk)
        left = memoryview(chunk)
        while left:
            left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)
    return KeptFile(digest.hexdigest(), size)


def _unable_to_keep(error: OSError) -> UnableToKeepFile:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UnableToKeepFile(_("There is no room left for attachments on the disk of this installation."))
    return UnableToKeepFile(_("The file could not be kept (%(reason)s).") % {"reason": error.strerror})
