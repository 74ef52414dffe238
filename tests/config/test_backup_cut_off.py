"""A backup and a restore that are killed at one step after the other: what was there is never lost, half is never whole."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from config.cut_off import ended, was_killed
from config.installed import Place
from config.test_backup import all_well, backups, elsewhere, files_of, filled, newest, restored, rows_of, run_beside
from mooring.config.backup.manifest import UnableToReadBackup, read_manifest
from mooring.config.backup.proving import prove

__all__ = ("backups", "filled")


def first_backup(filled: Place, backups: Path) -> Path:
    """The first backup, of which the next one shares the files on customers."""
    for path in (filled.data / "files").iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    all_well(filled.run("backup", str(backups)))
    return newest(backups)


@pytest.mark.parametrize("step", ["open", "os.rename", "os.link"])
def test_a_backup_killed_at_any_step_is_not_taken_for_a_whole_one(filled: Place, backups: Path, step: str) -> None:
    first = first_backup(filled, backups)
    number = 1
    while was_killed(filled, step, number, backups, "backup", str(backups), "--with-keys", "--keep", "1"):
        assert first.exists() or newest(backups) != first
        for path in backups.iterdir():
            if path.is_dir() and path.name.endswith(".unfinished"):
                with pytest.raises(UnableToReadBackup):
                    read_manifest(path)
            elif path.is_dir():
                prove(backup=path, manifest=read_manifest(path), told=lambda *_how_far: None)
        number += 1
    assert number > 2
    assert [path.name for path in backups.iterdir() if path.is_dir()] == [newest(backups).name]
    all_well(restored(newest(backups), elsewhere(filled)))


def test_ctrl_c_leaves_no_half_backup(filled: Place, backups: Path) -> None:
    first = first_backup(filled, backups)
    for step in ("open", "os.link", "sqlite3.connect"):
        number = 1
        while (told := ended(filled, step, number, backups, "backup", str(backups), by=signal.SIGINT))[0]:
            assert told[0] == 1, told[1]
            assert [path for path in backups.iterdir() if path.is_dir()] == [first]
            number += 1
        assert number > 2 or step == "sqlite3.connect"
        shutil.rmtree(newest(backups))


@pytest.mark.parametrize(("step", "stride"), [("open", 3), ("os.rename", 1)])
def test_a_restore_killed_at_any_step_loses_nothing(filled: Place, backups: Path, step: str, stride: int) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    before, before_files = rows_of(filled.data / "mooring.sqlite3"), files_of(filled.data)
    run_beside(filled, 4).wait()
    later, later_files = rows_of(filled.data / "mooring.sqlite3"), files_of(filled.data)
    within, number = filled.data.parent, 1
    while was_killed(filled, step, number, within, "restore", str(newest(backups)), "--replace", "--yes"):
        asides = list(within.glob("data.before-restore-*"))
        there = [folder for folder in (filled.data, *asides) if (folder / "mooring.sqlite3").exists()]
        assert any((rows_of(folder / "mooring.sqlite3"), files_of(folder)) == (later, later_files) for folder in there)
        if not filled.data.exists():
            refused = filled.run("init")
            assert (refused.status, "mooring restore" in refused.complained) == (2, True)
        number += stride
    assert number > 2
    assert (rows_of(filled.data / "mooring.sqlite3"), files_of(filled.data)) == (before, before_files)
    assert filled.run("check", "--quiet").said == ""


def test_nothing_starts_while_database_and_files_do_not_belong_together(filled: Place) -> None:
    (filled.data / "restore-unfinished").touch()
    refused = filled.run("staff", "list")
    assert (refused.status, "mooring restore" in refused.complained) == (2, True)
    assert "cut off" in filled.run("check", "--quiet").said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else than the owner and still write there")
def test_what_the_owner_could_not_read_is_not_restored(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    shutil.chown(filled.data, "nobody")
    refused = restored(newest(backups), filled, "--replace", "--yes")
    assert (refused.status, "another user" in refused.complained) == (1, True)
