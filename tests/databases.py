"""The tables are made by the migrations once; every process of the tests takes a copy. A plugin of pytest.

All the migrations cost ten seconds of a processor, and as much again with every one that is added. What they made of SQLite is
kept in .cache/, named for what the migrations are; of PostgreSQL as a database beside the tests' own, on the same server, and as
statements for servers of single tests.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases

from servers.postgresql import run_program

ROOT = Path(__file__).resolve().parents[1]
REACHING = {"db", "transactional_db", "live_server"}
KEPT = ROOT / ".cache" / "test-databases"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what reaches the tests' database. pytest-django refuses it to all others, so no other database changes those."""
    for item in items:
        if item.get_closest_marker("django_db") or REACHING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("database")


def pytest_fixture_setup(fixturedef: Any, request: Any) -> None:
    """A fixture that is asked for by its name alone cannot be seen beforehand, so whoever asks for it says so."""
    if fixturedef.argname == "_django_db_helper" and not request.node.get_closest_marker("database"):
        raise AssertionError("This test reaches the database unseen: take the fixture db, or mark it django_db.")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any) -> Iterator[None]:
    """The database of this process, as pytest-django would make it. Whoever is first has the migrations make it."""
    with django_db_blocker.unblock():
        with _one_at_a_time(), _copied():
            is_file = connection.vendor == "sqlite"  # which Django would else make anew
            made = setup_databases(verbosity=0, interactive=False, aliases={"default"}, keepdb=is_file)
        yield
        _end_other_sessions()
        teardown_databases(made, verbosity=0)


def put_tables(database: Path, *, url: str = "") -> None:
    """Put the tables of an installation there, if another test made them already; otherwise its own migrations will.

    `url` is of an empty database of PostgreSQL that the installation has instead of the file.
    """
    if url and _postgresql_file().exists():
        run_program("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={_postgresql_file()}", f"--dbname={url}")
    elif not url and _sqlite_file().exists():
        database.touch(mode=0o600)
        shutil.copyfile(_sqlite_file(), database)


@contextmanager
def bare_database() -> Iterator[None]:
    """Inside, Django has a database in which no migration ran: the first ones cost little there, undoing all later ones much."""
    usual = connections["default"]
    is_postgresql = usual.vendor == "postgresql"
    name = f"{usual.settings_dict['NAME']}_bare" if is_postgresql else ":memory:"
    if is_postgresql:
        _command(f"CREATE DATABASE {usual.ops.quote_name(name)}")
    options = {option: value for option, value in usual.settings_dict["OPTIONS"].items() if option != "pool"}
    bare = type(usual)({**usual.settings_dict, "NAME": name, "OPTIONS": options}, "default")
    connections["default"] = bare
    try:
        yield
    finally:
        connections["default"] = usual
        bare.close()
        if is_postgresql:
            _command(f"DROP DATABASE {usual.ops.quote_name(name)}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{connection.vendor}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copied() -> Any:
    return _copied_in_postgresql() if connection.vendor == "postgresql" else _copied_file()


@contextmanager
def _copied_file() -> Iterator[None]:
    tests, kept = connection.settings_dict["TEST"]["NAME"], _sqlite_file()
    if kept.exists():
        shutil.copyfile(kept, tests)
        yield
        return
    yield
    part = kept.with_suffix(".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(tests)) as made, closing(sqlite3.connect(part)) as copy:
        made.backup(copy)
    part.rename(kept)


@contextmanager
def _copied_in_postgresql() -> Iterator[None]:
    kept = f"mooring_tables_{_what_the_migrations_are()}"
    if _exists(kept):
        connection.settings_dict["TEST"]["TEMPLATE"] = kept
        yield
        return
    yield
    connection.close()
    connection.close_pool()
    _command(f"CREATE DATABASE {kept} TEMPLATE {connection.ops.quote_name(connection.settings_dict['NAME'])}")
    part = _postgresql_file().with_suffix(".part")
    address = urlsplit(os.environ["MOORING_TEST_DATABASE"])._replace(path=f"/{kept}").geturl()
    if run_program("pg_dump", f"--dbname={address}", f"--file={part}", check=False):
        part.rename(_postgresql_file())


def _end_other_sessions() -> None:
    """Those of a server's threads that ended without a word; PostgreSQL drops no database that somebody is connected to."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _exists(database: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        return cursor.fetchone() is not None


def _command(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def _sqlite_file() -> Path:
    return KEPT / f"{_what_the_migrations_are()}.sqlite3"


def _postgresql_file() -> Path:
    """The statements that make the tables in a cluster of its own."""
    return KEPT / f"{_what_the_migrations_are()}.sql"


def _what_the_migrations_are() -> str:
    """Ours and those of the packages that we take, by whose lock file."""
    files = [ROOT / "uv.lock", Path(__file__), *sorted(ROOT.glob("src/mooring/*/migrations/*.py"))]
    said = b"\0".join(str(file.relative_to(ROOT)).encode() + file.read_bytes() for file in files)
    return hashlib.sha256(said + sys.version.encode()).hexdigest()[:16]
