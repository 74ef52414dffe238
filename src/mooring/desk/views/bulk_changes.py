"""Ticked customers given the same status, industry, source or category, and the way back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.customers.bulk_editing import UnableToChangeMany, Wish, change_many, undo_many
from mooring.customers.models import BulkField, Customer
from mooring.desk.access import actor_of, may_in, user_of
from mooring.desk.crm_access import bulk_change_for
from mooring.desk.list_pages import own_path, ticked_ids
from mooring.ui.rendering import see_other, toast
from mooring.users.permissions import Action, Module


@require_POST
@may_in(Module.CUSTOMERS, Action.CHANGE)
def change_customers(request: HttpRequest) -> HttpResponse:
    """All ticked ones at once, with an undo."""
    customers = Customer.objects.visible_to(user_of(request), Action.CHANGE)
    wish = _wish(request.POST.get("change", ""))
    try:
        if wish is None:
            raise UnableToChangeMany(_("Choose what they shall have."))
        ticked = customers.filter(pk__in=ticked_ids(request))
        change = change_many(customers=ticked, wish=wish, by=actor_of(request), now=timezone.now())
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
    else:
        count = len(change.before)
        said = ngettext("%(count)d customer was changed.", "%(count)d customers were changed.", count)
        toast(request, said % {"count": count}, undo_url=reverse("undo_bulk_change", args=[change.pk]))
    return see_other(request, own_path(request, reverse("customers")))


@require_POST
@may_in(Module.CUSTOMERS, Action.CHANGE)
def undo_bulk_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Each gets back what it had, unless it was given another one since."""
    change = bulk_change_for(request, change_id)
    customers = Customer.objects.visible_to(user_of(request), Action.CHANGE)
    try:
        count = undo_many(change=change, customers=customers, by=actor_of(request), now=timezone.now())
    except UnableToChangeMany as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext("%(count)d customer is as it was.", "%(count)d customers are as they were.", count)
        toast(request, said % {"count": count})
    return see_other(request, own_path(request, reverse("customers")))


def _wish(text: str) -> Wish | None:
    """ "status-3" is the status with this id."""
    field, _dash, entry_id = text.partition("-")
    is_number = entry_id.isascii() and entry_id.isdigit() and len(entry_id) < 18
    return Wish(BulkField(field), int(entry_id)) if field in BulkField.values and is_number else None
