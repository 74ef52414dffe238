"""What happened to a record, newest first: its letters and the lines of the journal about it, merged page by page."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.facts import kind_of
from mooring.customers.models import Contact
from mooring.desk.journal_words import moment_on_card
from mooring.desk.kinds import Record
from mooring.letters.models import Letter
from mooring.letters.queries import PrivateFact, letters_with, moments_of
from mooring.ui.parts import Moment
from mooring.users.journal import entries_about
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

SIZE: Final = 30
_PLACE: Final = re.compile(r"(\d{1,17})?\.(-?\d{1,18})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of moments; `older` is the place in the address of the next page, empty where nothing lies before."""

    moments: list[Moment]
    older: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: behind this line of the journal and this position of a letter; None is the newest."""

    entry_id: int | None = None
    position: int | None = None

    def __str__(self) -> str:
        return f"{'' if self.entry_id is None else self.entry_id}.{'' if self.position is None else self.position}"


def timeline_of(record: Record, *, reader: User, place: str = "", also_ids: Collection[int] = ()) -> Timeline:
    """The latest moments, or those behind a place. One query for the journal and one for the letters.

    `also_ids` are records of the kind that this one took in: what happened to them stands here too.
    """
    start = _read(place)
    entries = entries_about(
        kind=kind_of(record), record_id=record.pk, also_ids=also_ids, before_id=start.entry_id, limit=SIZE + 1
    )
    letters = _letters(record, reader, start)
    # Of two things at one moment the letter comes first: adding a record is what made it belong there.
    rows: list[Any] = sorted([*letters, *entries], key=lambda row: row.at, reverse=True)
    shown = rows[:SIZE]
    if len(rows) <= SIZE:
        return Timeline([_moment(row, reader) for row in shown])
    entry_ids = [row.pk for row in shown if not isinstance(row, (Letter, PrivateFact))]
    positions = [row.position for row in shown if isinstance(row, (Letter, PrivateFact))]
    older = _Place(min(entry_ids, default=start.entry_id), min(positions, default=start.position))
    return Timeline([_moment(row, reader) for row in shown], str(older))


def hidden_from(reader: User) -> tuple[str, ...]:
    """Fields that name other records, of which the reader may not know all."""
    sees_all = all(scope_of(reader, module, Action.VIEW) is Scope.ALL for module in (Module.CUSTOMERS, Module.LEADS))
    return () if sees_all else ("affiliations", "customer", "merged_with")


def id_in(text: str) -> int | None:
    """The id in an address, None where it makes no sense."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _letters(record: Record, reader: User, start: _Place) -> list[Letter | PrivateFact]:
    cursor = "" if start.position is None else f"<{start.position}"
    if isinstance(record, Contact):
        return list(letters_with(contact=record, reader=reader, cursor=cursor, size=SIZE + 1).rows)
    return moments_of(record=record, reader=reader, cursor=cursor, size=SIZE + 1)


def _moment(row: Any, reader: User) -> Moment:
    if isinstance(row, PrivateFact):
        return Moment(title=_("A private letter"), at=row.at, icon="lock")
    if not isinstance(row, Letter):
        return moment_on_card(row, hides=hidden_from(reader))
    return Moment(
        title=row.subject or _("(no subject)"),
        at=row.at,
        icon="mail",
        url=reverse("letter", args=[row.pk]),
        detail=row.excerpt,
        by=row.from_name or row.from_address,
    )


def _read(place: str) -> _Place:
    """An address typed by hand may say anything; what makes no sense is the newest page."""
    found = _PLACE.match(place)
    if found is None:
        return _Place()
    return _Place(*(None if part is None else int(part) for part in found.groups()))
