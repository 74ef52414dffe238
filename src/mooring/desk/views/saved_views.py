"""Keeping the filters, sorting and columns of a list under a name, and choosing its columns."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, demand, saved_view_for
from mooring.desk.list_pages import own_path
from mooring.desk.lists import LISTS, RecordList, remember_columns, view_url
from mooring.ui.rendering import see_other, toast
from mooring.users.permissions import Action
from mooring.users.saved_views import UnableToSaveView, remove_view, save_view


@require_POST
def keep_view(request: HttpRequest, list_name: str) -> HttpResponse:
    """Keep what the list shows now as a tab; of the same name, in its place."""
    which = _list_for(request, list_name)
    form = which.form(request.POST)
    query = {name: str(request.POST.get(name, "")) for name in form.asked()}
    query |= {name: request.POST[name][:200] for name in ("sort", "columns") if request.POST.get(name)}
    try:
        view = save_view(
            list_name=which.name,
            name=request.POST.get("view_name", ""),
            query=query,
            is_shared=request.POST.get("is_shared") == "on",
            by=actor_of(request),
            now=timezone.now(),
        )
    except UnableToSaveView as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, own_path(request, reverse(which.name)))
    toast(request, _("The view “%(name)s” was saved.") % {"name": view.name})
    return see_other(request, view_url(view))


@require_POST
def drop_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Remove one's own view; the list itself stays as it is."""
    view = saved_view_for(request, view_id)
    list_name = view.list_name
    remove_view(view=view, by=actor_of(request), now=timezone.now())
    toast(request, _("The view “%(name)s” was removed.") % {"name": view.name})
    return see_other(request, reverse(list_name))


@require_POST
def choose_columns(request: HttpRequest, list_name: str) -> HttpResponse:
    """Which columns this browser shows in the list."""
    which = _list_for(request, list_name)
    response = see_other(request, own_path(request, reverse(which.name)))
    remember_columns(response, which, request.POST.getlist("columns"))
    return response


def _list_for(request: HttpRequest, list_name: str) -> RecordList:
    """The list of this name, if the user may see it at all."""
    if list_name not in LISTS:
        raise Http404
    demand(request, LISTS[list_name].kind.module, Action.VIEW)
    return LISTS[list_name]
