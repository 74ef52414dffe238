"""The pages around a list that customers, leads, contacts and projects have alike: the list itself, its file, bulk changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from mooring.customers.models import BulkKind
from mooring.customers.pages import order_of
from mooring.desk.access import user_of
from mooring.desk.forms.bulk import offered_fields
from mooring.desk.lists import Asked, RecordList, asked_of
from mooring.desk.table_files import table_answer
from mooring.transfer.jobs import MODULES_OF, may_import
from mooring.ui.rendering import page
from mooring.users.models import User
from mooring.users.permissions import Action, may

MOST_TICKED: Final = 500
_FILE_PAGE: Final = 500


def list_page(request: HttpRequest, which: RecordList) -> HttpResponse:
    """One page of the list as its address asks for it."""
    user = user_of(request)
    asked = asked_of(request, which)
    rows = which.page(reader=user, filters=asked.form.filters(timezone.now()), sort=asked.sort, cursor=asked.cursor)
    values = {
        "list": which,
        "asked": asked,
        "page": rows,
        "sort": asked.sort,
        "shown": [column.name for column in asked.columns],
        "may_add": which.can_add and may(user, which.kind.module, Action.CHANGE),
        "may_delete": may(user, which.kind.module, Action.DELETE),
        "may_erase": may(user, which.kind.module, Action.ERASE),
        "import_kind": which.name if which.name in MODULES_OF and may_import(user, which.name) else "",
        "may_export": may(user, which.kind.module, Action.EXPORT),
        "bulk_fields": _bulk_fields(which, asked) if which.can_add and may(user, which.kind.module, Action.CHANGE) else (),
        "shows_changes": which.kind.name in BulkKind.values and _may_change_many(user, which),
        "here": request.get_full_path(),
        "is_filtered": bool(asked.chips),
    }
    return page(request, "desk/records/list.html", values, fragment="list")


def file_of(request: HttpRequest, which: RecordList) -> HttpResponseBase:
    """The ticked rows (POST), or all that the filters of the address leave (GET), as shown: its columns, its order."""
    asked = asked_of(request, which)
    header = [str(which.kind.name_label), *(column.label for column in asked.columns)]
    records = _ticked_rows(request, which, asked) if request.method == "POST" else _all_rows(request, which, asked)
    rows = ([record.name, *(column.value(record) for column in asked.columns)] for record in records)
    return table_answer(request, name=which.name, header=header, rows=rows)


def own_path(request: HttpRequest, otherwise: str) -> str:
    """Where the form says to go on, if that is a path of ours."""
    return path_of_ours(request.POST.get("next", "")) or otherwise


def page_around(request: HttpRequest) -> str:
    """The path of the page that a part is asked for, so that its forms lead back there; empty where it is no part."""
    url, home = request.headers.get("HX-Current-URL", ""), request.build_absolute_uri("/")
    return path_of_ours(f"/{url.removeprefix(home)}") if url.startswith(home) else ""


def path_of_ours(text: str) -> str:
    """The text itself if it is a path within the desk; else empty."""
    return text if url_has_allowed_host_and_scheme(text, allowed_hosts=None) else ""


def ticked_ids(request: HttpRequest) -> list[int]:
    """The ids of the ticked rows; of one row alone where its own button was pressed."""
    return _ids(request.POST.getlist("only") or request.POST.getlist("ids"))


def found_pages(request: HttpRequest, which: RecordList, action: Action, *, size: int) -> Iterator[tuple[list[int], bool]]:
    """What the list finds as its own address, named by the form, asks: of each page the ids with which the user may do `action`,
    and whether another page follows.

    None where the form names another address, so that nobody moves everything by a slip.
    """
    filters, cursor = filters_named(request, which), ""
    while filters is not None:
        rows = which.page(reader=user_of(request), filters=filters, cursor=cursor, size=size, is_bare=True)
        ids = [record.pk for record in rows.rows]
        allowed = which.kind.model.objects.visible_to(user_of(request), action).filter(pk__in=ids)
        yield list(allowed.order_by("pk").values_list("pk", flat=True)), bool(rows.next)
        if not rows.next:
            return
        cursor = rows.next


def filters_named(request: HttpRequest, which: RecordList) -> Any:
    """The filters of the list's address that the form names; None where it names another address."""
    address = urlsplit(own_path(request, ""))
    if address.path != reverse(which.name):
        return None
    return which.form(QueryDict(address.query)).filters(timezone.now())


def _may_change_many(user: User, which: RecordList) -> bool:
    return may(user, which.kind.module, Action.CHANGE) or may(user, which.kind.module, Action.DELETE)


def _bulk_fields(which: RecordList, asked: Asked) -> list[tuple[str, Any]]:
    return offered_fields(which.kind.name, getattr(asked.form, "info_fields", ()))


def _ticked_rows(request: HttpRequest, which: RecordList, asked: Asked) -> Iterator[Any]:
    user = user_of(request)
    rows = which.kind.model.objects.visible_to(user, Action.EXPORT).filter(pk__in=ticked_ids(request))
    yield from which.with_related(rows, user).order_by(*order_of(asked.sort))


def _all_rows(request: HttpRequest, which: RecordList, asked: Asked) -> Iterator[Any]:
    """Page by page, so that a long list needs no more memory than a short one."""
    user = user_of(request)
    filters, cursor = asked.form.filters(timezone.now()), ""
    while True:
        rows = which.page(reader=user, filters=filters, sort=asked.sort, cursor=cursor, size=_FILE_PAGE)
        ids = [record.pk for record in rows.rows]
        may_leave = which.kind.model.objects.visible_to(user, Action.EXPORT).filter(pk__in=ids)
        open_to_user = set(may_leave.values_list("pk", flat=True))
        yield from (record for record in rows.rows if record.pk in open_to_user)
        if not rows.next:
            return
        cursor = rows.next


def _ids(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:MOST_TICKED] if text.isascii() and text.isdigit() and len(text) < 18]
