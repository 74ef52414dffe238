"""The letters that the company shows this customer. Bytes of strangers are as caged here as on the desk."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from mooring.letters.bodies import body_of, raw_of, shown
from mooring.letters.models import Letter
from mooring.letters.originals import UnableToRead
from mooring.letters.sharing import shared_letters
from mooring.mail.parsing import UnableToFindPart, part_bytes
from mooring.portal.access import for_portal_users, letter_for, portal_user_of
from mooring.portal.pages import portal_page
from mooring.ui.downloads import as_download, frame_policy, with_policy
from mooring.ui.parts import Line
from mooring.ui.rendering import page


@require_GET
@for_portal_users
def letters(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    found = shared_letters(customer=portal_user_of(request).customer, cursor=cursor)
    return portal_page(request, "letters.html", {"lines": [_line(each) for each in found.rows], "page": found})


@require_GET
@for_portal_users
def letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """One letter with its attachments."""
    found = letter_for(request, letter_id)
    body = body_of(found, with_remote_images=False)
    files = [each for each in found.attachments.all() if not (each.is_inline and body.html)]
    context = {"letter": found, "body": body, "text": shown(body).text, "files": files}
    return portal_page(request, "letter.html", context)


@require_GET
@xframe_options_sameorigin
@for_portal_users
def letter_body(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The HTML of a letter for its sandboxed frame; nothing is loaded from elsewhere."""
    found = letter_for(request, letter_id)
    made = shown(body_of(found, with_remote_images=False))
    response = page(request, "ui/letter_body.html", {"letter": found, "html": made.frame or made.text})
    return with_policy(response, frame_policy(with_remote_images=False))


@require_GET
@for_portal_users
def attachment(request: HttpRequest, letter_id: int, attachment_id: int) -> HttpResponse:
    """One attachment for download."""
    found = letter_for(request, letter_id)
    file = found.attachments.filter(pk=attachment_id).first()
    if file is None:
        raise Http404
    try:
        data = part_bytes(raw_of(found), file.part).data
    except (UnableToFindPart, UnableToRead):
        raise Http404 from None
    return as_download(HttpResponse(data, content_type="application/octet-stream"), file.name)


def _line(letter: Letter) -> Line:
    return Line(
        url=reverse("portal_letter", args=[letter.pk]),
        who=letter.from_name or letter.from_address,
        at=letter.at,
        subject=letter.subject,
        snippet=letter.excerpt,
        has_attachments=letter.attachment_count > 0,
    )
