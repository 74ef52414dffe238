"""Pages of a list by keyset: a page starts behind the last row of the one before, so page 1,000 costs what page 1 does.

Two ways lead to the rows of a page. A *walk* follows the index of the sorting and stops when the page is full; it is right
where many rows fit. Where only a few fit (a rare word, a person's few customers), a walk would cross the whole table, so
their keys are gathered and sorted here. The list says which way (Listing.few).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from django.db.models import BooleanField, DateTimeField, F, Func, Model, Q, QuerySet, Value
from django.db.models.fields import BigIntegerField, CharField

Record = TypeVar("Record", bound=Model)
Key = tuple[Any, int]

WINDOW: Final = 5_000
"""Rows that a walk of uncertain success crosses before it gives up."""

_WHY: Final = "their keys were found within the reader's rights"


@dataclass(frozen=True, slots=True)
class Sort:
    """A sorting that an index serves; rows with the same value come by id."""

    column: str
    is_descending: bool = False
    is_index_descending: bool = False


SORTS: Final = {
    "name": Sort("name_key"),
    "-name": Sort("name_key", is_descending=True),
    "-created": Sort("created_at", is_descending=True, is_index_descending=True),
    "created": Sort("created_at", is_index_descending=True),
    "-changed": Sort("changed_at", is_descending=True, is_index_descending=True),
    "changed": Sort("changed_at", is_index_descending=True),
}
"""What a page's address may name; anything else is sorted by name."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Record]):
    """`next` and `previous` are what the address of those pages carries; empty where there is none."""

    rows: list[Record]
    next: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Record]):
    """What a list holds, before it is sorted and cut."""

    rows: QuerySet[Record]
    """All of them, within the reader's rights."""
    shown: Callable[[QuerySet[Record]], QuerySet[Record]]
    """Adds what the page shows of each row."""
    branches: tuple[Q, ...] = (Q(),)
    """Disjoint parts, each sorted by an index of its own: one's own rows and those of nobody."""
    led_by: str = ""
    """The column on which the branches stand still and which leads their indexes."""
    few: Q | None = None
    """Leads to all rows, and not to many more."""
    unless_dense: Q | None = None
    """Leads to all rows, perhaps to very many; better than a walk only if the walk finds little. Asks all that `rows` ask."""
    before_words: QuerySet[Record] | None = None
    """The rows without what words and choices ask, which `unless_dense` says in its own way."""
    window: QuerySet[Record] | None = None
    """Of which WINDOW are walked at first: what the list is most of, so that an index alone says where that ends."""
    is_empty: bool = False
    """Known beforehand to have no rows."""


@dataclass(frozen=True, slots=True)
class Position:
    """The row at which a page begins or, backwards, ends."""

    value: Any
    record_id: int
    is_backwards: bool = False


def order_of(sort: str) -> tuple[str, str]:
    """The columns by which a list sorted so puts its rows in order."""
    order = SORTS.get(sort, SORTS["name"])
    sign = "-" if order.is_descending else ""
    return f"{sign}{order.column}", f"{sign}pk"


def page_of(listing: Listing[Record], *, sort: str, cursor: str, size: int) -> Page[Record]:
    """The page at `cursor`: the first one if that is empty or was not made by this list. A fixed number of queries."""
    if listing.is_empty:
        return Page([])
    order = SORTS.get(sort, SORTS["name"])
    position = _read_cursor(cursor, order)
    keys = _keys(listing, order, position, size + 1)
    if position and position.is_backwards:
        if len(keys) >= size:
            return _page_before(listing, order, keys, size)
        position, keys = None, _keys(listing, order, None, size + 1)
    shown = keys[:size]
    return Page(
        rows=_rows(listing, shown),
        next=_cursor(shown[-1], order) if len(keys) > size else "",
        previous=_cursor(shown[0], order, is_backwards=True) if position and shown else "",
    )


def _page_before(listing: Listing[Record], order: Sort, keys: list[Key], size: int) -> Page[Record]:
    shown = keys[:size][::-1]
    previous = _cursor(shown[0], order, is_backwards=True) if len(keys) > size else ""
    return Page(rows=_rows(listing, shown), next=_cursor(shown[-1], order), previous=previous)


def _keys(listing: Listing[Record], order: Sort, position: Position | None, count: int) -> list[Key]:
    """The sort values and ids of `count` rows from `position` on, in the direction in which it reads."""
    if listing.few is not None:
        return _gathered(listing.rows.filter(listing.few), order, position, count)
    if listing.unless_dense is None or listing.before_words is None or listing.window is None:
        return _walked(listing, order, position, count)
    ends = [_end_of_window(listing.window, listing, branch, order, position) for branch in listing.branches]
    keys = _walked(listing, order, position, count, ends)
    if len(keys) >= count or not any(ends):
        return keys
    return _gathered(listing.before_words.filter(listing.unless_dense), order, position, count)


def _walked(
    listing: Listing[Record], order: Sort, position: Position | None, count: int, ends: Iterable[Key | None] | None = None
) -> list[Key]:
    parts = []
    for branch, end in zip(listing.branches, ends or [None] * len(listing.branches), strict=True):
        rows = _in_order(listing.rows.filter(branch), listing.led_by, order, position)
        if end is not None:
            rows = rows.filter(_Compared(order.column, ">=" if _is_down(order, position) else "<=", end))
        parts.append(list(rows.values_list(order.column, "pk")[:count]))
    if len(parts) == 1:
        return parts[0]
    return list(islice(merge(*parts, reverse=_is_down(order, position)), count))


def _end_of_window(
    rows: QuerySet[Record], listing: Listing[Record], branch: Q, order: Sort, position: Position | None
) -> Key | None:
    """The key up to which a walk goes at first; None if fewer rows than a window are left."""
    in_order = _in_order(rows.filter(branch), listing.led_by, order, position)
    return in_order.values_list(order.column, "pk")[WINDOW : WINDOW + 1].first()


def _gathered(rows: QuerySet[Record], order: Sort, position: Position | None, count: int) -> list[Key]:
    is_down = _is_down(order, position)
    if position is not None:
        rows = rows.filter(_Compared(order.column, "<" if is_down else ">", (position.value, position.record_id)))
    keys = sorted(set(rows.order_by().values_list(order.column, "pk")), reverse=is_down)
    return keys[:count]


def _in_order(rows: QuerySet[Record], led_by: str, order: Sort, position: Position | None) -> QuerySet[Record]:
    is_down = _is_down(order, position)
    if position is not None:
        rows = rows.filter(_Compared(order.column, "<" if is_down else ">", (position.value, position.record_id)))
    # PostgreSQL sees that an index serves rows "of nobody" only if its first column is named here too.
    leading = [f"-{led_by}" if is_down != order.is_index_descending else led_by] if led_by else []
    columns = [f"-{order.column}", "-pk"] if is_down else [order.column, "pk"]
    return rows.order_by(*leading, *columns)


def _is_down(order: Sort, position: Position | None) -> bool:
    return order.is_descending != bool(position and position.is_backwards)


def _rows(listing: Listing[Record], keys: list[Key]) -> list[Record]:
    if not keys:
        return []
    ids = [record_id for _value, record_id in keys]
    # By nothing but their ids: with a filter beside them SQLite would take the filter's index, and read all that it finds.
    rows: Any = listing.rows.model._default_manager
    found = {row.pk: row for row in listing.shown(rows.unscoped(_WHY).filter(pk__in=ids))}
    return [found[record_id] for record_id in ids if record_id in found]


class _Compared(Func):
    """(column, id) before or behind a key: one comparison of two pairs, which both databases look up in an index."""

    output_field = BooleanField()

    def __init__(self, column: str, operator: str, key: Key) -> None:
        kind = CharField() if isinstance(key[0], str) else DateTimeField()
        super().__init__(F(column), F("pk"), Value(key[0], kind), Value(key[1], BigIntegerField()), operator=operator)

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]  # noqa: ARG002
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        left, right = (f"({a[0]}, {b[0]})" for a, b in (parts[:2], parts[2:]))
        return f"{left} {self.extra['operator']} {right}", [value for _sql, params in parts for value in params]


def _cursor(key: Key, order: Sort, *, is_backwards: bool = False) -> str:
    value = key[0].isoformat() if isinstance(key[0], datetime) else key[0]
    text = json.dumps([order.column, value, key[1], is_backwards], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Sort) -> Position | None:
    """None for what this list did not make: an address typed by hand, or one of another sorting."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        column, value, record_id, is_backwards = json.loads(text)
        if column != order.column or not isinstance(value, str) or not 0 < int(record_id) < 2**63 or "\x00" in value:
            return None
        value = value if column == "name_key" else _aware(value)
        return Position(value, int(record_id), bool(is_backwards))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at
