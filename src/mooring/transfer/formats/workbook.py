"""Reading an XLSX workbook: its first sheet, row by row, each cell as the text that a CSV file would hold.

A workbook is a packed folder of strangers' XML: what would unpack to far too much is refused before it is unpacked.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from mooring.transfer.formats.csv import LONGEST_CELL, MOST_COLUMNS, Row, Table, UnableToReadFile, limited

MAGIC: Final = b"PK\x03\x04"
LARGEST_UNPACKED: Final = 400 * 1024 * 1024


def read_workbook(file: BinaryIO) -> Table:
    """Raises UnableToReadFile."""
    _demand_reasonable(file)
    try:
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()
        rows = _rows(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS))
        first = next(rows, None)
    except Exception as error:
        # openpyxl raises whatever zipfile, its XML reader or a missing part raises.
        raise UnableToReadFile(_("This workbook cannot be read. Save it anew as XLSX, or as CSV.")) from error
    if first is None:
        raise UnableToReadFile(_("The file is empty."))
    return Table("XLSX", "", tuple(cell.strip() for cell in first.cells), limited(rows))


def _demand_reasonable(file: BinaryIO) -> None:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnableToReadFile(_("This workbook cannot be read. Save it anew as XLSX, or as CSV.")) from error
    if unpacked > LARGEST_UNPACKED:
        raise UnableToReadFile(_("This workbook is too large."))
    file.seek(0)


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
