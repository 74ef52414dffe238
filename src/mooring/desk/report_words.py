"""A report as a page and a file show it: cells in words, ways as addresses, charts as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format

from mooring.desk.sales_words import money
from mooring.reports.report import Cell, Column, Money, Report, Row, Way
from mooring.sales.money import rounded
from mooring.ui.parts import DataCell


def shown_rows(report: Report, rows: Any) -> list[dict[str, Any]]:
    """The first cell with the address that it leads to, and the others with the kind and the name of their columns."""
    first, *columns = report.columns
    about = [(column, column.label, column.kind in ("count", "money", "percent")) for column in columns]
    return [
        {
            "url": address_of(row.way),
            "name": _in_words(row.cells[0], first),
            "cells": [
                DataCell(_in_words(cell, column), label, is_number)
                for cell, (column, label, is_number) in zip(row.cells[1:], about, strict=True)
            ],
        }
        for row in rows
    ]


def charts_in_json(report: Report) -> list[dict[str, Any]]:
    """What charts.js draws."""
    return [
        {
            "id": f"chart-{number}",
            "unit": chart.unit,
            "json": {
                "kind": chart.kind,
                "unit": chart.unit,
                "labels": chart.labels,
                "series": [{"label": each.label, "values": each.values} for each in chart.series],
            },
        }
        for number, chart in enumerate(report.charts)
        if chart.labels
    ]


def lines_of_file(report: Report) -> Iterator[list[str]]:
    """Exact figures without grouping; a column of money is followed by one with its currency."""
    yield [text for column in report.columns for text in _headings(column)]
    for row in (*report.rows, *report.totals):
        yield list(_plain(row, report))


def address_of(way: Way | None) -> str:
    """Where the records behind a row are found, "" without any."""
    if way is None:
        return ""
    address = reverse(way.page, args=way.args)
    return f"{address}?{urlencode(way.query)}" if way.query else address


def _in_words(cell: Cell, column: Column) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, Money):
        return money(cell.amount, cell.currency)
    if isinstance(cell, datetime):
        return date_format(timezone.localtime(cell), "SHORT_DATETIME_FORMAT")
    if isinstance(cell, date):
        return date_format(cell, "SHORT_DATE_FORMAT")
    if column.kind == "percent":
        return f"{number_format(cell, 1)}\N{NO-BREAK SPACE}%"
    return str(number_format(cell, force_grouping=True)) if isinstance(cell, int | Decimal) else cell


def _headings(column: Column) -> list[str]:
    return [column.label, ""] if column.kind == "money" else [column.label]


def _plain(row: Row, report: Report) -> Iterator[str]:
    for cell, column in zip(row.cells, report.columns, strict=True):
        if column.kind == "money":
            yield from (f"{rounded(cell.amount, cell.currency):f}", cell.currency) if isinstance(cell, Money) else ("", "")
        elif isinstance(cell, datetime):
            yield timezone.localtime(cell).isoformat(timespec="seconds")
        else:
            yield "" if cell is None else str(cell)
