"""What the parser and its children say to each other: frames with a length before them, letters as plain tuples.

The answers are read with marshal, not pickle: it builds values only and never calls anything. Both ends run the same
Python, so its format, which may change between versions, is no obstacle.
"""

from __future__ import annotations

import marshal
import struct
from datetime import UTC, datetime
from typing import Any

from mooring.mail.types import ADDRESS_ROLES, Attachment, Header, Mailbox, ParsedLetter

LENGTH = struct.Struct("!I")
READY = b"ready"
"""A child's first frame: from now on its death is a letter's fault."""

FAILED = b""
"""The answer of a child that met an error in our own code."""


def frame(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return LENGTH.pack(len(payload)) + payload


def pack_letter(letter: ParsedLetter, *, shape: tuple[Any, ...] | None = None) -> bytes:
    """A letter as bytes for unpack_letter; its shape, where it has one, takes the place of what it was made from."""
    about = _about(letter.header)
    if shape is not None:
        return marshal.dumps((about, "", "", (), letter.fingerprint, letter.defects, shape))
    attachments = [
        (one.part, one.name, one.content_type, one.size, one.sha256, one.content_id, one.is_inline) for one in letter.attachments
    ]
    return marshal.dumps((about, letter.text, letter.html, attachments, letter.fingerprint, letter.defects, None))


def _about(header: Header) -> tuple[Any, ...]:
    return (
        header.message_id,
        header.in_reply_to,
        header.references,
        header.subject,
        header.date.timestamp() if header.date else None,
        [(role, one.name, one.address, one.key) for role, one in header.people()],
        sorted(header.ambiguous),
        (header.is_automatic, header.is_bulk, header.is_confidential),
        header.defects,
    )


def unpack_letter(packed: bytes) -> ParsedLetter:
    """The letter that pack_letter made these bytes from."""
    about, text, html, attachments, fingerprint, defects, shape = marshal.loads(packed)  # noqa: S302
    return ParsedLetter(
        header=_header(about),
        text=text,
        html=html,
        attachments=tuple(Attachment(*one) for one in attachments),
        fingerprint=fingerprint,
        defects=defects,
        shape=shape,
    )


def _header(about: Any) -> Header:
    message_id, in_reply_to, references, subject, epoch, people, ambiguous, marks, defects = about
    by_role: dict[str, list[Mailbox]] = {role: [] for role in ADDRESS_ROLES}
    for role, name, address, key in people:
        by_role[role].append(Mailbox(name, address, key))
    is_automatic, is_bulk, is_confidential = marks
    return Header(
        message_id=message_id,
        in_reply_to=in_reply_to,
        references=references,
        subject=subject,
        date=None if epoch is None else datetime.fromtimestamp(epoch, UTC),
        **{"from_" if role == "from" else role: tuple(found) for role, found in by_role.items()},
        ambiguous=frozenset(ambiguous),
        is_automatic=is_automatic,
        is_bulk=is_bulk,
        is_confidential=is_confidential,
        defects=defects,
    )
