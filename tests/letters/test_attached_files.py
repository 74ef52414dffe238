"""The bytes of attached files: kept once, proven when read, swept when nobody needs them."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from making import NOW
from mooring.letters.attached_files import SWEPT_AFTER, AttachedFiles, FileTooLarge, UnableToKeepFile, UnableToReadFile

MOST = 1_000_000


@pytest.fixture
def files(tmp_path: Path) -> AttachedFiles:
    return AttachedFiles(tmp_path / "attached")


def put_back(folder: Path, sha256: str, age: timedelta) -> None:
    at = (NOW - age).timestamp()
    os.utime(folder / "attached" / sha256, (at, at))


def test_a_file_is_kept_under_its_digest_and_read_again(files: AttachedFiles) -> None:
    kept = files.keep([b"ropes ", b"and sails"], most_bytes=MOST)
    assert kept.sha256 == hashlib.sha256(b"ropes and sails").hexdigest()
    assert kept.size == 15
    assert files.read(kept.sha256) == b"ropes and sails"


def test_the_same_bytes_are_kept_once(files: AttachedFiles, tmp_path: Path) -> None:
    assert files.keep([b"ropes"], most_bytes=MOST) == files.keep([b"ro", b"pes"], most_bytes=MOST)
    assert len([path for path in (tmp_path / "attached").iterdir() if path.name != "lock"]) == 1


def test_too_much_is_refused_and_leaves_nothing_behind(files: AttachedFiles, tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge):
        files.keep([b"x" * 600_000] * 2, most_bytes=MOST)
    assert list((tmp_path / "attached").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "attached").write_bytes(b"a file stands in the way")
    with pytest.raises(UnableToKeepFile, match="could not be kept"):
        AttachedFiles(tmp_path / "attached").keep([b"ropes"], most_bytes=MOST)


def test_a_damaged_or_missing_file_is_not_handed_out(files: AttachedFiles, tmp_path: Path) -> None:
    kept = files.keep([b"ropes"], most_bytes=MOST)
    (tmp_path / "attached" / kept.sha256).write_bytes(b"hopes")
    with pytest.raises(UnableToReadFile, match="damaged"):
        files.read(kept.sha256)
    for name in ("0" * 64, "../lock", ""):
        with pytest.raises(UnableToReadFile, match="no longer there"):
            files.read(name)


def test_the_sweep_takes_old_files_that_no_letter_names(files: AttachedFiles, tmp_path: Path) -> None:
    used, unused, young = (files.keep([data], most_bytes=MOST).sha256 for data in (b"used", b"unused", b"young"))
    for sha256 in (used, unused):
        put_back(tmp_path, sha256, SWEPT_AFTER + timedelta(minutes=1))
    put_back(tmp_path, young, SWEPT_AFTER - timedelta(minutes=1))
    assert files.sweep(used={used}, now=NOW) == 1
    assert files.read(used) == b"used"
    assert files.read(young) == b"young"
    with pytest.raises(UnableToReadFile):
        files.read(unused)


def test_attaching_a_file_again_makes_it_young(files: AttachedFiles, tmp_path: Path) -> None:
    kept = files.keep([b"ropes"], most_bytes=MOST)
    put_back(tmp_path, kept.sha256, SWEPT_AFTER + timedelta(days=9))
    files.keep([b"ropes"], most_bytes=MOST)
    assert files.sweep(used=set(), now=NOW) == 0


def test_a_sweep_of_nothing_is_no_trouble(files: AttachedFiles) -> None:
    assert files.sweep(used=set(), now=NOW) == 0
