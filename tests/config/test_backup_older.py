"""Which backups are counted, shared and removed, and where none is made."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from config.installed import Place
from config.test_backup import all_well, backups, changed_manifest, elsewhere, filled, newest, restored

__all__ = ("backups", "filled")


def folders_in(backups: Path) -> list[Path]:
    return sorted(path for path in backups.iterdir() if path.is_dir())


def test_the_backup_just_made_is_never_removed_though_the_clock_went_back(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    ahead = backups / "2999-01-01T000000Z"
    folders_in(backups)[0].rename(ahead)
    said = all_well(filled.run("backup", str(backups), "--keep", "1")).said
    assert "look at the clock" in said
    assert [path.name for path in folders_in(backups)] == ["2999-01-01T000001Z"]


def test_a_backup_that_lost_a_file_is_not_counted(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    whole = newest(backups)
    all_well(filled.run("backup", str(backups)))
    damaged = newest(backups)
    (damaged / "originals" / "00000001.pack").unlink()
    said = all_well(filled.run("backup", str(backups), "--keep", "2")).said
    assert f"{damaged} is not counted: originals/00000001.pack" in said
    assert folders_in(backups)[:2] == [whole, damaged]


def test_what_lacked_something_goes_once_enough_whole_ones_are_newer(filled: Place, backups: Path) -> None:
    (filled.data / "originals").rename(filled.data / "away")
    assert filled.run("backup", str(backups)).status == 1
    (filled.data / "away").rename(filled.data / "originals")
    for _night in range(2):
        all_well(filled.run("backup", str(backups), "--keep", "2"))
    assert len(folders_in(backups)) == 2
    for path in folders_in(backups):
        all_well(restored(path, elsewhere(filled), "--check"))


def test_two_installations_do_not_share_a_folder(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    other = elsewhere(filled)
    shutil.copytree(filled.data, other.data)
    all_well(other.run("backup", str(backups)))  # the same one, moved
    with closing(sqlite3.connect(other.data / "mooring.sqlite3")) as opened, opened:
        opened.execute("UPDATE django_migrations SET applied = '2020-02-02 02:02:02.020202'")
    before = folders_in(backups)
    ended = other.run("backup", str(backups), "--keep", "1")
    assert (ended.status, "another installation" in ended.complained) == (1, True)
    assert folders_in(backups) == before


def test_no_folder_is_made_where_a_disk_is_not_mounted(filled: Place, tmp_path: Path) -> None:
    ended = filled.run("backup", str(tmp_path / "disk" / "mooring"))
    assert (ended.status, "mount that" in ended.complained) == (1, True)
    assert not (tmp_path / "disk").exists()


def test_a_link_to_a_backup_elsewhere_is_taken_away_as_a_link(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    moved = backups.parent / "larger disk"
    first = newest(backups)
    first.rename(moved)
    first.symlink_to(moved)
    (backups / "2020-01-01T000000Z.unfinished").symlink_to(moved)
    all_well(filled.run("backup", str(backups), "--keep", "1"))
    assert [path for path in folders_in(backups) if path.name.startswith("20")] == [newest(backups)]
    assert (moved / "manifest.json").exists()


@pytest.mark.parametrize(
    "name", ["//etc/hostname", "/etc/hostname", "originals/a\0b", "originals/../x", "keys/other", "in-use", ""]
)
def test_a_name_that_no_backup_has_is_refused(filled: Place, backups: Path, name: str) -> None:
    all_well(filled.run("backup", str(backups)))
    files = json.loads((newest(backups) / "manifest.json").read_text())["files"]
    changed_manifest(newest(backups), files=[*files, {"path": name, "size": 1, "sha256": "0"}])
    ended = restored(newest(backups), elsewhere(filled), "--check")
    assert (ended.status, "is damaged" in ended.complained) == (1, True)


def test_a_disk_without_hard_links_is_told(filled: Place, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from mooring.config.cli import mooring

    def refused(*_paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    for path in (filled.data / "files").iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    all_well(filled.run("backup", str(backups)))
    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr("signal.signal", lambda *_call: None)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)
    done = CliRunner().invoke(mooring, ["backup", str(backups)], env={"MOORING_DATA": str(filled.data)})
    assert (done.exit_code, "cannot share them by hard links" in done.output) == (0, True), done.output
