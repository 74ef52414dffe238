"""What happened to a record, newest first: lines of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mooring.customers.facts import kind_of
from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.desk.journal_words import moment_of
from mooring.ui.parts import Moment
from mooring.users.journal import entries_about

SIZE: Final = 30


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of moments; `older` is the id of the last line shown, where more lie before it."""

    moments: list[Moment]
    older: int | None = None


def timeline_of(record: Customer | Lead | Contact | Project, *, before_id: int | None = None) -> Timeline:
    """The latest moments, or those before a line of the journal."""
    entries = entries_about(kind=kind_of(record), record_id=record.pk, before_id=before_id, limit=SIZE + 1)
    shown = entries[:SIZE]
    moments = [moment_of(entry, names_record=False) for entry in shown]
    return Timeline(moments, shown[-1].pk if len(entries) > SIZE else None)


def before_id_in(text: str) -> int | None:
    """The id in an address, None where it makes no sense."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
