"""Pages of a list by keyset: a page starts behind the last row of the one before, so page 1,000 costs what page 1 does.

Two ways lead to the rows of a page. A *walk* follows the index of the sorting and stops when the page is full; it is right
where many rows fit. Where only a few fit (a rare word, a person's few customers), a walk would cross the whole table, so
their keys are gathered and sorted here. Each branch of the list says which way (Branch.few).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Final, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection
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
class Branch:
    """A part of a list that an index of its own sorts: one's own rows, those of nobody; and what words and choices ask there."""

    condition: Q = field(default_factory=Q)
    asked: Q = field(default_factory=Q)
    few: Q | None = None
    """Leads to all rows, and not to many more; asked beside `asked`."""
    unless_dense: Q | None = None
    """Leads to all rows, perhaps to very many; better than a walk only if the walk finds little. Says all that `asked` says."""
    led_by: int = 0
    """How many rows `unless_dense` leads to, as far as they were counted."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Record]):
    """What a list holds, before it is sorted and cut."""

    rows: QuerySet[Record]
    """All of them, within the reader's rights, but for what their branches ask."""
    shown: Callable[[QuerySet[Record]], QuerySet[Record]]
    """Adds what the page shows of each row."""
    branches: tuple[Branch, ...]
    """Disjoint parts; those known beforehand to have no rows are left out."""
    window: QuerySet[Record]
    """Of which WINDOW are walked at first: what the list is most of, so that an index alone says where that ends."""
    led_by: str = ""
    """The column on which the branches stand still and which leads their indexes."""


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
    order = SORTS.get(sort, SORTS["name"])
    position = _read_cursor(cursor, order)
    keys = _keys(listing, order, position, size + 1)
    if position and position.is_backwards:
        if len(keys) >= size:
            return _page_before(listing, order, keys, size)
        position, keys = None, _keys(listing, order, None, size + 1)
    shown = keys[:size]
    return Page(
        rows=rows_of(listing, shown),
        next=_cursor(shown[-1], order) if len(keys) > size else "",
        previous=_cursor(shown[0], order, is_backwards=True) if position and shown else "",
    )


def _page_before(listing: Listing[Record], order: Sort, keys: list[Key], size: int) -> Page[Record]:
    shown = keys[:size][::-1]
    previous = _cursor(shown[0], order, is_backwards=True) if len(keys) > size else ""
    return Page(rows=rows_of(listing, shown), next=_cursor(shown[-1], order), previous=previous)


def first_keys(listings: Sequence[Listing[Any]], *, sort: str, size: int) -> list[list[Key]]:
    """The sort values and ids of the first rows of several lists that are put in order alike; as many queries as for one."""
    return _keys_of_lists(listings, SORTS[sort], None, size)


def _keys(listing: Listing[Record], order: Sort, position: Position | None, count: int) -> list[Key]:
    return _keys_of_lists((listing,), order, position, count)[0]


def _keys_of_lists(listings: Sequence[Listing[Any]], order: Sort, position: Position | None, count: int) -> list[list[Key]]:
    """The sort values and ids of `count` rows of each from `position` on, in the direction in which it reads.

    At most three queries.
    """
    branches = [(listing, branch) for listing in listings for branch in listing.branches]
    walked = [(listing, branch) for listing, branch in branches if branch.few is None]
    ends = _ends_of_windows(walked, order, position)
    walks = [_walk(*each, order, position, count, end) for each, end in zip(walked, ends, strict=True)]
    parts: dict[int, list[list[Key]]] = {id(listing): [] for listing in listings}
    gathered = [(listing, _gathered(listing, each, each.asked, each.few)) for listing, each in branches if each.few is not None]
    for (listing, branch), end, keys in zip(walked, ends, _keys_of_each(order, walks), strict=True):
        if end is None or len(keys) >= count:
            parts[id(listing)].append(keys)
        else:
            gathered.append((listing, _gathered(listing, branch, Q(), branch.unless_dense)))
    is_down = _is_down(order, position)
    led_to = _keys_of_each(order, [_from(rows.order_by(), order, position) for _listing, rows in gathered])
    for (listing, _rows_led_to), keys in zip(gathered, led_to, strict=True):
        parts[id(listing)].append(sorted(set(keys), reverse=is_down)[:count])
    return [list(islice(merge(*parts[id(listing)], reverse=is_down), count)) for listing in listings]


def _walk(
    listing: Listing[Record], branch: Branch, order: Sort, position: Position | None, count: int, end: Key | None
) -> QuerySet[Record]:
    rows = _in_order(listing.rows.filter(branch.condition, branch.asked), listing.led_by, order, position)
    if end is not None:
        rows = rows.filter(_Compared(order.column, ">=" if _is_down(order, position) else "<=", end))
    return rows[:count]


def _ends_of_windows(walked: Sequence[tuple[Listing[Any], Branch]], order: Sort, position: Position | None) -> list[Key | None]:
    """The key up to which the walk of each branch goes at first; None if fewer rows are left, or if it goes to the end."""
    uncertain = [(listing, branch) for listing, branch in walked if branch.unless_dense is not None]
    lasts = []
    for listing, branch in uncertain:
        size = _window_of(branch)
        rows = _in_order(listing.window.filter(branch.condition), listing.led_by, order, position)
        lasts.append(rows[size : size + 1])
    ends = dict(zip((id(branch) for _listing, branch in uncertain), _keys_of_each(order, lasts), strict=True))
    return [next(iter(ends.get(id(branch), ())), None) for _listing, branch in walked]


def _window_of(branch: Branch) -> int:
    """Larger where more would have to be gathered, so that a walk that fails costs no more than what comes after it."""
    return max(WINDOW, min(branch.led_by // 2, 2 * WINDOW))


def _gathered(listing: Listing[Record], branch: Branch, asked: Q, lead: Q | None) -> QuerySet[Record]:
    return listing.rows.filter(branch.condition, asked, lead or Q())


def _keys_of_each(order: Sort, parts: Sequence[QuerySet[Any]]) -> list[list[Key]]:
    """The sort value and id of the rows of each part. One query: branches are no reason for more of them.

    By hand, since Django refuses parts with a limit on SQLite, which takes them well within a SELECT of their own.
    """
    found: list[list[Key]] = [[] for _part in parts]
    statements: list[str] = []
    values: list[Any] = []
    for number, rows in enumerate(parts):
        try:
            sql, params = rows.values_list(order.column, "pk").query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(f"SELECT {number}, part.* FROM ({sql}) AS part")  # noqa: S608  # made of querysets alone
        values += params
    if statements:
        read = _reader_of(parts[0].model, order.column)
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), values)
            for number, value, record_id in cursor.fetchall():
                found[number].append((read(value), record_id))
    return found


def _reader_of(model: type[Model], name: str) -> Callable[[Any], Any]:
    """What makes the value of a column, as the database hands it out, one of ours."""
    column = cast(Any, model._meta.get_field(name)).get_col(model._meta.db_table)
    converters = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]

    def read(value: Any) -> Any:
        for convert in converters:
            value = convert(value, column, connection)
        return value

    return read


def _in_order(rows: QuerySet[Record], led_by: str, order: Sort, position: Position | None) -> QuerySet[Record]:
    is_down = _is_down(order, position)
    # PostgreSQL sees that an index serves rows "of nobody" only if its first column is named here too.
    leading = [f"-{led_by}" if is_down != order.is_index_descending else led_by] if led_by else []
    columns = [f"-{order.column}", "-pk"] if is_down else [order.column, "pk"]
    return _from(rows, order, position).order_by(*leading, *columns)


def _from(rows: QuerySet[Record], order: Sort, position: Position | None) -> QuerySet[Record]:
    if position is None:
        return rows
    operator = "<" if _is_down(order, position) else ">"
    return rows.filter(_Compared(order.column, operator, (position.value, position.record_id)))


def _is_down(order: Sort, position: Position | None) -> bool:
    return order.is_descending != bool(position and position.is_backwards)


def rows_of(listing: Listing[Record], keys: Sequence[Key]) -> list[Record]:
    """The rows of these keys of the list, with what it shows of each."""
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
