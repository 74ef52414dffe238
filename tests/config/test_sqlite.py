"""Every connection, of every thread, has the journal under which no acknowledged row is lost, and knows what SQLite can do."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from django.db import transaction
from django.db.utils import ConnectionHandler

from mooring.config.installation import journal_of, sqlite_database

pytestmark = pytest.mark.django_db  # the guard of the test database watches every connection

SYNCHRONOUS = {"FULL": 2, "EXTRA": 3}


def handler(path: Path) -> ConnectionHandler:
    return ConnectionHandler({"default": {**sqlite_database(path), "TIME_ZONE": None, "CONN_MAX_AGE": 0}})


def in_force(connections: ConnectionHandler) -> tuple[str, int, int]:
    """(journal_mode, synchronous, busy_timeout) of this thread's connection."""
    with connections["default"].cursor() as cursor:
        values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "busy_timeout")]
    connections["default"].close()
    return (values[0].upper(), values[1], values[2])


def promised() -> tuple[str, int, int]:
    journal, synchronous = journal_of(sqlite3.sqlite_version_info)
    return (journal, SYNCHRONOUS[synchronous], 20_000)


def test_the_first_connection_has_the_promised_journal(tmp_path: Path) -> None:
    assert in_force(handler(tmp_path / "mooring.sqlite3")) == promised()


def test_a_connection_opened_again_has_it_too(tmp_path: Path) -> None:
    connections = handler(tmp_path / "mooring.sqlite3")
    in_force(connections)
    assert in_force(connections) == promised()


def test_the_connections_of_other_threads_have_it_too(tmp_path: Path) -> None:
    connections = handler(tmp_path / "mooring.sqlite3")
    found: list[tuple[str, int, int]] = []
    threads = [threading.Thread(target=lambda: found.append(in_force(connections))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [promised()] * 4


def test_a_database_left_in_another_journal_is_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "mooring.sqlite3"
    other = "DELETE" if promised()[0] == "WAL" else "WAL"
    with sqlite3.connect(path) as foreign:
        foreign.execute(f"PRAGMA journal_mode={other}")
        foreign.execute("CREATE TABLE letters (id)")
    foreign.close()
    assert in_force(handler(path)) == promised()


def test_transactions_take_their_lock_at_once(tmp_path: Path) -> None:
    """A transaction that reads first and writes later would fail without waiting when another one wrote meanwhile."""
    assert sqlite_database(tmp_path / "mooring.sqlite3")["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_database_that_is_locked_at_the_first_question_is_not_taken_for_one_without_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mooring.sqlite3"
    entry = sqlite_database(path)
    entry["OPTIONS"]["timeout"] = 0
    connections = ConnectionHandler({"default": {**entry, "TIME_ZONE": None, "CONN_MAX_AGE": 0, "AUTOCOMMIT": True}})
    monkeypatch.setattr(transaction, "connections", connections)  # Django asks its question within a transaction
    connections["default"].ensure_connection()
    writing = sqlite3.connect(path, isolation_level=None)
    writing.execute("BEGIN EXCLUSIVE")
    try:
        assert connections["default"].features.has_json_object_function
    finally:
        writing.close()
        connections["default"].close()
