"""The PostgreSQL database as a file of pg_dump, and back from it in one transaction."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import psycopg

from mooring.config.backup.copying import CHUNK, Told
from mooring.config.backup.facts import Facts, facts_by
from mooring.config.backup.postgresql_script import REFUSE_OTHERS, ours_of, schemas_for, understood_by
from mooring.config.backup.postgresql_tools import Database, Programs, one_line, programs_for, said_by
from mooring.config.backup.proving import UnableToTell
from mooring.config.backup.sqlite_copy import UnableToCopyDatabase

DUMP_FILE: Final = "database.dump"
ASIDE: Final = "before_restore_"
"""How the schemas begin into which a restore moves the tables that were there; no backup holds them."""

_SCRIPT_FAILED: Final = 3
"""How psql ends where the server refused something, and so the whole."""
_UNSURE: Final = "Stopped at the moment when the database was exchanged; it may be the old one or the new one."

_NOT_OURS: Final = ("--no-comments", "--no-publications", "--no-subscriptions")

_OBJECTS: Final = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (
        SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'a', 'i')
    )
"""
"""Tables, views and sequences that belong neither to an extension nor to a column."""
_MOVE: Final = """
CREATE SCHEMA {aside};
DO $move$
DECLARE each text;
BEGIN
    FOR each IN {objects} LOOP
        EXECUTE 'ALTER TABLE ' || each || ' SET SCHEMA {aside}';
    END LOOP;
    FOR each IN
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema()
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE 'ALTER ROUTINE ' || each || ' SET SCHEMA {aside}';
    END LOOP;
END
$move$;
"""


@dataclass(frozen=True, slots=True)
class Dumped:
    """What a dump holds, and what made it."""

    tool: str
    facts: Facts


def dump_postgresql(*, database: Database, target: Path, told: Told) -> Dumped:
    """Of one moment, while others write; proven by reading it again. Raises UnableToCopyDatabase."""
    with _in_words(), database.connected() as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.read_only = True
        session.execute("SET LOCAL statement_timeout = 0")
        session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # idle is what it is while pg_dump works
        (snapshot,) = _row(session, "SELECT pg_export_snapshot()")
        facts = facts_by(lambda question: session.execute(question))
        programs = programs_for(_major(session))
        what = ("--format=custom", f"--snapshot={snapshot}", f"--schema={_schema(session)}", *_NOT_OURS)
        whence = ("--no-password", f"--dbname={database.address}")
        with tempfile.TemporaryFile() as complaints, open(_new(target), "wb") as writing:
            pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": complaints}
            dump = programs.call("pg_dump", *what, *whence, database=database, **pipes)
            with _ended(dump):
                done = _pumped(dump.stdout, writing, told, "database")
            if dump.returncode:
                raise UnableToCopyDatabase(f"The database could not be copied: {said_by(complaints)}")
            writing.flush()
            os.fsync(writing.fileno())
        told("proving the database", done, done)
        _prove(programs, database, target)
        server = session.info.parameter_status("server_version")
    return Dumped(f"pg_dump {programs.version} of PostgreSQL {server}", facts)


def tables_in(database: Database) -> int:
    """How many tables there are where Mooring's would be. Raises UnableToCopyDatabase."""
    with database.connected() as session, _in_words():
        return len(session.execute(_OBJECTS).fetchall())


def others_connected(database: Database) -> int:
    """How many connections the same user has besides. Raises UnableToCopyDatabase."""
    with database.connected() as session, _in_words():
        count: int
        (count,) = _row(
            session,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        return count


def restore_postgresql(*, database: Database, dump: Path, tool: str, aside: str | None, told: Told) -> None:
    """Bring the dump in, wholly or not at all; the tables that are there move into the schema `aside` in the same transaction.

    psql is sent the transaction's end only after pg_restore has ended well: cut off at any moment, the server takes all of it
    back. Cut off at that end, the server is asked. Raises UnableToCopyDatabase where the database is as it was, UnableToTell
    where that is not certain.
    """
    with database.connected() as session:
        server = _major(session)
    programs = programs_for(max(server, dumped_by(tool)))
    move = _MOVE.format(aside=aside, objects=_OBJECTS) if aside else ""
    to = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", f"--dbname={database.address}", "--file=-")
    with tempfile.TemporaryFile() as complaints:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": complaints}
        psql = programs.call("psql", *to, database=database, **pipes)
        is_sent = False
        try:
            with _ended(psql), contextlib.suppress(BrokenPipeError):
                assert psql.stdin is not None
                psql.stdin.write(f"BEGIN;\n{move}".encode())
                _send_dump(programs, database, dump, psql.stdin, told, server=server)
                psql.stdin.write(REFUSE_OTHERS.encode())
                is_sent = True
                psql.stdin.write(b"\nCOMMIT;\n")
                psql.stdin.close()
                psql.wait()
        except KeyboardInterrupt as error:
            if not is_sent or not was_committed(database, aside):
                raise UnableToCopyDatabase("Stopped; the database was left as it was.") from error
        else:
            is_certain = psql.returncode in (0, _SCRIPT_FAILED) or not is_sent
            if psql.returncode and (is_certain or not was_committed(database, aside)):
                raise UnableToCopyDatabase(f"The database was left as it was: {said_by(complaints)}")


def was_committed(database: Database, aside: str | None, *, patience_seconds: float = 30.0) -> bool:
    """Whether the restore that was cut off at its end is in the database. Raises UnableToTell where nobody says."""
    until = time.monotonic() + patience_seconds
    try:
        while others_connected(database):
            if time.monotonic() > until:
                raise UnableToTell(f"{_UNSURE} Somebody is still connected to it.")
            time.sleep(0.2)
        with database.connected() as session, _in_words():
            if aside is None:
                return bool(session.execute(_OBJECTS).fetchone())
            return bool(_row(session, f"SELECT to_regnamespace('{aside}') IS NOT NULL")[0])
    except (UnableToCopyDatabase, KeyboardInterrupt) as error:
        raise UnableToTell(f"{_UNSURE} {error}".rstrip()) from error


def dumped_by(tool: str) -> int:
    """The major version of the pg_dump that a manifest names."""
    found = re.search(r"pg_dump (\d+)", tool)
    return int(found[1]) if found else 0


def _send_dump(programs: Programs, database: Database, dump: Path, to: IO[bytes], told: Told, *, server: int) -> None:
    with tempfile.TemporaryFile() as complaints, tempfile.NamedTemporaryFile() as ours:
        lister = programs.call("pg_restore", "--list", str(dump), database=database, stdout=subprocess.PIPE, stderr=complaints)
        with _ended(lister):
            assert lister.stdout is not None
            listed = lister.stdout.read().decode("utf-8", errors="surrogateescape")
        ours.write(ours_of(listed).encode("utf-8", errors="surrogateescape"))
        ours.flush()
        to.write(schemas_for(listed).encode())
        arguments = ("--no-owner", "--no-privileges", f"--use-list={ours.name}", "--file=-", str(dump))
        script = programs.call("pg_restore", *arguments, database=database, stdout=subprocess.PIPE, stderr=complaints)
        with _ended(script):
            assert script.stdout is not None
            head = understood_by(server, script.stdout.read(CHUNK))
            to.write(head)
            told("bringing the database back", len(head), 0)
            _pumped(script.stdout, to, told, "bringing the database back")
        if lister.returncode or script.returncode:
            raise UnableToCopyDatabase(f"The dump cannot be read, the database was left as it was: {said_by(complaints)}")


def _schema(session: psycopg.Connection[tuple[Any, ...]]) -> str:
    """The one with Mooring's tables, as a pattern that fits nothing else."""
    (name,) = _row(session, "SELECT quote_ident(current_schema())")
    return name if name.startswith('"') else f'"{name}"'


def _prove(programs: Programs, database: Database, dump: Path) -> None:
    with tempfile.TemporaryFile() as complaints:
        pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": complaints}
        if programs.call("pg_restore", "--file=-", str(dump), database=database, **pipes).wait():
            raise UnableToCopyDatabase(f"The copy of the database cannot be read: {said_by(complaints)}")


def _pumped(source: IO[bytes] | None, target: IO[bytes], told: Told, what: str) -> int:
    assert source is not None
    done = 0
    while chunk := source.read(CHUNK):
        target.write(chunk)
        done += len(chunk)
        told(what, done, 0)
    return done


@contextlib.contextmanager
def _ended(program: subprocess.Popen[bytes]) -> Iterator[None]:
    """Afterwards the program has ended, by itself or, where something went wrong, by us: its pipe is closed only after that."""
    try:
        yield
    except BaseException:
        program.kill()
        raise
    finally:
        program.wait()


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise UnableToCopyDatabase(f"The database says: {one_line(str(error))}") from error


def _row(session: psycopg.Connection[tuple[Any, ...]], question: str) -> tuple[Any, ...]:
    row = session.execute(question).fetchone()
    assert row is not None
    return row


def _major(session: psycopg.Connection[tuple[Any, ...]]) -> int:
    return session.info.server_version // 10_000


def _new(target: Path) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
