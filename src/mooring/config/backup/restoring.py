"""Bringing a backup back: everything is copied beside the data folder first, then the two are exchanged.

What was there before is moved aside and never deleted. Killed at any moment, either the old data folder or the new one is whole,
and nothing is lost. The new data comes with a mark that keeps Mooring from starting until it was finished, and the old data has
one while database and files may not belong together (config.running). The mark names where the old data goes.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mooring.config.backup.copying import NO_ROOM, Told, copy_file, free_bytes, make_folder, settle, settle_names, write_file
from mooring.config.backup.making import key_ids
from mooring.config.backup.manifest import Manifest, name_of
from mooring.config.backup.proving import UnableToRestore, UnableToTell, prove
from mooring.config.installation import Installation
from mooring.config.running import ASIDE, IN_USE, STAGED, UNFINISHED_RESTORE, alone

_OURS: Final = (IN_USE, UNFINISHED_RESTORE, "worker-beat", "lost+found")
_KEY_FILES: Final = ("secret_key", "sealing_keys")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go. `keys_part` and `keys_aside` are for keys outside the data folder where the backup brings others."""

    data: Path
    part: Path
    aside: Path
    keys: Path
    keys_aside: Path
    began: str

    @property
    def has_keys_within(self) -> bool:
        """The keys lie in the data folder itself."""
        return self.data in self.keys.parents

    @property
    def staged_keys(self) -> Path:
        """The folder of the keys while everything lies beside the data folder."""
        return self.part / self.keys.relative_to(self.data) if self.has_keys_within else self.keys_part

    @property
    def keys_part(self) -> Path:
        """Beside the keys, where they lie outside the data folder."""
        return self.keys.with_name(f"{self.keys.name}{STAGED}")


def places_of(installation: Installation, *, now: datetime) -> Places:
    """The data folder and its neighbours. Raises UnableToRestore where they cannot be made."""
    data = installation.data
    places = _places(installation, name_of(now))
    while places.aside.exists() or places.keys_aside.exists():
        now += timedelta(seconds=1)
        places = _places(installation, name_of(now))
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
    within = _key_part(places) if places.has_keys_within else ""
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


def put_back(installation: Installation) -> None:
    """After a restore that was killed between two renamings: what was there before comes back into its place."""
    data = installation.data
    part = Path(f"{data}{STAGED}")
    mark = part / UNFINISHED_RESTORE
    if data.exists() or not mark.exists():
        return
    with alone(part):
        _put_back(_places(installation, json.loads(mark.read_text(encoding="utf-8"))["began"]))


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
    data while nobody else can, and when it fails Mooring does not start on that. Raises UnableToRestore, and then the old data
    is in its place.
    """
    clear(places)
    places.part.mkdir(mode=0o700)
    are_new_keys_aside = not places.has_keys_within and are_keys_exchanged(places, backup, manifest)
    made_keys: list[Path] = []
    with alone(places.part):
        try:
            _mark(places.part, places)
            _try_renaming(places, with_keys=are_new_keys_aside)
            _stage_all(places, backup, manifest, told, made_keys)
            is_kept = _is_worth_keeping(places)
            _exchange_all(places, exchange_database, with_keys=are_new_keys_aside, is_file=manifest.kind == "sqlite")
        except BaseException:
            for path in made_keys:
                path.unlink(missing_ok=True)
            clear(places)
            raise
        finish()
        (places.data / UNFINISHED_RESTORE).unlink()
        settle_names(places.data)
    (places.aside / UNFINISHED_RESTORE).unlink(missing_ok=True)
    if not is_kept:
        shutil.rmtree(places.aside, ignore_errors=True)
    return is_kept


def clear(places: Places) -> None:
    """Take away what a restore that was cut off copied, so that its room is free again."""
    shutil.rmtree(places.part, ignore_errors=True)
    if not places.has_keys_within:
        shutil.rmtree(places.keys_part, ignore_errors=True)


def refuse_without_room(places: Places, manifest: Manifest) -> None:
    """Raises UnableToRestore before anything is copied."""
    free = free_bytes(places.data)
    needed = _those_copied(manifest).size
    if free < needed:
        raise UnableToRestore(
            f"The backup needs {needed / 10**9:.2f} GB and the disk of {places.data} has {free / 10**9:.2f} GB free."
        )


def prove_what_is_not_copied(*, backup: Path, manifest: Manifest, told: Told) -> None:
    """Every other file is proven while it is copied, before anything is exchanged. Raises UnableToRestore."""
    copied = {file.path for file in _those_copied(manifest).files}
    others = tuple(file for file in manifest.files if file.path not in copied)
    prove(backup=backup, manifest=replace(manifest, files=others), told=told)


def _places(installation: Installation, stamp: str) -> Places:
    data, keys = installation.data, installation.keys
    ending = f"{ASIDE}{stamp}"
    return Places(
        data, Path(f"{data}{STAGED}"), Path(f"{data}{ending}"), keys, keys.with_name(f"{keys.name}{ending}"), began=stamp
    )


def _mark(folder: Path, places: Places) -> None:
    """Safe on the disk, with where the old data goes."""
    mark = folder / UNFINISHED_RESTORE
    write_file(target=mark, text=json.dumps({"began": places.began, "aside": str(places.aside)}))
    settle_names(folder)


def _try_renaming(places: Places, *, with_keys: bool) -> None:
    """There and back, before anything else is touched: what is mounted cannot be. Raises UnableToRestore."""
    try:
        places.data.rename(places.aside)
        if with_keys:
            places.keys.rename(places.keys_aside)
    except OSError as error:
        raise UnableToRestore(
            f"{error.filename} cannot be moved aside ({error.strerror}): it is mounted, or the folder above it belongs to "
            "another user. Nothing was changed."
        ) from error
    finally:
        _put_back(places)


def _exchange_all(places: Places, exchange_database: Callable[[], None], *, with_keys: bool, is_file: bool) -> None:
    mark = places.data / UNFINISHED_RESTORE
    was_marked = mark.exists()
    if not was_marked:
        _mark(places.data, places)
    try:
        exchange_database()
    except UnableToTell:
        raise
    except BaseException:
        if not was_marked:
            mark.unlink()
        raise
    try:
        _exchange(places, with_keys=with_keys)
    except BaseException:
        _put_back(places)
        if is_file and not was_marked and not places.aside.exists():
            mark.unlink()
        raise


def _exchange(places: Places, *, with_keys: bool) -> None:
    """The keys while there is no data folder, so that nothing starts without them, nor makes new ones."""
    places.data.rename(places.aside)
    if with_keys:
        places.keys.rename(places.keys_aside)
        places.keys_part.rename(places.keys)
        settle_names(places.keys.parent)
    places.part.rename(places.data)
    settle_names(places.data.parent)


def _put_back(places: Places) -> None:
    """What was moved aside comes back, as long as no new data has taken its place."""
    if places.data.exists() or not places.aside.exists():
        return
    if not places.has_keys_within and places.keys_aside.exists():
        if places.keys.exists():
            places.keys.rename(places.keys_part)
        places.keys_aside.rename(places.keys)
        settle_names(places.keys.parent)
    places.aside.rename(places.data)
    settle_names(places.data.parent)


def _stage_all(places: Places, backup: Path, manifest: Manifest, told: Told, made_keys: list[Path]) -> None:
    """Everything beside the data folder, or nothing. Raises UnableToRestore."""
    try:
        _stage(places, backup, manifest, told)
        _bring_keys(places, backup, manifest, made_keys)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise UnableToRestore(f"There is no room left on the disk of {places.data}; nothing was changed.") from error
        raise UnableToRestore(f"{error.filename or places.data}: {error.strerror}. Nothing was changed.") from error


def _those_copied(manifest: Manifest) -> Manifest:
    files = [file for file in manifest.files if not file.path.startswith("keys/")]
    return replace(manifest, files=tuple(file for file in files if file.path != manifest.database or manifest.kind == "sqlite"))


def _stage(places: Places, backup: Path, manifest: Manifest, told: Told) -> None:
    copied = _those_copied(manifest)
    done = 0
    for file in copied.files:
        target = places.part / ("mooring.sqlite3" if file.path == manifest.database else file.path)
        make_folder(target.parent)
        if copy_file(source=backup / file.path, target=target) != (file.size, file.sha256):
            clear(places)
            prove(backup=backup, manifest=manifest, told=told)
            raise UnableToRestore(f"The backup {backup} is damaged: {file.path} is not what was written. Nothing was changed.")
        done += file.size
        told("copying", done, copied.size)
    settle(places.part)


def _bring_keys(places: Places, backup: Path, manifest: Manifest, made: list[Path]) -> None:
    """The backup's own keys where it has them, else those that are there. Keys outside the data folder stay unless the backup has
    others; what is only missing there is put there, and noted in `made`."""
    source = backup / "keys" if manifest.has_keys else places.keys
    if not places.has_keys_within and not manifest.has_keys:
        return
    is_only_missing = not places.has_keys_within and not are_keys_exchanged(places, backup, manifest)
    target = places.keys if is_only_missing else places.staged_keys
    make_folder(target)
    for name in _KEY_FILES:
        if (source / name).exists() and not (target / name).exists():
            if is_only_missing:
                made.append(target / name)
            copy_file(source=source / name, target=target / name)
    settle(target)


def _is_worth_keeping(places: Places) -> bool:
    """Whether the data folder has anything but keys that the new one has, too. A link, or what cannot be read, is something."""
    if present_data(places):
        return True
    if not places.has_keys_within:
        return False
    return any(not _is_again(path, places) for path in (places.data / _key_part(places)).rglob("*"))


def _is_again(path: Path, places: Places) -> bool:
    again = places.part / path.relative_to(places.data)
    try:
        if path.is_symlink():
            return False
        if path.is_dir():
            return os.access(path, os.R_OK | os.X_OK)
        return again.is_file() and filecmp.cmp(path, again, shallow=False)
    except OSError:
        return False


def _key_part(places: Places) -> str:
    """The folder right below the data folder in which the keys lie."""
    return places.keys.relative_to(places.data).parts[0]
