"""The collected letters, one by one: mail files are split at their "From " lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from testdata import FOLDER

_NOT_LETTERS = {".json", ".xml", ".out", ".bin", ".html", ".md", ".csv", ".sh", ".gif", ".tnef", ".rtf", ".dat"}
_MBOX_START = re.compile(rb"(?:^|(?<=\n))From [^\n]*\n")


def letter_files() -> Iterator[Path]:
    """Every file of the collection that holds one letter or several."""
    for part in ("mail", "threads"):
        for path in sorted((FOLDER / part).rglob("*")):
            if path.is_file() and path.suffix not in _NOT_LETTERS:
                yield path


def letters() -> Iterator[tuple[str, bytes]]:
    """(where it is from, the letter) of the whole collection."""
    for path in letter_files():
        raw = path.read_bytes()
        name = str(path.relative_to(FOLDER))
        if ".mbox" in path.name:
            for number, one in enumerate(piece for piece in _MBOX_START.split(raw) if piece):
                yield f"{name}#{number}", one
        else:
            yield name, raw
