"""Setup > Settings > CRM > Additional information: what is asked about customers besides what every installation asks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.customers.info_fields import add_field, change_field, info_fields
from mooring.customers.lists import UnableToKeepList
from mooring.customers.models import InfoField
from mooring.desk.access import actor_of, may_in
from mooring.desk.crm_access import list_entry_for
from mooring.desk.crm_lists import INFO
from mooring.desk.forms.info_fields import InfoFieldForm
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import CRM_SETUP, SETUP, tabs_for
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@may_in(Module.SETUP, Action.CHANGE)
def fields(request: HttpRequest) -> HttpResponse:
    """All fields, and a form for a new one."""
    form = InfoFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_field(data=form.field_data(), by=actor_of(request), now=timezone.now())
        except UnableToKeepList as error:
            refuse(form, {error.field: str(error)})
        else:
            toast(request, _("%(name)s was added.") % {"name": made})
            return see_other(request, reverse(INFO.name))
    return _page(request, form)


@may_in(Module.SETUP, Action.CHANGE)
def field(request: HttpRequest, entry_id: int) -> HttpResponse:
    """All fields, and the form of one of them."""
    found = list_entry_for(InfoField, entry_id)
    form = InfoFieldForm(request.POST or None, field=found)
    if request.method == "POST" and form.is_valid():
        try:
            change_field(field=found, data=form.field_data(), by=actor_of(request), now=timezone.now())
        except UnableToKeepList as error:
            refuse(form, {error.field: str(error)})
        else:
            toast(request, _("%(name)s was saved.") % {"name": found})
            return see_other(request, reverse("info_field", args=[found.pk]))
    return _page(request, form, found)


def _page(request: HttpRequest, form: InfoFieldForm, open_field: InfoField | None = None) -> HttpResponse:
    shows_all = "all" in request.GET
    context = {
        "list": INFO,
        "entries": [row for row in info_fields() if shows_all or row.retired_at is None or row == open_field],
        "shows_all": shows_all,
        "form": form,
        "open_entry": open_field,
        "tabs": tabs_for(request, SETUP),
        "parts": tabs_for(request, CRM_SETUP),
    }
    return page(request, "desk/crm/list.html", context, status=422 if form.errors else 200)
