"""What a backup says of itself: `manifest.json`, written last, without which a folder is no backup.

A backup is a folder named for its time, such as 2026-11-26T163000Z, in the folder that holds them all. While it is made, or taken
away, its name ends in .unfinished.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mooring import __version__

MANIFEST: Final = "manifest.json"
UNFINISHED: Final = ".unfinished"
FORMAT: Final = 1
_NAME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")
_FILE: Final = re.compile(
    r"database\.(sqlite3|dump)|demo|keys/(secret_key|sealing_keys)|(originals|attached|files)(/[^/\x00-\x1f\x7f]+)+"
)


class UnableToReadBackup(Exception):
    """The folder is no whole backup, or one that this version does not understand; fit for an administrator."""


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """A file of a backup. `path` is below the backup's folder, with slashes; `changed_ns` is when its source was last changed, in
    nanoseconds, or None where that was so recent that the clock of the file system cannot tell a later change from it."""

    path: str
    size: int
    sha256: str
    changed_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """`kind` is sqlite or postgresql, `tool` what copied the database; `sealing_key_ids` name the keys without their secrets.

    `flaws` say in words what was wrong already when it was made: files that the database needs and that could not be read, or a
    database that is damaged. `installation` is backup.facts.Facts.installation.
    """

    made_at: datetime
    kind: str
    database: str
    tool: str
    migrations: tuple[str, ...]
    counts: dict[str, int]
    sealing_key_ids: tuple[str, ...]
    files: tuple[BackedUpFile, ...]
    version: str = __version__
    flaws: tuple[str, ...] = ()
    installation: str = ""
    by_path: dict[str, BackedUpFile] = field(default_factory=dict, compare=False)

    @property
    def has_keys(self) -> bool:
        """Whether the keys were asked for."""
        return any(file.path.startswith("keys/") for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def as_text(manifest: Manifest) -> str:
    """The manifest as it is written."""
    said = {name: value for name, value in asdict(manifest).items() if name != "by_path"}
    return json.dumps({"mooring_backup": FORMAT, **said, "made_at": manifest.made_at.isoformat()}, indent=1)


def read_manifest(backup: Path) -> Manifest:
    """Raises UnableToReadBackup."""
    try:
        said = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UnableToReadBackup(_what_lacks(backup)) from error
    except (OSError, ValueError) as error:
        raise UnableToReadBackup(f"{backup / MANIFEST} is damaged or cannot be read ({error}). Take another backup.") from error
    if backup.name.endswith(UNFINISHED):
        raise UnableToReadBackup(_what_lacks(backup))
    if not isinstance(said, dict) or said.get("mooring_backup") != FORMAT:
        raise UnableToReadBackup(f"{backup} is not a backup that this version of Mooring understands; a newer one may.")
    try:
        return _manifest(said)
    except (KeyError, TypeError, ValueError) as error:
        raise UnableToReadBackup(f"{backup / MANIFEST} is damaged ({error}). Take another backup.") from error


def whole_backups(folder: Path) -> list[Path]:
    """Those in `folder` whose manifest can be read, oldest first."""
    return list(readable_backups(folder))


def readable_backups(folder: Path) -> dict[Path, Manifest]:
    """As whole_backups, with what they say of themselves."""
    found = {}
    for path in sorted(path for path in _named(folder, "") if path.is_dir()):
        with suppress(UnableToReadBackup):
            found[path] = read_manifest(path)
    return found


def latest_name(folder: Path) -> datetime | None:
    """The time that the newest name in `folder` tells, of a whole backup or not; None where there is none."""
    names = [path.name.removesuffix(UNFINISHED) for ending in ("", UNFINISHED) for path in _named(folder, ending)]
    return max((datetime.strptime(name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) for name in names), default=None)


def what_it_lost(backup: Path, manifest: Manifest) -> str:
    """The first file of a backup that is no longer there, or has another size; empty where none is."""
    for file in manifest.files:
        try:
            is_there = (backup / file.path).stat().st_size == file.size
        except OSError:
            is_there = False
        if not is_there:
            return file.path
    return ""


def unfinished_backups(folder: Path) -> list[Path]:
    """What was left by a backup that was killed."""
    return sorted(_named(folder, UNFINISHED))


def name_of(now: datetime) -> str:
    """The name of a backup begun at this time, in UTC."""
    return f"{now:%Y-%m-%dT%H%M%SZ}"


def _named(folder: Path, ending: str) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.endswith(ending) and _NAME.fullmatch(path.name.removesuffix(ending)):
            yield path


def _what_lacks(backup: Path) -> str:
    if backup.name.endswith(UNFINISHED):
        return f"{backup} was never finished: it is not a whole backup."
    within = whole_backups(backup) if backup.is_dir() else []
    if within:
        return f"{backup} holds {len(within)} backups; name one of them, the newest is {within[-1]}."
    return f"{backup} is not a backup: there is no {MANIFEST} in it."


def _manifest(said: dict[str, Any]) -> Manifest:
    files = tuple(BackedUpFile(**each) for each in said["files"])
    for file in files:
        is_ours = isinstance(file.path, str) and _FILE.fullmatch(file.path) and not {".", ".."} & set(file.path.split("/"))
        if not is_ours or not isinstance(file.size, int):
            raise ValueError(f"it names {file.path!r}")
    manifest = Manifest(
        made_at=datetime.fromisoformat(said["made_at"]),
        kind=said["kind"],
        database=said["database"],
        tool=said["tool"],
        migrations=tuple(said["migrations"]),
        counts=dict(said["counts"]),
        sealing_key_ids=tuple(said["sealing_key_ids"]),
        files=files,
        version=said["version"],
        flaws=tuple(said.get("flaws", ())),
        installation=said.get("installation", ""),
        by_path={file.path: file for file in files},
    )
    if manifest.kind not in ("sqlite", "postgresql") or manifest.database not in manifest.by_path:
        raise ValueError("it names no database")
    return manifest
