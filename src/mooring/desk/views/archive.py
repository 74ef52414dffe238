"""Customers > Archive: customers who pause, the way there and the way back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.customers.bulk_editing import UnableToChangeMany, Wish, change_many
from mooring.customers.models import BulkChange, BulkField, Customer
from mooring.customers.models.customer import CustomerQuerySet
from mooring.customers.value_lists import any_of
from mooring.desk.access import actor_of, may_in, user_of
from mooring.desk.list_pages import file_of, found_ids, list_page, own_path, ticked_ids
from mooring.desk.lists import ARCHIVE, CUSTOMERS, RecordList
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

NAMED = 10
"""Customers named in the question; of more, the number says enough."""


@may_in(Module.CUSTOMERS)
def archive(request: HttpRequest) -> HttpResponse:
    """The list."""
    return list_page(request, ARCHIVE)


@may_in(Module.CUSTOMERS, Action.EXPORT)
def export_archive(request: HttpRequest) -> HttpResponseBase:
    """The list as a file: the ticked rows (POST) or all (GET)."""
    return file_of(request, ARCHIVE)


@require_POST
@may_in(Module.CUSTOMERS, Action.DELETE)
def ask_to_archive(request: HttpRequest) -> HttpResponse:
    """The question, with what stays, what is locked and how to come back; nothing is changed yet."""
    is_every = request.POST.get("every") == "yes"
    customers = _found(request, CUSTOMERS) if is_every else _ticked(request)
    customers = customers.filter(archived_at=None)
    names = list(customers.order_by("name_key", "pk").values_list("name", flat=True)[: NAMED + 1])
    if not names:
        return _refused(request, _("Tick the customers that shall go to the archive. Only your own can go."), "customers")
    values: dict[str, Any] = {
        "names": names[:NAMED],
        "count": customers.count(),
        "is_every": is_every,
        "ids": [] if is_every else list(customers.values_list("pk", flat=True)),
        "back": own_path(request, reverse("customers")),
    }
    return page(request, "desk/archive/ask.html", values, fragment="dialog")


@require_POST
@may_in(Module.CUSTOMERS, Action.DELETE)
def archive_ticked(request: HttpRequest) -> HttpResponse:
    """Move them to the archive."""
    made = _moved(request, BulkField.ARCHIVED, CUSTOMERS)
    if made is None or made.ended_at is None:
        return _see(request, made, "customers")
    count = made.changed_count
    said = ngettext("%(count)d customer is in the archive now.", "%(count)d customers are in the archive now.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_bulk_change", args=[made.pk]))
    return _see(request, made, "customers")


@require_POST
@may_in(Module.CUSTOMERS, Action.DELETE)
def restore_ticked(request: HttpRequest) -> HttpResponse:
    """Bring the ticked ones back."""
    made = _moved(request, BulkField.RESTORED, ARCHIVE)
    if made is None or made.ended_at is None:
        return _see(request, made, "archive")
    count = made.changed_count
    said = ngettext("%(count)d customer is active again.", "%(count)d customers are active again.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_bulk_change", args=[made.pk]))
    return _see(request, made, "archive")


def _moved(request: HttpRequest, field: BulkField, which: RecordList) -> BulkChange | None:
    """The ticked ones, or all that the list finds; None where the user was told why nothing was moved."""
    is_every = request.POST.get("every") == "yes"
    ids = found_ids(request, which, Action.DELETE) if is_every else _ticked(request).values_list("pk", flat=True)
    try:
        return change_many(record_ids=ids, wish=Wish(field, None), by=actor_of(request), now=timezone.now())
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
        return None


def _see(request: HttpRequest, made: BulkChange | None, name: str) -> HttpResponse:
    """The page of a job that runs; else whence one came."""
    if made is not None and made.ended_at is None:
        return see_other(request, reverse("bulk_change", args=[made.pk]))
    return see_other(request, own_path(request, reverse(name)))


def _found(request: HttpRequest, which: RecordList) -> CustomerQuerySet:
    return _own(request).filter(pk__in=any_of(set(found_ids(request, which, Action.DELETE))))


def _own(request: HttpRequest) -> CustomerQuerySet:
    """Those that the user may move to the archive and back."""
    return Customer.objects.visible_to(user_of(request), Action.DELETE)


def _ticked(request: HttpRequest) -> CustomerQuerySet:
    return _own(request).filter(pk__in=ticked_ids(request))


def _refused(request: HttpRequest, text: str, name: str) -> HttpResponse:
    toast(request, text, is_problem=True)
    return see_other(request, own_path(request, reverse(name)))
