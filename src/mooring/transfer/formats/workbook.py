"""Reading an XLSX workbook: its first sheet, row by row, each cell as the text that a CSV file would hold.

Whether it is one, and of a bearable size, is found out before (transfer.formats.packed).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from mooring.transfer.formats.csv import LONGEST_CELL, MOST_COLUMNS, Row, Table, UnableToReadFile, limited, too_many_cells
from mooring.transfer.formats.packed import demand_reasonable, unreadable

MAGIC: Final = b"PK\x03\x04"


def read_workbook(file: BinaryIO) -> Table:
    """Raises UnableToReadFile."""
    demand_reasonable(file)
    try:
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()
        rows = _rows(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS))
        first = next(rows, None)
    except Exception as error:
        # openpyxl raises whatever zipfile, its XML reader or a missing part raises.
        raise UnableToReadFile(unreadable()) from error
    if first is None:
        raise UnableToReadFile(_("The file is empty."))
    header = tuple(cell.strip() for cell in first.cells)
    return Table("XLSX", "", header, limited(_within(rows, header)))


def _within(rows: Iterator[Row], header: Sequence[str]) -> Iterator[Row]:
    """The rows; what has cells beside the table is one with a problem. A sheet that breaks off in the middle is told in words."""
    try:
        for row in rows:
            told = "" if row.problem else too_many_cells(row.cells, header)
            yield Row(row.line, row.cells, told) if told else row
    except (ParseError, BadZipFile, zlib.error, ValueError, KeyError, TypeError, IndexError) as error:
        # What its XML reader, zipfile and openpyxl raise where a part is cut off or holds nonsense.
        raise UnableToReadFile(unreadable()) from error


def _rows(rows: Iterator[Sequence[Any]]) -> Iterator[Row]:
    for number, values in enumerate(rows, start=1):
        cells = [_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            is_long = any(len(cell) > LONGEST_CELL for cell in cells)
            yield Row(number, cells, _("A cell of this row is too long.") if is_long else "")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, (datetime, date, time)) else str(value)
