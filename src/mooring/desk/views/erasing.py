"""Data protection: everything held on a customer or a person as one file; deleting for good, which nothing undoes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mooring.customers.models import Contact, Customer
from mooring.desk.access import actor_of, contact_for, customer_for, user_of
from mooring.letters.bodies import originals
from mooring.letters.record_files import file_store
from mooring.privacy.erasing import Held, UnableToErase, erase_contact, erase_customer, held_on, held_on_person
from mooring.privacy.package import UnableToHandOver, write_contact, write_customer
from mooring.ui.downloads import FILE_POLICY
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action


@require_GET
def everything_of_customer(request: HttpRequest, customer_id: int) -> HttpResponseBase:
    """A ZIP file: rows, letters, files."""
    customer = customer_for(request, customer_id, Action.EXPORT)

    def write(into: IO[bytes]) -> None:
        write_customer(into, customer=customer, reader=user_of(request), originals=originals(), files=file_store())

    return _file(f"customer-{customer.pk}.zip", write)


@require_GET
def everything_of_contact(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    """A ZIP file: rows and letters."""
    contact = contact_for(request, contact_id, Action.EXPORT)

    def write(into: IO[bytes]) -> None:
        write_contact(into, contact=contact, reader=user_of(request), originals=originals())

    return _file(f"contact-{contact.pk}.zip", write)


def erase_customer_for_good(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What goes, what stays, and the name to be typed; sent, it is gone. Only from the archive."""
    customer = customer_for(request, customer_id, Action.ERASE)
    if customer.archived_at is None:
        toast(request, _("Only a customer in the archive is deleted for good. Move it there first."), is_problem=True)
        return see_other(request, reverse("customer", args=[customer.pk]))
    return _asked(request, customer, held_on(customer), reverse("archive"), partial(erase_customer, customer=customer))


def erase_contact_for_good(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The same for a person, at all customers."""
    contact = contact_for(request, contact_id, Action.ERASE)
    held = held_on_person(contact)
    return _asked(request, contact, held, reverse("contacts"), partial(erase_contact, contact=contact))


def _asked(request: HttpRequest, record: Customer | Contact, held: Held, after: str, erase: Callable[..., Held]) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        name, typed, with_letters = str(record), request.POST.get("name", ""), request.POST.get("letters") == "erase"
        try:
            erase(typed_name=typed, with_letters=with_letters, by=actor_of(request), now=timezone.now())
        except UnableToErase as error:
            problem = str(error)
        else:
            toast(request, _("%(name)s was deleted for good.") % {"name": name})
            return see_other(request, after)
    context = {
        "record": record,
        "is_person": isinstance(record, Contact),
        "held": held,
        "problem": problem,
        "back": after if isinstance(record, Customer) else reverse("contact", args=[record.pk]),
    }
    return page(request, "desk/privacy/erase.html", context, status=422 if problem else 200)


def _file(name: str, write: Callable[[IO[bytes]], None]) -> FileResponse:
    """Made on the disk, not in memory; sent piece by piece. Who may not have all of it gets 403 in words."""
    made: Any = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        write(made)
    except UnableToHandOver as error:
        made.close()
        raise PermissionDenied(str(error)) from error
    made.seek(0)
    response = FileResponse(made, as_attachment=True, filename=name, content_type="application/zip")
    response["Content-Security-Policy"] = FILE_POLICY
    return response
