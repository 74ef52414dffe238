"""Setup > Settings > CRM > Industries: moving all customers of one industry to another, and back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.customers.lists import UnableToKeepList, count_in_industry, move_customers, undo_move
from mooring.customers.models import Industry
from mooring.desk.access import actor_of, may_in
from mooring.desk.crm_access import industry_move_for, list_entry_for
from mooring.desk.forms.crm_lists import MoveForm
from mooring.desk.menu import CRM_SETUP, SETUP, tabs_for
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def move(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Asks whether one is sure, with how many there are; then moves them and says how many were moved."""
    old = list_entry_for(Industry, entry_id)
    form = MoveForm(request.POST, industry=old)
    back = reverse("crm_entry", args=["industries", old.pk])
    if not form.is_valid():
        toast(request, _("Select the industry that the customers shall be moved to."), is_problem=True)
        return see_other(request, back)
    new = form.cleaned_data["new"]
    if request.POST.get("sure") != "yes":
        tabs = {"tabs": tabs_for(request, SETUP), "parts": tabs_for(request, CRM_SETUP)}
        values = {"old": old, "new": new, "count": count_in_industry(old), "back": back, **tabs}
        return page(request, "desk/crm/move.html", values, fragment="dialog")
    try:
        moved = move_customers(old=old, new=new, by=actor_of(request), now=timezone.now())
    except UnableToKeepList as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, back)
    said = ngettext(
        "%(count)d customer was moved from %(old)s to %(new)s.",
        "%(count)d customers were moved from %(old)s to %(new)s.",
        moved.customer_count,
    )
    names = {"count": moved.customer_count, "old": old, "new": new}
    toast(request, said % names, undo_url=reverse("undo_industry_move", args=[moved.pk]))
    return see_other(request, back)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def undo(request: HttpRequest, move_id: int) -> HttpResponse:
    """Back into the industry from which they came, for thirty days."""
    found = industry_move_for(move_id)
    try:
        count = undo_move(move=found, by=actor_of(request), now=timezone.now())
    except UnableToKeepList as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext("%(count)d customer is in %(old)s again.", "%(count)d customers are in %(old)s again.", count)
        toast(request, said % {"count": count, "old": found.old})
    return see_other(request, reverse("crm_entry", args=["industries", found.old_id]))
