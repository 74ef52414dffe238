"""The key for passwords that are not remembered: in memory alone, and shared by all processes of the installation on a machine.

It lies in a folder of the memory's own file system, closed to other users; a machine that is started anew has lost it. Where
there is no such folder, each process has a key of its own. docs/decisions says what else was thought of.
"""

from __future__ import annotations

import base64
import os
import stat
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

from mooring.letters.credentials import Place, SealingKeys, UnableToUnseal
from mooring.mail.types import Secret

_KEY_BYTES: Final = 32
_FILE: Final = "held_passwords_key"


def seal_for_now(secret: Secret, *, place: Place) -> bytes:
    """The secret under the key that is in memory."""
    return _keys().seal(secret, place=place)


def open_held(sealed: bytes, *, place: Place) -> Secret | None:
    """The secret; None where the key that sealed it is gone."""
    try:
        return _keys().open(sealed, place=place)
    except UnableToUnseal:
        return None


def _keys() -> SealingKeys:
    folder = settings.MEMORY_FOLDER
    try:
        return SealingKeys.read(_shared_file(folder)) if folder is not None else _keys_of_this_process()
    except (OSError, UnableToUnseal):
        return _keys_of_this_process()


@cache
def _keys_of_this_process() -> SealingKeys:
    return SealingKeys([(os.urandom(8).hex(), os.urandom(_KEY_BYTES))])


def _shared_file(folder: Path) -> Path:
    """The file with the key, made by whoever needs it first. Raises OSError, also where the folder belongs to somebody else."""
    folder.mkdir(mode=0o700, parents=False, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError(f"{folder} is open to others")
    path = folder / _FILE
    if not path.exists():
        _write_first(path)
    return path


def _write_first(path: Path) -> None:
    """Whole or not at all; of several processes the first one wins."""
    draft = path.with_name(f"{_FILE}.{os.getpid()}.{os.urandom(4).hex()}")
    line = f"{os.urandom(8).hex()}:{base64.b64encode(os.urandom(_KEY_BYTES)).decode('ascii')}\n"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(line)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
