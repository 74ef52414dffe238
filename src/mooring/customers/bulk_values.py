"""What many records have of one thing: read for all of them at once, written for all of them at once, told in words.

One class for each shape: a column of the record, a category or tag, a field of the additional information, since when it rests
in the archive. Which records, and by whom, is decided by customers.bulk_editing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from django.db.models import Model

from mooring.customers.archiving import write_archived
from mooring.customers.info_values import keys_of, told
from mooring.customers.models import (
    BulkChange,
    BulkField,
    Category,
    Contact,
    Customer,
    CustomerInfo,
    CustomerStatus,
    Industry,
    InfoField,
    Lead,
    Project,
    Source,
    Tag,
)
from mooring.users.models import User

MODELS: Final[dict[str, Any]] = {"customer": Customer, "lead": Lead, "contact": Contact, "project": Project}
COLUMNS: Final[dict[str, type[Model]]] = {
    BulkField.STATUS: CustomerStatus,
    BulkField.INDUSTRY: Industry,
    BulkField.SOURCE: Source,
    BulkField.OWNER: User,
}
LABELS: Final[dict[str, type[Model]]] = {
    BulkField.CATEGORY_ADDED: Category,
    BulkField.CATEGORY_REMOVED: Category,
    BulkField.TAG_ADDED: Tag,
    BulkField.TAG_REMOVED: Tag,
}
MOVES: Final = {BulkField.ARCHIVED: True, BulkField.RESTORED: False}
"""Of customers only: there and back. Whether they rest in the archive then."""
YES_OR_NO: Final = frozenset((*LABELS, *MOVES))
"""What a record either has or has not, so that its value says no more than that."""
ADDING: Final = (BulkField.CATEGORY_ADDED, BulkField.TAG_ADDED)
_WHY: Final = "these records were chosen within the rights of whoever does it"
_AT_ONCE: Final = 200


class Aspect(Protocol):
    """One thing that records have."""

    wanted: Any
    """What all of them shall have, in the shape in which it is read and written."""

    def is_wanted(self, value: Any) -> bool:
        """Whether a record with this value needs no change."""

    def exists(self, values: Iterable[Any]) -> set[int]:
        """Positions in `values` of those that can be written: what they name is there, and nothing required is missing."""

    def read(self, rows: Sequence[Any]) -> dict[int, Any]:
        """Record's id -> what it has."""

    def write(self, rows: Sequence[Any], values: Mapping[int, Any], now: datetime) -> dict[int, Mapping[str, Any]]:
        """Give each its value, which is another one than it has; returns the changes for the journal by the record's id."""


def aspect_of(change: BulkChange) -> Aspect:
    """The thing that a change is about."""
    model, field = MODELS[change.kind], change.field
    value: Any = change.value
    if field == BulkField.INFO and change.info_field is not None:
        return _Info(change.info_field, value)
    if field in MOVES:
        return _Archived(_in_json(change.changed_at) if MOVES[BulkField(field)] else None)
    if field in LABELS:
        return _Label(model, LABELS[field], value, field in ADDING)
    return _Column(model, field, value)


def names_of(field: str, ids: Iterable[Any]) -> dict[int, str]:
    """What entries or owners are called, in the order of the list. One query; none for additional information."""
    kind = COLUMNS.get(field) or LABELS.get(field)
    wanted = [pk for pk in set(ids) if isinstance(pk, int) and not isinstance(pk, bool)]
    return {row.pk: str(row) for row in kind._default_manager.filter(pk__in=wanted)} if kind and wanted else {}


@dataclass(slots=True)
class _Column:
    model: Any
    field: str
    wanted: Any

    def is_wanted(self, value: Any) -> bool:
        return bool(value == self.wanted)

    def exists(self, values: Iterable[Any]) -> set[int]:
        listed = list(values)
        wanted = [value for value in set(listed) if value is not None]
        rows = COLUMNS[self.field]._default_manager.filter(pk__in=wanted)
        known = set((rows.filter(is_active=True) if self.field == BulkField.OWNER else rows).values_list("pk", flat=True))
        return {at for at, value in enumerate(listed) if value is None or value in known}

    def read(self, rows: Sequence[Any]) -> dict[int, Any]:
        return {row.pk: getattr(row, f"{self.field}_id") for row in rows}

    def write(self, rows: Sequence[Any], values: Mapping[int, Any], now: datetime) -> dict[int, Mapping[str, Any]]:
        column, before = f"{self.field}_id", self.read(rows)
        names = names_of(self.field, {*before.values(), *values.values()})
        columns = [column, "changed_at"]
        for row in rows:
            setattr(row, column, values[row.pk])
            row.changed_at = now
        if self.field == BulkField.INDUSTRY:
            columns.append("moved_in")
            for row in rows:
                row.moved_in_id = None
        self.model.objects.unscoped(_WHY).bulk_update(rows, columns, batch_size=_AT_ONCE)
        return {row.pk: {self.field: [names.get(before[row.pk]), names.get(values[row.pk])]} for row in rows}


@dataclass(slots=True)
class _Label:
    """A category or tag, of which a record has any number: a value is whether it has it."""

    model: Any
    kind: type[Model]
    entry_id: int
    wanted: Any

    @property
    def _through(self) -> Any:
        return getattr(self.model, self._plural).through.objects

    @property
    def _plural(self) -> str:
        return "categories" if self.kind is Category else "tags"

    @property
    def _column(self) -> str:
        return f"{self.kind.__name__.lower()}_id"

    @property
    def _owner(self) -> str:
        return f"{self.model.__name__.lower()}_id"

    def is_wanted(self, value: Any) -> bool:
        return bool(value == self.wanted)

    def exists(self, values: Iterable[Any]) -> set[int]:
        is_there = self.kind._default_manager.filter(pk=self.entry_id).exists()
        return set(range(len(list(values)))) if is_there else set()

    def read(self, rows: Sequence[Any]) -> dict[int, Any]:
        ids = [row.pk for row in rows]
        having = self._through.filter(**{f"{self._owner}__in": ids, self._column: self.entry_id})
        has = set(having.values_list(self._owner, flat=True))
        return {pk: pk in has for pk in ids}

    def write(self, rows: Sequence[Any], values: Mapping[int, Any], now: datetime) -> dict[int, Mapping[str, Any]]:
        ids = [row.pk for row in rows]
        has = self._all_of(ids)
        to_add = [pk for pk in ids if values[pk]]
        rows_to_add = (self._through.model(**{self._owner: pk, self._column: self.entry_id}) for pk in to_add)
        self._through.bulk_create(rows_to_add, batch_size=_AT_ONCE)
        to_remove = [pk for pk in ids if not values[pk]]
        self._through.filter(**{f"{self._owner}__in": to_remove, self._column: self.entry_id}).delete()
        self.model.objects.unscoped(_WHY).filter(pk__in=ids).update(changed_at=now)
        known = {self.entry_id, *(entry_id for all_of_one in has.values() for entry_id in all_of_one)}
        names = {row.pk: str(row) for row in self.kind._default_manager.filter(pk__in=known)}
        changes: dict[int, Mapping[str, Any]] = {}
        for pk in ids:
            after = has[pk] ^ {self.entry_id}
            changes[pk] = {self._plural: [[names[each] for each in names if each in chosen] for chosen in (has[pk], after)]}
        return changes

    def _all_of(self, ids: Sequence[int]) -> dict[int, set[int]]:
        """All of this kind that each of them has."""
        has: dict[int, set[int]] = {pk: set() for pk in ids}
        for pk, entry_id in self._through.filter(**{f"{self._owner}__in": ids}).values_list(self._owner, self._column):
            has[pk].add(entry_id)
        return has


@dataclass(slots=True)
class _Info:
    """Additional information of customers."""

    field: InfoField
    wanted: Any

    def is_wanted(self, value: Any) -> bool:
        return bool(value == self.wanted)

    def exists(self, values: Iterable[Any]) -> set[int]:
        return {at for at, value in enumerate(values) if value is not None or not self.field.is_required}

    def read(self, rows: Sequence[Any]) -> dict[int, Any]:
        return {row.pk: row.info.get(str(self.field.pk)) for row in rows}

    def write(self, rows: Sequence[Any], values: Mapping[int, Any], now: datetime) -> dict[int, Mapping[str, Any]]:
        key, before = str(self.field.pk), self.read(rows)
        for row in rows:
            others = {name: value for name, value in row.info.items() if name != key}
            row.info = others if values[row.pk] is None else {**others, key: values[row.pk]}
            row.changed_at = now
        Customer.objects.unscoped(_WHY).bulk_update(rows, ["info", "changed_at"], batch_size=_AT_ONCE)
        CustomerInfo.objects.filter(record__in=[row.pk for row in rows], field=self.field).delete()
        CustomerInfo.objects.bulk_create(
            CustomerInfo(record_id=row.pk, field=self.field, key=found_by)
            for row in rows
            for found_by in dict.fromkeys(keys_of(self.field, values[row.pk]))
        )
        return {row.pk: {f"info: {self.field.name}": [self._told(before[row.pk]), self._told(values[row.pk])]} for row in rows}

    def _told(self, value: Any) -> Any:
        return None if value is None else told(self.field, value)


@dataclass(slots=True)
class _Archived:
    """Since when customers rest in the archive; all that one change moves there share the moment at which it was asked for.

    By the moment an undo tells them from those that somebody archived again since. The journal says it by the deed, not by what
    changed.
    """

    wanted: str | None

    def is_wanted(self, value: Any) -> bool:
        return (value is None) == (self.wanted is None)

    def exists(self, values: Iterable[Any]) -> set[int]:
        return set(range(len(list(values))))

    def read(self, rows: Sequence[Any]) -> dict[int, Any]:
        return {row.pk: row.archived_at and _in_json(row.archived_at) for row in rows}

    def write(self, rows: Sequence[Any], values: Mapping[int, Any], now: datetime) -> dict[int, Mapping[str, Any]]:
        by_moment: dict[str | None, list[int]] = {}
        for row in rows:
            by_moment.setdefault(values[row.pk], []).append(row.pk)
        for moment, ids in by_moment.items():
            write_archived(ids, to=datetime.fromisoformat(moment) if moment else None, now=now)
        return {row.pk: {} for row in rows}


def _in_json(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
