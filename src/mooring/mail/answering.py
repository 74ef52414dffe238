"""What an answer or a forwarded letter takes over from the letter it is about: its place in the conversation and its subject."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mooring.mail.fields import text_of
from mooring.mail.types import Header

_ANSWERED = re.compile(r"\s*(?:re|aw|antw|odp|sv|vs|ref|rif|res|r)(?:\s*\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]\s*", re.IGNORECASE)
_FORWARDED = re.compile(r"\s*(?:fwd?|wg|pd|tr|vb|rv|enc|i|doorst)(?:\s*\[\d{1,3}\])?\s*[:：]\s*", re.IGNORECASE)
_OUTLOOK = re.compile(rb"^thread-(topic|index):([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_INDEX = re.compile(r"[A-Za-z0-9+/=]{20,400}\Z")
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands in its conversation: the fields of mail.writing.WrittenLetter of these names."""

    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    thread_topic: str = ""
    thread_index: str = ""


def place_after(header: Header, raw: bytes = b"") -> Place:
    """The place of an answer to this letter (RFC 5322, 3.6.4). `raw` are its bytes, for what Outlook goes by."""
    earlier = header.references or (header.in_reply_to if len(header.in_reply_to) == 1 else ())
    own = (header.message_id,) if header.message_id else ()
    topic, index = _outlook(raw)
    return Place(header.message_id, (*(each for each in earlier if each not in own), *own), topic, index)


def answer_subject(subject: str) -> str:
    """ "Re: " and the subject without the marks of earlier answers, in whatever language."""
    return f"Re: {_stripped(subject, _ANSWERED)}".strip()


def forward_subject(subject: str) -> str:
    """ "Fwd: " and the subject without the marks of earlier forwarding; that it was an answer stays visible."""
    return f"Fwd: {_stripped(subject, _FORWARDED)}".strip()


def _stripped(subject: str, mark: re.Pattern[str]) -> str:
    while (found := mark.match(subject)) is not None:
        subject = subject[found.end() :]
    return subject.strip()


def _outlook(raw: bytes) -> tuple[str, str]:
    block = raw[:_READ_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    found = {name.lower(): " ".join(text_of(value).split()) for name, value in _OUTLOOK.findall(block)}
    index = found.get(b"index", "").replace(" ", "")
    return found.get(b"topic", ""), index if _INDEX.match(index) else ""
