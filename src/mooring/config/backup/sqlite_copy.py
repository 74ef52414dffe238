"""A copy of the SQLite database while others write into it, by SQLite's own online backup, proven whole.

In WAL mode the copy is of one moment and nobody waits. With the journal DELETE, writers would wait for the whole of it: at first
the copy is made in steps that let them through, and begun anew when one of them wrote; after two such beginnings they do wait.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from mooring.config.backup.copying import Told
from mooring.config.backup.facts import Facts, facts_by

DATABASE_FILE: Final = "database.sqlite3"
_STEP_PAGES: Final = 4096
_MOST_BEGINNINGS: Final = 2
_PATIENCE_SECONDS: Final = 20.0


class UnableToCopyDatabase(Exception):
    """Fit for an administrator. `is_full`: no room was left."""

    def __init__(self, text: str, *, is_full: bool = False) -> None:
        super().__init__(text)
        self.is_full = is_full


class _BegunAnew(Exception):
    """Somebody wrote meanwhile, and SQLite began from the first page."""


def copy_sqlite(*, source: Path, target: Path, told: Told) -> list[str]:
    """What is wrong with what was copied, in words. Raises UnableToCopyDatabase where there is no copy."""
    if not source.exists():
        raise UnableToCopyDatabase(f"There is no database {source}. Set MOORING_DATA, or run “mooring init” first.")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(_opened(source)) as present, closing(sqlite3.connect(target)) as copy:
            _copy(present, copy, told)
            copy.execute("PRAGMA journal_mode=DELETE")
            told("proving the database", 0, 0)
            found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    except sqlite3.Error as error:
        is_full = error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
        raise UnableToCopyDatabase(f"The database could not be copied ({error}).", is_full=is_full) from error
    descriptor = os.open(target, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return [f"{DATABASE_FILE}: the copy is damaged, and so the database may be: {what}" for what in found if what != "ok"]


def facts_of(copy: Path) -> Facts:
    """Raises UnableToCopyDatabase where it is no database of Mooring."""
    try:
        with closing(sqlite3.connect(copy)) as database:
            return facts_by(database.execute)
    except sqlite3.Error as error:
        raise UnableToCopyDatabase(f"This is no database of Mooring ({error}). Run “mooring init” first.") from error


def _opened(source: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None)


def _copy(present: sqlite3.Connection, copy: sqlite3.Connection, told: Told) -> None:
    journal = present.execute("PRAGMA journal_mode").fetchone()[0]
    for _beginning in range(0 if journal == "wal" else _MOST_BEGINNINGS):
        try:
            _copy_in_steps(present, copy, told)
        except _BegunAnew:
            continue
        return
    present.execute("BEGIN")
    present.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on the moment is held
    _copy_in_steps(present, copy, told)
    present.execute("COMMIT")


def _copy_in_steps(present: sqlite3.Connection, copy: sqlite3.Connection, told: Told) -> None:
    (page_bytes,) = present.execute("PRAGMA page_size").fetchone()
    least: list[int] = []

    def after_step(_status: int, remaining: int, total: int) -> None:
        if least and remaining > least[-1]:
            raise _BegunAnew
        least.append(remaining)
        told("database", (total - remaining) * page_bytes, total * page_bytes)

    present.backup(copy, pages=_STEP_PAGES, progress=after_step, sleep=0.05)
