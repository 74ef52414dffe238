"""mooring restore on PostgreSQL where the server, its version or somebody else is in the way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from config.installed import Place
from config.test_backup import all_well, newest, restored
from config.test_backup_postgresql import (
    OWNER,
    SERVER,
    _made,
    ask,
    backups,
    command,
    filled,
    on_a_server,
    owner,
    rows_of,
    schemas_aside,
    second_place,
)
from mooring.config.backup import postgresql_copy
from mooring.config.backup.postgresql_copy import restore_postgresql, was_committed
from mooring.config.backup.postgresql_script import ours_of, schemas_for, understood_by
from mooring.config.backup.postgresql_tools import Database, database_of, programs_for
from mooring.config.backup.proving import UnableToTell
from mooring.config.backup.sqlite_copy import UnableToCopyDatabase
from mooring.config.installation import read_installation

__all__ = ("_made", "backups", "filled", "owner", "second_place")

pytestmark = pytest.mark.database
ASIDE = "before_restore_20261126t180000z"
LISTED = """;
; Archive created at 2026-11-26
6; 2615 2200 SCHEMA - own_one ann
7; 3079 16386 EXTENSION - pg_trgm 
3840; 0 0 COMMENT - EXTENSION pg_trgm 
215; 1259 16390 TABLE own_one users_user ann
3841; 6104 16400 PUBLICATION - all_of_it postgres
"""  # noqa: W291 - pg_restore writes it so


def told(_what: str, _done: int, _total: int) -> None:
    """Nobody listens."""


def database(place: Place) -> Database:
    return database_of(read_installation({"MOORING_DATA": str(place.data), **place.environment}))


@pytest.fixture
def dump(filled: Place, backups: Path) -> Path:
    all_well(filled.run("backup", str(backups), "--with-keys"))
    return newest(backups) / "database.dump"


def test_nothing_is_brought_back_that_only_an_administrator_of_the_server_may_make() -> None:
    assert [line for line in ours_of(LISTED).splitlines() if line[0] != ";"] == ["215; 1259 16390 TABLE own_one users_user ann"]
    assert "CREATE SCHEMA" in schemas_for(LISTED)
    assert "own_one" in schemas_for(LISTED)
    assert schemas_for("215; 1259 16390 TABLE public users_user ann\n") == ""


def test_a_setting_that_older_servers_do_not_know_is_left_out_of_the_head_alone() -> None:
    head = b"SET lock_timeout = 0;\nSET transaction_timeout = 0;\n"
    later = b" " * 3000 + b"\nSET transaction_timeout = 0;\n"
    assert understood_by(15, head + later) == b"SET lock_timeout = 0;\n" + later
    assert understood_by(17, head + later) == head + later


@on_a_server
def test_a_newer_pg_restore_brings_a_dump_into_an_older_server(
    dump: Path, filled: Place, second_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = programs_for(0).folder
    folder = tmp_path / "99"
    folder.mkdir()
    says = 'case "$*" in *use-list*) echo "SET transaction_timeout = 0;";; esac'
    for name, words in {"pg_dump": "echo 'pg_dump (PostgreSQL) 99.1'", "psql": f'exec {real}/psql "$@"'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{words}\n")
    (folder / "pg_restore").write_text(f'#!/bin/sh\n{says}\nexec {real}/pg_restore "$@"\n')
    for path in folder.iterdir():
        path.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    restore_postgresql(database=database(second_place), dump=dump, tool="pg_dump 99.1 of", aside=None, told=told)
    assert rows_of(second_place) == rows_of(filled)


@on_a_server
def test_whoever_connects_meanwhile_keeps_the_old_database(dump: Path, filled: Place) -> None:
    before = rows_of(filled)
    opened: list[psycopg.Connection] = []

    def connect(_what: str, _done: int, _total: int) -> None:
        if not opened:
            opened.append(psycopg.connect(filled.environment["MOORING_DATABASE_URL"]))

    with pytest.raises(UnableToCopyDatabase, match="opened meanwhile"):
        restore_postgresql(database=database(filled), dump=dump, tool="", aside=ASIDE, told=connect)
    opened[0].close()
    assert rows_of(filled) == before
    assert schemas_aside(filled) == []


@on_a_server
def test_stopped_at_the_end_of_the_transaction_the_server_is_asked(
    dump: Path, filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(filled)
    really = postgresql_copy.Programs.call

    def call(programs: postgresql_copy.Programs, program: str, *arguments: str, **more: object) -> object:
        begun = really(programs, program, *arguments, **more)  # type: ignore[arg-type]
        if program == "psql":
            ended = begun.wait
            is_first = [True]

            def wait() -> int:
                code = ended()
                if is_first.pop() if is_first else False:
                    raise KeyboardInterrupt
                return code

            monkeypatch.setattr(begun, "wait", wait)
        return begun

    monkeypatch.setattr(postgresql_copy.Programs, "call", call)
    restore_postgresql(database=database(filled), dump=dump, tool="", aside=ASIDE, told=told)
    assert schemas_aside(filled) == [ASIDE]
    assert rows_of(filled) == before
    assert not was_committed(database(filled), f"{ASIDE}x")
    with psycopg.connect(filled.environment["MOORING_DATABASE_URL"]), pytest.raises(UnableToTell):
        was_committed(database(filled), ASIDE, patience_seconds=0.3)


@on_a_server
def test_what_belongs_to_others_in_the_database_does_not_hinder(filled: Place, second_place: Place, backups: Path) -> None:
    for place in (filled, second_place):
        name = urlsplit(place.environment["MOORING_DATABASE_URL"]).path
        at = urlsplit(SERVER)._replace(path=name).geturl()
        command(at, f"CREATE SCHEMA own_one AUTHORIZATION {OWNER}")
        command(at, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    all_well(filled.run("backup", str(backups), "--with-keys"))
    shutil.rmtree(second_place.data, ignore_errors=True)
    all_well(restored(newest(backups), second_place))
    assert rows_of(second_place) == rows_of(filled)
    assert ask(second_place, "SELECT reltuples > 0 FROM pg_class WHERE relname = 'letters_original'") == [(True,)]
