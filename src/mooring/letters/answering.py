"""What a reply or a forwarded letter begins with: whom it is for, and the quote of the letter it is about. Decides only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import formats, timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from mooring.letters.models import Letter, OutgoingKind, Participant
from mooring.mail.addresses import read_addresses
from mooring.mail.answering import answer_subject, forward_subject
from mooring.mail.fields import read_fields
from mooring.mail.types import Mailbox
from mooring.mail.written_html import text_to_html, with_signature, written_html
from mooring.mail.written_text import written_text

MOST_QUOTED: Final = 500_000
"""Characters of a quote; the rest of a longer letter is left out, and a sentence says so."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a letter says, taken apart by the limited parser. `html` is the stranger's, not yet safe."""

    text: str = ""
    html: str = ""
    followup_to: tuple[Mailbox, ...] = ()
    """Where a mailing list wants answers to all to go (Mail-Followup-To)."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom an answer goes to."""

    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()


def followup_of(raw: bytes) -> tuple[Mailbox, ...]:
    """The addresses of a letter's Mail-Followup-To field, those that are usable."""
    fields, _body_at = read_fields(raw, 0, len(raw))
    return tuple(each for each in read_addresses(fields.text("mail-followup-to")).mailboxes if each.key)


def recipients_of_answer(
    people: Sequence[Participant], *, kind: str, own_keys: Collection[str], followup_to: Sequence[Mailbox] = ()
) -> Recipients:
    """Whom a reply to a letter of these people goes to; a forwarded letter goes to nobody yet.

    A reply goes to Reply-To, else to From; to one's own letter, to those whom that one went to. A reply to all adds the others
    of To and Cc, or goes where the list wants it. One's own addresses are left out unless nobody else is there.
    """
    if kind not in (OutgoingKind.REPLY, OutgoingKind.REPLY_ALL):
        return Recipients()
    by_role = {role: _mailboxes(people, role) for role in ("from", "reply_to", "to", "cc")}
    is_own = any(each.key in own_keys for each in by_role["from"])
    first = by_role["to"] if is_own else by_role["reply_to"] or by_role["from"]
    if kind == OutgoingKind.REPLY:
        return Recipients(_others(first, own_keys) or tuple(first))
    if followup_to and not is_own:
        return Recipients(_others(followup_to, own_keys) or tuple(followup_to))
    to = _others((*first, *by_role["to"]), own_keys) or tuple(first)
    return Recipients(to, _others(by_role["cc"], {*own_keys, *(each.key for each in to)}))


def subject_of_answer(subject: str, kind: str) -> str:
    """With Re: or Fwd: before it, once."""
    return forward_subject(subject) if kind == OutgoingKind.FORWARD else answer_subject(subject)


def html_of_answer(letter: Letter, people: Sequence[Participant], quoted: Quoted, *, kind: str, signature: str) -> str:
    """Room to write, the signature, and below the letter as a quote, its HTML made safe. Only forwarding keeps its pictures."""
    keeps_pictures = kind == OutgoingKind.FORWARD
    if quoted.html:
        said = written_html(quoted.html[:MOST_QUOTED], keeps_pictures=keeps_pictures)
    else:
        said = text_to_html(quoted.text[:MOST_QUOTED])
    intro = "".join(f"{escape(line)}<br>" for line in _intro(letter, people, kind)).removesuffix("<br>")
    quote = f"<p>{intro}</p>{said}" if kind == OutgoingKind.FORWARD else f"<p>{intro}</p><blockquote>{said}</blockquote>"
    return with_signature("<p></p>", signature) + written_html(quote)


def text_of_answer(letter: Letter, people: Sequence[Participant], quoted: Quoted, *, kind: str, signature: str) -> str:
    """The same as plain text, each line of a reply's quote behind a >."""
    said = (quoted.text or written_text(written_html(quoted.html)))[:MOST_QUOTED].strip("\n")
    if kind != OutgoingKind.FORWARD:
        said = "\n".join(f">{'' if line.startswith('>') or not line else ' '}{line}" for line in said.splitlines())
    intro = "\n".join(_intro(letter, people, kind))
    return text_with_signature("\n", signature) + f"\n\n{intro}\n{said}\n"


def text_with_signature(text: str, signature: str, *, instead_of: str = "") -> str:
    """Plain text with the signature (HTML) of the account that writes, in the place of another's where that stands as it was."""
    wanted = f"-- \n{written_text(signature)}" if signature else ""
    present = f"-- \n{written_text(instead_of)}" if instead_of else ""
    if present and present in text:
        return text.replace(present, wanted, 1)
    return f"{text}\n{wanted}" if wanted else text


def _intro(letter: Letter, people: Sequence[Participant], kind: str) -> list[str]:
    at = formats.date_format(timezone.localtime(letter.date or letter.at), "DATETIME_FORMAT")
    who = _named(Mailbox(letter.from_name, letter.from_address, letter.from_address))
    if kind != OutgoingKind.FORWARD:
        return [_("On %(date)s, %(who)s wrote:") % {"date": at, "who": who}]
    lines = [
        _("---------- Forwarded message ----------"),
        _("From: %(who)s") % {"who": who},
        _("Date: %(date)s") % {"date": at},
        _("Subject: %(subject)s") % {"subject": letter.subject},
    ]
    for role, sentence in (("to", _("To: %(who)s")), ("cc", _("Cc: %(who)s"))):
        named = ", ".join(_named(each) for each in _mailboxes(people, role))
        lines += [sentence % {"who": named}] if named else []
    return lines


def _named(person: Mailbox) -> str:
    return f"{person.name} <{person.address}>" if person.name else person.address


def _mailboxes(people: Iterable[Participant], role: str) -> list[Mailbox]:
    return [Mailbox(each.name, each.address, each.key) for each in people if each.role == role and each.key]


def _others(people: Iterable[Mailbox], without: Collection[str]) -> tuple[Mailbox, ...]:
    """Each once, in order, those left out whose keys are in `without`."""
    found: dict[str, Mailbox] = {}
    for each in people:
        if each.key not in without:
            found.setdefault(each.key, each)
    return tuple(found.values())
