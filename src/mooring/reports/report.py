"""What every report is made of, so that one page, one chart and one file serve all. Pure: no database, no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

ColumnKind = Literal["text", "count", "money", "percent", "time"]
ChartKind = Literal["bar", "line", "waterfall"]


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in its currency."""

    amount: Decimal
    currency: str


Cell = str | int | Decimal | Money | datetime | date | None
"""A percentage is a Decimal, 50 for a half; None is an empty cell."""


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class Way:
    """Where the records behind a row are found: the name of a page, what stands in its path, what stands in its query."""

    page: str
    args: tuple[object, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns, the first one names the row."""

    cells: tuple[Cell, ...]
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Figures to be drawn, one for each label of the chart."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    kind: ChartKind
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`remarks` are sentences about what the figures leave out or rest on."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    totals: Sequence[Row] = ()
    charts: Sequence[Chart] = ()
    remarks: Sequence[str] = ()
    next: str = ""
    """Where the next page of lines begins, empty where these are all."""


MOST_DRAWN = 30
"""Bars of one chart; what lies behind stands in the table."""


def bars(rows: Sequence[Row], columns: Sequence[Column], drawn: Sequence[int], *, kind: ChartKind = "bar") -> list[Chart]:
    """A chart for each unit (currency, or none) in the first drawn column, with a series for each drawn column."""
    units: dict[str, list[Row]] = {}
    for row in rows:
        first = row.cells[drawn[0]]
        units.setdefault(first.currency if isinstance(first, Money) else "", []).append(row)
    return [
        Chart(
            kind=kind,
            labels=tuple(str(row.cells[0]) for row in found[:MOST_DRAWN]),
            series=tuple(Series(columns[at].label, tuple(_drawn(row.cells[at]) for row in found[:MOST_DRAWN])) for at in drawn),
            unit=unit,
        )
        for unit, found in units.items()
    ]


def added_up(rows: Sequence[Row], columns: Sequence[Column], name: str) -> list[Row]:
    """A total for each currency, or one where there is no money; counts and amounts are added, other cells stay empty."""
    totals: dict[str, list[Cell]] = {}
    for row in rows:
        currency = next((cell.currency for cell in row.cells if isinstance(cell, Money)), "")
        sums = totals.setdefault(currency, [name, *(None for _column in columns[1:])])
        for at, (column, cell) in enumerate(zip(columns, row.cells, strict=True)):
            if column.kind in ("count", "money"):
                sums[at] = _plus(sums[at], cell)
    return [Row(tuple(cells)) for _currency, cells in sorted(totals.items())]


def _plus(sum_: Cell, cell: Cell) -> Cell:
    if sum_ is None or cell is None:
        return cell if sum_ is None else sum_
    if isinstance(sum_, Money) and isinstance(cell, Money):
        return Money(sum_.amount + cell.amount, sum_.currency)
    return int(sum_) + int(cell) if isinstance(sum_, int) and isinstance(cell, int) else sum_


def _drawn(cell: Cell) -> float:
    if isinstance(cell, Money):
        return float(cell.amount)
    return float(cell) if isinstance(cell, int | Decimal) else 0.0
