"""What a database says of itself while it is backed up: what was applied, how much there is, and which files it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mooring.config.backup.manifest import BackedUpFile
from mooring.letters.packs import HEAD_BYTES

COUNTED: Final = {
    "letters": "letters_letter",
    "originals": "letters_original",
    "customers": "customers_customer",
    "leads": "customers_lead",
    "contacts": "customers_contact",
    "projects": "customers_project",
    "staff": "users_user",
}
"""What a person recognises a backup by, and the tables it lies in."""
_NEEDED: Final = {
    "originals": f'SELECT pack, max("offset" + {HEAD_BYTES} + stored_size) FROM letters_original GROUP BY pack',  # noqa: S608
    "files": "SELECT sha256, max(size) FROM letters_recordfile GROUP BY sha256",
    "attached": "SELECT sha256, max(f.size) FROM letters_outgoingattachment f"
    " JOIN letters_outgoingletter l ON l.id = f.outgoing_id WHERE l.state <> 'sent' GROUP BY sha256",
}
"""By folder of the data: the names of files that rows point to, and how long they are at least."""

Ask = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Need:
    """A file that rows point to, below the data folder, and the bytes that it has at least."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Facts:
    """`installation` tells installations apart: the moment of their first migration, which goes along with every copy."""

    migrations: tuple[str, ...]
    counts: dict[str, int]
    needs: tuple[Need, ...]
    installation: str


def facts_by(ask: Ask) -> Facts:
    """Raises what `ask` raises where this is no database of Mooring."""
    applied = list(ask("SELECT app || '.' || name, applied FROM django_migrations ORDER BY id"))
    counts = {what: next(iter(ask(f"SELECT count(*) FROM {table}")))[0] for what, table in COUNTED.items()}  # noqa: S608
    needs = tuple(Need(f"{folder}/{name}", size) for folder, question in _NEEDED.items() for name, size in ask(question))
    return Facts(tuple(name for name, _at in applied), counts, needs, _named(*applied[0]) if applied else "")


def lacks(needs: Iterable[Need], files: Iterable[BackedUpFile]) -> Iterator[str]:
    """In words, which of the needed files are not among those that were copied, or are too short."""
    there = {file.path: file.size for file in files}
    for need in needs:
        size = there.get(need.path)
        if size is None:
            yield f"{need.path}: it is missing, and the database needs it"
        elif size < need.size:
            yield f"{need.path}: it has {size} bytes, and the database needs {need.size} of it"


def _named(migration: str, at: datetime | str) -> str:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at.astimezone(UTC)
    return hashlib.sha256(f"{migration} {moment.replace(tzinfo=None).isoformat()}".encode()).hexdigest()[:16]
