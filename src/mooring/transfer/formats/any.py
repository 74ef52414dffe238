"""Reading a file of whatever kind it turns out to be, by its first bytes: workbook, address cards, or a table as text."""

from __future__ import annotations

from typing import BinaryIO

from mooring.transfer.formats.csv import Table, read_table
from mooring.transfer.formats.vcard import is_vcard, read_cards
from mooring.transfer.formats.workbook import MAGIC, read_workbook


def read_file(file: BinaryIO) -> Table:
    """`file` must be seekable. Raises UnableToReadFile."""
    file.seek(0)
    begins = file.read(200)
    if begins.startswith(MAGIC):
        return read_workbook(file)
    if is_vcard(begins):
        return read_cards(file)
    return read_table(file)
