"""Rows as a CSV file that a spreadsheet opens without running anything of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def csv_answer(*, name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The file for download, written while it is read; UTF-8 with the mark by which spreadsheets know it."""
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def safe_cell(value: object) -> str:
    """The text of a cell; what a spreadsheet would take for a formula gets an apostrophe (CWE-1236); a number is none."""
    text = "" if value is None else str(value)
    is_formula = text.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


class _Line:
    """What csv writes into: hands the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"
    yield writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])
