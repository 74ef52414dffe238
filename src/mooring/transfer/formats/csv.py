"""Reading a CSV file of unknown make: its encoding and delimiter are found, its rows streamed with their line numbers.

Whatever the file holds, memory stays flat and one bad row spoils only itself; only a quotation mark that is never closed, which
would swallow the rows after it, spoils the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from mooring.transfer.formats.encodings import UNDECODABLE, encoding_of, text_of, undecodable_row

MOST_ROWS: Final = 1_000_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 65_536
LONGEST_LINE: Final = 1_000_000
"""Characters."""

_SAMPLE: Final = 65_536
_CHUNK: Final = 1 << 20
_DELIMITERS: Final = ",;\t|"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class UnableToReadFile(Exception):
    """Nothing in the file can be used; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where the row begins in the file, counted from 1. `problem` says why it cannot be used, or is empty."""

    line: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first row names the columns. `rows` can be walked once, while the file is open; it may raise UnableToReadFile."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: Iterator[Row]


def read_table(file: BinaryIO) -> Table:
    """`file` must be seekable. Raises UnableToReadFile: no text, empty, too many columns."""
    encoding, delimiter = _make_of(file)
    rows = _rows(text_of(file, encoding), delimiter, encoding)
    first = next((row for row in rows if row.problem or not _is_separator_line(row.cells)), None)
    if first is None or first.problem:
        raise UnableToReadFile(first.problem if first else _("The file is empty."))
    header = tuple(cell.strip() for cell in first.cells)
    return Table(encoding, delimiter, header, limited(_even(rows, header)))


def demand_closed_quotes(file: BinaryIO) -> None:
    """Walk through the file once, if need be, so that nothing is taken from one that cannot be read to its end.

    Raises UnableToReadFile.
    """
    file.seek(0)
    if any(b'"' in chunk for chunk in iter(lambda: file.read(_CHUNK), b"")):
        encoding, delimiter = _make_of(file)
        text = text_of(file, encoding)
        for _row in _rows(text, delimiter, encoding):
            pass
        text.detach()


def _make_of(file: BinaryIO) -> tuple[str, str]:
    """Encoding and delimiter; `file` stands at its beginning afterwards. Raises UnableToReadFile."""
    encoding = encoding_of(file)
    file.seek(0)
    text = text_of(file, encoding)
    sample = text.read(_SAMPLE)
    file.seek(0)
    text.detach()
    if len(_CONTROL.findall(sample)) * 3 > len(sample):
        raise UnableToReadFile(_("This file is no table as text. Save the table as CSV or XLSX and import that."))
    return encoding, delimiter_of(sample)


def delimiter_of(sample: str) -> str:
    """What divides the first line into most cells; a line "sep=;" says it outright."""
    first = sample.lstrip("\ufeff\r\n").splitlines()[:1]
    if not first:
        return ","
    if re.fullmatch(r'"?sep=[,;\t|]"?', first[0], re.IGNORECASE):
        return first[0].strip('"')[4]
    return max(_DELIMITERS, key=lambda delimiter: len(_outside_quotes(first[0]).split(delimiter)))


def limited(rows: Iterator[Row]) -> Iterator[Row]:
    """The first MOST_ROWS of them, and then a row that says so."""
    for count, row in enumerate(rows):
        if count >= MOST_ROWS:
            most = {"most": MOST_ROWS}
            yield Row(row.line, (), _("Only the first %(most)d rows were read; put the others into another file.") % most)
            return
        yield row


def too_many_cells(cells: Sequence[str], header: Sequence[str]) -> str:
    """What is told of a row that holds something where the first row names no more columns, or an empty text."""
    if len(cells) <= len(header) or not any(cell.strip() for cell in cells[len(header) :]):
        return ""
    text = _(
        "Cells of this row: %(count)d; columns in the first row: %(columns)d. Put a cell that holds the delimiter into quotes."
    )
    return text % {"count": len(cells), "columns": len(header)}


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _is_separator_line(cells: Sequence[str]) -> bool:
    return cells[0].lower().startswith("sep=") and len(cells) <= 2


class _Lines:
    """The lines of a text, their length bounded: what is longer comes as a cell that the csv module finds too long.

    Knows whether bytes of the row under way could not be read, whether its last line leaves a quotation mark open, and whether
    the file is at its end.
    """

    __slots__ = ("_line", "_text", "is_over", "is_spoiled")

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._line = text, ""
        self.is_over = self.is_spoiled = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._line = self._text.readline(LONGEST_LINE)
        if not line:
            self.is_over = True
            raise StopIteration
        if UNDECODABLE in line:
            self.is_spoiled = True
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            self._line = self._too_long(line)
        return self._line

    @property
    def opens_quotes(self) -> bool:
        return self._line.count('"') % 2 == 1

    def _too_long(self, line: str) -> str:
        quotes = line.count('"')
        while len(rest := self._text.readline(LONGEST_LINE)) == LONGEST_LINE and not rest.endswith(("\n", "\r")):
            quotes += rest.count('"')
        quotes += rest.count('"')
        return '"' * (quotes % 2) + "x" * (csv.field_size_limit() + 1)


def _rows(text: io.TextIOWrapper, delimiter: str, encoding: str) -> Iterator[Row]:
    """Blank lines are left out. A row that the csv module refuses is a row with a problem, where the next row can be found."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        lines.is_spoiled = False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(begins, (), _refused(error, lines, begins, reader.line_num))
            continue
        if lines.is_spoiled:
            yield Row(begins, (), undecodable_row(encoding))
        elif cells:
            yield Row(begins, cells, _problem_of(cells))


def _refused(error: csv.Error, lines: _Lines, begins: int, ends: int) -> str:
    """What is told of the row. Raises UnableToReadFile where nobody can say where the next row begins."""
    if lines.is_over:
        text = _(
            "The quotation mark that opens a cell in line %(line)d is never closed. Close or remove it and import the file anew."
        )
        raise UnableToReadFile(text % {"line": begins})
    if "limit" not in str(error):
        text = _("Lines %(begins)d to %(ends)d: a quotation mark is not closed, or stands within a cell and is not doubled.")
        return text % {"begins": begins, "ends": ends}
    if ends > begins or lines.opens_quotes:
        text = _(
            "A cell that begins in line %(line)d is too long; perhaps its quotation mark is not closed."
            " Close it or shorten the cell and import the file anew."
        )
        raise UnableToReadFile(text % {"line": begins})
    return _("A cell of this row is too long.")


def _problem_of(cells: Sequence[str]) -> str:
    if len(cells) > MOST_COLUMNS:
        return _("There are more than %(most)d columns.") % {"most": MOST_COLUMNS}
    if max(map(len, cells)) > LONGEST_CELL:
        return _("A cell of this row is too long.")
    return ""


def _even(rows: Iterator[Row], header: Sequence[str]) -> Iterator[Row]:
    """The rows; what has more or fewer cells than the first row has names is one with a problem."""
    most = len(header)
    fewest = max((place for place, name in enumerate(header, 1) if name), default=0)
    for row in rows:
        is_even = fewest <= len(row.cells) <= most
        yield row if is_even or row.problem else Row(row.line, row.cells, _unevenness(row.cells, header, fewest))


def _unevenness(cells: Sequence[str], header: Sequence[str], fewest: int) -> str:
    if len(cells) >= fewest or not any(cell.strip() for cell in cells):
        return too_many_cells(cells, header)
    text = _(
        "Cells of this row: %(count)d; columns in the first row: %(columns)d. Perhaps a line break divides it; join its parts."
    )
    return text % {"count": len(cells), "columns": fewest}
