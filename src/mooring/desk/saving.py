"""From a sent form to a saved record, alike for customers, leads, contacts and projects: duplicates are pointed out first, a
colleague who saved meanwhile is noticed, and whatever stands in the way, the form comes back with everything typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mooring.customers.duplicates import Duplicate, possible_duplicates
from mooring.customers.facts import kind_of
from mooring.customers.record_data import ProjectData, UnableToSave
from mooring.desk.access import actor_of, user_of
from mooring.desk.forms.editor import Editor, version_of
from mooring.desk.journal_words import moment_on_card
from mooring.desk.kinds import Record, RecordKind, kind_for
from mooring.desk.timeline import hidden_from
from mooring.ui.parts import Moment
from mooring.ui.rendering import page
from mooring.users.journal import entries_about
from mooring.users.permissions import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A record that may be the same one, as the form shows it; without `url` the reader may not see it."""

    reason: str
    name: str = ""
    url: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of a form: the saved record, or why it has to be shown (again)."""

    record: Any = None
    twins: Sequence[Twin] = ()
    meanwhile: Sequence[Moment] = ()
    """What others saved since the form was opened."""
    version: str = ""
    """The state of the record that the form goes out on; sending it again saves over that state and no later one."""


def try_to_create(request: HttpRequest, kind: RecordKind, editor: Editor[Any]) -> Attempt:
    """Create the record unless the form cannot be read, the deed refuses, or it may exist already and nobody said go on."""
    if not editor.is_sent or not editor.is_valid():
        return Attempt()
    data = editor.data()
    twins = [] if "anyway" in request.POST else twins_of(request, data)
    if twins:
        return Attempt(twins=twins)
    try:
        return Attempt(record=kind.create(data=data, by=actor_of(request), now=timezone.now()))
    except UnableToSave as error:
        editor.refuse(error.problems)
        return Attempt()


def try_to_change(request: HttpRequest, kind: RecordKind, editor: Editor[Any], record: Record) -> Attempt:
    """Change the record unless the form cannot be read, the deed refuses, or somebody else saved since it was opened."""
    opened_on = request.POST.get("changed_at", "") or version_of(record.changed_at)
    if not editor.is_sent or not editor.is_valid():
        return Attempt(version=opened_on)
    try:
        with transaction.atomic():
            now_stands = _version_held(request, record)
            if opened_on != now_stands:
                return Attempt(meanwhile=_saved_meanwhile(request, record), version=now_stands)
            deed = {kind.name: record, "data": editor.data(), "by": actor_of(request), "now": timezone.now()}
            return Attempt(record=kind.change(**deed))
    except UnableToSave as error:
        editor.refuse(error.problems)
        return Attempt(version=opened_on)


def twins_of(request: HttpRequest, data: Any, *, exclude_id: int | None = None) -> list[Twin]:
    """Records that may be the one being entered, as far as the reader may know."""
    if data is None or isinstance(data, ProjectData):
        return []
    found = possible_duplicates(data=data, reader=user_of(request), exclude_id=exclude_id)
    return [_twin(duplicate) for duplicate in found]


def record_form(request: HttpRequest, editor: Editor[Any], attempt: Attempt, **context: Any) -> HttpResponse:
    """The form's page, or the form alone when a part of it asked."""
    values = {"editor": editor, "attempt": attempt, **context}
    is_refused = editor.has_problems or attempt.twins or attempt.meanwhile
    return page(request, "desk/records/form.html", values, fragment="form", status=422 if is_refused else 200)


def _version_held(request: HttpRequest, record: Record) -> str:
    """The state in which the record now stands; holds its row until the transaction ends."""
    rows: Any = type(record).objects.visible_to(user_of(request), Action.CHANGE)
    return version_of(rows.select_for_update(of=("self",)).values_list("changed_at", flat=True).get(pk=record.pk))


def _saved_meanwhile(request: HttpRequest, record: Record) -> list[Moment]:
    hides = hidden_from(user_of(request))
    entries = entries_about(kind=kind_of(record), record_id=record.pk, limit=3)
    return [moment_on_card(entry, hides=hides) for entry in entries]


def _twin(duplicate: Duplicate) -> Twin:
    if duplicate.record is None:
        return Twin(reason=str(duplicate.reason.label))
    kind = kind_for(duplicate.record)
    return Twin(reason=str(duplicate.reason.label), name=duplicate.record.name, url=kind.url(duplicate.record), icon=kind.icon)
