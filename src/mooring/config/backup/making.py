"""Making a backup while Mooring runs: first the database, then the files, last of all the manifest.

A row is only ever written after its bytes are safe, so that files a little newer than the database lack nothing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mooring.config.backup.copying import (
    NO_ROOM,
    Base,
    Copied,
    Told,
    copy_file,
    copy_folder,
    digest_of,
    settle,
    settle_names,
    write_file,
)
from mooring.config.backup.facts import Facts, lacks
from mooring.config.backup.manifest import (
    MANIFEST,
    UNFINISHED,
    BackedUpFile,
    Manifest,
    as_text,
    latest_name,
    name_of,
    readable_backups,
    unfinished_backups,
    what_it_lost,
)
from mooring.config.backup.postgresql_copy import DUMP_FILE, dump_postgresql
from mooring.config.backup.postgresql_tools import database_of
from mooring.config.backup.sqlite_copy import DATABASE_FILE, UnableToCopyDatabase, copy_sqlite, facts_of
from mooring.config.installation import Installation

_LOCK: Final = "lock"


class UnableToBackUp(Exception):
    """There is no new backup, and those before are as they were; fit for an administrator."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup. `new_bytes` are those that it does not share with the one before, `unlinked` the files for which the file system
    refused the link that would share them."""

    path: Path
    manifest: Manifest
    new_bytes: int
    unlinked: int


@dataclass(frozen=True, slots=True)
class _Database:
    file: str
    kind: str
    tool: str
    facts: Facts
    flaws: list[str]


@contextmanager
def alone_in(folder: Path, *, data: Path) -> Iterator[None]:
    """Make the folder of backups, but none above it, and keep others from writing there. Raises UnableToBackUp."""
    folder = folder.resolve()
    if folder == data or data in folder.parents:
        raise UnableToBackUp(f"{folder} lies in the data folder itself: what destroys that would take the backups along.")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError as error:
        raise UnableToBackUp(
            f"{folder.parent} is not there. If it lies on another disk, mount that, else make the folder."
        ) from error
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UnableToBackUp(f"Another backup into {folder} is under way.") from error
    finally:
        os.close(descriptor)


def make_backup(*, installation: Installation, folder: Path, with_keys: bool, now: datetime, told: Told) -> Made:
    """One more backup in `folder`, which the caller holds (alone_in). Raises UnableToBackUp and leaves nothing.

    Its name is the last of all names there, even where the clock went back.
    """
    for left in unfinished_backups(folder):
        _clear_away(left)
    latest = latest_name(folder)
    name = name_of(now if latest is None else max(now, latest + timedelta(seconds=1)))
    part = folder / f"{name}{UNFINISHED}"
    try:
        part.mkdir(mode=0o700)
        made = _filled(installation, part, _base(folder), with_keys, now, told)
        part.rename(folder / name)
        settle(folder / name)
        settle_names(folder)
    except UnableToCopyDatabase as error:
        raise UnableToBackUp(_no_room(folder) if error.is_full else str(error)) from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise UnableToBackUp(_no_room(folder)) from error
        raise UnableToBackUp(f"{error.filename or folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return replace(made, path=folder / name)


def remove_older(*, folder: Path, keep: int, made: Made, say: Callable[[str], object]) -> None:
    """Take away backups until `keep` of the newest whole ones are left, `made` among them whatever the names say.

    Whole is one whose files are all there, with their sizes, and that lacked nothing when it was made. What lacked something goes
    when it is older than the oldest kept; what was damaged since, or cannot be read, stays and is told. One half taken away does
    not look whole. Raises OSError.
    """
    kept, going = 1, []
    for path, manifest in reversed(readable_backups(folder).items()):
        if path == made.path:
            continue
        if lost := what_it_lost(path, manifest):
            say(f"The backup {path} is not counted: {lost} is not what it was.")
        elif kept >= keep:
            going.append(path)
        elif not manifest.flaws:
            kept += 1
    for path in reversed(going):
        _remove(path)
        say(f"Removed the older backup {path}.")


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
        return
    going = path.with_name(path.name + UNFINISHED)
    path.rename(going)
    shutil.rmtree(going)


def _clear_away(left: Path) -> None:
    """As far as it can be: what stays prevents no backup."""
    with suppress(OSError):
        if left.is_symlink():
            left.unlink()
        else:
            shutil.rmtree(left)


def _filled(installation: Installation, part: Path, base: Base | None, with_keys: bool, now: datetime, told: Told) -> Made:
    database = (_dumped if installation.database_url else _copied_sqlite)(installation, part, told)
    if base is not None and base.manifest.installation not in ("", database.facts.installation):
        raise UnableToBackUp(f"{base.folder} is a backup of another installation. Give each a folder of its own.")
    size, digest = digest_of(part / database.file)
    copied = Copied([BackedUpFile(database.file, size, digest)], new_bytes=size, flaws=database.flaws)
    for source in (installation.attached, installation.files, installation.originals):  # those first of which some may go
        copy_folder(source=source, into=part, name=source.name, base=base, copied=copied, told=told)
    if installation.demo_mark.exists():
        _take(installation.demo_mark, part, installation.demo_mark.name, copied)
    if with_keys:
        (part / "keys").mkdir(mode=0o700)
        for key in (installation.secret_key_file, installation.sealing_keys_file):
            _take(key, part, f"keys/{key.name}", copied)
    manifest = Manifest(
        made_at=now,
        kind=database.kind,
        database=database.file,
        tool=database.tool,
        migrations=database.facts.migrations,
        counts=database.facts.counts,
        sealing_key_ids=key_ids(installation.sealing_keys_file),
        files=tuple(copied.files),
        flaws=(*copied.flaws, *lacks(database.facts.needs, copied.files)),
        installation=database.facts.installation,
    )
    settle(part)
    write_file(target=part / f"{MANIFEST}.new", text=as_text(manifest))
    (part / f"{MANIFEST}.new").rename(part / MANIFEST)
    return Made(part, manifest, copied.new_bytes, copied.unlinked)


def key_ids(sealing_keys: Path) -> tuple[str, ...]:
    """The names of the keys, without their secrets; none where the file cannot be read."""
    try:
        lines = sealing_keys.read_text(encoding="ascii").splitlines()
    except OSError:
        return ()
    return tuple(line.partition(":")[0] for line in lines if ":" in line and not line.startswith("#"))


def _copied_sqlite(installation: Installation, part: Path, told: Told) -> _Database:
    target = part / DATABASE_FILE
    flaws = copy_sqlite(source=installation.data / "mooring.sqlite3", target=target, told=told)
    return _Database(DATABASE_FILE, "sqlite", f"SQLite {sqlite3.sqlite_version}", facts_of(target), flaws)


def _dumped(installation: Installation, part: Path, told: Told) -> _Database:
    dumped = dump_postgresql(database=database_of(installation), target=part / DUMP_FILE, told=told)
    return _Database(DUMP_FILE, "postgresql", dumped.tool, dumped.facts, [])


def _take(source: Path, part: Path, below: str, copied: Copied) -> None:
    size, digest = copy_file(source=source, target=part / below)
    copied.files.append(BackedUpFile(below, size, digest))
    copied.new_bytes += size


def _base(folder: Path) -> Base | None:
    backups = readable_backups(folder)
    return Base(*backups.popitem()) if backups else None


def _no_room(folder: Path) -> str:
    return f"There is no room left for a backup on the disk of {folder}. The backups that are there are as they were."
