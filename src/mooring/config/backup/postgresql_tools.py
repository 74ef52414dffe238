"""The programs of PostgreSQL that Mooring calls, and how they are told where the database is: no password on a command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from mooring.config.backup.sqlite_copy import UnableToCopyDatabase
from mooring.config.installation import Installation

DEBIAN: Final = Path("/usr/lib/postgresql")
_SECRET: Final[tuple[str, ...]] = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is. `address` may stand on a command line, what is in `secrets` may not."""

    address: str
    secrets: dict[str, str]

    def connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own. Raises UnableToCopyDatabase."""
        try:
            return psycopg.connect(self.address, **self.secrets)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise UnableToCopyDatabase(f"The database says: {one_line(str(error))}") from error

    def environment(self) -> dict[str, str]:
        """That of the programs."""
        password = {"PGPASSWORD": self.secrets["password"]} if self.secrets.get("password") else {}
        return {**os.environ, **password, "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Programs:
    """pg_dump, pg_restore and psql of one version."""

    folder: Path
    major: int
    version: str

    def call(self, program: str, *arguments: str, database: Database, **pipes: Any) -> subprocess.Popen[bytes]:
        """Begin one of them; it is to be ended by whoever began it."""
        words = [str(self.folder / program), *arguments]
        return subprocess.Popen(words, env=database.environment(), **pipes)  # noqa: S603 - words of our own


def database_of(installation: Installation) -> Database:
    """As Django connects to it."""
    told = installation.database()
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    all_of_it = {ours: told[theirs] for theirs, ours in names.items() if told[theirs]}
    all_of_it |= {name: value for name, value in told["OPTIONS"].items() if name != "pool"}
    secrets: dict[str, str] = {name: all_of_it.pop(name) for name in _SECRET if name in all_of_it}
    return Database(make_conninfo("", **all_of_it), secrets)


def programs_for(major: int, *, path: str | None = None, debian: Path = DEBIAN) -> Programs:
    """Those of this version of PostgreSQL, or of the next newer one that is there. Raises UnableToCopyDatabase."""
    found = sorted(_found(path, debian), key=lambda programs: programs.major)
    for programs in found:
        if programs.major >= major:
            return programs
    there = f" This machine has only version {found[-1].major}." if found else ""
    raise UnableToCopyDatabase(
        f"pg_dump, pg_restore and psql of PostgreSQL {major} or newer are needed and were found neither on PATH nor under "
        f"{debian}.{there} On Debian: apt-get install postgresql-client"
    )


def said_by(complaints: IO[bytes]) -> str:
    """What a program wrote to its standard error, in one line."""
    complaints.seek(0)
    return one_line(complaints.read().decode("utf-8", errors="replace")[-2000:])


def one_line(text: str) -> str:
    """Several lines of a server as one."""
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _found(path: str | None, debian: Path) -> Iterator[Programs]:
    on_path = shutil.which("pg_dump", path=path)
    for folder in (*sorted(debian.glob("*/bin")), *([Path(on_path).parent] if on_path else [])):
        if all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
            words = [str(folder / "pg_dump"), "--version"]
            said = subprocess.run(words, capture_output=True, text=True, check=False).stdout  # noqa: S603 - words of our own
            if number := re.search(r"(\d+)[.\d]*", said):
                yield Programs(folder, int(number[1]), number[0])
