"""The bytes of a letter: its body in a frame of its own, attachments, the original. Each asks for the right anew.

The frame's answer carries a policy of its own, so that opening its address directly is as safe as the frame.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from mooring.desk.access import letter_for
from mooring.desk.attachment_pages import can_be_shown
from mooring.letters.bodies import PICTURE_TYPES, Body, body_of, raw_of, shown
from mooring.letters.models import Attachment, Letter
from mooring.letters.originals import UnableToRead
from mooring.mail.parsing import UnableToFindPart, part_bytes
from mooring.ui.downloads import FILE_POLICY, as_download, frame_policy, with_policy
from mooring.ui.rendering import page

LARGEST_TEXT = 262_144
"""So many bytes of a text file are shown."""


@require_GET
@xframe_options_sameorigin
def letter_body(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The HTML of a letter for its sandboxed frame; pictures from elsewhere only when the reader asked for them."""
    letter = letter_for(request, letter_id)
    shows_remote = request.GET.get("pictures") == "remote"
    body = body_of(letter, with_remote_images=shows_remote)
    response = page(request, "ui/letter_body.html", {"letter": letter, "html": _in_frame(body)})
    return with_policy(response, frame_policy(with_remote_images=shows_remote))


@require_GET
def attachment(request: HttpRequest, letter_id: int, attachment_id: int) -> HttpResponse:
    """One attachment for download, never shown inline whatever it says it is."""
    letter = letter_for(request, letter_id)
    found = _attachment_of(letter, attachment_id)
    response = HttpResponse(_bytes_of(letter, found), content_type="application/octet-stream")
    return as_download(response, found.name)


@require_GET
def attachment_preview(request: HttpRequest, letter_id: int, attachment_id: int) -> HttpResponse:
    """A picture or plain text, in a dialog over the letter or as a page; everything else can only be downloaded."""
    letter = letter_for(request, letter_id)
    found = _shown_attachment(letter, attachment_id)
    is_picture = found.content_type in PICTURE_TYPES
    text = "" if is_picture else _bytes_of(letter, found)[:LARGEST_TEXT].decode("utf-8", "replace").replace("\0", "")
    context = {"letter": letter, "attachment": found, "is_picture": is_picture, "text": text}
    return page(request, "desk/letters/preview.html", context, fragment="dialog")


@require_GET
def attachment_picture(request: HttpRequest, letter_id: int, attachment_id: int) -> HttpResponse:
    """The bytes of a picture, as nothing but a picture."""
    letter = letter_for(request, letter_id)
    found = _shown_attachment(letter, attachment_id)
    if found.content_type not in PICTURE_TYPES:
        raise Http404
    return with_policy(HttpResponse(_bytes_of(letter, found), content_type=found.content_type), FILE_POLICY)


@require_GET
def original(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The letter as an .eml file, byte for byte as it was received."""
    letter = letter_for(request, letter_id)
    name = (letter.subject or _("Email")).strip()[:80]
    try:
        raw = raw_of(letter)
    except UnableToRead:
        raise Http404 from None
    return as_download(HttpResponse(raw, content_type="application/octet-stream"), f"{name}.eml")


def _in_frame(body: Body) -> SafeString:
    """A letter without HTML as its text, for whoever opens the frame's address directly."""
    return shown(body).frame or shown(body).text


def _attachment_of(letter: Letter, attachment_id: int) -> Attachment:
    found = letter.attachments.filter(pk=attachment_id).first()
    if found is None:
        raise Http404
    return found


def _shown_attachment(letter: Letter, attachment_id: int) -> Attachment:
    found = _attachment_of(letter, attachment_id)
    if not can_be_shown(found):
        raise Http404
    return found


def _bytes_of(letter: Letter, found: Attachment) -> bytes:
    try:
        return part_bytes(raw_of(letter), found.part).data
    except (UnableToFindPart, UnableToRead):
        raise Http404 from None
