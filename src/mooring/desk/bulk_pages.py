"""What pages say of changes of many records: what was changed, how far it is, how each record fared and what Undo would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.bulk_editing import UNDO_LASTS, outlook, present_values
from mooring.customers.bulk_values import MODELS, MOVES, YES_OR_NO, names_of
from mooring.customers.models import BulkChange, BulkChangeRow, BulkField, BulkState, InfoField
from mooring.desk.info_shown import in_words
from mooring.desk.kinds import KINDS
from mooring.ui.parts import Progress, Tab
from mooring.users.models import User

ROWS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in a list: what of what, and whether it can be undone now."""

    change: BulkChange
    what: str
    kind: str
    is_undoable: bool
    job: Progress | None
    """While it runs."""


@dataclass(frozen=True, slots=True)
class RowLine:
    """A record of a change; without a name where the reader may not see it."""

    name: str
    url: str
    before: str
    fared: str
    """In words, with what undoing would do while that is possible."""
    is_left: bool


def lines_of_changes(changes: Sequence[BulkChange], now: datetime) -> list[ChangeLine]:
    """In the same order. One query for each list that the changes take values from."""
    by_field: dict[str, set[Any]] = {}
    for change in changes:
        by_field.setdefault(change.field, set()).add(change.value if isinstance(change.value, int) else None)
    names = {field: names_of(field, ids) for field, ids in by_field.items()}
    return [
        ChangeLine(
            change=change,
            what=_what(change, names[change.field]),
            kind=str(KINDS[MODELS[change.kind]].plural),
            is_undoable=is_undoable(change, now),
            job=progress_of(change) if change.ended_at is None else None,
        )
        for change in changes
    ]


def is_undoable(change: BulkChange, now: datetime) -> bool:
    """Wholly, or what was out of the reach of whoever undid it before."""
    has_rest = change.given_back_count < change.changed_count
    if change.undone_at is not None:
        has_rest = bool(change.out_of_reach_count) and not change.broke_with
    return has_rest and change.ended_at is not None and change.changed_at >= now - UNDO_LASTS


def progress_of(change: BulkChange) -> Progress:
    """The line of progress, there or back. Who knows how many they are, before all are found?"""
    is_gathering = change.found_by is not None and change.ended_at is None
    running = _("Undoing") if change.undone_at else _("Looking for all that are found") if is_gathering else _("Changing")
    ended = _("Broken off") if change.broke_with else _("Stopped") if change.is_stopped else _("Finished")
    return Progress(
        label=running if change.ended_at is None else ended,
        done=change.total if is_gathering else change.done,
        total=None if is_gathering else change.total,
        url=f"{reverse('bulk_change', args=[change.pk])}?part=line",
        stop_url=reverse("stop_bulk_change", args=[change.pk]),
        is_running=change.ended_at is None,
    )


def rows_of(change: BulkChange, *, state: str, after: int, reader: User, now: datetime) -> tuple[list[RowLine], int | None]:
    """A page of the records of a change, and the record's id after which the next page begins."""
    rows = BulkChangeRow.objects.filter(change=change, record_id__gt=after).order_by("record_id")
    if state:
        rows = rows.filter(state=state)
    found = list(rows[: ROWS_AT_ONCE + 1])
    shown = found[:ROWS_AT_ONCE]
    records = MODELS[change.kind].objects.visible_to(reader).filter(pk__in=[row.record_id for row in shown])
    seen = {record.pk: record for record in records}
    verdicts = outlook(change=change, rows=shown, reader=reader) if is_undoable(change, now) else {}
    names = names_of(change.field, [row.before for row in shown]) if change.field not in YES_OR_NO else {}
    lines = [_row_line(change, row, seen.get(row.record_id), verdicts.get(row.record_id), names) for row in shown]
    return lines, shown[-1].record_id if len(found) > ROWS_AT_ONCE else None


def tabs_of(change: BulkChange, state: str) -> list[Tab]:
    """One for each way in which records fared, with how many."""
    here = reverse("bulk_change", args=[change.pk])
    counted = dict(BulkChangeRow.objects.filter(change=change).order_by().values_list("state").annotate(count=Count("pk")))
    tabs = [Tab(label=_("All"), url=here, is_current=not state, count=sum(counted.values()))]
    found = ((each, f"{here}?state={each}", counted[each]) for each in BulkState if each in counted)
    tabs += [Tab(label=str(each.label), url=url, is_current=state == each, count=count) for each, url, count in found]
    return tabs


def now_in_words(kind: str, field: BulkField, info_field: InfoField | None, ids: Sequence[int]) -> Counter[str]:
    """What records, chosen within the reader's rights, have now; how many have it."""
    probe = BulkChange(kind=kind, field=field, info_field=info_field)
    has = present_values(change=probe, record_ids=ids)
    names = names_of(field, has)
    return Counter(_value(probe, value, names) for value in has)


def _what(change: BulkChange, names: dict[int, str]) -> str:
    label = change.info_field.name if change.info_field is not None else str(BulkField(change.field).label)
    if change.field in MOVES:
        return label
    return _("%(field)s: %(value)s") % {"field": label, "value": _value(change, change.value, names)}


def _value(change: BulkChange, value: Any, names: dict[int, str]) -> str:
    if change.info_field is not None:
        return ", ".join(in_words(change.info_field, {str(change.info_field.pk): value})) or _("nothing")
    if value is None:
        return _("nobody") if change.field == BulkField.OWNER else _("nothing")
    return names.get(value, "?")


def _row_line(change: BulkChange, row: BulkChangeRow, record: Any, verdict: BulkState | None, names: dict[int, str]) -> RowLine:
    fared = str(BulkState(row.state).label)
    if verdict == BulkState.GIVEN_BACK:
        fared = _("Changed; Undo gives back what it had")
    elif verdict is not None:
        fared = str(verdict.label)
    has_before = row.state not in (BulkState.WAITING, BulkState.NOT_YOURS, BulkState.GONE) and change.field not in YES_OR_NO
    return RowLine(
        name=record.name if record is not None else "",
        url=KINDS[MODELS[change.kind]].url(record) if record is not None else "",
        before=_value(change, row.before, names) if has_before else "",
        fared=fared,
        is_left=(verdict or row.state) not in (BulkState.CHANGED, BulkState.GIVEN_BACK, BulkState.WAITING),
    )
