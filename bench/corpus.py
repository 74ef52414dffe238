"""Mailboxes and letters in any number, made from the collected letters that MOORING_TESTDATA names."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from testdata import FOLDER

_ENDINGS = {".eml", ".msg"}


def collected_letters() -> list[bytes]:
    """Every collected letter that is one file, in a fixed order. Raises SystemExit when they are not there."""
    paths = sorted(path for folder in ("mail", "threads") for path in (FOLDER / folder).rglob("*") if path.suffix in _ENDINGS)
    if not paths:
        raise SystemExit("There are no letters to measure with: MOORING_TESTDATA must name the folder of collected letters.")
    return [path.read_bytes() for path in paths]


def letters(count: int, *, seed: int = 1) -> Iterator[bytes]:
    """`count` letters that all differ: the collected ones again and again, each with a header field of its own.

    The added field is a new Message-ID in place of the letter's own, so that no two are the same letter.
    """
    pool = collected_letters()
    random.Random(seed).shuffle(pool)
    for number in range(count):
        raw = pool[number % len(pool)]
        ending = b"\r\n" if b"\r\n" in raw[:2000] else b"\n"
        yield b"Message-ID: <bench-%d@bench.example>" % number + ending + _without_message_id(raw)


def _without_message_id(raw: bytes) -> bytes:
    position = raw[:20_000].lower().find(b"\nmessage-id:")
    if position < 0:
        return raw
    return raw[: position + 1] + b"X-Was-" + raw[position + 1 :]


def write_maildir(folder: Path, count: int) -> int:
    """Fill a Maildir with `count` letters; returns their bytes. Written without fsync: it is only the server's side."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    total = 0
    for number, raw in enumerate(letters(count)):
        name = folder / "cur" / f"{1_600_000_000 + number * 60}.M{number}P1.bench,S={len(raw)}:2,S"
        name.write_bytes(raw)
        os.utime(name, (1_600_000_000 + number * 60,) * 2)
        total += len(raw)
    return total
