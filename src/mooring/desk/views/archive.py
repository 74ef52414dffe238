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

from mooring.customers.bulk_editing import UnableToChangeMany, Wish
from mooring.customers.models import BulkChange, BulkField, Customer
from mooring.customers.models.customer import CustomerQuerySet
from mooring.customers.value_lists import any_of
from mooring.desk.access import may_in, user_of
from mooring.desk.chosen_records import change_chosen, chosen_records
from mooring.desk.list_pages import file_of, list_page, own_path
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
    chosen = chosen_records(request, CUSTOMERS, Action.DELETE)
    customers = _own(request).filter(pk__in=any_of(set(chosen.ids)), archived_at=None)
    names = list(customers.order_by("name_key", "pk").values_list("name", flat=True)[: NAMED + 1])
    if not names and chosen.filters is None:
        return _refused(request, _("Tick the customers that shall go to the archive. Only your own can go."), "customers")
    values: dict[str, Any] = {
        "names": names[:NAMED],
        "count": customers.count() if chosen.filters is None else max(chosen.count, 2),
        "is_more": chosen.filters is not None,
        "is_every": chosen.is_every,
        "ids": [] if chosen.is_every else list(customers.values_list("pk", flat=True)),
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
    chosen = chosen_records(request, which, Action.DELETE)
    try:
        return change_chosen(request, chosen, Wish(field, None), now=timezone.now())
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
        return None


def _see(request: HttpRequest, made: BulkChange | None, name: str) -> HttpResponse:
    """The page of a job that runs; else whence one came."""
    if made is not None and made.ended_at is None:
        return see_other(request, reverse("bulk_change", args=[made.pk]))
    return see_other(request, own_path(request, reverse(name)))


def _own(request: HttpRequest) -> CustomerQuerySet:
    """Those that the user may move to the archive and back."""
    return Customer.objects.visible_to(user_of(request), Action.DELETE)


def _refused(request: HttpRequest, text: str, name: str) -> HttpResponse:
    toast(request, text, is_problem=True)
    return see_other(request, own_path(request, reverse(name)))
