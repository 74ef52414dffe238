"""Bringing a backup back where something goes wrong in the middle: what was there stays or comes back."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.cut_off import was_killed
from config.installed import Place
from config.test_backup import all_well, backups, changed_manifest, filled, newest, restored, rows_of
from mooring.config import running
from mooring.config.backup.copying import digest_of
from mooring.config.backup.manifest import BackedUpFile, Manifest, UnableToReadBackup, as_text, read_manifest
from mooring.config.backup.proving import UnableToRestore
from mooring.config.backup.restoring import places_of, put_back, restore_files
from mooring.config.installation import BadInstallation, Installation, read_installation
from mooring.config.running import alone, note_running

__all__ = ("backups", "filled")

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
KEY_FILES = ("secret_key", "sealing_keys")


class Cut(BaseException):
    """As a kill: nothing after it is done."""


@pytest.fixture(params=["keys within", "keys outside"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """Data and keys that a restore would exchange."""
    outside = {"MOORING_KEYS": str(tmp_path / "elsewhere" / "keys")} if request.param == "keys outside" else {}
    installation = read_installation({"MOORING_DATA": str(tmp_path / "data"), **outside})
    fill(installation.data, "mooring.sqlite3", installation.keys, "old")
    return installation


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Manifest]:
    """A backup with keys."""
    backup = tmp_path / "backup"
    fill(backup, "database.sqlite3", backup / "keys", "new")
    names = ("database.sqlite3", *(f"keys/{name}" for name in KEY_FILES))
    files = tuple(BackedUpFile(name, *digest_of(backup / name)) for name in names)
    by_path = {file.path: file for file in files}
    return backup, Manifest(NOW, "sqlite", "database.sqlite3", "SQLite", (), {}, (), files, by_path=by_path)


def fill(folder: Path, database: str, keys: Path, text: str) -> None:
    keys.mkdir(parents=True)
    folder.mkdir(exist_ok=True)
    (folder / database).write_text(f"{text} rows")
    for name in KEY_FILES:
        (keys / name).write_text(f"{text} {name}")


def held_by(installation: Installation) -> set[str]:
    paths = [installation.data / "mooring.sqlite3", *(installation.keys / name for name in KEY_FILES)]
    return {path.read_text().partition(" ")[0] for path in paths}


def bring_back(
    installation: Installation,
    made: tuple[Path, Manifest],
    exchange_database: Callable[[], None] = lambda: None,
    finish: Callable[[], None] = lambda: None,
) -> bool:
    backup, manifest = made
    return restore_files(
        places=places_of(installation, now=NOW),
        backup=backup,
        manifest=manifest,
        told=lambda _what, _done, _total: None,
        exchange_database=exchange_database,
        finish=finish,
    )


def beside(installation: Installation) -> set[str]:
    return {path.name for folder in (installation.data, installation.keys) for path in folder.parent.iterdir()}


def test_data_and_keys_are_exchanged_together(there: Installation, made: tuple[Path, Manifest]) -> None:
    assert bring_back(there, made)
    assert held_by(there) == {"new"}
    aside = Path(f"{there.data}.before-restore-2026-11-26T180000Z")
    assert (aside / "mooring.sqlite3").read_text() == "old rows"
    keys = aside / "keys" if there.data in there.keys.parents else there.keys.with_name("keys.before-restore-2026-11-26T180000Z")
    assert (keys / "secret_key").read_text() == "old secret_key"
    assert not list(there.data.parent.rglob("*restore-unfinished"))


def test_keys_stay_when_the_database_cannot_be_exchanged(there: Installation, made: tuple[Path, Manifest]) -> None:
    before = beside(there)

    def refuse() -> None:
        raise UnableToRestore("The server says no.")

    with pytest.raises(UnableToRestore):
        bring_back(there, made, exchange_database=refuse)
    assert held_by(there) == {"old"}
    assert beside(there) == before
    assert not (there.data / "restore-unfinished").exists()


def test_the_new_data_is_marked_until_it_was_finished(there: Installation, made: tuple[Path, Manifest]) -> None:
    seen = []

    def cut() -> None:
        seen.append((there.data / "restore-unfinished").exists())
        raise Cut

    with pytest.raises(Cut):
        bring_back(there, made, finish=cut)
    assert seen == [True]
    assert held_by(there) == {"new"}
    assert json.loads((there.data / "restore-unfinished").read_text())["aside"].endswith("2026-11-26T180000Z")


@pytest.mark.parametrize("number", range(1, 9))
def test_killed_between_two_renamings_what_was_there_comes_back(
    there: Installation, made: tuple[Path, Manifest], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    really = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if len(done) >= number:  # whatever is cleared up in the program itself fails, too
            raise Cut
        done.append(path)
        return really(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        patched.setattr("mooring.config.backup.restoring.shutil.rmtree", lambda *_paths, **_ways: None)
        is_cut = False
        try:
            bring_back(there, made)
        except Cut:
            is_cut = True
    put_back(there)
    assert len(held_by(there)) == 1
    assert (there.data / "restore-unfinished").exists() or held_by(there) == {"old"} or not is_cut
    bring_back(there, made)
    assert held_by(there) == {"new"}
    assert any(path.read_text() == "old rows" for path in there.data.parent.glob("data.before-restore-*/mooring.sqlite3"))


def test_what_cannot_be_renamed_is_refused_before_the_database_is_touched(
    there: Installation, made: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = beside(there)

    def rename(path: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(UnableToRestore, match="cannot be moved aside"):
        bring_back(there, made, exchange_database=lambda: pytest.fail("the database was touched"))
    assert held_by(there) == {"old"}
    assert beside(there) == before


def test_a_link_among_the_keys_alone_is_kept(there: Installation, made: tuple[Path, Manifest]) -> None:
    (there.data / "mooring.sqlite3").unlink()
    for name in KEY_FILES:
        (there.keys / name).write_text(f"new {name}")
    is_within = there.data in there.keys.parents
    if is_within:
        (there.keys / "copy").symlink_to("/nowhere")
    assert bring_back(there, made) is is_within


def test_a_large_file_that_was_there_is_not_read(
    there: Installation, made: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        assert "sqlite3" not in path.name
        return really(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert bring_back(there, made)


def test_a_restore_killed_before_sessions_ended_starts_nothing(filled: Place, backups: Path) -> None:
    with closing(sqlite3.connect(filled.data / "mooring.sqlite3")) as opened, opened:
        opened.execute("INSERT INTO django_session VALUES ('k', 'd', '2999-01-01')")
    all_well(filled.run("backup", str(backups), "--with-keys"))
    before = rows_of(filled.data / "mooring.sqlite3")
    again = ("restore", str(newest(backups)), "--replace", "--yes")
    assert was_killed(filled, "sqlite3.connect", 1, filled.data, *again)
    (aside,) = filled.data.parent.glob("data.before-restore-*")
    assert rows_of(aside / "mooring.sqlite3") == before
    ended = filled.run("staff", "list")
    assert (ended.status, "mooring restore" in ended.complained) == (2, True)
    all_well(filled.run(*again))
    with closing(sqlite3.connect(filled.data / "mooring.sqlite3")) as opened:
        assert opened.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


def test_new_data_that_cannot_be_made_ready_starts_nothing(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    database = newest(backups) / "database.sqlite3"
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("DROP TABLE customers_portalsession")
    size, digest = digest_of(database)
    files = json.loads((newest(backups) / "manifest.json").read_text())["files"]
    told = [each | ({"size": size, "sha256": digest} if each["path"] == database.name else {}) for each in files]
    changed_manifest(newest(backups), files=told)
    ended = restored(newest(backups), filled, "--replace", "--yes")
    (aside,) = filled.data.parent.glob("data.before-restore-*")
    assert (ended.status != 0, str(aside) in ended.complained) == (True, True)
    assert filled.run("staff", "list").status == 2


@pytest.mark.parametrize(
    "name",
    ["//etc/hostname", "/etc/x", "originals/../../evil", "originals//x", "files/a\0b", "manifest.json", "keys/other", "in-use"],
)
def test_only_files_of_a_backup_are_named_by_a_manifest(made: tuple[Path, Manifest], name: str) -> None:
    backup, manifest = made
    (backup / "manifest.json").write_text(as_text(manifest))
    read_manifest(backup)
    changed_manifest(backup, files=[{"path": name, "size": 1, "sha256": "0"}, *json.loads(as_text(manifest))["files"]])
    with pytest.raises(UnableToReadBackup, match="damaged"):
        read_manifest(backup)


def test_a_data_folder_that_is_still_to_be_made_is_held_from_its_beginning(tmp_path: Path) -> None:
    data = tmp_path / "fresh" / "data"
    note_running(data)
    assert not data.exists()
    data.mkdir(parents=True)
    with alone(data), pytest.raises(BadInstallation, match="being restored"):
        note_running(data, makes_it=True)


def test_whoever_opened_the_lock_of_a_folder_that_was_moved_aside_takes_that_of_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    really = running._opened
    opened = []

    def open_late(folder: Path) -> int:
        descriptor = really(folder)
        if not opened:
            folder.rename(tmp_path / "aside")
            folder.mkdir()
        opened.append(descriptor)
        return descriptor

    monkeypatch.setattr(running, "_opened", open_late)
    note_running(data)
    assert len(opened) == 2
    with pytest.raises(running.InUse):
        running.alone(data).__enter__()
