"""Rows as an Excel workbook that runs nothing of it: every cell is a text, also one that begins like a formula."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

from django.http import FileResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

LONGEST_CELL: Final = 32_767
"""Characters that Excel takes."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_IN_MEMORY: Final = 4 * 1024 * 1024
KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_answer(*, name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> FileResponse:
    """The file for download; it goes with the answer."""
    file = workbook_file(name=name, header=header, rows=rows)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=KIND)


def workbook_file(*, name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """The file, to be read from its beginning and closed; a long one stands on the disk."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, value, is_bold=True) for value in header])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by whoever reads it
    book.save(file)
    file.seek(0)
    return file


def _cell(sheet: Any, value: object, *, is_bold: bool = False) -> Any:
    text = "" if value is None else _UNPRINTABLE.sub("", str(value))[:LONGEST_CELL]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if is_bold:
        cell.font = Font(bold=True)
    return cell
