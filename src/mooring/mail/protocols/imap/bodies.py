"""Letters and header blocks byte for byte.

Promises: PEEK in an examined folder, so nothing is marked; a letter is handed on only when every byte is there; longer
letters come in parts of 1 MiB, so that no single answer fills the memory; answers about other letters are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.imap.letters import items_in, uid_in
from mooring.mail.protocols.imap.looking import SET_CAP
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.uid_sets import UidSet
from mooring.mail.protocols.imap.wire import Response, plain, to_number

PART_SIZE = 1_048_576
LETTER_CAP = 268_435_456
HEADER_CAP = 262_144

_USUAL = re.compile(rb"\(UID (\d{1,10}) RFC822\.SIZE (\d{1,10}) BODY\[(?:HEADER)?\](?:<0>)? ")


@dataclass(frozen=True, slots=True)
class Body:
    """The first bytes of a letter or of its header. `size` is that of the whole letter as the server counts it."""

    uid: int
    size: int
    raw: bytes


def fetch_headers(session: Session, uids: UidSet) -> Iterator[Body]:
    """Header blocks, cut off after HEADER_CAP bytes."""
    yield from _bodies(session, uids, b"BODY.PEEK[HEADER]<0.%d>" % HEADER_CAP)


def fetch_letters(session: Session, uids: UidSet) -> Iterator[Body]:
    """Whole letters; those with more than one part come after the others of their command."""
    long: list[Body] = []
    for body in _bodies(session, uids, b"BODY.PEEK[]<0.%d>" % PART_SIZE):
        if len(body.raw) == PART_SIZE:
            long.append(body)
        elif not body.raw and body.size:
            raise ProtocolViolation(expected="a letter that is not empty", uid=str(body.uid))
        else:
            yield body
    while long:
        whole = _completed(session, long.pop())
        if whole is not None:
            yield whole


def _completed(session: Session, first: Body) -> Body | None:
    """The letter with all its parts; None when it vanished in between."""
    parts = [first.raw]
    offset = len(first.raw)
    while True:
        item = b"BODY.PEEK[]<%d.%d>" % (offset, PART_SIZE)
        part = next(iter(list(_bodies(session, UidSet.of([first.uid]), item))), None)
        if part is None:
            return None
        parts.append(part.raw)
        offset += len(part.raw)
        if offset > LETTER_CAP:
            raise ProtocolViolation(expected=f"a letter of at most {LETTER_CAP} bytes", uid=str(first.uid))
        if not part.raw or (len(part.raw) < PART_SIZE and offset >= first.size):
            return Body(first.uid, first.size, b"".join(parts))


def _bodies(session: Session, uids: UidSet, item: bytes) -> Iterator[Body]:
    wanted = set(uids)
    for chunk in uids.wire_chunks(limit=SET_CAP):
        for response in session.run(plain(b"UID FETCH %s (UID RFC822.SIZE %s)" % (chunk, item))):
            body = _body_in(response) if response.kind == b"FETCH" else None
            if body is not None and body.uid in wanted:
                wanted.remove(body.uid)
                yield body


def _body_in(response: Response) -> Body | None:
    """The body in a FETCH response; None when it tells something else, or has no UID."""
    usual = _USUAL.fullmatch(response.pieces[0])
    if usual is not None and len(response.pieces) == 3 and response.pieces[2] == b")":
        return Body(int(usual[1]), int(usual[2]), response.pieces[1])
    items = items_in(response)
    for name, value in items.items():
        if name.startswith(("BODY[]", "BODY[HEADER]")):
            if value is not None and not isinstance(value, bytes):
                raise ProtocolViolation(expected="a letter")
            size = to_number(items["RFC822.SIZE"]) if "RFC822.SIZE" in items else 0
            if value is None and not size:
                return None  # expunged by somebody else a moment ago (Dovecot)
            return Body(uid_in(items), size, value or b"")
    return None
