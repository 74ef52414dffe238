"""Bringing a backup back: everything is copied beside the data folder first, then the two are exchanged.

What was there before is moved aside and never deleted. Killed at any moment, either the old data folder or the new one is whole,
and nothing is lost: while database and files may not belong together, a mark keeps Mooring from starting (config.running).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mooring.config.backup.copying import NO_ROOM, Told, copy_file, free_bytes, make_folder, settle
from mooring.config.backup.making import key_ids
from mooring.config.backup.manifest import Manifest, name_of
from mooring.config.backup.proving import UnableToRestore, UnableToTell
from mooring.config.installation import Installation
from mooring.config.running import IN_USE, STAGED, UNFINISHED_RESTORE, alone

_OURS: Final = (IN_USE, UNFINISHED_RESTORE, "worker-beat", "lost+found")
_KEY_FILES: Final = ("secret_key", "sealing_keys")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go. `keys_aside` is for keys outside the data folder that the backup's own take the place of."""

    data: Path
    part: Path
    aside: Path
    keys: Path
    keys_aside: Path

    @property
    def has_keys_within(self) -> bool:
        """The keys lie in the data folder itself."""
        return self.data in self.keys.parents

    @property
    def staged_keys(self) -> Path:
        """The folder of the keys while everything lies beside the data folder."""
        return self.part / self.keys.relative_to(self.data) if self.has_keys_within else self.keys


def places_of(installation: Installation, *, now: datetime) -> Places:
    """The data folder and its neighbours. Raises UnableToRestore where they cannot be made."""
    data = installation.data
    while Path(f"{data}.before-restore-{name_of(now)}").exists():
        now += timedelta(seconds=1)
    stamp = name_of(now)
    keys_aside = installation.keys.with_name(f"{installation.keys.name}.before-restore-{stamp}")
    places = Places(data, Path(f"{data}{STAGED}"), Path(f"{data}.before-restore-{stamp}"), installation.keys, keys_aside)
    make_folder(data)
    if data.stat().st_uid != os.geteuid():
        raise UnableToRestore(f"{data} belongs to another user, who could not read what is restored. Run this as that user.")
    if data.is_mount() or not os.access(data.parent, os.W_OK | os.X_OK):
        raise UnableToRestore(
            f"The present data is moved aside by renaming {data}, which is not possible: it is a disk of its own, or "
            f"{data.parent} belongs to another user. Set MOORING_DATA to a folder below it, or run this as the owner."
        )
    return places


def present_data(places: Places) -> list[str]:
    """What lies in the data folder that a restore would move aside; keys alone are no data."""
    within = places.keys.relative_to(places.data).parts[0] if places.has_keys_within else ""
    return sorted(path.name for path in places.data.iterdir() if path.name not in (*_OURS, within))


def are_keys_exchanged(places: Places, backup: Path, manifest: Manifest) -> bool:
    """Whether the backup brings other keys than those that are there."""
    if not manifest.has_keys:
        return False
    present = [places.keys / name for name in _KEY_FILES if (places.keys / name).exists()]
    return any(path.read_bytes() != (backup / "keys" / path.name).read_bytes() for path in present)


def do_keys_fit(installation: Installation, manifest: Manifest) -> bool:
    """Whether the keys that are there now open what the backup holds sealed."""
    return set(manifest.sealing_key_ids) <= set(key_ids(installation.sealing_keys_file))


def restore_files(
    *,
    places: Places,
    backup: Path,
    manifest: Manifest,
    told: Told,
    exchange_database: Callable[[], None],
    finish: Callable[[], None],
) -> bool:
    """Copy, exchange, finish, in this order; the caller holds the data folder (config.running). Whether something lies aside now.

    `exchange_database` brings a database that is no file, wholly or not at all, or raises UnableToTell; `finish` runs on the new
    data while nobody else can. Raises UnableToRestore, and then the old data is in its place.
    """
    _stage_all(places, backup, manifest, told)
    mark = places.data / UNFINISHED_RESTORE
    with alone(places.part):
        was_marked = mark.exists()
        mark.touch(mode=0o600)
        try:
            exchange_database()
        except UnableToTell:
            shutil.rmtree(places.part, ignore_errors=True)
            raise
        except BaseException:
            if not was_marked:
                mark.unlink()
            shutil.rmtree(places.part, ignore_errors=True)
            raise
        is_aside = _exchange(places)
        finish()
    return is_aside


def refuse_without_room(places: Places, manifest: Manifest) -> None:
    """Raises UnableToRestore before anything is copied."""
    free = free_bytes(places.data)
    if free < manifest.size:
        raise UnableToRestore(
            f"The backup needs {manifest.size / 10**9:.2f} GB and the disk of {places.data} has {free / 10**9:.2f} GB free."
        )


def _stage_all(places: Places, backup: Path, manifest: Manifest, told: Told) -> None:
    """Everything beside the data folder, or nothing. Raises UnableToRestore."""
    try:
        if places.part.exists():
            shutil.rmtree(places.part)
        _stage(places, backup, manifest, told)
        _bring_keys(places, backup, manifest)
    except OSError as error:
        shutil.rmtree(places.part, ignore_errors=True)
        if error.errno in NO_ROOM:
            raise UnableToRestore(f"There is no room left on the disk of {places.data}; nothing was changed.") from error
        raise UnableToRestore(f"{error.filename or places.data}: {error.strerror}. Nothing was changed.") from error
    except BaseException:
        shutil.rmtree(places.part, ignore_errors=True)
        raise


def _stage(places: Places, backup: Path, manifest: Manifest, told: Told) -> None:
    done = 0
    places.part.mkdir(mode=0o700)
    for file in manifest.files:
        is_database = file.path == manifest.database
        if file.path.startswith("keys/") or (is_database and manifest.kind != "sqlite"):
            continue
        target = places.part / ("mooring.sqlite3" if is_database else file.path)
        make_folder(target.parent)
        if copy_file(source=backup / file.path, target=target) != (file.size, file.sha256):
            raise UnableToRestore(f"The backup {backup} is damaged: {file.path} is not what was written. Nothing was changed.")
        done += file.size
        told("copying", done, manifest.size)
    settle(places.part)


def _bring_keys(places: Places, backup: Path, manifest: Manifest) -> None:
    """The backup's own keys where it has them, else those that are there; keys outside the data folder stay unless exchanged."""
    source = backup / "keys" if manifest.has_keys else places.keys
    if not places.has_keys_within:
        if not manifest.has_keys:
            return
        if are_keys_exchanged(places, backup, manifest):
            places.keys.rename(places.keys_aside)
    make_folder(places.staged_keys)
    for name in _KEY_FILES:
        if (source / name).exists() and not (places.staged_keys / name).exists():
            copy_file(source=source / name, target=places.staged_keys / name)
    settle(places.staged_keys)


def _exchange(places: Places) -> bool:
    places.data.rename(places.aside)
    places.part.rename(places.data)
    settle_parent(places.data)
    (places.aside / UNFINISHED_RESTORE).unlink(missing_ok=True)
    if _holds_nothing_else(places):
        shutil.rmtree(places.aside)
        return False
    return True


def settle_parent(path: Path) -> None:
    """Force the names beside `path` to the disk."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _holds_nothing_else(places: Places) -> bool:
    """The folder moved aside has nothing but keys that are in the new one, too."""
    for path in places.aside.rglob("*"):
        again = places.data / path.relative_to(places.aside)
        if path.is_file() and path.name not in _OURS and not (again.is_file() and again.read_bytes() == path.read_bytes()):
            return False
    return True
