"""Setup > Signing in: of which roles a second step is required."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, may_in
from mooring.desk.forms.signing_in import RequiredForm
from mooring.desk.menu import SETUP, tabs_for
from mooring.desk.options import SECOND_STEP_ROLES
from mooring.options.values import UnableToChangeOption, change, read
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import User
from mooring.users.permissions import Action, Module


@may_in(Module.SETUP, Action.CHANGE)
def sign_in_settings(request: HttpRequest) -> HttpResponse:
    """The roles, and who has no second step yet."""
    form = RequiredForm(request.POST) if request.method == "POST" else RequiredForm(initial={"roles": read(SECOND_STEP_ROLES)})
    if request.method == "POST" and form.is_valid():
        try:
            change(SECOND_STEP_ROLES, tuple(form.cleaned_data["roles"]), by=actor_of(request), now=timezone.now())
        except UnableToChangeOption as error:
            form.add_error(None, str(error))
        else:
            toast(request, _("The settings were saved."))
            return see_other(request, reverse("sign_in_settings"))
    without = User.objects.filter(is_active=True, second_step=None)
    context = {"form": form, "without": without, "tabs": tabs_for(request, SETUP)}
    return page(request, "desk/sign_in_settings/settings.html", context, status=422 if form.errors else 200)
