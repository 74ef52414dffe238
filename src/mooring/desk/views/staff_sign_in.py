"""Setup > Staff: the second step of a colleague who lost all means."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, may_in, staff_for, user_of
from mooring.desk.menu import STAFF, tabs_for
from mooring.desk.signing_in_letters import tell_of_reset
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module
from mooring.users.second_steps import UnableToResetSecondStep, reset_second_step


@may_in(Module.SETUP, Action.CHANGE)
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Asks first; then the person signs in with the password alone, and learns of it by a letter."""
    person = staff_for(request, user_id)
    if request.method != "POST":
        context = {"person": person, "tabs": tabs_for(request, STAFF, person.pk)}
        return page(request, "desk/staff/reset_second_step.html", context)
    try:
        reset_second_step(user=person, by=actor_of(request), now=timezone.now())
    except UnableToResetSecondStep as error:
        toast(request, str(error), is_problem=True)
    else:
        is_told = tell_of_reset(person, who=str(user_of(request)))
        said = (
            _("%(name)s signs in with the password alone now, and was told so by email.")
            if is_told
            else _("%(name)s signs in with the password alone now. Tell them so yourself.")
        )
        toast(request, said % {"name": person})
    return see_other(request, reverse("change_staff", args=[person.pk]))
