"""Mailboxes and letters in any number, made from the collected letters that MOORING_TESTDATA names."""

from __future__ import annotations

import base64
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

from testdata import FOLDER

_ENDINGS = {".eml", ".msg"}
_FILE_EVERY = 4
_BOUNDARY = b"=_bench_and_its_file"
_CORRESPONDENCE = re.compile(rb"(?im)^(?:from|to|cc|date|subject|references|in-reply-to):[^\n]*\n(?:[ \t][^\n]*\n)*")


def collected_letters() -> list[bytes]:
    """Every collected letter that is one file, in a fixed order. Raises SystemExit when they are not there."""
    paths = sorted(path for folder in ("mail", "threads") for path in (FOLDER / folder).rglob("*") if path.suffix in _ENDINGS)
    if not paths:
        raise SystemExit("There are no letters to measure with: MOORING_TESTDATA must name the folder of collected letters.")
    return [path.read_bytes() for path in paths]


def letters(count: int, *, seed: int = 1, mean_kb: float = 0) -> Iterator[bytes]:
    """`count` letters that all differ: the collected ones again and again, each with a header field of its own.

    The added field is a new Message-ID in place of the letter's own, so that no two are the same letter. Where they are smaller
    than `mean_kb` on the average, every fourth is sent on with a file beside it, small ones mostly and a few large ones.
    """
    pool = collected_letters()
    chance = random.Random(seed)
    chance.shuffle(pool)
    missing = mean_kb * 1_000 - sum(map(len, pool)) / len(pool)
    for number in range(count):
        raw = pool[number % len(pool)]
        if missing > 0 and number % _FILE_EVERY == 0:
            raw = _with_a_file(raw, size=int(chance.expovariate(1) * _FILE_EVERY * missing), chance=chance)
        ending = b"\r\n" if b"\r\n" in raw[:2000] else b"\n"
        yield b"Message-ID: <bench-%d@bench.example>" % number + ending + _without_message_id(raw)


def _with_a_file(raw: bytes, *, size: int, chance: random.Random) -> bytes:
    """The letter as it is inside another, with its addresses and a file of `size` bytes in Base64; half of the file repeats."""
    headers = b"".join(re.findall(_CORRESPONDENCE, raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n"))
    content = chance.randbytes(size * 3 // 8) * 2
    parts = (
        b"Content-Type: message/rfc822\n\n" + raw,
        b'Content-Type: application/pdf\nContent-Disposition: attachment; filename="offer.pdf"\n'
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content),
    )
    body = b"".join(b"\n--%s\n%s" % (_BOUNDARY, part) for part in parts)
    return headers + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=%s\n%s\n--%s--\n" % (_BOUNDARY, body, _BOUNDARY)


def _without_message_id(raw: bytes) -> bytes:
    position = raw[:20_000].lower().find(b"\nmessage-id:")
    if position < 0:
        return raw
    return raw[: position + 1] + b"X-Was-" + raw[position + 1 :]


def write_maildir(folder: Path, count: int, *, mean_kb: float = 0) -> int:
    """Fill a Maildir with `count` letters, see `letters`; returns their bytes.

    Written without fsync: it is only the server's side.
    """
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    total = 0
    for number, raw in enumerate(letters(count, mean_kb=mean_kb)):
        name = folder / "cur" / f"{1_600_000_000 + number * 60}.M{number}P1.bench,S={len(raw)}:2,S"
        name.write_bytes(raw)
        os.utime(name, (1_600_000_000 + number * 60,) * 2)
        total += len(raw)
    return total
