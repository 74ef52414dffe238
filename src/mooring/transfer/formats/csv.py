"""Reading a CSV file of unknown make: its encoding and delimiter are found, its rows streamed with their line numbers.

Whatever the file holds, memory stays flat and one bad row spoils only itself.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

LARGEST_FILE: Final = 100 * 1024 * 1024
"""Bytes."""
MOST_ROWS: Final = 1_000_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 65_536
LONGEST_LINE: Final = 1_000_000
"""Characters."""

_SAMPLE: Final = 65_536
_DELIMITERS: Final = ",;\t|"
_LETTERS_OF_CP1250: Final = re.compile(rb"(?<=[A-Za-z])[\xb9\xb3\xbf\x9c\x9f\xbe\x9e\x9a\x9d]|[\xa3\xa5\xaf\x8c\x8f](?=[A-Za-z])")
"""Bytes that beside a letter are letters in cp1250 (ą ł ż ś ź ľ ž š ť, Ł Ą Ż Ś Ź) and mostly signs in cp1252."""
_LETTERS_OF_CP1252: Final = re.compile(
    rb"(?<=[A-Za-z])[\xe0\xe2\xe3\xe5\xe7\xe8\xea\xec\xee\xf1\xf2\xf4\xf5\xf8\xf9\xfb](?=[A-Za-z])"
)


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
    """The first row names the columns. `rows` can be walked once, while the file is open."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: Iterator[Row]


def read_table(file: BinaryIO) -> Table:
    """`file` must be seekable. Raises UnableToReadFile: too large, empty, too many columns."""
    if file.seek(0, io.SEEK_END) > LARGEST_FILE:
        raise UnableToReadFile(_("The file is larger than %(most)d MB.") % {"most": LARGEST_FILE // 1024 // 1024})
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    sample = text.read(_SAMPLE)
    file.seek(0)
    text.detach()
    delimiter = delimiter_of(sample)
    rows = _rows(io.TextIOWrapper(file, encoding=encoding, errors="replace", newline=""), delimiter)
    first = next((row for row in rows if row.problem or not _is_separator_line(row.cells)), None)
    if first is None or first.problem:
        raise UnableToReadFile(first.problem if first else _("The file is empty."))
    return Table(encoding, delimiter, tuple(cell.strip() for cell in first.cells), limited(rows))


def encoding_of(file: BinaryIO) -> str:
    """By the byte order mark, else UTF-8 if all of the file is, else the likelier one of the two Windows tables."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return encoding
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    if _is_utf8(file):
        return "utf-8"
    return _windows_table_of(file)


def delimiter_of(sample: str) -> str:
    """What divides the first line into most cells; a line "sep=;" says it outright."""
    first = sample.lstrip("\ufeff\r\n").splitlines()[:1]
    if not first:
        return ","
    if re.fullmatch(r'"?sep=[,;\t|]"?', first[0], re.IGNORECASE):
        return first[0].strip('"')[4]
    return max(_DELIMITERS, key=lambda delimiter: len(_outside_quotes(first[0]).split(delimiter)))


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _is_separator_line(cells: Sequence[str]) -> bool:
    return cells[0].lower().startswith("sep=") and len(cells) <= 2


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _windows_table_of(file: BinaryIO) -> str:
    file.seek(0)
    central = western = 0
    while chunk := file.read(1 << 20):
        central += len(_LETTERS_OF_CP1250.findall(chunk))
        western += len(_LETTERS_OF_CP1252.findall(chunk))
    return "cp1250" if central and central * 3 >= western else "cp1252"


def _rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[Row]:
    """Blank lines are left out. A row that the csv module refuses (a huge cell, an unclosed quote) is a row with a problem."""
    reader = csv.reader(_short_lines(text), delimiter=delimiter)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(begins, (), _("A cell of this row is too long, or a quotation mark is not closed."))
            continue
        if cells:
            yield Row(begins, cells, _problem_of(cells))


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of a bounded length; what is longer comes as a cell that the csv module finds too long."""
    while line := text.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(("\n", "\r")):
            yield line
            continue
        while len(rest := text.readline(LONGEST_LINE)) == LONGEST_LINE and not rest.endswith(("\n", "\r")):
            pass
        yield "x" * (csv.field_size_limit() + 1)


def _problem_of(cells: Sequence[str]) -> str:
    if len(cells) > MOST_COLUMNS:
        return _("There are more than %(most)d columns.") % {"most": MOST_COLUMNS}
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return _("A cell of this row is too long, or a quotation mark is not closed.")
    return ""


def limited(rows: Iterator[Row]) -> Iterator[Row]:
    """The first MOST_ROWS of them, and then a row that says so."""
    for count, row in enumerate(rows):
        if count >= MOST_ROWS:
            most = {"most": MOST_ROWS}
            yield Row(row.line, (), _("Only the first %(most)d rows were read; put the others into another file.") % most)
            return
        yield row
