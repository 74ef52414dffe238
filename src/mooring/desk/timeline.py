"""What happened to a record, newest first: lines of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mooring.customers.facts import kind_of
from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.desk.journal_words import moment_on_card
from mooring.ui.parts import Moment
from mooring.users.journal import entries_about
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

SIZE: Final = 30


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of moments; `older` is the id of the last line shown, where more lie before it."""

    moments: list[Moment]
    older: int | None = None


def timeline_of(record: Customer | Lead | Contact | Project, *, reader: User, before_id: int | None = None) -> Timeline:
    """The latest moments, or those before a line of the journal."""
    entries = entries_about(kind=kind_of(record), record_id=record.pk, before_id=before_id, limit=SIZE + 1)
    shown = entries[:SIZE]
    moments = [moment_on_card(entry, hides=hidden_from(reader)) for entry in shown]
    return Timeline(moments, shown[-1].pk if len(entries) > SIZE else None)


def hidden_from(reader: User) -> tuple[str, ...]:
    """Fields that name other records, of which the reader may not know all."""
    sees_all = all(scope_of(reader, module, Action.VIEW) is Scope.ALL for module in (Module.CUSTOMERS, Module.LEADS))
    return () if sees_all else ("affiliations", "customer")


def before_id_in(text: str) -> int | None:
    """The id in an address, None where it makes no sense."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
