"""Folders whose letters are files of their own: Maildir folders and plain folders of .eml, .msg or .txt files.

Symbolic links are never followed, so that a folder cannot lead out of the place that the account names.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from mooring.mail.dates import read_date
from mooring.mail.types import Listed

LETTER_ENDINGS = (".eml", ".msg", ".txt")
LONGEST_ID = 200
HEAD_BYTES = 16_384
_MAILDIR_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "P": "$Forwarded", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
_RECEIVED = re.compile(rb"^Received:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_DATE = re.compile(rb"^Date:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^(?:X-)?Status:[ \t]*([A-Z]*)", re.MULTILINE)
_STATUS_FLAGS = {"R": "\\Seen", "A": "\\Answered", "F": "\\Flagged", "D": "\\Deleted", "T": "\\Draft"}


@dataclass(frozen=True, slots=True)
class LetterFile:
    """One file that is one letter."""

    server_id: str
    path: Path
    size: int
    changed_ns: int
    flags: frozenset[str]


def is_maildir(names: Collection[str]) -> bool:
    """Whether a folder with these entries is a Maildir."""
    return "cur" in names and "new" in names


def maildir_letters(folder: Path) -> Iterator[LetterFile]:
    """The letters of one Maildir folder. The id is the name without its flags, the same in new/ and in cur/."""
    for part in ("new", "cur"):
        for entry in _files(folder / part):
            info = _INFO.search(entry.name)
            name = entry.name[: info.start()] if info else entry.name
            flags = frozenset(_MAILDIR_FLAGS[letter] for letter in info[1] if letter in _MAILDIR_FLAGS) if info else frozenset()
            yield _letter_file(entry, usable_id(name), flags)


def plain_letters(folder: Path, *, is_letter: frozenset[str]) -> Iterator[LetterFile]:
    """The named files of a folder. The id is the name and size, so that another letter under an old name is seen as new."""
    for entry in _files(folder):
        if entry.name in is_letter:
            size = entry.stat(follow_symlinks=False).st_size
            yield _letter_file(entry, usable_id(f"{entry.name}?{size}"), frozenset())


def listed(letter: LetterFile) -> Listed:
    """The letter as the engine lists it; ranked by when it was received."""
    try:
        with open_regular(letter.path) as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        head = b""  # listed all the same, so that somebody hears that it cannot be read
    received = received_at(head, letter.changed_ns)
    return Listed(
        server_id=letter.server_id,
        rank=int(received.timestamp() * 1_000),
        size=letter.size,
        received_at=received,
        flags=letter.flags,
    )


def received_at(head: bytes, latest_ns: int) -> datetime:
    """When a letter with this head was received: its topmost Received header, else Date, but never after `latest_ns`.

    Files lose their times when they are copied, but a letter cannot be younger than the file that holds it.
    """
    latest = datetime.fromtimestamp(latest_ns / 1_000_000_000, tz=UTC)
    header = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    for pattern in (_RECEIVED, _DATE):
        for value in pattern.findall(header)[:1]:
            text = value.decode("latin-1")
            when = read_date(text.rpartition(";")[2] if pattern is _RECEIVED else text)
            if when is not None:
                return min(when, latest)
    return latest


def status_flags(head: bytes) -> frozenset[str]:
    """The flags that mail programs keep in the Status and X-Status headers of mbox letters."""
    header = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    letters = b"".join(_STATUS.findall(header)).decode("ascii")
    return frozenset(_STATUS_FLAGS[letter] for letter in letters if letter in _STATUS_FLAGS)


def usable_id(name: str) -> str:
    """The name itself where a database can hold it, otherwise its digest."""
    if len(name) <= LONGEST_ID and name.isprintable():
        return name
    return "sha256:" + sha256(os.fsencode(name)).hexdigest()


def open_regular(path: Path) -> BinaryIO:
    """The file opened for reading; symbolic links, pipes and devices are refused with OSError."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "not a regular file")
    return os.fdopen(number, "rb", buffering=0)


def _letter_file(entry: os.DirEntry[str], server_id: str, flags: frozenset[str]) -> LetterFile:
    facts = entry.stat(follow_symlinks=False)
    return LetterFile(server_id, Path(entry.path), facts.st_size, facts.st_mtime_ns, flags)


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                yield entry
