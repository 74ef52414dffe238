"""A backup that lacks what its database needs is told, marked, and never counted among the whole ones."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from config.installed import Ended, Place
from config.test_backup import all_well, backups, elsewhere, filled, newest, restored

__all__ = ("backups", "filled")

as_root = os.geteuid() == 0


def folders_in(backups: Path) -> list[Path]:
    return sorted(path for path in backups.iterdir() if path.is_dir())


def is_told(ended: Ended, *words: str) -> None:
    assert ended.status == 1
    assert all(word in ended.complained for word in words), ended.complained


def test_originals_that_are_not_there_are_told_and_no_backup_is_removed(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    (filled.data / "originals").rename(filled.data.parent / "not mounted")
    for _night in range(2):
        is_told(filled.run("backup", str(backups), "--keep", "1"), "originals/00000001.pack", "it is missing")
    assert len(folders_in(backups)) == 3
    is_told(restored(newest(backups), elsewhere(filled), "--check"), "originals/00000001.pack")
    all_well(restored(folders_in(backups)[0], elsewhere(filled), "--check"))


def test_a_pack_that_is_too_short_is_told(filled: Place, backups: Path) -> None:
    os.truncate(filled.data / "originals" / "00000001.pack", 5000)
    is_told(filled.run("backup", str(backups), "--quiet"), "00000001.pack: it has 5000 bytes")


def test_a_file_on_a_customer_that_is_missing_is_told(filled: Place, backups: Path) -> None:
    lost = next(path for path in (filled.data / "files").iterdir() if len(path.name) == 64)
    lost.unlink()
    is_told(filled.run("backup", str(backups)), f"files/{lost.name}: it is missing")


def test_a_pack_that_lies_on_another_disk_is_copied(filled: Place, backups: Path) -> None:
    pack = filled.data / "originals" / "00000001.pack"
    larger = filled.data.parent / "larger.pack"
    shutil.move(pack, larger)
    pack.symlink_to(larger)
    all_well(filled.run("backup", str(backups)))
    copy = newest(backups) / "originals" / pack.name
    assert not copy.is_symlink()
    assert copy.read_bytes() == larger.read_bytes()


@pytest.mark.skipif(as_root, reason="root reads everything")
def test_originals_that_may_not_be_read_are_told(filled: Place, backups: Path) -> None:
    (filled.data / "originals" / "00000001.pack").chmod(0)
    is_told(filled.run("backup", str(backups)), "00000001.pack: Permission denied")


def test_a_pack_that_is_no_file_is_told_and_the_rest_is_saved(filled: Place, backups: Path) -> None:
    pack = filled.data / "originals" / "00000001.pack"
    pack.unlink()
    pack.symlink_to(pack)  # which cannot be opened, not even by root
    is_told(filled.run("backup", str(backups)), "originals", "Too many levels", "it is missing")
    assert list((newest(backups) / "files").iterdir())


def test_a_database_that_breaks_its_own_rules_is_saved_and_told(filled: Place, backups: Path) -> None:
    with closing(sqlite3.connect(filled.data / "mooring.sqlite3")) as opened, opened:
        opened.execute("PRAGMA ignore_check_constraints = ON")
        opened.execute("CREATE TABLE broken (x CHECK (x > 0))")
        opened.execute("INSERT INTO broken VALUES (-1)")
    all_in = filled.run("backup", str(backups), "--keep", "1")
    is_told(all_in, "database.sqlite3", "CHECK constraint failed in broken")
    assert (newest(backups) / "originals" / "00000001.pack").exists()
    is_told(restored(newest(backups), elsewhere(filled), "--check"), "CHECK constraint failed in broken")
