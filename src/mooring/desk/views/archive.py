"""Customers > Archive: customers who pause, the way there and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.customers.archiving import UnableToArchive, archive_customers, restore_customers
from mooring.customers.bulk_moves import begin_move
from mooring.customers.models import BulkMoveKind, Customer
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
    if request.POST.get("every") == "yes":
        return _begin(request, BulkMoveKind.ARCHIVE, CUSTOMERS)
    now = timezone.now()
    try:
        count = archive_customers(customers=_ticked(request), by=actor_of(request), now=now)
    except UnableToArchive as error:
        return _refused(request, str(error), "customers")
    said = ngettext("%(count)d customer is in the archive now.", "%(count)d customers are in the archive now.", count)
    undo_url = f"{reverse('restore_ticked')}?{urlencode({'since': now.isoformat()})}"
    toast(request, said % {"count": count}, undo_url=undo_url)
    return see_other(request, own_path(request, reverse("customers")))


@require_POST
@may_in(Module.CUSTOMERS, Action.DELETE)
def restore_ticked(request: HttpRequest) -> HttpResponse:
    """Bring the ticked ones back, or, to undo, all that went at one moment."""
    if request.POST.get("every") == "yes":
        return _begin(request, BulkMoveKind.RESTORE, ARCHIVE)
    since = _moment(request.GET.get("since", ""))
    customers = _own(request).filter(archived_at=since) if since else _ticked(request)
    try:
        count = restore_customers(customers=customers, by=actor_of(request), now=timezone.now())
    except UnableToArchive as error:
        return _refused(request, str(error), "archive")
    said = ngettext("%(count)d customer is active again.", "%(count)d customers are active again.", count)
    toast(request, said % {"count": count})
    return see_other(request, own_path(request, reverse("customers" if since else "archive")))


def _begin(request: HttpRequest, kind: BulkMoveKind, which: RecordList) -> HttpResponse:
    """All that the list finds, as a job of the worker."""
    ids = found_ids(request, which, Action.DELETE)
    try:
        move = begin_move(kind=kind, customer_ids=ids, by=actor_of(request), now=timezone.now())
    except UnableToArchive as error:
        return _refused(request, str(error), which.name)
    return see_other(request, reverse("bulk_move", args=[move.pk]))


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


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None
