"""Leads that become customers, and back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.activities.converting import UnableToConvert, convert_lead, undo_conversion
from mooring.customers.models import Customer
from mooring.desk.access import actor_of, customer_for, lead_for, may_in, user_of
from mooring.desk.forms.places import PlaceField
from mooring.sales.models import LeadConversion
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may


class _ConvertForm(forms.Form):
    """Into which customer, and whether a sale begins."""

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        help_text = _("Empty: a new customer is made.")
        self.fields["customer"] = PlaceField(
            reader=reader, models=(Customer,), label=_("Customer that is there already"), required=False, help_text=help_text
        )
        if may(reader, Module.SALES, Action.CHANGE):
            self.fields["with_sale"] = forms.BooleanField(label=_("Begin a sales opportunity next"), required=False)


@may_in(Module.CUSTOMERS, Action.CHANGE)
def convert(request: HttpRequest, lead_id: int) -> HttpResponse:
    """What will happen, and into which customer; sent, the customer's card."""
    lead = lead_for(request, lead_id, Action.CHANGE)
    form = _ConvertForm(request.POST if request.method == "POST" else None, reader=user_of(request))
    if request.method == "POST" and form.is_valid():
        into = form.cleaned_data["customer"]
        try:
            made = convert_lead(lead=lead, into=into, by=actor_of(request), now=timezone.now())
        except UnableToConvert as error:
            form.add_error(None, str(error))
        else:
            undo = reverse("undo_conversion", args=[made.pk])
            toast(request, _("%(lead)s is a customer now.") % {"lead": lead}, undo_url=undo)
            card = reverse("customer", args=[made.customer_id])
            sale = f"{reverse('new_opportunity')}?customer={made.customer_id}"
            return see_other(request, sale if form.cleaned_data.get("with_sale") else card)
    return page(request, "desk/leads/convert.html", {"form": form, "record": lead}, status=422 if form.errors else 200)


@require_POST
@may_in(Module.LEADS, Action.CHANGE)
def undo(request: HttpRequest, conversion_id: int) -> HttpResponse:
    """The lead is back, with what was its own."""
    conversion = LeadConversion.objects.filter(pk=conversion_id).select_related("lead").first()
    if conversion is None:
        raise Http404
    customer_for(request, conversion.customer_id, Action.CHANGE)
    try:
        lead = undo_conversion(conversion=conversion, by=actor_of(request), now=timezone.now())
    except UnableToConvert as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("customer", args=[conversion.customer_id]))
    toast(request, _("%(lead)s is a lead again.") % {"lead": lead})
    return see_other(request, reverse("lead", args=[lead.pk]))
