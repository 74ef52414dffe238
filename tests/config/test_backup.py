"""mooring backup and mooring restore: real round trips of a real installation, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.installed import Ended, Place

TESTS = Path(__file__).resolve().parents[1]
PASSING = {"django_session", "users_opensession", "customers_portalsession", "users_journalentry", "desk_cache"}
"""Tables that a restore empties or adds a line to, or that hold nothing that lasts."""


@pytest.fixture
def filled(installed: Place) -> Place:
    """An installation with twelve letters, customers and files."""
    run_beside(installed, 12).wait()
    return installed


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def run_beside(place: Place, most: int = 0, file: str = "writing_away.py") -> subprocess.Popen[bytes]:
    """A process that writes; this returns once it is at work."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    command = [sys.executable, str(TESTS / "config" / file), str(most)]
    beside = subprocess.Popen(command, env=place.surroundings(PYTHONPATH=path), stdout=subprocess.PIPE, cwd="/")
    assert beside.stdout is not None
    assert beside.stdout.readline() == b"writing\n"
    return beside


@contextmanager
def somebody_writing(place: Place) -> Iterator[None]:
    beside = run_beside(place)
    try:
        yield
        assert beside.poll() is None
    finally:
        beside.kill()
        beside.wait()


def elsewhere(place: Place, name: str = "elsewhere") -> Place:
    """A place for a second installation, beside the first one."""
    return Place(place.data.parent / name / "data", place.environment)


def newest(folder: Path) -> Path:
    return max(path for path in folder.iterdir() if (path / "manifest.json").exists())


def rows_of(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those that pass."""
    with closing(sqlite3.connect(database)) as opened:
        kinds = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE '%VIRTUAL%'"
        tables = {name for (name,) in opened.execute(kinds)} - PASSING
        return {name: sorted(opened.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608


def files_of(data: Path) -> dict[str, bytes]:
    names = ("originals", "attached", "files")
    paths = [path for name in names for path in (data / name).rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path.relative_to(data)): path.read_bytes() for path in paths}


def damaged_originals(place: Place) -> list[str]:
    """Letters whose exact bytes cannot be read."""
    program = (
        "import django; django.setup()\n"
        "from django.conf import settings\nfrom mooring.letters.originals import Originals\n"
        "from mooring.letters.models import Original\n"
        "print(Original.objects.count(), [damage.reason for damage in Originals(settings.ORIGINALS_FOLDER).scrub()])"
    )
    path = str(TESTS.parent / "src")
    environment = place.surroundings(PYTHONPATH=path, DJANGO_SETTINGS_MODULE="mooring.config.settings")
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, cwd="/")
    return done.stdout.decode().split(maxsplit=1)


def restored(backup: Path, into: Place, *arguments: str) -> Ended:
    return into.run("restore", str(backup), *arguments)


def all_well(ended: Ended) -> Ended:
    assert ended.status == 0, ended.said + ended.complained
    return ended


def test_what_comes_back_is_what_was_there(filled: Place, backups: Path) -> None:
    said = all_well(filled.run("backup", str(backups))).said
    assert "The keys are not in it" in said
    second = elsewhere(filled)
    shutil.copytree(filled.data / "keys", second.data / "keys")
    ended = all_well(restored(newest(backups), second))
    assert "everybody signs in again" in ended.said
    assert "keys of the backup are not here" not in ended.said
    assert rows_of(second.data / "mooring.sqlite3") == rows_of(filled.data / "mooring.sqlite3")
    assert files_of(second.data) == files_of(filled.data)
    assert damaged_originals(second) == ["12", "[]\n"]
    assert not list(second.data.parent.glob("data.*"))
    assert second.run("check", "--quiet").said == ""


def test_a_backup_made_while_others_write_is_of_one_moment(filled: Place, backups: Path) -> None:
    with somebody_writing(filled):
        all_well(filled.run("backup", str(backups), "--with-keys"))
        all_well(filled.run("backup", str(backups), "--with-keys"))
    second = elsewhere(filled)
    all_well(restored(newest(backups), second))
    count, damaged = damaged_originals(second)
    assert int(count) > 12
    assert damaged == "[]\n"
    files = second.data / "files"
    with closing(sqlite3.connect(second.data / "mooring.sqlite3")) as opened:
        rows = opened.execute("SELECT sha256 FROM letters_recordfile").fetchall()
        (customers,) = opened.execute("SELECT count(*) FROM customers_customer").fetchone()
    assert all((files / name).exists() for (name,) in rows)
    assert customers == int(count)


def test_what_did_not_change_is_shared_and_what_was_erased_in_place_is_not(filled: Place, backups: Path) -> None:
    pack = next((filled.data / "originals").glob("*.pack"))
    long_ago = time.time_ns() - 10**12
    os.utime(pack, ns=(long_ago, long_ago))
    all_well(filled.run("backup", str(backups)))
    first = newest(backups)
    all_well(filled.run("backup", str(backups)))
    second = newest(backups)
    name = f"originals/{pack.name}"
    assert (first / name).stat().st_ino == (second / name).stat().st_ino != pack.stat().st_ino
    with pack.open("r+b") as file:
        file.seek(100)
        file.write(bytes(200))
    all_well(filled.run("backup", str(backups)))
    third = newest(backups)
    assert (third / name).read_bytes() == pack.read_bytes() != (second / name).read_bytes()
    for backup in (first, second, third):
        all_well(filled.run("restore", str(backup), "--check"))


def test_older_backups_go_when_asked_and_only_whole_ones_count(filled: Place, backups: Path) -> None:
    for _time in range(3):
        all_well(filled.run("backup", str(backups), "--quiet"))
    broken = sorted(path for path in backups.iterdir() if path.is_dir())[0]
    (broken / "manifest.json").unlink()
    said = all_well(filled.run("backup", str(backups), "--keep", "2")).said
    left = sorted(path for path in backups.iterdir() if path.is_dir())
    assert said.count("Removed the older backup") == 1
    assert len(left) == 3
    assert left[0] == broken


def test_a_quiet_backup_says_nothing_and_is_closed_to_others(filled: Place, backups: Path) -> None:
    ended = all_well(filled.run("backup", str(backups), "--quiet", "--with-keys"))
    assert ended.said + ended.complained == ""
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backups.rglob("*")}
    assert modes == {0o700, 0o600}
    assert stat.S_IMODE(backups.stat().st_mode) == 0o700


def test_keys_are_in_it_only_when_asked_for(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    without = newest(backups)
    assert not (without / "keys").exists()
    second = elsewhere(filled)
    assert "mail passwords again" in all_well(restored(without, second)).said
    assert (second.data / "keys" / "secret_key").exists()
    all_well(filled.run("backup", str(backups), "--with-keys"))
    third = elsewhere(filled, "third")
    assert "mail passwords again" not in all_well(restored(newest(backups), third)).said
    assert (third.data / "keys" / "sealing_keys").read_bytes() == (filled.data / "keys" / "sealing_keys").read_bytes()


def test_sessions_of_the_backup_are_not_valid_again(filled: Place, backups: Path) -> None:
    with closing(sqlite3.connect(filled.data / "mooring.sqlite3")) as opened, opened:
        opened.execute("INSERT INTO django_session VALUES ('k', 'd', '2999-01-01')")
    all_well(filled.run("backup", str(backups), "--with-keys"))
    second = elsewhere(filled)
    all_well(restored(newest(backups), second))
    with closing(sqlite3.connect(second.data / "mooring.sqlite3")) as opened:
        assert opened.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


def test_data_that_is_there_is_moved_aside_only_when_asked(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    before = rows_of(filled.data / "mooring.sqlite3")
    run_beside(filled, 4).wait()
    later, later_files = rows_of(filled.data / "mooring.sqlite3"), files_of(filled.data)
    refused = restored(newest(backups), filled)
    assert refused.status == 1
    assert "mooring.sqlite3" in refused.complained
    assert restored(newest(backups), filled, "--replace").status == 1
    assert rows_of(filled.data / "mooring.sqlite3") == later
    all_well(restored(newest(backups), filled, "--replace", "--yes"))
    assert rows_of(filled.data / "mooring.sqlite3") == before
    (aside,) = filled.data.parent.glob("data.before-restore-*")
    assert rows_of(aside / "mooring.sqlite3") == later
    assert files_of(aside) == later_files
    assert (filled.data / "keys" / "secret_key").read_bytes() == (aside / "keys" / "secret_key").read_bytes()


def test_nothing_is_restored_under_a_program_that_runs(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    worker = filled.begin("worker")
    try:
        wait_for(lambda: "is running" in restored(newest(backups), filled).complained)
        assert restored(newest(backups), filled, "--replace", "--yes").status == 1
    finally:
        worker.kill()
        worker.wait()
    all_well(restored(newest(backups), filled, "--replace", "--yes"))


def wait_for(is_so: Any) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until


@pytest.mark.parametrize("how", ["changed", "shorter", "missing"])
def test_a_damaged_backup_is_not_restored(filled: Place, backups: Path, how: str) -> None:
    all_well(filled.run("backup", str(backups)))
    backup = newest(backups)
    pack = next((backup / "originals").glob("*.pack"))
    if how == "missing":
        pack.unlink()
    elif how == "shorter":
        os.truncate(pack, 500)
    else:
        pack.write_bytes(pack.read_bytes()[:-1] + b"?")
    second = elsewhere(filled)
    for ended in (restored(backup, second), restored(backup, second, "--check")):
        assert ended.status == 1
        assert pack.name in ended.complained
    assert not (second.data / "mooring.sqlite3").exists()


def test_a_manifest_that_was_cut_off_is_no_backup(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    manifest = newest(backups) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-300])
    assert "damaged" in restored(manifest.parent, elsewhere(filled)).complained
    all_well(filled.run("backup", str(backups)))


def test_the_folder_of_all_backups_is_not_taken_for_one(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    ended = restored(backups, elsewhere(filled))
    assert ended.status == 1
    assert str(newest(backups)) in ended.complained


def changed_manifest(backup: Path, **changes: Any) -> None:
    manifest = backup / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))


def test_a_backup_of_a_newer_mooring_is_refused(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    backup = newest(backups)
    migrations = json.loads((backup / "manifest.json").read_text())["migrations"]
    changed_manifest(backup, migrations=[*migrations, "letters.0999_of_tomorrow"])
    ended = restored(backup, elsewhere(filled))
    assert (ended.status, "newer" in ended.complained, "0999_of_tomorrow" in ended.complained) == (1, True, True)
    changed_manifest(backup, migrations=migrations, version="99.0.0")
    assert "99.0.0" in restored(backup, elsewhere(filled)).complained


def test_a_backup_of_the_other_database_is_refused(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    second = elsewhere(filled)
    ended = second.run("restore", str(newest(backups)), MOORING_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert ended.status == 1
    assert "cannot be restored into PostgreSQL" in ended.complained
    changed_manifest(newest(backups), kind="postgresql")
    assert "cannot be restored into SQLite" in restored(newest(backups), second).complained


def test_a_name_that_leads_out_of_the_backup_is_refused(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    files = json.loads((newest(backups) / "manifest.json").read_text())["files"]
    changed_manifest(newest(backups), files=[*files, {"path": "../../evil", "size": 1, "sha256": "0"}])
    assert "damaged" in restored(newest(backups), elsewhere(filled)).complained


def limited(place: Place, most_bytes: int, *arguments: str) -> Ended:
    """The command in a process whose files may not grow beyond `most_bytes`, as on a disk that is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    command = [sys.executable, "-m", "mooring", *arguments]
    done = subprocess.run(command, env=place.surroundings(), capture_output=True, cwd="/", preexec_fn=limit, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("most_bytes", [100_000, 2_500_000])
def test_a_full_disk_is_told_and_earlier_backups_stay(filled: Place, backups: Path, most_bytes: int) -> None:
    all_well(filled.run("backup", str(backups)))
    first = newest(backups)
    with (filled.data / "originals" / "00000001.pack").open("ab") as pack:
        pack.write(os.urandom(3_000_000))
    ended = limited(filled, most_bytes, "backup", str(backups))
    assert ended.status == 1
    assert "no room left" in ended.complained
    assert [path for path in backups.iterdir() if path.is_dir()] == [first]
    all_well(filled.run("restore", str(first), "--check"))


def test_a_full_disk_while_restoring_changes_nothing(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    before = rows_of(filled.data / "mooring.sqlite3")
    ended = limited(filled, 100_000, "restore", str(newest(backups)), "--replace", "--yes")
    assert ended.status == 1
    assert "no room left" in ended.complained
    assert rows_of(filled.data / "mooring.sqlite3") == before
    assert not list(filled.data.parent.glob("data.*"))


def test_a_backup_within_the_data_folder_is_refused(filled: Place) -> None:
    ended = filled.run("backup", str(filled.data / "backups"))
    assert (ended.status, "data folder itself" in ended.complained) == (1, True)
