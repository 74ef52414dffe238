"""My profile: name, language, time zone, colours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, user_of
from mooring.desk.forms.profile import ProfileForm
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import PROFILE, tabs_for
from mooring.ui.rendering import page, remember_theme, see_other, toast
from mooring.users.staff import UnableToChangeUser, change_preferences


def profile(request: HttpRequest) -> HttpResponse:
    """GET shows, POST saves."""
    user = user_of(request)
    form = ProfileForm(request.POST or None, known=user)
    if request.method == "POST" and form.is_valid():
        try:
            change_preferences(user=user, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UnableToChangeUser as error:
            refuse(form, error.problems)
        else:
            with translation.override(form.cleaned_data["language"]):
                toast(request, _("Your profile was saved."))
            response = see_other(request, request.path)
            remember_theme(response, form.cleaned_data["theme"])
            return response
    context = {"form": form, "tabs": tabs_for(request, PROFILE)}
    return page(request, "desk/profile/profile.html", context, status=422 if form.errors else 200)
