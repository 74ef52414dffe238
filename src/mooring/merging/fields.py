"""Which value a record has after it took in another: its own unless somebody chose otherwise; what it lacks comes from the other.

Pure but for what the two records carry with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mooring.merging.models import MergeKind
from mooring.merging.tables import Record, kind_of_record

BOTH: Final = 0
"""Chosen for a note: the notes of both, one below the other."""
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    MergeKind.CUSTOMER: ("name", "kind", "number", "website", "note", "owner_id", "status_id", "industry_id", "source_id"),
    MergeKind.LEAD: ("name", "number", "company_name", "website", "note", "owner_id", "source_id"),
    MergeKind.CONTACT: ("name", "note"),
}
_INFO: Final = "info."


@dataclass(frozen=True, slots=True)
class Field:
    """One value that two records have each of their own: a column, or “info.12” for the additional information."""

    name: str

    @property
    def info_id(self) -> str:
        """The id of the field of the additional information, empty for a column."""
        return self.name.removeprefix(_INFO) if self.name.startswith(_INFO) else ""

    def of(self, record: Record) -> Any:
        """The value, None where there is none."""
        if self.info_id:
            return getattr(record, "info", {}).get(self.info_id)
        return getattr(record, self.name)


def fields_of(*records: Record) -> list[Field]:
    """All fields of records of one kind, those of the additional information that one of them has included."""
    columns = [Field(name) for name in COLUMNS[kind_of_record(records[0])]]
    known = sorted({int(key) for record in records for key in getattr(record, "info", {})})
    return [*columns, *(Field(f"{_INFO}{key}") for key in known)]


def is_empty(value: Any) -> bool:
    """Whether a value says nothing."""
    return value in (None, "", [])


def values_taken(winner: Record, loser: Record, choices: Mapping[str, int]) -> dict[Field, Any]:
    """The fields of the winner that change, each with its new value. `choices` names by its id whose value is wanted."""
    return {field: value for field, value in _values(winner, loser, choices) if value != field.of(winner)}


def _values(winner: Record, loser: Record, choices: Mapping[str, int]) -> Iterator[tuple[Field, Any]]:
    for field in fields_of(winner, loser):
        own, other, chosen = field.of(winner), field.of(loser), choices.get(field.name)
        if chosen == loser.pk:
            yield field, other
        elif field.name == "note" and chosen in (None, BOTH):
            yield field, _both(own, other)
        elif chosen is None and is_empty(own) and not is_empty(other):
            yield field, other


def _both(own: str, other: str) -> str:
    if not other.strip() or other.strip() in own:
        return own
    return f"{own.rstrip()}\n\n{other}" if own.strip() else other
