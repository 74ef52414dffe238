"""Setup > Sales: home currency, fiscal year, when an opportunity is silent, and the rates of other currencies."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, may_in
from mooring.desk.forms.rates import RateForm
from mooring.desk.forms.settings import SettingsForm
from mooring.desk.menu import SETUP, tabs_for
from mooring.desk.settings_pages import SALES
from mooring.options.values import UnableToChangeOption, change, read_all
from mooring.sales.models import ExchangeRate
from mooring.sales.rates import UnableToKeepRate
from mooring.sales.rates import keep_rate as keep
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

MOST_RATES = 500


@may_in(Module.SETUP, Action.CHANGE)
def sales_settings(request: HttpRequest) -> HttpResponse:
    """The switches, and the rates below them."""
    form = SettingsForm(request.POST or None, options=SALES.options, values=read_all())
    if request.method == "POST" and form.is_valid():
        try:
            for option, value in form.chosen():
                change(option, value, by=actor_of(request), now=timezone.now())
        except UnableToChangeOption as error:
            form.add_error(None, str(error))
        else:
            toast(request, _("The settings were saved."))
            return see_other(request, reverse("sales_settings"))
    context = {
        "form": form,
        "rates": ExchangeRate.objects.all()[:MOST_RATES],
        "rate_form": RateForm(initial={"on": timezone.localdate()}),
        "tabs": tabs_for(request, SETUP),
    }
    return page(request, "desk/sales_settings/settings.html", context, status=422 if form.errors else 200)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def keep_rate(request: HttpRequest) -> HttpResponse:
    """A rate from a day on; without a number the one of that day goes."""
    form = RateForm(request.POST)
    if not form.is_valid():
        toast(request, _("A rate has a currency, a day and a number above 0."), is_problem=True)
        return see_other(request, reverse("sales_settings"))
    try:
        keep(**form.cleaned_data, by=actor_of(request), now=timezone.now())
    except UnableToKeepRate as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("The rates were saved."))
    return see_other(request, reverse("sales_settings"))
