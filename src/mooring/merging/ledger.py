"""Changing rows so that exactly this can be taken back: each change is made and written down in one go.

Rows are reached by Django's own manager, whoever may see them: all that hangs on a record goes along. Taking back touches a row
only where it still stands as it was left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.apps import apps
from django.db import IntegrityError, models, transaction

from mooring.customers.value_lists import any_of
from mooring.merging.models import Merge, MergeStep

_CHUNK: Final = 500


class Ledger:
    """What one merge does, step by step."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge
        self._steps: list[MergeStep] = []

    def change(self, model: type[models.Model], ids: Iterable[int], *, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Give these rows, which stand as `before` says, the values of `after`; both name columns."""
        for chunk in _chunks(sorted(ids)):
            rows_of(model).filter(pk__in=any_of(chunk)).update(**after)
            self._note(model, ids=chunk, before=_plain(before), after=_plain(after))

    def remove(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Remove these rows, on which nothing hangs any more, and keep all that they held."""
        for chunk in _chunks(sorted(ids)):
            rows = rows_of(model).filter(pk__in=any_of(chunk)).order_by("pk")
            self._note(model, removed=[_plain(row) for row in rows.values()])
            rows._raw_delete(rows.db)

    def save(self) -> None:
        """Write down what was done, in its order."""
        MergeStep.objects.bulk_create(self._steps, batch_size=50)

    def _note(self, model: type[models.Model], **what: Any) -> None:
        self._steps.append(MergeStep(merge=self._merge, place=len(self._steps), table=model._meta.label, **what))


def take_back(steps: Iterable[MergeStep]) -> Counter[str]:
    """Undo these steps, the last one first; returns how many rows of which table did not stand as they were left."""
    left: Counter[str] = Counter()
    for step in sorted(steps, key=lambda step: step.place, reverse=True):
        model = apps.get_model(step.table)
        if step.removed:
            left[step.table] += _put_back(model, step.removed)
        else:
            left[step.table] += _change_back(model, step)
    return +left


def rows_of(model: type[models.Model]) -> models.QuerySet[Any]:
    """Every row of a table."""
    return model._base_manager.all()


def _change_back(model: type[models.Model], step: MergeStep) -> int:
    before, rows = _read(model, step.before), rows_of(model).filter(pk__in=any_of(step.ids))
    try:
        with transaction.atomic():
            rows.filter(**_read(model, step.after)).update(**before)
    except IntegrityError:
        return len(step.ids)
    return len(step.ids) - rows.filter(**before).count()


def _put_back(model: type[models.Model], removed: Sequence[dict[str, Any]]) -> int:
    rows = [_read(model, row) for row in removed]
    able = [row for row in _without_lost_targets(model, rows) if row is not None]
    try:
        with transaction.atomic():
            rows_of(model).bulk_create([model(**row) for row in able])
        return len(rows) - len(able)
    except IntegrityError:
        return len(rows) - sum(_put_one_back(model, row) for row in able)


def _put_one_back(model: type[models.Model], row: dict[str, Any]) -> bool:
    try:
        with transaction.atomic():
            rows_of(model).bulk_create([model(**row)])
    except IntegrityError:
        return False
    return True


def _without_lost_targets(model: type[models.Model], rows: list[dict[str, Any]]) -> Iterator[dict[str, Any] | None]:
    """A key whose target is gone becomes empty; a row that cannot be without it is not put back."""
    keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    known: dict[str, set[Any]] = {}
    for field in keys:
        wanted = {row[field.attname] for row in rows} - {None}
        target: Any = field.related_model
        known[field.attname] = set(rows_of(target).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    for row in rows:
        lost = [field for field in keys if row[field.attname] is not None and row[field.attname] not in known[field.attname]]
        yield None if any(not field.null for field in lost) else {**row, **{field.attname: None for field in lost}}


def _plain(columns: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it, without losing a microsecond."""
    return {name: value.isoformat() if isinstance(value, (date, datetime)) else value for name, value in columns.items()}


def _read(model: type[models.Model], columns: dict[str, Any]) -> dict[str, Any]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    dates = (models.DateField, models.DateTimeField)
    return {name: fields[name].to_python(value) if isinstance(fields[name], dates) else value for name, value in columns.items()}


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    return (list(ids[start : start + _CHUNK]) for start in range(0, len(ids), _CHUNK))
