"""The files on a customer: added, downloaded, shown in the portal or not, taken off and brought back."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.customers.models import Customer
from mooring.desk.access import actor_of, customer_for, record_file_for, user_of
from mooring.desk.customer_cards import around
from mooring.desk.record_pages import card
from mooring.letters.attached_files import UnableToReadFile
from mooring.letters.models import RecordFile
from mooring.letters.record_files import UnableToAddFile, add_file, file_store, remove_file, restore_file, show_file
from mooring.ui.downloads import as_download
from mooring.ui.rendering import see_other, toast
from mooring.users.permissions import Action

MOST_SHOWN = 200


def customer_files(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with its files; sent, those that were chosen are added."""
    if request.method == "POST":
        return _add(request, customer_for(request, customer_id, Action.CHANGE))
    record = customer_for(request, customer_id)
    rows = RecordFile.objects.visible_to(user_of(request)).filter(customer=record, removed_at=None)
    files = rows.select_related("added_by").order_by("-id")[:MOST_SHOWN]
    return card(request, record, {**around(request, record), "tab": "files", "files": files})


@require_GET
def record_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """One file, for download whatever it says it is."""
    file = record_file_for(request, file_id)
    try:
        data = file_store().read(file.sha256)
    except UnableToReadFile:
        raise Http404 from None
    return as_download(HttpResponse(data, content_type="application/octet-stream"), file.name)


@require_POST
def show_record_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Show it in the portal, or no longer."""
    file, is_shared = record_file_for(request, file_id, Action.CHANGE), request.POST.get("shown") == "yes"
    show_file(file=file, is_shared=is_shared, by=actor_of(request), now=timezone.now())
    said = _("“%(name)s” is visible in the portal.") if is_shared else _("“%(name)s” is no longer visible in the portal.")
    toast(request, said % {"name": file})
    return _to_files(request, file.customer)


@require_POST
def remove_record_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Away with it; the way back is in the toast."""
    file = record_file_for(request, file_id, Action.CHANGE)
    remove_file(file=file, by=actor_of(request), now=timezone.now())
    undo = reverse("restore_record_file", args=[file.pk])
    toast(request, _("“%(name)s” was taken off.") % {"name": file}, undo_url=undo)
    return _to_files(request, file.customer)


@require_POST
def restore_record_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Undo the removal."""
    file = record_file_for(request, file_id, Action.CHANGE)
    restore_file(file=file, by=actor_of(request), now=timezone.now())
    toast(request, _("“%(name)s” is back.") % {"name": file})
    return _to_files(request, file.customer)


def _add(request: HttpRequest, customer: Customer) -> HttpResponse:
    for sent in request.FILES.getlist("files"):
        try:
            file = add_file(
                customer=customer,
                files=file_store(),
                name=sent.name or "",
                content_type=sent.content_type or "",
                chunks=sent.chunks(),
                is_shared=request.POST.get("is_shared") == "yes",
                by=actor_of(request),
                now=timezone.now(),
            )
        except UnableToAddFile as error:
            toast(request, str(error), is_problem=True)
        else:
            toast(request, _("“%(name)s” was added.") % {"name": file})
    return _to_files(request, customer)


def _to_files(request: HttpRequest, customer: Customer) -> HttpResponse:
    return see_other(request, reverse("customer_files", args=[customer.pk]))
