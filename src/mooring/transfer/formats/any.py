"""Reading a file of whatever kind it turns out to be, by its first bytes: workbook, address cards, or a table as text."""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from mooring.transfer.formats.csv import Table, UnableToReadFile, demand_closed_quotes, read_table
from mooring.transfer.formats.vcard import is_vcard, read_cards
from mooring.transfer.formats.workbook import MAGIC, read_workbook

LARGEST_FILE: Final = 250 * 1024 * 1024
"""Bytes: a million rows with all that a customer has."""
COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old workbooks (XLS) begin, and new ones under a password."""
_NO_TABLES: Final = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"RIFF": "RIFF",
    b"{\\rtf": "RTF",
    b"\x1f\x8b": "GZIP",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"PK\x05\x06": "ZIP",
    b"SQLite format 3": "SQLite",
}
"""How files begin that people choose by mistake, and what these are called."""
_MARKUP: Final = {b"<!DOCTYPE": "HTML", b"<HTML": "HTML", b"<TABLE": "HTML", b"<?XML": "XML"}
"""The same for those whose case does not count."""
_BEGINNING: Final = 200


def read_file(file: BinaryIO) -> Table:
    """`file` must be seekable. Raises UnableToReadFile."""
    begins = _sound_beginning(file)
    if begins.startswith(MAGIC):
        return read_workbook(file)
    return read_cards(file) if is_vcard(begins) else read_table(file)


def demand_whole(file: BinaryIO) -> None:
    """That a table as text can be read to its end, before anything is taken from it; the other kinds tell it by row or card.

    Raises UnableToReadFile.
    """
    begins = _sound_beginning(file)
    if not begins.startswith(MAGIC) and not is_vcard(begins):
        demand_closed_quotes(file)


def _sound_beginning(file: BinaryIO) -> bytes:
    """The first bytes of a file that is a workbook, cards, or perhaps a table as text. Raises UnableToReadFile for all others."""
    if file.seek(0, io.SEEK_END) > LARGEST_FILE:
        raise UnableToReadFile(_("The file is larger than %(most)d MB.") % {"most": LARGEST_FILE // 1024 // 1024})
    file.seek(0)
    begins = file.read(_BEGINNING)
    if begins.startswith(COMPOUND_FILE):
        raise UnableToReadFile(
            _("This workbook is protected by a password or in the old XLS format. Save it anew as XLSX without a password.")
        )
    text = begins.removeprefix(b"\xef\xbb\xbf").lstrip().upper()
    kinds = [kind for magic, kind in _NO_TABLES.items() if begins.startswith(magic)]
    kinds += [kind for magic, kind in _MARKUP.items() if text.startswith(magic)]
    if kinds:
        told = _("This is a file of the kind %(kind)s and no table. Save the table as CSV or XLSX and import that.")
        raise UnableToReadFile(told % {"kind": kinds[0]})
    return begins
