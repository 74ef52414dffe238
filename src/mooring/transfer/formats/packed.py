"""Whether a packed folder is a workbook that can be read in bearable time and memory, found out before its XML is parsed.

A workbook is a packed folder of strangers' XML. Its parts are told by their sizes, and those that hold rows are unpacked piece by
piece and thrown away, which costs a small part of what parsing them costs.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from mooring.transfer.formats.csv import UnableToReadFile

LARGEST_UNPACKED: Final = 400 * 1024 * 1024
LARGEST_PART: Final = 16 * 1024 * 1024
"""Of a part that is parsed as a whole, such as the styles."""
LONGEST_ROW: Final = 8 * 1024 * 1024
"""Bytes of XML for one row, one shared text, or what stands before and after all rows."""
MOST_PACKED: Final = 100
"""So many times larger may a part be than its packed bytes; rows of one word only, repeated, make 14."""
_WORTH_A_LOOK: Final = 1024 * 1024
_CHUNK: Final = 256 * 1024
_TAIL: Final = 64
_OF_ROWS: Final = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)
_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_BEGINS_ROW: Final = re.compile(rb"<(?:\w{1,40}:)?(?:row|si)[\s/>]")


def demand_reasonable(file: BinaryIO) -> None:
    """Raises UnableToReadFile: no packed folder, no workbook, or one that would unpack to too much."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            _demand_workbook([entry.filename for entry in packed.infolist()])
            _demand_sizes(packed.infolist())
            for entry in packed.infolist():
                if _OF_ROWS.fullmatch(entry.filename):
                    _demand_rows(packed, entry)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnableToReadFile(unreadable()) from error
    file.seek(0)


def unreadable() -> str:
    """What is told of a workbook that is broken."""
    return _("This workbook cannot be read. Save it anew as XLSX, or as CSV.")


def _demand_workbook(names: list[str]) -> None:
    if any(name.startswith("xl/") for name in names):
        return
    if "content.xml" in names and "mimetype" in names:
        raise UnableToReadFile(_("This is an OpenDocument file. Save the table as XLSX or CSV and import that."))
    raise UnableToReadFile(_("This is a packed folder (ZIP) and no workbook. Unpack it and import the table that is in it."))


def _demand_sizes(entries: list[zipfile.ZipInfo]) -> None:
    parsed = [entry for entry in entries if not entry.filename.startswith("xl/media/")]
    is_too_large = sum(entry.file_size for entry in parsed) > LARGEST_UNPACKED or any(
        entry.file_size > LARGEST_PART and not _OF_ROWS.fullmatch(entry.filename) for entry in parsed
    )
    is_bomb = any(
        entry.file_size > _WORTH_A_LOOK and entry.file_size > MOST_PACKED * max(entry.compress_size, 1) for entry in parsed
    )
    if is_too_large or is_bomb:
        raise UnableToReadFile(_("This workbook is too large."))


def _demand_rows(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """What is between two rows must be short. Declarations, by which text can grow, are in no workbook; nor is UTF-16."""
    place = last_row = 0
    tail = b""
    with packed.open(entry) as part:
        while chunk := part.read(_CHUNK):
            text = tail + chunk
            if _DECLARES.search(text) or b"\0" in chunk:
                raise UnableToReadFile(unreadable())
            for found in _BEGINS_ROW.finditer(text):
                begins = place - len(tail) + found.start()
                _demand_short(begins - last_row)
                last_row = begins
            place += len(chunk)
            tail = text[-_TAIL:]
            _demand_short(place - last_row)


def _demand_short(length: int) -> None:
    if length > LONGEST_ROW:
        raise UnableToReadFile(_("This workbook is too large: one of its rows or cells is far too long."))
