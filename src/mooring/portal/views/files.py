"""The files that the company shows this customer; always a download, never a page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from mooring.letters.attached_files import UnableToReadFile
from mooring.letters.models import RecordFile
from mooring.letters.record_files import file_store
from mooring.portal.access import file_for, for_portal_users, portal_user_of
from mooring.portal.pages import portal_page
from mooring.ui.downloads import as_download


@require_GET
@for_portal_users
def files(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    rows = RecordFile.objects.shared_with(portal_user_of(request).customer)
    return portal_page(request, "files.html", {"files": rows.order_by("-id")[:200]})


@require_GET
@for_portal_users
def file(request: HttpRequest, file_id: int) -> HttpResponse:
    """One file."""
    found = file_for(request, file_id)
    try:
        data = file_store().read(found.sha256)
    except UnableToReadFile:
        raise Http404 from None
    return as_download(HttpResponse(data, content_type="application/octet-stream"), found.name)
