"""What pages show of merging: two or more records side by side, field by field, and beside a card what it took in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mooring.customers.facts import data_of, facts_of
from mooring.customers.info_fields import info_fields
from mooring.customers.models import Affiliation, Contact, Customer, CustomerKind, InfoField, Project
from mooring.customers.record_data import RecordData
from mooring.desk.access import may_change, user_of
from mooring.desk.facts import label_of
from mooring.desk.info_shown import in_words
from mooring.desk.journal_words import FIELDS
from mooring.desk.kinds import Record
from mooring.desk.timeline import hidden_from
from mooring.merging.fields import BOTH, Field, fields_of, is_empty
from mooring.merging.models import Merge
from mooring.merging.queries import is_mergeable, taken_in
from mooring.merging.undoing import may_be_undone
from mooring.users.permissions import Action, Module, may

_JOINED: Final = ("emails", "domains", "phones", "addresses", "categories", "tags", "affiliations")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one record says; `is_chosen` where it is taken unless somebody chooses otherwise."""

    record: Any
    text: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One field of all the records; `name` is empty for what is put together anyway. `both` offers to keep all notes."""

    label: str
    cells: Sequence[Cell]
    name: str = ""
    both: bool = False


def lines_of(request: HttpRequest, records: Sequence[Any]) -> list[Line]:
    """The fields in which the records differ, then what will be put together. The first record is the one that stays."""
    fields = info_fields() if isinstance(records[0], Customer) else []
    prefetch_related_objects(records, *_read_along(records[0]))
    data = [data_of(record) for record in records]
    told = [facts_of(each, fields) for each in data]
    by_id = {str(field.pk): field for field in fields}
    chosen = [_line(field, by_id, records, told, data[0]) for field in fields_of(*records)]
    hides = hidden_from(user_of(request))
    joined = [name for name in _JOINED if name not in hides and any(facts.get(name) for facts in told)]
    differing = [line for line in chosen if len({cell.text for cell in line.cells}) > 1]
    return [*differing, *(_joined(name, records, told) for name in joined)]


def choices_of(request: HttpRequest, records: Sequence[Any]) -> dict[str, int]:
    """What the form chose: the name of a field and the id of the record whose value is wanted, or both for a note."""
    allowed = {str(record.pk): record.pk for record in records} | {str(BOTH): BOTH}
    asked = {field.name: request.POST.get(f"field-{field.name}", "") for field in fields_of(*records)}
    return {name: allowed[value] for name, value in asked.items() if value in allowed}


def merges_beside(request: HttpRequest, record: Record | Project) -> dict[str, Any]:
    """What the record took in: all ids for its timeline, and what can still be undone; where it is merged."""
    if isinstance(record, Project):
        return {"taken_in_ids": (), "merges": [], "merge_url": ""}
    merges = taken_in(record)
    shown = [merge for merge in merges if may_be_undone(merge, timezone.now())]
    module = Module.CUSTOMERS if isinstance(record, (Customer, Contact)) else Module.LEADS
    may_merge = may(user_of(request), module, Action.DELETE) and is_mergeable(record)
    is_shown = bool(shown) and may_change(request, record)
    return {
        "taken_in_ids": [merge.loser_id for merge in merges],
        "merges": shown if is_shown else [],
        "merge_url": reverse(f"merge_{type(record).__name__.lower()}_with", args=[record.pk]) if may_merge else "",
    }


def is_undoable(merge: Merge) -> bool:
    """For drawing buttons."""
    return may_be_undone(merge, timezone.now())


def _read_along(record: Record) -> Iterator[str | Prefetch[Any]]:
    """The rows of all records that are told side by side, read at once."""
    yield from ("emails", "phones", "postal_addresses")
    if isinstance(record, Customer):
        yield "domains"
    elif isinstance(record, Contact):
        yield Prefetch("affiliations", queryset=Affiliation.objects.select_related("customer", "lead", "role"))


def _line(
    field: Field, by_id: dict[str, InfoField], records: Sequence[Any], told: Sequence[dict[str, Any]], first_data: RecordData
) -> Line:
    info = by_id.get(field.info_id)
    name = f"info: {info.name}" if info else field.name.removesuffix("_id")
    texts = _infos(info, records) if info else [_text(facts.get(name), is_kind=name == "kind") for facts in told]
    first = next((number for number, record in enumerate(records) if not is_empty(field.of(record))), 0)
    both = field.name == "note" and sum(not is_empty(field.of(record)) for record in records) > 1
    pairs = enumerate(zip(records, texts, strict=True))
    cells = [Cell(record, text, number == first and not both) for number, (record, text) in pairs]
    if field.info_id:
        return Line(info.name if info else str(_("Additional information")), cells, field.name)
    return Line(label_of(name, first_data), cells, field.name, both)


def _infos(info: InfoField, records: Sequence[Any]) -> list[str]:
    return [", ".join(in_words(info, record.info)) for record in records]


def _joined(name: str, records: Sequence[Any], told: Sequence[dict[str, Any]]) -> Line:
    return Line(str(FIELDS[name]), [Cell(record, _text(facts.get(name))) for record, facts in zip(records, told, strict=True)])


def _text(value: Any, *, is_kind: bool = False) -> str:
    if is_kind and value:
        return str(CustomerKind(value).label)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "" if value is None else str(value)
