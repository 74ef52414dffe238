"""mooring backup and mooring restore on PostgreSQL: what is a file on SQLite is one transaction here."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from config.installed import Place
from config.test_backup import PASSING, all_well, damaged_originals, files_of, newest, restored, run_beside, somebody_writing
from mooring.config.backup.copying import digest_of
from mooring.config.backup.postgresql_tools import database_of, programs_for
from mooring.config.backup.sqlite_copy import UnableToCopyDatabase
from mooring.config.installation import read_installation

SERVER = os.environ.get("MOORING_TEST_DATABASE", "")
OWNER = f"mooring_{os.getpid()}"
on_a_server = pytest.mark.skipif(not SERVER, reason="this is about PostgreSQL alone")
pytestmark = pytest.mark.database

_numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def owner() -> Iterator[None]:
    """As in an installation: a user who owns the database and may nothing else."""
    if SERVER:
        command(SERVER, f"CREATE ROLE {OWNER} LOGIN")
    yield
    if SERVER:
        command(SERVER, f"DROP ROLE {OWNER}")


@pytest.fixture
def second_place(tmp_path: Path) -> Iterator[Place]:
    """A data folder that is not there yet, and an empty database."""
    yield from _place(tmp_path / "second" / "data")


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for place in _place(tmp_path_factory.mktemp("made") / "data"):
        place.data.mkdir(mode=0o700)
        all_well(place.init())
        run_beside(place, 12).wait()
        yield place


@pytest.fixture
def filled(tmp_path: Path, _made: Place) -> Iterator[Place]:
    """An installation on PostgreSQL with twelve letters: a copy of one that is made once."""
    template = urlsplit(_made.environment["MOORING_DATABASE_URL"]).path.strip("/")
    for place in _place(tmp_path / "first" / "data", template=template):
        shutil.copytree(_made.data, place.data)
        yield place


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def _place(data: Path, template: str = "template1") -> Iterator[Place]:
    name = f"backup_{os.getpid()}_{next(_numbers)}"
    command(SERVER, f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
    server = urlsplit(SERVER)
    at = server.netloc.rpartition("@")[2]
    yield Place(data, {"MOORING_DATABASE_URL": server._replace(netloc=f"{OWNER}@{at}", path=f"/{name}").geturl()})
    command(SERVER, f"DROP DATABASE {name} WITH (FORCE)")


def command(url: str, words: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(words)  # type: ignore[arg-type]


def ask(place: Place, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(place.environment["MOORING_DATABASE_URL"]) as session:
        return session.execute(question).fetchall()  # type: ignore[arg-type]


def rows_of(place: Place, schema: str = "public") -> dict[str, list[tuple[Any, ...]]]:
    tables = ask(place, f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")  # noqa: S608
    names = sorted({name for (name,) in tables} - PASSING)
    return {name: sorted(ask(place, f'SELECT * FROM "{schema}"."{name}"'), key=repr) for name in names}  # noqa: S608


def schemas_aside(place: Place) -> list[str]:
    return [name for (name,) in ask(place, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before_restore_%'")]


@on_a_server
def test_what_comes_back_is_what_was_there(filled: Place, second_place: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    all_well(restored(newest(backups), second_place))
    before = rows_of(filled)
    assert len(before["letters_original"]) == 12
    assert rows_of(second_place) == before
    assert files_of(second_place.data) == files_of(filled.data)
    assert damaged_originals(second_place) == ["12", "[]\n"]
    run_beside(second_place, 3).wait()
    assert damaged_originals(second_place) == ["15", "[]\n"]


@on_a_server
def test_a_backup_made_while_others_write_is_of_one_moment(filled: Place, second_place: Place, backups: Path) -> None:
    with somebody_writing(filled):
        all_well(filled.run("backup", str(backups), "--with-keys"))
    all_well(restored(newest(backups), second_place))
    count, damaged = damaged_originals(second_place)
    counts = json.loads((newest(backups) / "manifest.json").read_text())["counts"]
    assert damaged == "[]\n"
    assert int(count) == counts["originals"] == counts["customers"] > 12
    assert ask(second_place, "SELECT count(*) FROM customers_customer") == [(int(count),)]


@on_a_server
def test_tables_that_are_there_are_moved_aside_only_when_asked(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    before = rows_of(filled)
    run_beside(filled, 4).wait()
    later = rows_of(filled)
    refused = restored(newest(backups), filled)
    assert refused.status == 1
    assert "tables in the database" in refused.complained
    assert rows_of(filled) == later
    all_well(restored(newest(backups), filled, "--replace", "--yes"))
    assert rows_of(filled) == before
    (aside,) = schemas_aside(filled)
    assert rows_of(filled, aside) == later
    all_well(filled.run("backup", str(backups)))
    all_well(restored(newest(backups), filled, "--replace", "--yes"))
    assert rows_of(filled) == before
    assert len(schemas_aside(filled)) == 2


@on_a_server
def test_nothing_is_restored_while_somebody_is_connected(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    with psycopg.connect(filled.environment["MOORING_DATABASE_URL"]):
        ended = restored(newest(backups), filled, "--replace", "--yes")
    assert ended.status == 1
    assert "other connections" in ended.complained


@on_a_server
def test_a_dump_that_cannot_be_read_leaves_the_database_as_it_was(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups)))
    before = rows_of(filled)
    dump = newest(backups) / "database.dump"
    os.truncate(dump, dump.stat().st_size * 2 // 3)
    manifest = newest(backups) / "manifest.json"
    said = json.loads(manifest.read_text())
    size, digest = digest_of(dump)
    for file in said["files"]:
        if file["path"] == "database.dump":
            file |= {"size": size, "sha256": digest}
    manifest.write_text(json.dumps(said))
    ended = restored(newest(backups), filled, "--replace", "--yes")
    assert ended.status == 1
    assert "left as it was" in ended.complained
    assert rows_of(filled) == before
    assert schemas_aside(filled) == []
    assert filled.run("staff", "list").status == 0


@on_a_server
@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new_one(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    before = rows_of(filled)
    run_beside(filled, 4).wait()
    later = rows_of(filled)
    for moment in (1.2, 1.8, 2.6):  # seconds: wherever these meet it, what is asserted holds
        running = filled.begin("restore", str(newest(backups)), "--replace", "--yes")
        time.sleep(moment)
        running.kill()
        running.wait()
        wait_until_alone(filled)
        assert rows_of(filled) in (before, later)
        if rows_of(filled) == before:
            assert later in [rows_of(filled, schema) for schema in schemas_aside(filled)]
    all_well(restored(newest(backups), filled, "--replace", "--yes"))
    assert rows_of(filled) == before
    assert damaged_originals(filled) == ["12", "[]\n"]


@on_a_server
@pytest.mark.slow
def test_a_restore_that_is_stopped_leaves_an_installation_that_starts(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    before = rows_of(filled)
    run_beside(filled, 4).wait()
    later = rows_of(filled)
    for moment in (1.3, 1.8):  # as above
        running = filled.begin("restore", str(newest(backups)), "--replace", "--yes")
        time.sleep(moment)
        running.send_signal(signal.SIGTERM)
        running.wait()
        wait_until_alone(filled)
        ended = filled.run("staff", "list")
        assert ended.status == 0 or "mooring restore" in ended.complained
        assert rows_of(filled) in (before, later)


def wait_until_alone(place: Place) -> None:
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    until = time.monotonic() + 30
    while ask(place, others) != [(0,)]:
        assert time.monotonic() < until


@on_a_server
def test_a_missing_data_folder_and_a_full_database_do_not_fit(filled: Place, backups: Path) -> None:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    shutil.rmtree(filled.data)
    assert restored(newest(backups), filled).status == 1
    all_well(restored(newest(backups), filled, "--replace", "--yes"))
    assert damaged_originals(filled) == ["12", "[]\n"]


@on_a_server
def test_a_schema_of_its_own_beside_others_comes_back(filled: Place, second_place: Place, backups: Path) -> None:
    as_administrator(filled, 'ALTER SCHEMA public RENAME TO "Crm"', "CREATE SCHEMA public")
    as_administrator(filled, "CREATE SCHEMA other", "CREATE TABLE other.secret (x int)", "COMMENT ON SCHEMA \"Crm\" IS 'ours'")
    as_administrator(second_place, f'CREATE SCHEMA "Crm" AUTHORIZATION {OWNER}')
    for place in (filled, second_place):
        as_administrator(place, f'ALTER DATABASE {database_name(place)} SET search_path = "Crm"')
    all_well(filled.run("backup", str(backups), "--with-keys"))
    all_well(restored(newest(backups), second_place))
    before = rows_of(filled, "Crm")
    assert len(before["letters_original"]) == 12
    assert rows_of(second_place, "Crm") == before


@on_a_server
def test_what_an_administrator_put_into_the_database_hinders_nothing(filled: Place, second_place: Place, backups: Path) -> None:
    for place in (filled, second_place):
        as_administrator(place, "CREATE EXTENSION IF NOT EXISTS pg_trgm", "COMMENT ON SCHEMA public IS 'of the administrator'")
    as_administrator(filled, "CREATE PUBLICATION all_of_it FOR ALL TABLES")
    all_well(filled.run("backup", str(backups), "--with-keys"))
    all_well(restored(newest(backups), second_place))
    assert rows_of(second_place) == rows_of(filled)


@on_a_server
def test_a_server_that_ends_idle_sessions_is_backed_up(filled: Place, backups: Path) -> None:
    name = database_name(filled)
    as_administrator(filled, f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '50ms'")
    all_well(filled.run("backup", str(backups)))


def as_administrator(place: Place, *commands: str) -> None:
    for words in commands:
        command(urlsplit(SERVER)._replace(path=f"/{database_name(place)}").geturl(), words)


def database_name(place: Place) -> str:
    return urlsplit(place.environment["MOORING_DATABASE_URL"]).path.strip("/")


def test_no_password_stands_on_a_command_line() -> None:
    url = "postgresql://ann:p%40ss@db.example:6432/crm?sslmode=require"
    database = database_of(replace(read_installation({}), database_url=url))
    assert "p@ss" not in database.address
    assert "sslmode=require" in database.address
    assert database.environment()["PGPASSWORD"] == "p@ss"


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnableToCopyDatabase, match="apt-get install postgresql-client"):
        programs_for(15, path=str(tmp_path), debian=tmp_path)


def test_programs_of_an_older_version_are_not_taken(tmp_path: Path) -> None:
    make_programs(tmp_path / "13" / "bin", "13.9")
    make_programs(tmp_path / "16" / "bin", "16.1")
    make_programs(tmp_path / "17" / "bin", "17.2")
    assert programs_for(15, path="", debian=tmp_path).major == 16
    with pytest.raises(UnableToCopyDatabase, match="only version 17"):
        programs_for(18, path="", debian=tmp_path)


def make_programs(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    for name in ("pg_dump", "pg_restore", "psql"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version} (Debian)'\n")
        program.chmod(0o700)
