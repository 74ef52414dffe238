"""Many records given the same at once: asked with a preview, done, looked at later, and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mooring.customers.bulk_editing import (
    UNDO_LASTS,
    UnableToChangeMany,
    action_for,
    is_of_worker,
    recent_changes,
    undo_change,
)
from mooring.customers.bulk_jobs import retry_change, stop_change
from mooring.customers.bulk_values import LABELS, MODELS, YES_OR_NO
from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import name_of
from mooring.customers.models import BulkChange, BulkField, BulkKind, BulkState, InfoField
from mooring.desk.access import actor_of, demand, user_of
from mooring.desk.bulk_pages import lines_of_changes, now_in_words, progress_of, rows_of, tabs_of
from mooring.desk.chosen_records import Chosen, change_chosen, chosen_records
from mooring.desk.crm_access import bulk_change_for
from mooring.desk.forms.bulk import BulkValueForm, offered_fields
from mooring.desk.list_pages import own_path
from mooring.desk.lists import LISTS, RecordList
from mooring.desk.timeline import id_in
from mooring.ui.rendering import page, see_other, toast, wants_fragment
from mooring.users.permissions import Action, Module, may

CHANGES_AT_ONCE: Final = 50
_NAMED: Final = 5


@require_POST
def change(request: HttpRequest, list_name: str) -> HttpResponse:
    """First what shall be changed, then to what, with how many and what they have now; sent with both, it is done."""
    which = LISTS[list_name]
    demand(request, which.kind.module, Action.CHANGE)
    chosen = chosen_records(request, which, Action.CHANGE)
    back = own_path(request, reverse(which.name))
    if chosen.is_empty:
        toast(request, _("Tick what shall be changed. Only what is yours to change can be."), is_problem=True)
        return see_other(request, back)
    kind = BulkKind(which.kind.name)
    known = info_fields() if kind is BulkKind.CUSTOMER else []
    field, info_field = _field_asked(request, kind, known)
    form = None
    if field is not None:
        is_sent = request.POST.get("sent") == "yes"
        form = BulkValueForm(request.POST if is_sent else None, kind=kind, field=field, info_field=info_field)
        if form.is_valid():
            return _do(request, form, chosen, back)
    values = {
        "list": which,
        "count": chosen.count,
        "is_more": chosen.filters is not None,
        "ids": [] if chosen.is_every else chosen.ids,
        "is_every": chosen.is_every,
        "back": back,
        "form": form,
        "asked": request.POST.get("change", ""),
        "fields": offered_fields(kind, known),
        "has_now": _has_now(which, field, info_field, chosen) if field is not None else (),
    }
    return page(request, "desk/bulk/ask.html", values, fragment="dialog", status=422 if form and form.errors else 200)


@require_GET
def bulk_changes(request: HttpRequest) -> HttpResponse:
    """One's own of the last thirty days; administrators see everybody's."""
    user, before = user_of(request), id_in(request.GET.get("before", ""))
    sees_all = may(user, Module.SETUP, Action.CHANGE)
    found = recent_changes(of=user, now=timezone.now(), is_everybodys=sees_all).order_by("-pk")
    rows = list((found.filter(pk__lt=before) if before else found)[: CHANGES_AT_ONCE + 1])
    values = {
        "lines": lines_of_changes(rows[:CHANGES_AT_ONCE], timezone.now()),
        "older": rows[CHANGES_AT_ONCE - 1].pk if len(rows) > CHANGES_AT_ONCE else None,
        "sees_all": sees_all,
    }
    return page(request, "desk/bulk/list.html", values)


@require_GET
def bulk_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """How each of them fared, and what undoing would do; or the line of progress alone."""
    found = bulk_change_for(request, change_id)
    if request.GET.get("part") == "line" and wants_fragment(request):
        return page(request, "desk/bulk/change.html", {"job": progress_of(found)}, fragment="line")
    now, state = timezone.now(), request.GET.get("state", "")
    state = state if state in BulkState.values else ""
    after = id_in(request.GET.get("after", "")) or 0
    rows, next_after = rows_of(found, state=state, after=after, reader=user_of(request), now=now)
    values = {
        "line": lines_of_changes([found], now)[0],
        "job": progress_of(found),
        "was_job": is_of_worker(found),
        "rows": rows,
        "next_after": next_after,
        "tabs": tabs_of(found, state),
        "shows_before": found.field not in YES_OR_NO,
        "undo_until": found.changed_at + UNDO_LASTS,
    }
    return page(request, "desk/bulk/change.html", values)


@require_POST
def undo(request: HttpRequest, change_id: int) -> HttpResponse:
    """Each gets back what it had, unless it was given something else since; where some are left alone, the page says why."""
    found = bulk_change_for(request, change_id)
    demand(request, _list_of(found).kind.module, action_for(found.field))
    here = reverse("bulk_change", args=[found.pk])
    try:
        undone = undo_change(change=found, by=actor_of(request), now=timezone.now())
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, own_path(request, here))
    if undone.ended_at is None:
        return see_other(request, here)
    count, left = undone.given_back_count, undone.changed_count - undone.given_back_count
    said = ngettext("%(count)d record is as it was.", "%(count)d records are as they were.", count) % {"count": count}
    if left:
        said += " " + ngettext("%(count)d was left alone.", "%(count)d were left alone.", left) % {"count": left}
    toast(request, said)
    return see_other(request, here if left else own_path(request, reverse(_list_of(found).name)))


@require_POST
def stop(request: HttpRequest, change_id: int) -> HttpResponse:
    """No more are changed, or given back; those that were stay so."""
    found = bulk_change_for(request, change_id)
    is_undo = found.undone_at is not None
    stop_change(change=found, now=timezone.now())
    if wants_fragment(request):
        found.refresh_from_db()
        return page(request, "desk/bulk/change.html", {"job": progress_of(found)}, fragment="line")
    kept = _("Stopped. What was changed by then stays changed.")
    toast(request, _("Stopped. What was given back by then stays so.") if is_undo else kept)
    return see_other(request, reverse("bulk_change", args=[found.pk]))


@require_POST
def retry(request: HttpRequest, change_id: int) -> HttpResponse:
    """One that was set aside goes on where it stands."""
    found = bulk_change_for(request, change_id)
    demand(request, _list_of(found).kind.module, action_for(found.field))
    try:
        retry_change(change=found)
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
    return see_other(request, reverse("bulk_change", args=[found.pk]))


def _do(request: HttpRequest, form: BulkValueForm, chosen: Chosen, back: str) -> HttpResponse:
    try:
        made = change_chosen(request, chosen, form.wish(), now=timezone.now())
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, back)
    if made.ended_at is None:
        return see_other(request, reverse("bulk_change", args=[made.pk]))
    _tell_of(request, made)
    return see_other(request, back)


def _tell_of(request: HttpRequest, made: BulkChange) -> None:
    """How many were changed, with an undo."""
    count = made.changed_count
    said = ngettext("%(count)d record was changed.", "%(count)d records were changed.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_bulk_change", args=[made.pk]))


def _field_asked(request: HttpRequest, kind: BulkKind, known: Sequence[InfoField]) -> tuple[BulkField | None, InfoField | None]:
    asked = request.POST.get("change", "")
    if asked not in dict(offered_fields(kind, known)):
        return None, None
    info_field = next((field for field in known if name_of(field) == asked), None)
    return (BulkField.INFO, info_field) if info_field is not None else (BulkField(asked), None)


def _has_now(which: RecordList, field: BulkField, info_field: InfoField | None, chosen: Chosen) -> list[tuple[str, int]]:
    """What they have, the most frequent first; of very many, and of what one has any number of, nothing is said."""
    if chosen.filters is not None or field in LABELS:
        return []
    counted: Counter[Any] = now_in_words(which.kind.name, field, info_field, chosen.ids)
    return counted.most_common(_NAMED)


def _list_of(found: BulkChange) -> RecordList:
    kind = MODELS[found.kind]
    return next(each for each in LISTS.values() if each.kind.model is kind and not each.own_name)
