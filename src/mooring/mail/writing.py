"""A letter that somebody wrote -> its bytes, the same for the same letter and boundaries.

Promises: exactly the header fields that the letter has, proven on the bytes before they are handed on; every line ends with CRLF
and is shorter than 998 bytes; a Bcc field stands only in the copy that we keep, `without_bcc` is what travels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from mooring.mail.errors import UnusableName
from mooring.mail.writing_fields import address_field, ids_field, is_usable_id, text_field, wire_address
from mooring.mail.writing_parts import Boundaries, WrittenFile, body_of

__all__ = ("Correspondent", "WrittenFile", "WrittenLetter", "needs_smtputf8", "wire_address", "without_bcc", "write_letter")

LONGEST_REFERENCES = 1_500
"""Characters of References; relays refuse header blocks of more than 4,096 (freescout#5542)."""
_NO_RECIPIENT_SHOWN = b"To: undisclosed-recipients:;\r\n"
_ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_FIELD_NAME = re.compile(rb"([!-9;-~]+):")
_BCC = re.compile(rb"^bcc:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody a letter is from or for."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """Everything a letter is made of. Message-IDs stand without angle brackets."""

    sender: Correspondent
    message_id: str
    date: datetime
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    bcc: tuple[Correspondent, ...] = ()
    reply_to: Correspondent | None = None
    organization: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    """Empty for a letter of plain text."""
    files: tuple[WrittenFile, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    """Oldest first; shortened here."""
    thread_topic: str = ""
    thread_index: str = ""
    """What Outlook orders conversations by, taken over from the letter that is answered."""
    auto_submitted: str = ""
    """ "auto-generated" or "auto-replied" for letters that no person wrote (RFC 3834)."""
    unsubscribe_url: str = ""
    """Where a POST ends such letters, for the button that mail programs show (RFC 8058)."""


def write_letter(letter: WrittenLetter, *, boundaries: Boundaries) -> bytes:
    """The letter with its Bcc field. Raises UnusableName for an address or Message-ID that cannot be written."""
    if not is_usable_id(letter.message_id):
        raise UnusableName(what=letter.message_id)
    fields = [*_people(letter), *_thread(letter), *_rest(letter)]
    body = body_of(text=letter.text, html=letter.html, files=letter.files, boundaries=boundaries)
    block = b"".join((*fields, b"MIME-Version: 1.0\r\n", *body.fields))
    _prove(block, [*fields, b"MIME-Version:", *body.fields])
    return block + b"\r\n" + body.body


def without_bcc(raw: bytes) -> bytes:
    """The bytes that travel, from those that write_letter made."""
    block, separator, body = raw.partition(b"\r\n\r\n")
    return _BCC.sub(b"", block + b"\r\n").removesuffix(b"\r\n") + separator + body


def needs_smtputf8(raw: bytes) -> bool:
    """Whether the header block of a letter written here holds addresses that only RFC 6531 carries."""
    return not raw.partition(b"\r\n\r\n")[0].isascii()


def shortened_references(references: Sequence[str]) -> list[str]:
    """The first, for it names the conversation, and the latest ones, each once, within LONGEST_REFERENCES."""
    usable = [each for each in dict.fromkeys(references) if is_usable_id(each)]
    if not usable:
        return []
    left = LONGEST_REFERENCES - len(usable[0])
    latest: list[str] = []
    for each in reversed(usable[1:]):
        left -= len(each) + 3
        if left < 0 and latest:
            break
        latest.insert(0, each)
    return [usable[0], *latest]


def _people(letter: WrittenLetter) -> list[bytes]:
    fields = [
        f"Date: {format_datetime(letter.date)}\r\n".encode("ascii"),
        _addresses("From", (letter.sender,)),
    ]
    if letter.organization:
        fields.append(text_field("Organization", letter.organization))
    if letter.reply_to is not None:
        fields.append(_addresses("Reply-To", (letter.reply_to,)))
    fields.append(_addresses("To", letter.to) if letter.to else b"" if letter.cc else _NO_RECIPIENT_SHOWN)
    for name, people in (("Cc", letter.cc), ("Bcc", letter.bcc)):
        if people:
            fields.append(_addresses(name, people))
    return [field for field in fields if field]


def _thread(letter: WrittenLetter) -> list[bytes]:
    fields = [ids_field("Message-ID", [letter.message_id])]
    if is_usable_id(letter.in_reply_to):
        fields.append(ids_field("In-Reply-To", [letter.in_reply_to]))
    references = shortened_references(letter.references)
    if references:
        fields.append(ids_field("References", references))
    if letter.thread_topic:
        fields.append(text_field("Thread-Topic", letter.thread_topic))
    if letter.thread_index:
        fields.append(text_field("Thread-Index", letter.thread_index))
    return fields


def _rest(letter: WrittenLetter) -> list[bytes]:
    fields = [text_field("Subject", letter.subject)]
    if letter.auto_submitted:
        fields += [text_field("Auto-Submitted", letter.auto_submitted), b"X-Auto-Response-Suppress: All\r\n"]
    if letter.unsubscribe_url:
        fields += [ids_field("List-Unsubscribe", [letter.unsubscribe_url]), _ONE_CLICK]
    return fields


def _addresses(name: str, people: Sequence[Correspondent]) -> bytes:
    return address_field(name, [(each.name, each.address) for each in people])


def _prove(block: bytes, fields: Sequence[bytes]) -> None:
    """The names of the fields that stand in the bytes are those that were to be written, and no line can be misread."""
    found = []
    for line in block.removesuffix(b"\r\n").split(b"\r\n"):
        if set(line) & set(b"\r\n\0") or len(line) > 998 or not line.strip():
            raise UnusableName(what="header")
        if line[:1] not in b" \t":
            name = _FIELD_NAME.match(line)
            found.append(name[1] if name else b"")
    if found != [field.partition(b":")[0] for field in fields]:
        raise UnusableName(what="header")
