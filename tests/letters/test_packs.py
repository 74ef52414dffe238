"""Originals: byte for byte, one fsync a batch, and nothing that a crash, a full disk or another process does loses one."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.letters.models import Original
from mooring.letters.originals import Originals, row_of
from mooring.letters.packs import HEAD_BYTES, Packs, UnableToKeep, UnableToRead

LETTERS = [b"From: a\r\n\r\nfirst\r\n", b"", bytes(range(256)) * 40]


@pytest.fixture
def packs(tmp_path: Path) -> Iterator[Packs]:
    packs = Packs(tmp_path / "deep" / "down" / "originals")
    yield packs
    packs.close()


@pytest.fixture
def fsynced(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each fsync was of a folder."""
    seen: list[bool] = []
    real = os.fsync

    def recording(descriptor: int) -> None:
        seen.append(os.path.isdir(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", recording)
    return seen


def test_letters_come_back_byte_for_byte_in_their_order(packs: Packs) -> None:
    kept = packs.append(LETTERS)
    assert [packs.read(each) for each in kept] == LETTERS
    assert [each.sha256 for each in kept] == [hashlib.sha256(raw).hexdigest() for raw in LETTERS]


def test_a_batch_costs_one_fsync_and_a_new_pack_those_of_its_folders(packs: Packs, fsynced: list[bool]) -> None:
    packs.append(LETTERS)
    assert fsynced.count(False) == 1
    assert fsynced.count(True) == 4
    packs.append([b"more"])
    assert fsynced.count(False) == 2
    assert fsynced.count(True) == 4
    assert packs.append([]) == []


def test_a_full_pack_is_closed_and_the_next_one_begun(tmp_path: Path) -> None:
    packs = Packs(tmp_path, pack_bytes=100)
    kept = [packs.append([b"x" * 50 + bytes([number])])[0] for number in range(4)]
    assert sorted({each.pack for each in kept}) == ["00000001.pack", "00000002.pack"]
    assert [packs.read(each)[-1] for each in kept] == [0, 1, 2, 3]


def test_a_pack_is_gone_on_with_after_a_restart(tmp_path: Path) -> None:
    first = Packs(tmp_path)
    (one,) = first.append([b"one"])
    first.close()
    second = Packs(tmp_path)
    (two,) = second.append([b"two"])
    assert two.pack == one.pack
    assert (second.read(one), second.read(two)) == (b"one", b"two")


def test_a_pack_made_by_another_process_at_the_same_moment_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    (tmp_path / "00000001.pack").touch()
    assert Packs(tmp_path).append([b"one"])[0].pack == "00000002.pack"


def test_a_lock_that_fails_for_another_reason_is_said(packs: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", Failing(fcntl.flock, 1, errno.ENOLCK))
    with pytest.raises(UnableToKeep, match="cannot be written"):
        packs.append([b"one"])


def test_two_writers_never_share_a_pack(tmp_path: Path) -> None:
    one, other = Packs(tmp_path), Packs(tmp_path)
    assert one.append([b"one"])[0].pack != other.append([b"two"])[0].pack


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_append_many, args=(tmp_path, name)) for name in (b"a", b"b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    found = {Packs(tmp_path).read(each) for each in Packs(tmp_path).walk()}
    assert found == {name + str(number).encode() for name in (b"a", b"b") for number in range(30)}


def _append_many(folder: Path, name: bytes) -> None:
    packs = Packs(folder, pack_bytes=500)
    for number in range(30):
        packs.append([name + str(number).encode()])


def test_threads_share_a_writer(packs: Packs) -> None:
    threads = [threading.Thread(target=packs.append, args=([bytes([number]) * 9],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {packs.read(each) for each in packs.walk()} == {bytes([number]) * 9 for number in range(8)}


@pytest.mark.parametrize("left", range(1, 90, 4))
def test_a_tail_torn_by_a_crash_is_skipped_and_written_behind(tmp_path: Path, left: int) -> None:
    packs = Packs(tmp_path)
    (one, torn) = packs.append([b"one", b"torn letter"])
    packs.close()
    os.truncate(tmp_path / one.pack, min(torn.offset + left, torn.offset + HEAD_BYTES + torn.stored_size - 1))
    again = Packs(tmp_path)
    (two,) = again.append([b"two"])
    assert [again.read(each) for each in again.walk()] == [b"one", b"two"]
    assert again.read(two) == b"two"
    with pytest.raises(UnableToRead):
        again.read(torn)


def test_zeros_left_by_a_crash_are_skipped_however_many(tmp_path: Path) -> None:
    packs = Packs(tmp_path)
    (one,) = packs.append([b"one"])
    packs.close()
    with (tmp_path / one.pack).open("ab") as file:
        file.write(bytes(3 * 1024 * 1024 + 5))
    packs.append([b"two"])
    assert [packs.read(each) for each in packs.walk()] == [b"one", b"two"]


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    packs = Packs(tmp_path)
    (kept,) = packs.append([b"a letter whose bytes matter"])
    path = tmp_path / kept.pack
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes((whole[place] ^ 0x40,)) + whole[place + 1 :])
        with pytest.raises(UnableToRead, match="damaged"):
            packs.read(kept)


def test_a_missing_pack_is_named(packs: Packs, tmp_path: Path) -> None:
    (kept,) = packs.append([b"one"])
    next(tmp_path.rglob("*.pack")).unlink()
    with pytest.raises(UnableToRead, match=r"00000001\.pack"):
        packs.read(kept)


class Failing:
    """Stands before a system call and makes its n-th use fail."""

    def __init__(self, real: Callable[..., Any], number: int, error: int) -> None:
        self._real, self._left, self._error = real, number, error

    def __call__(self, *args: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise OSError(self._error, os.strerror(self._error))
        return self._real(*args)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_leaves_no_trace(packs: Packs, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    (one,) = packs.append([b"one"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", Failing(os.write, 1, error))
        with pytest.raises(UnableToKeep, match="is full") as caught:
            packs.append([b"two"])
    assert caught.value.is_full
    (three,) = packs.append([b"three"])
    assert three.offset == one.offset + HEAD_BYTES + one.stored_size
    assert [packs.read(each) for each in packs.walk()] == [b"one", b"three"]


def test_a_short_write_is_finished(packs: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    (kept,) = packs.append([b"a longer letter"])
    assert packs.read(kept) == b"a longer letter"


def test_after_a_failed_fsync_nothing_is_acknowledged_and_the_pack_is_abandoned(
    packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = packs.append([b"one"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", Failing(os.fsync, 1, errno.EIO))
        with pytest.raises(UnableToKeep) as caught:
            packs.append([b"two"])
    assert not caught.value.is_full
    (two,) = packs.append([b"two"])
    assert two.pack != one.pack
    assert packs.read(one) == b"one"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnableToKeep, match="file"):
        Packs(tmp_path / "file" / "originals").append([b"one"])


def test_letters_known_already_are_not_written_again(db: None, tmp_path: Path) -> None:
    originals = Originals(tmp_path)
    first = originals.keep([b"one", b"two", b"one"])
    assert first[0] == first[2]
    Original.objects.bulk_create([row_of(each) for each in first[:2]])
    size = (tmp_path / first[0].pack).stat().st_size
    assert originals.keep([b"two", b"one"]) == [first[1], first[0]]
    assert (tmp_path / first[0].pack).stat().st_size == size
    assert originals.read(Original.objects.get(sha256=first[1].sha256)) == b"two"
    originals.close()
    originals.close()


def test_rows_are_rebuilt_from_the_packs_alone(db: None, tmp_path: Path) -> None:
    originals = Originals(tmp_path)
    kept = originals.keep([b"one", b"two", b"three"])
    Original.objects.bulk_create([row_of(kept[0])])
    path = tmp_path / kept[1].pack
    whole = bytearray(path.read_bytes())
    whole[kept[1].offset + HEAD_BYTES + 2] ^= 0xFF
    path.write_bytes(whole)
    assert originals.rebuild(batch_size=1) == 1
    assert set(Original.objects.values_list("sha256", flat=True)) == {kept[0].sha256, kept[2].sha256}
    assert originals.rebuild() == 0


def test_scrubbing_names_what_is_damaged(db: None, tmp_path: Path) -> None:
    originals = Originals(tmp_path)
    kept = originals.keep([b"one", b"two"])
    rows = Original.objects.bulk_create([row_of(each) for each in kept])
    assert list(originals.scrub()) == []
    Original.objects.filter(pk=rows[1].pk).update(offset=3)
    assert [damage.sha256 for damage in originals.scrub()] == [kept[1].sha256]
    assert list(originals.scrub(after_id=rows[1].pk)) == []
