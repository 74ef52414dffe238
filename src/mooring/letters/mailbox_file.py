"""Letters as one mbox file (RFC 4155 with the quoting of "mboxrd", which can be undone without loss)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC

from mooring.letters.models import Letter

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_NOT_AN_ADDRESS = re.compile(r"[^!-~]+")


def as_mbox(letters: Iterable[tuple[Letter, bytes]]) -> Iterator[bytes]:
    """Each letter with its exact bytes behind a separator line; line ends become LF, as the format demands."""
    for letter, raw in letters:
        sender = _NOT_AN_ADDRESS.sub("", letter.from_address) or "MAILER-DAEMON"
        stamp = letter.at.astimezone(UTC).strftime("%a %b %d %H:%M:%S %Y")
        body = _FROM_LINE.sub(rb">\1", raw.replace(b"\r\n", b"\n"))
        ending = b"\n" if body.endswith(b"\n") else b"\n\n"
        yield f"From {sender} {stamp}\n".encode() + body + ending
