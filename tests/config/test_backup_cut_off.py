"""A backup and a restore that are killed at one step after the other: what was there is never lost, half is never whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.installed import Place
from config.test_backup import all_well, backups, elsewhere, files_of, filled, newest, restored, rows_of, run_beside

__all__ = ("backups", "filled")

KILLED_AT = """
import os, signal, sys
step, left, within = sys.argv[1], int(sys.argv[2]), sys.argv[3]

def watch(event, arguments):
    global left
    if event == step and any(within in str(each) for each in arguments):
        if event != "open" or arguments[2] & os.O_CREAT:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
sys.argv = ["mooring", *sys.argv[4:]]
from mooring.config.cli import main
main()
"""
"""Ends itself right before the so-many-th renaming or making of a file, or opening of a database, below a folder."""


def was_killed(place: Place, step: str, number: int, within: Path, *arguments: str) -> bool:
    words = [sys.executable, "-c", KILLED_AT, step, str(number), str(within), *arguments]
    done = subprocess.run(words, env=place.surroundings(), capture_output=True, cwd="/", check=False)
    assert done.returncode in (-signal.SIGKILL, 0), done.stderr.decode()
    return done.returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("step", ["open", "os.rename", "os.link"])
def test_a_backup_killed_at_any_step_is_not_taken_for_a_whole_one(filled: Place, backups: Path, step: str) -> None:
    long_ago = 1_600_000_000
    for path in (filled.data / "files").iterdir():
        os.utime(path, (long_ago, long_ago))
    all_well(filled.run("backup", str(backups)))
    first = newest(backups)
    number = 1
    while was_killed(filled, step, number, backups, "backup", str(backups), "--with-keys", "--keep", "1"):
        assert first.exists() or newest(backups) != first
        for path in backups.iterdir():
            if path.is_dir() and path.name.endswith(".unfinished"):
                assert restored(path, elsewhere(filled)).status == 1
            elif path.is_dir():
                all_well(filled.run("restore", str(path), "--check"))
        number += 1
    assert number > 2
    assert [path.name for path in backups.iterdir() if path.is_dir()] == [newest(backups).name]
    all_well(restored(newest(backups), elsewhere(filled)))


@pytest.mark.slow
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
            ended = filled.run("init")
            assert (ended.status, "mooring restore" in ended.complained) == (2, True)
        number += stride
    assert number > 2
    assert (rows_of(filled.data / "mooring.sqlite3"), files_of(filled.data)) == (before, before_files)
    assert filled.run("check", "--quiet").said == ""


def test_nothing_starts_while_database_and_files_do_not_belong_together(filled: Place) -> None:
    (filled.data / "restore-unfinished").touch()
    ended = filled.run("staff", "list")
    assert (ended.status, "mooring restore" in ended.complained) == (2, True)
    assert "cut off" in filled.run("check", "--quiet").said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else than the owner and still write there")
def test_what_the_owner_could_not_read_is_not_restored(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    shutil.chown(filled.data, "nobody")
    ended = restored(newest(backups), filled, "--replace", "--yes")
    assert (ended.status, "another user" in ended.complained) == (1, True)
