"""What a letter says about one that was sent before: that it came back, is late, arrived, was answered by a machine, or annoyed.

Reads the standard forms (RFC 3464 block by block, RFC 3798, RFC 5965, RFC 3834) and what mail servers write instead of them. It
decides nothing: a report can be forged, so that whoever acts on it must know the Message-ID it names. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mooring.mail.address_keys import match_key
from mooring.mail.charsets import decode
from mooring.mail.encoded_words import decode_words
from mooring.mail.fields import with_line_feeds, without_envelope_line
from mooring.mail.headers import header_of, read_header, read_ids
from mooring.mail.mime import Part, Structure, read_structure
from mooring.mail.types import Header

LONGEST_READ: Final = 1_000_000
MOST_RECIPIENTS: Final = 500
_LONGEST_SAID: Final = 500


class ReportKind(StrEnum):
    """What is reported. Only FAILED says that somebody did not get the letter."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    OPENED = "opened"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Reported:
    """What is said about one recipient. `status` is an enhanced status code (RFC 3463) or empty."""

    address: str
    kind: ReportKind
    status: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`about` are the Message-IDs, without angle brackets, of the letters that it may be about, the likeliest first."""

    kind: ReportKind
    about: tuple[str, ...] = ()
    recipients: tuple[Reported, ...] = ()


def is_from_server(sender: str) -> bool:
    """Whether a sender's name and address are those under which mail servers write."""
    return _SERVERS.search(sender) is not None


def read_report(raw: bytes) -> Report | None:
    """The report that the letter is; None for all other letters."""
    structure = read_structure(without_envelope_line(with_line_feeds(raw[:LONGEST_READ])))
    header = header_of(structure.fields)
    leaves = list(structure.leaves())
    about = tuple(dict.fromkeys(_mentioned(header, leaves)))
    by_type = {part.content_type: part for part in reversed(leaves)}
    for content_type in ("message/delivery-status", "message/global-delivery-status"):
        if content_type in by_type:
            return _delivery_report(by_type[content_type], about) or _written_report(structure, header, about)
    if "message/feedback-report" in by_type:
        return Report(ReportKind.COMPLAINT, about)
    if "message/disposition-notification" in by_type:
        return Report(ReportKind.OPENED, about)
    return _written_report(structure, header, about) or _automatic_answer(header, about)


# -- RFC 3464 ------------------------------------------------------------------------------------------------------------

_ACTIONS: Final = {
    "failed": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.DELIVERED,
    "expanded": ReportKind.DELIVERED,
}
_FOLD: Final = re.compile(r"\r?\n[ \t]+")
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")


def _delivery_report(part: Part, about: tuple[str, ...]) -> Report | None:
    """One recipient per block; fields of different blocks never meet."""
    blocks = [_block(text) for text in re.split(r"\r?\n[ \t]*\r?\n", _text_of(part).strip())]
    envelope = _XTEXT.sub(lambda found: chr(int(found[1], 16)), blocks[0].get("original-envelope-id", "").strip())
    reported = tuple(found for block in blocks[:MOST_RECIPIENTS] if (found := _reported(block)) is not None)
    if not reported:
        return None
    kinds = {each.kind for each in reported}
    kind = next(kind for kind in ReportKind if kind in kinds)
    return Report(kind, tuple(dict.fromkeys((*about, envelope) if envelope else about)), reported)


def _block(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in _FOLD.sub(" ", text).splitlines():
        name, separator, value = line.partition(":")
        if separator:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _reported(block: dict[str, str]) -> Reported | None:
    """Original-Recipient is what the sender wrote; Final-Recipient may be where it was forwarded to."""
    named = block.get("original-recipient") or block.get("final-recipient") or ""
    address = named.partition(";")[2].strip().strip("<>") or named.strip("<>")
    status = _STATUS.search(block.get("status", ""))
    kind = _ACTIONS.get(block.get("action", "").partition(" ")[0].lower())
    if kind is None and status is not None:
        kind = {"2": ReportKind.DELIVERED, "4": ReportKind.DELAYED}.get(status[1][0], ReportKind.FAILED)
    if not match_key(address) or kind is None:
        return None
    said = block.get("diagnostic-code", "").partition(";")[2].strip() or block.get("diagnostic-code", "")
    return Reported(address, kind, status[1] if status else "", said[:_LONGEST_SAID])


# -- what servers write instead ------------------------------------------------------------------------------------------

_SERVERS: Final = re.compile(
    r"mailer-?daemon|post_?master|mail[ ._-]?(?:delivery|daemon)|delivery subsystem|mdaemon", re.IGNORECASE
)
_SUBJECT: Final = re.compile(
    r"undeliver|delivery (?:status|failure|notification|report|problem|has failed|incomplete)|returned mail|failure notice"
    r"|mail (?:delivery|system) (?:failed|error|failure)|non[- ]?deliver|message (?:not|could not be|undeliver)"
    r"|warning: (?:message|could)|error sending your mail"
    r"|could not be delivered|rejected mail|nicht zugestellt|unzustellbar|niedostarcz|nie można dostarczyć|échec de la remise",
    re.IGNORECASE,
)
_LATE: Final = re.compile(
    r"will (?:keep|continue|be (?:retried|attempted))|not yet been delivered|has been delayed|delivery (?:is )?delayed"
    r"|temporar(?:y|ily)[^.\n]{0,40}(?:problem|failure|defer)|still trying|no action is required",
    re.IGNORECASE,
)
_COPY: Final = re.compile(
    r"^(?:>?\s*)(?:return-path|received|message-id|mime-version|dkim-signature)\s*:", re.IGNORECASE | re.MULTILINE
)
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_REPLY: Final = re.compile(r"\b([45]\d\d)[ -]")


def _written_report(structure: Structure, header: Header, about: tuple[str, ...]) -> Report | None:
    """A bounce in words. The addresses in it are candidates: whoever sent the letter knows which of them it was for."""
    fields = structure.fields
    failed = fields.text("x-failed-recipients")
    is_servers = is_from_server(decode_words(fields.text("from")))
    is_null = "".join(fields.text("return-path").split()) == "<>"
    holds_copy = structure.root.content_type == "multipart/report" or any(
        part.content_type in _COPIES for part in structure.leaves()
    )
    is_bounce = (is_servers or is_null) and (holds_copy or _SUBJECT.search(header.subject) is not None)
    if not failed and not is_bounce:
        return None
    text = _words(structure)
    kind = ReportKind.DELAYED if _LATE.search(text) and not failed else ReportKind.FAILED
    people = {match_key(address): address for address in _ADDRESS.findall(failed) or _ADDRESS.findall(text)}
    own = {mailbox.key for mailbox in (*header.from_, *header.to)}
    reported = [
        Reported(address, kind, *_reason(text, address)) for key, address in people.items() if key and (failed or key not in own)
    ]
    return Report(kind, about, tuple(reported[:MOST_RECIPIENTS]))


def _words(structure: Structure) -> str:
    """What the server says itself: its text up to the copy of the letter."""
    texts = [_text_of(part) for part in structure.leaves() if part.content_type.startswith("text/plain")]
    text = texts[0] if texts else next((_text_of(part) for part in structure.leaves() if part.content_type == "text/html"), "")
    copy = _COPY.search(text)
    return text[: copy.start()] if copy else text


def _reason(text: str, address: str) -> tuple[str, str]:
    """(enhanced status code, what was said): what stands from the address on, as far as the next empty line but one."""
    start = max(text.find(address), 0)
    said = " ".join(text[start : start + 1_000].split())
    status = _STATUS.search(said) or _STATUS.search(text)
    if status is not None:
        return status[1], said[:_LONGEST_SAID]
    reply = _REPLY.search(said)
    return (f"{reply[1][0]}.0.0" if reply else ""), said[:_LONGEST_SAID]


def _automatic_answer(header: Header, about: tuple[str, ...]) -> Report | None:
    """RFC 3834: a machine answers in somebody's name."""
    if not header.is_automatic or header.is_bulk or not (header.in_reply_to or header.references):
        return None
    people = tuple(Reported(mailbox.address, ReportKind.AUTO_REPLY, "", header.subject) for mailbox in header.from_[:1])
    return Report(ReportKind.AUTO_REPLY, about, people)


# -- what it is about ----------------------------------------------------------------------------------------------------

_ID_LINE: Final = re.compile(r"^[> \t]*message-id\s*:\s*(<[^>\n]{1,400}>)", re.IGNORECASE | re.MULTILINE)
_COPIES: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/partial"}
)


def _mentioned(header: Header, leaves: list[Part]) -> Iterator[str]:
    for part in leaves:
        if part.content_type in _COPIES:
            found = read_header(part.body()[0]).message_id
            if found:
                yield found
    yield from header.in_reply_to
    yield from reversed(header.references)
    for part in leaves:
        if part.content_type.startswith("text/"):
            for line in _ID_LINE.findall(_text_of(part)):
                yield from read_ids(line)


def _text_of(part: Part) -> str:
    return decode(part.body()[0][:LONGEST_READ], part.parameters.get("charset", ""))[0]
