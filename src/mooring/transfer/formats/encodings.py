"""In which encoding a text file was written, by its bytes; bytes that the encoding does not know are marked and never guessed."""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

UNDECODABLE: Final = "\udcff"
"""Stands in a text for bytes that could not be read; no file can hold it otherwise."""
_MARKING: Final = "mooring.mark_undecodable"
_SAMPLE: Final = 65_536
_CHUNK: Final = 1 << 20
_LETTERS_OF_CP1250: Final = re.compile(rb"(?<=[A-Za-z])[\xb9\xb3\xbf\x9c\x9f\xbe\x9e\x9a\x9d]|[\xa3\xa5\xaf\x8c\x8f](?=[A-Za-z])")
"""Bytes that beside a letter are letters in cp1250 (ą ł ż ś ź ľ ž š ť, Ł Ą Ż Ś Ź) and mostly signs in cp1252."""
_LETTERS_OF_CP1252: Final = re.compile(
    rb"(?<=[A-Za-z])[\xe0\xe2\xe3\xe5\xe7\xe8\xea\xec\xee\xf1\xf2\xf4\xf5\xf8\xf9\xfb](?=[A-Za-z])"
)


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return UNDECODABLE, error.end


codecs.register_error(_MARKING, _mark)


def text_of(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file as text from where it stands, its line ends as they are, UNDECODABLE in the place of bad bytes."""
    return io.TextIOWrapper(file, encoding=encoding, errors=_MARKING, newline="")


def undecodable_row(encoding: str) -> str:
    """What is told of a row that holds UNDECODABLE."""
    text = _("Some bytes of this row are no text in %(encoding)s. Correct them, or save the whole file anew as UTF-8.")
    return text % {"encoding": encoding.removesuffix("-sig").upper()}


def encoding_of(file: BinaryIO) -> str:
    """By the byte order mark; UTF-8 where more of the letters beyond ASCII are read by it than not; else a Windows table."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return encoding
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    if _is_utf8(file) or _is_mostly_utf8(file):
        return "utf-8"
    return _windows_table_of(file)


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(file: BinaryIO) -> bool:
    """Letters of a Windows table hardly ever make a sequence of UTF-8 by chance, so a majority of these is no chance."""
    decoder = codecs.getincrementaldecoder("utf-8")(_MARKING)
    file.seek(0)
    good = bad = 0
    while chunk := file.read(_CHUNK):
        text = decoder.decode(chunk)
        marked = text.count(UNDECODABLE)
        bad += marked
        good += len(text) - marked - len(text.encode("ascii", "ignore"))
    return good > bad


def _windows_table_of(file: BinaryIO) -> str:
    file.seek(0)
    central = western = 0
    while chunk := file.read(_CHUNK):
        central += len(_LETTERS_OF_CP1250.findall(chunk))
        western += len(_LETTERS_OF_CP1252.findall(chunk))
    return "cp1250" if central and central * 3 >= western else "cp1252"
