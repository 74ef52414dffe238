"""Who works on a data folder at the moment: they hold a lock on a file in it, which the system takes back when they end or die.

Commands that work on the database share it; restoring a backup needs it alone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mooring.config.installation import BadInstallation

IN_USE: Final = "in-use"
UNFINISHED_RESTORE: Final = "restore-unfinished"
"""Stands in the data folder while the database is no longer, or not yet, the one that belongs to its files, or while sessions and
letters are still as they were in a backup."""
STAGED: Final = ".restoring"
"""How the name of the folder beside the data folder ends in which a backup is made ready."""
ASIDE: Final = ".before-restore-"
"""What comes before the time in the name of the folder beside the data folder into which the old data is moved."""
_held: dict[Path, int] = {}


class InUse(Exception):
    """Somebody works on the data folder; fit for an administrator."""


def note_running(data: Path, *, makes_it: bool = False) -> None:
    """Say until the end of this process that it works on the data folder. Raises BadInstallation while a backup is restored.

    `makes_it`: where there is none yet, it is made.
    """
    _refuse_after_cut(data)
    if makes_it:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if data in _held or not data.is_dir():
        return
    _held[data] = _shared(data)
    try:
        _refuse_after_cut(data)  # it may have begun and been killed between the two
    except BadInstallation:
        os.close(_held.pop(data))
        raise


def _refuse_after_cut(data: Path) -> None:
    if was_restore_cut_off(data):
        raise BadInstallation(
            f"A backup was being restored into {data}, and that was cut off: database and files do not belong together. "
            "Run “mooring restore” again with --replace."
        )


def _shared(data: Path) -> int:
    """The lock, on the file that lies in the folder now: a restore may have put another folder there meanwhile."""
    while True:
        descriptor = _opened(data)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), (data / IN_USE).stat()):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise BadInstallation(f"A backup is being restored into {data}. Wait until that has ended.") from error
        except FileNotFoundError:
            pass
        os.close(descriptor)


def was_restore_cut_off(data: Path) -> bool:
    """Killed while database or files were exchanged. What there was before is whole, but elsewhere (config.backup.restoring)."""
    return (data / UNFINISHED_RESTORE).exists() or (not data.exists() and Path(f"{data}{STAGED}").exists())


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Inside, nobody else works on the data folder. Raises InUse."""
    descriptor = _opened(data)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InUse(
            f"Mooring is running on {data}. End “mooring serve”, “mooring worker” and all other commands first."
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)


def _opened(data: Path) -> int:
    """The file of the lock. One that root makes belongs to whoever owns the folder, or Mooring could not open it."""
    descriptor = os.open(data / IN_USE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    owner = data.stat()
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor
