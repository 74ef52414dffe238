"""Where an installation keeps its data and keys, and how it is told so: the environment variables of docs/settings.md.

Reads only; `mooring init` writes. Nothing here imports Django.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


_SHORTEST_TOKEN: Final = 20


class BadInstallation(Exception):
    """The installation cannot start; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """The server for the installation's own few letters (a new password); always encrypted, the certificate checked."""

    host: str
    port: int
    user_name: str
    password: str
    is_implicit_tls: bool
    sender: str


@dataclass(frozen=True, slots=True)
class Installation:
    """One data folder holds the SQLite database, the originals and the keys, each of which can be moved elsewhere."""

    data: Path
    database_url: str
    keys: Path
    base_url: str
    hosts: tuple[str, ...]
    allowed_networks: tuple[IPv4Network | IPv6Network, ...]
    is_debug: bool
    smtp: Smtp | None = None
    metrics_token: str = ""
    """What monitoring must know to be told numbers; empty: nobody is told any."""
    memory: Path | None = None
    """A folder of the memory's own file system, lost when the machine is started anew; None where there is none."""

    @property
    def originals(self) -> Path:
        """The folder of packs with the letters' exact bytes."""
        return self.data / "originals"

    @property
    def attached(self) -> Path:
        """The files attached to letters that are being written."""
        return self.data / "attached"

    @property
    def files(self) -> Path:
        """The files on records."""
        return self.data / "files"

    @property
    def worker_beat(self) -> Path:
        """Touched by every worker when it looks around; all of them share the data folder."""
        return self.data / "worker-beat"

    @property
    def demo_mark(self) -> Path:
        """Says that the data folder is a demo: empty while it is being made, “complete” afterwards."""
        return self.data / "demo"

    @property
    def demo_sent(self) -> Path:
        """Letters that were “sent” by a demo."""
        return self.data / "sent by the demo"

    @property
    def secret_key_file(self) -> Path:
        """Signs sessions and one-time links."""
        return self.keys / "secret_key"

    @property
    def sealing_keys_file(self) -> Path:
        """Seals mail passwords: one "id:base64" line per key, the first one seals, all of them open."""
        return self.keys / "sealing_keys"

    def secret_key(self) -> str:
        """Raises BadInstallation when `mooring init` was not run or the file may not be read."""
        try:
            key = self.secret_key_file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise BadInstallation(
                f"The key file {self.secret_key_file} cannot be read ({error.strerror}). "
                "Run “mooring init” first, or set MOORING_KEYS to the folder that holds the keys."
            ) from error
        if len(key) < 40:
            raise BadInstallation(f"The key in {self.secret_key_file} is too short. Run “mooring init --new-secret-key”.")
        return key

    def database(self) -> dict[str, Any]:
        """Django's DATABASES["default"]."""
        if not self.database_url:
            return sqlite_database(self.data / "mooring.sqlite3")
        parts = urlsplit(self.database_url)
        if parts.scheme not in ("postgres", "postgresql"):
            raise BadInstallation(
                "MOORING_DATABASE_URL must look like postgresql://user:password@host:5432/name, "
                "or be left out to use SQLite in the data folder."
            )
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 20}, **dict(parse_qsl(parts.query))},
        }

    def cache(self) -> dict[str, Any]:
        """Django's CACHES["default"]: what limits attempts to sign in counts in all web processes together, which PostgreSQL may
        have many of; on SQLite there is one."""
        if not self.database_url:
            return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "desk_cache"}


def journal_of(version: tuple[int, int, int]) -> tuple[str, str]:
    """(journal_mode, synchronous) under which this SQLite loses no acknowledged row (docs/decisions/0002-two-databases.md).

    Before 3.51.3 two connections that write and checkpoint at once can corrupt a database in WAL mode.
    """
    return ("WAL", "FULL") if version >= (3, 51, 3) else ("DELETE", "EXTRA")


def sqlite_database(path: Path) -> dict[str, Any]:
    """Django's DATABASES entry for a SQLite file; every connection of every thread sets the journal anew."""
    journal, synchronous = journal_of(sqlite3.sqlite_version_info)
    pragmas = {"journal_mode": journal, "synchronous": synchronous, "cache_size": -20_000, "temp_store": "MEMORY"}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": " ".join(f"PRAGMA {name}={value};" for name, value in pragmas.items()),
        },
        "TEST": {"NAME": None},
    }


def let_postgresql_compile_nothing(*, connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """A receiver of `connection_created`: compiling a query pays for reports of minutes alone.

    Of a page that looked long to the planner it was the greatest part. Asked for here and not as a parameter of the connection:
    poolers between the program and the database refuse those that they do not know.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


def say_that_sqlite_knows_json(*, connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """A receiver of `connection_created`: every SQLite that Python comes with has JSON functions.

    Django asks the database once for each connection and takes "database is locked" for a no: since transactions begin with
    BEGIN IMMEDIATE, a connection whose first page met a long write could show no card until it was closed.
    """
    if connection.vendor == "sqlite":
        connection.features.supports_json_field = True


def read_installation(environment: dict[str, str] | None = None) -> Installation:
    """The installation that the environment describes. Raises BadInstallation for values that make no sense."""
    env = dict(os.environ) if environment is None else environment
    data = Path(env.get("MOORING_DATA") or "data").expanduser().resolve()
    return Installation(
        data=data,
        database_url=env.get("MOORING_DATABASE_URL", ""),
        keys=Path(env.get("MOORING_KEYS") or data / "keys").expanduser().resolve(),
        base_url=env.get("MOORING_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        hosts=tuple(host.strip() for host in env.get("MOORING_HOSTS", "127.0.0.1,localhost").split(",") if host.strip()),
        allowed_networks=_networks(env.get("MOORING_ALLOWED_NETWORKS", "")),
        is_debug=env.get("MOORING_DEBUG", "") == "1",
        metrics_token=_metrics_token(env.get("MOORING_METRICS_TOKEN", "")),
        memory=_memory(env.get("MOORING_MEMORY", ""), data),
        smtp=_smtp(env.get("MOORING_SMTP", ""), env.get("MOORING_SENDER", "")),
    )


def _memory(named: str, data: Path) -> Path | None:
    if named:
        return Path(named).expanduser().resolve()
    shared = Path("/dev/shm")  # noqa: S108 - the folder below it is closed to others (letters.held_passwords)
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return shared / f"mooring-{os.geteuid()}-{mark}" if shared.is_dir() else None


def _metrics_token(token: str) -> str:
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise BadInstallation(
            f"MOORING_METRICS_TOKEN must have {_SHORTEST_TOKEN} characters or more, no spaces: openssl rand -hex 24 makes one."
        )
    return token


def _smtp(url: str, sender: str) -> Smtp | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in sender:
        raise BadInstallation(
            "MOORING_SMTP must look like smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465, "
            "and MOORING_SENDER must name the address that writes."
        )
    return Smtp(
        host=parts.hostname,
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        user_name=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_implicit_tls=parts.scheme == "smtps",
        sender=sender,
    )


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise BadInstallation(f"MOORING_ALLOWED_NETWORKS must be a list like 10.0.0.0/8,192.168.1.0/24: {error}") from error
