"""Setup > Settings > CRM: the lists from which one chooses at customers, contacts, leads and sales opportunities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.customers.lists import (
    UnableToKeepList,
    add_entry,
    bring_back_entry,
    change_entry,
    order_entries,
    recent_moves,
    retire_entry,
)
from mooring.customers.models import Industry, ListEntry, Tag
from mooring.desk.access import actor_of, may_in
from mooring.desk.crm_access import list_entry_for
from mooring.desk.crm_lists import CRM_LISTS, LABEL_LISTS, CrmList
from mooring.desk.forms.crm_lists import EntryForm, MoveForm
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import CRM_SETUP, SETUP, tabs_for
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@require_GET
@may_in(Module.SETUP, Action.CHANGE)
def crm_settings(request: HttpRequest) -> HttpResponse:
    """The first of its pages."""
    return see_other(request, reverse(CRM_SETUP[0].name))


@may_in(Module.SETUP, Action.CHANGE)
def entries(request: HttpRequest, which: CrmList) -> HttpResponse:
    """The list, and a form for a new entry."""
    form = EntryForm.of(which.kind, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entry = add_entry(kind=which.kind, data=form.entry_data(), by=actor_of(request), now=timezone.now())
        except UnableToKeepList as error:
            refuse(form, {_field(error): str(error)})
        else:
            toast(request, _("%(name)s was added.") % {"name": entry})
            return see_other(request, reverse(which.name))
    return _list_page(request, which, form)


@may_in(Module.SETUP, Action.CHANGE)
def entry(request: HttpRequest, list_name: str, entry_id: int) -> HttpResponse:
    """The list, and the form of one entry of it."""
    which = _list_of(list_name, LABEL_LISTS)
    found = list_entry_for(which.kind, entry_id)
    form = EntryForm.of(which.kind, request.POST or None, found)
    if request.method == "POST" and form.is_valid():
        try:
            change_entry(entry=found, data=form.entry_data(), by=actor_of(request), now=timezone.now())
        except UnableToKeepList as error:
            refuse(form, {_field(error): str(error)})
        else:
            toast(request, _("%(name)s was saved.") % {"name": found})
            return see_other(request, reverse("crm_entry", args=[which.name, found.pk]))
    return _list_page(request, which, form, found)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def retire(request: HttpRequest, list_name: str, entry_id: int) -> HttpResponse:
    """Offered no more; who has it keeps it."""
    which = _list_of(list_name)
    found = retire_entry(entry=list_entry_for(which.kind, entry_id), by=actor_of(request), now=timezone.now())
    undo_url = reverse("bring_back_crm_entry", args=[which.name, found.pk])
    toast(request, _("%(name)s is offered no more. Whoever has it keeps it.") % {"name": found}, undo_url=undo_url)
    return see_other(request, reverse(which.name))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def bring_back(request: HttpRequest, list_name: str, entry_id: int) -> HttpResponse:
    """Offered again."""
    which = _list_of(list_name)
    found = bring_back_entry(entry=list_entry_for(which.kind, entry_id), by=actor_of(request), now=timezone.now())
    toast(request, _("%(name)s is offered again.") % {"name": found})
    return see_other(request, reverse(which.name))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def place(request: HttpRequest, list_name: str, entry_id: int) -> HttpResponse:
    """One place up or down, or to the place where it was dropped (`to`, from 0)."""
    which = _list_of(list_name)
    found = list_entry_for(which.kind, entry_id)
    ids = [each.pk for each in which.kind._default_manager.filter(retired_at=None)]
    if found.pk in ids:
        at = ids.index(found.pk)
        asked = request.POST.get("to", "")
        step = -1 if request.POST.get("direction") == "up" else 1
        ids.insert(max(0, int(asked) if asked.isdigit() else at + step), ids.pop(at))
        order_entries(kind=which.kind, ids=ids, by=actor_of(request), now=timezone.now())
    return see_other(request, f"{reverse(which.name)}#entry-{found.pk}")


def _list_of(name: str, among: Mapping[str, CrmList] = CRM_LISTS) -> CrmList:
    if name not in among:
        raise Http404
    return among[name]


def _field(error: UnableToKeepList) -> str:
    """Where a category is shown is one question on the page."""
    return "display" if error.field == "is_of_customers" else error.field


def _list_page(request: HttpRequest, which: CrmList, form: EntryForm, open_entry: ListEntry | None = None) -> HttpResponse:
    shows_all = "all" in request.GET
    rows = list(which.kind._default_manager.all())
    context: dict[str, Any] = {
        "list": which,
        "entries": [row for row in rows if shows_all or row.retired_at is None or row == open_entry],
        "shows_all": shows_all,
        "form": form,
        "open_entry": open_entry,
        "tabs": tabs_for(request, SETUP),
        "parts": tabs_for(request, CRM_SETUP),
    }
    if which.kind is Tag and open_entry is not None:
        context["other_tags"] = [row for row in rows if row != open_entry and row.retired_at is None]
    if which.kind is Industry:
        context["moves"] = recent_moves(now=timezone.now())
        if isinstance(open_entry, Industry):
            context["move_form"] = MoveForm(industry=open_entry)
    return page(request, "desk/crm/list.html", context, status=422 if form.errors else 200)
