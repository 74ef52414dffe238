"""Reading a file of whatever kind it turns out to be, by its first bytes: workbook, address cards, or a table as text."""

from __future__ import annotations

from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from mooring.transfer.formats.csv import Table, UnableToReadFile, read_table
from mooring.transfer.formats.vcard import is_vcard, read_cards
from mooring.transfer.formats.workbook import MAGIC, read_workbook

COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old workbooks (XLS) begin, and new ones under a password."""


def read_file(file: BinaryIO) -> Table:
    """`file` must be seekable. Raises UnableToReadFile."""
    file.seek(0)
    begins = file.read(200)
    if begins.startswith(MAGIC):
        return read_workbook(file)
    if begins.startswith(COMPOUND_FILE):
        raise UnableToReadFile(
            _("This workbook is protected by a password or in the old XLS format. Save it anew as XLSX without a password.")
        )
    if is_vcard(begins):
        return read_cards(file)
    return read_table(file)
