"""What a letter shows: its bytes taken apart in a limited child, its HTML made safe, its plain text folded and linked.

Nothing here trusts the letter. The HTML goes only into a frame of its own with a policy of its own (ui.downloads).
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mooring.letters.models import Letter
from mooring.letters.originals import Originals, UnableToRead
from mooring.mail.parser_process import Parser
from mooring.mail.parsing import UnableToFindPart, part_bytes
from mooring.mail.quoting import fold_quotes
from mooring.mail.safe_html import SafeHtml, safe_html, safe_text
from mooring.mail.types import ParsedLetter

PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that a browser draws without running anything; others are offered for download only."""
PICTURE_BYTES = 8_388_608
"""So much of a letter's own pictures is shown in its text. They travel within the page: a sandboxed frame has no cookies."""


@dataclass(frozen=True, slots=True)
class Body:
    """How a letter is to be read: safe HTML for the frame, or plain text where it has no HTML."""

    html: SafeHtml | None
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A body ready for templates; the only texts of pages that are not escaped, because mail.safe_html made them."""

    frame: SafeString
    text: SafeString


@cache
def originals() -> Originals:
    """The store of the installation, shared by the threads of this process."""
    return Originals(settings.ORIGINALS_FOLDER)


@cache
def _parser() -> Parser:
    return Parser(child_count=2)


def raw_of(letter: Letter) -> bytes:
    """The letter byte for byte. Raises letters.originals.UnableToRead."""
    return originals().read(letter.original)


def raw_or_notice(letter: Letter) -> bytes:
    """The letter byte for byte; where that cannot be read, a letter of ours that says so in its place."""
    try:
        return raw_of(letter)
    except UnableToRead as error:
        notice = EmailMessage()
        notice["Subject"] = " ".join(letter.subject.split())
        notice["Date"] = letter.at
        notice.set_content(_("This letter could not be read from the archive: %(reason)s") % {"reason": error})
        return notice.as_bytes()


def parsed_of(raw: bytes) -> ParsedLetter:
    """The letter taken apart, in a child process with limits."""
    return _parser().read_letters([raw])[0]


def body_of(letter: Letter, *, with_remote_images: bool) -> Body:
    """The letter as it is shown. Falls back to the stored text when the original cannot be read."""
    try:
        raw = raw_of(letter)
    except UnableToRead:
        return Body(None, _stored_text(letter))
    parsed = parsed_of(raw)
    if not parsed.html:
        return Body(None, parsed.text or _stored_text(letter))
    pictures = _pictures_in(letter, raw) if "cid:" in parsed.html.lower() else {}
    html = fold_quotes(parsed.html, quote=_("Earlier text"), signature=_("Signature"))
    shown = safe_html(html, images="remote" if with_remote_images else "blocked", cid_urls=pictures)
    return Body(shown, parsed.text)


def shown(body: Body) -> Shown:
    """The HTML for the frame, or the plain text with its links and its folded quote."""
    if body.html is not None:
        return Shown(SafeString(body.html.html), SafeString(""))
    return Shown(SafeString(""), SafeString(safe_text(body.text, summary=_("Earlier text"), signature=_("Signature"))))


def _pictures_in(letter: Letter, raw: bytes) -> dict[str, str]:
    """The letter's own pictures as data: addresses by their content id."""
    pictures: dict[str, str] = {}
    room = PICTURE_BYTES
    for attachment in letter.attachments.filter(content_type__in=PICTURE_TYPES).exclude(content_id=""):
        room -= attachment.size
        if room < 0:
            break
        try:
            data = part_bytes(raw, attachment.part).data
        except UnableToFindPart:
            continue
        pictures[attachment.content_id] = f"data:{attachment.content_type};base64,{b64encode(data).decode()}"
    return pictures


def _stored_text(letter: Letter) -> str:
    text = getattr(letter, "text", None)
    return text.text if text is not None else ""
