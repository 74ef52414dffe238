"""The files of a letter that is being written: attached by picking, dropping or pasting, shown again, taken off."""

from __future__ import annotations

import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, draft_file_for, draft_for
from mooring.desk.beginnings import attached_files
from mooring.desk.writing_pages import saved_or_answer
from mooring.letters.attached_files import UnableToReadFile
from mooring.letters.attaching import attach, detach
from mooring.letters.bodies import PICTURE_TYPES
from mooring.letters.drafting import UnableToSaveDraft
from mooring.letters.models import OutgoingAttachment, OutgoingLetter
from mooring.ui.downloads import FILE_POLICY, as_download, with_policy
from mooring.ui.rendering import page, see_other, toast, wants_fragment


@require_POST
def draft_files(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Attach what was sent: files beside the text, or, dropped into it, one picture within. A whole form is saved before."""
    draft = draft_for(request, draft_id)
    if "version" in request.POST:
        saved = saved_or_answer(request, draft)
        if isinstance(saved, HttpResponse):
            return saved
    is_picture = request.POST.get("is_picture") == "yes"
    attached: list[OutgoingAttachment] = []
    for file in request.FILES.getlist("files"):
        is_shown = is_picture and file.content_type in PICTURE_TYPES
        try:
            attached.append(
                attach(
                    draft=draft,
                    files=attached_files(),
                    name=file.name or "",
                    content_type=file.content_type or "",
                    chunks=file.chunks(),
                    content_id=f"{secrets.token_hex(12)}@picture" if is_shown else "",
                    by=actor_of(request),
                    now=timezone.now(),
                )
            )
        except UnableToSaveDraft as error:
            toast(request, str(error), is_problem=True)
    return _files(request, draft, attached)


@require_GET
def draft_file(request: HttpRequest, draft_id: int, file_id: int) -> HttpResponse:
    """One file: a picture within the text as a picture, anything else for download."""
    file = draft_file_for(request, draft_id, file_id)
    try:
        data = attached_files().read(file.sha256)
    except UnableToReadFile:
        raise Http404 from None
    if file.is_inline and file.content_type in PICTURE_TYPES:
        return with_policy(HttpResponse(data, content_type=file.content_type), FILE_POLICY)
    return as_download(HttpResponse(data, content_type="application/octet-stream"), file.name)


@require_POST
def remove_draft_file(request: HttpRequest, draft_id: int, file_id: int) -> HttpResponse:
    """Take a file off. Without a script the whole form comes along and is saved before."""
    file = draft_file_for(request, draft_id, file_id)
    if "version" in request.POST and not wants_fragment(request):
        saved = saved_or_answer(request, file.outgoing)
        if isinstance(saved, HttpResponse):
            return saved
    try:
        detach(attachment=file, by=actor_of(request), now=timezone.now())
    except UnableToSaveDraft as error:
        toast(request, str(error), is_problem=True)
    return _files(request, draft_for(request, draft_id), [])


def _files(request: HttpRequest, draft: OutgoingLetter, attached: list[OutgoingAttachment]) -> HttpResponse:
    if not wants_fragment(request):
        return see_other(request, reverse("draft", args=[draft.pk]))
    pictures = [reverse("draft_file", args=[draft.pk, file.pk]) for file in attached if file.is_inline]
    context = {"draft": draft, "files": list(draft.attachments.filter(is_inline=False)), "pictures": pictures}
    return page(request, "desk/writing/files.html", context, fragment="files")
