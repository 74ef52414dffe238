"""The journal of every change: who, what, when, from where.

Lines are only ever added. The deeds of all rooms call `record` inside their own transaction, so that a change and its
line stand or fall together.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.db.models import OuterRef, Q, QuerySet, Subquery

from mooring.users.inserting import column_value, insert_rows
from mooring.users.models import JournalEntry, JournalQuerySet, User
from mooring.users.scoping import has_any

Source = Literal["desk", "portal", "command", "worker"]

NAME_LENGTH = 300
LOOKED_THROUGH: Final = 10_000
"""Lines, the latest of all, among which those about somebody's records are looked for."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does a deed. `user` is nobody for the worker, commands and portal users; `address` is the network address, if any."""

    user: User | None
    source: Source
    address: str = ""


WORKER = Actor(None, "worker")


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says, when many are written at once."""

    action: str
    kind: str
    record_id: int | None
    name: str
    changes: Mapping[str, Any]


def record(
    *, by: Actor, action: str, kind: str, record_id: int | None, name: str, changes: Mapping[str, Any], now: datetime
) -> JournalEntry:
    """Add one line. `changes` is {"field": [before, after]} or facts about the deed in JSON; never a secret."""
    entry = _entry(Line(action, kind, record_id, name, changes), by=by, now=now)
    entry.save(force_insert=True)
    return entry


def record_all(lines: Iterable[Line], *, by: Actor, now: datetime) -> None:
    """Add many lines with one query."""
    at = column_value(JournalEntry, "at", now)
    who = (by.user.pk if by.user else None, by.source, by.address)
    insert_rows(
        JournalEntry,
        ("at", "user_id", "source", "address", "action", "record_kind", "record_id", "record_name", "changes"),
        (
            (at, *who, line.action, line.kind, line.record_id, line.name[:NAME_LENGTH], json.dumps(dict(line.changes)))
            for line in lines
        ),
    )


def entries_about(
    *, kind: str, record_id: int, also_ids: Collection[int] = (), before_id: int | None = None, limit: int = 50
) -> list[JournalEntry]:
    """The latest lines about a record, newest first, with their users; older than `before_id` if given.

    `also_ids` are others of the kind whose lines are this record's by now.
    """
    entries = JournalEntry.objects.filter(record_kind=kind, record_id=record_id)
    if also_ids:
        entries = JournalEntry.objects.filter(record_kind=kind, record_id__in=(record_id, *also_ids))
    return _newest(entries, before_id=before_id, limit=limit)


def entries_of_everything(
    *, user: User | None = None, kind: str = "", before_id: int | None = None, limit: int = 50
) -> list[JournalEntry]:
    """The latest lines of the whole journal, for administrators: of one person or one kind of record if given."""
    entries = JournalEntry.objects.all()
    if user is not None:
        entries = entries.filter(user=user)
    if kind:
        entries = entries.filter(record_kind=kind)
    return _newest(entries, before_id=before_id, limit=limit)


def entries_since(since: datetime, *, about: Mapping[str, QuerySet[Any]], not_by: User, limit: int = 50) -> list[JournalEntry]:
    """The latest lines since then about these records, of each kind those of a query, without one's own. One query.

    Looked for among the latest LOOKED_THROUGH lines of all: each is asked whether it is wanted, whoever wrote how many.
    """
    wanted = Q(pk__in=())
    for kind, records in about.items():
        wanted |= Q(record_kind=kind) & has_any(records.filter(pk=OuterRef("record_id")))
    newest = JournalEntry.objects.order_by("-pk").values("pk")[:1]
    entries = JournalEntry.objects.filter(wanted, pk__gt=Subquery(newest) - LOOKED_THROUGH, at__gt=since).exclude(user=not_by)
    return list(entries.select_related("user").order_by("-pk")[:limit])


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{"field": [before, after]} for the fields that differ, in the order of `after`."""
    return {field: [before.get(field), value] for field, value in after.items() if before.get(field) != value}


def _entry(line: Line, *, by: Actor, now: datetime) -> JournalEntry:
    return JournalEntry(
        at=now,
        user=by.user,
        source=by.source,
        address=by.address,
        action=line.action,
        record_kind=line.kind,
        record_id=line.record_id,
        record_name=line.name[:NAME_LENGTH],
        changes=dict(line.changes),
    )


def _newest(entries: JournalQuerySet, *, before_id: int | None, limit: int) -> list[JournalEntry]:
    if before_id is not None:
        entries = entries.filter(id__lt=before_id)
    return list(entries.select_related("user").order_by("-id")[:limit])
