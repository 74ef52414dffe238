"""Setup > Roles and rights: what each role may do, on whose records; changed, set back, taken back."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in
from mooring.desk.forms.rights import RightsForm
from mooring.desk.menu import SETUP, tabs_for
from mooring.desk.rights_words import ACTS
from mooring.ui.parts import Tab
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import RoleRights
from mooring.users.permissions import Action, Module
from mooring.users.rights import (
    CHANGEABLE_ROLES,
    UnableToChangeRights,
    change_rights,
    is_as_it_came,
    kept_rights,
    reset_rights,
    rights_in_force,
    undo_change,
)


@require_GET
@may_in(Module.SETUP, Action.CHANGE)
def rights(request: HttpRequest) -> HttpResponse:
    """The first of the roles."""
    return see_other(request, reverse("role_rights", args=[CHANGEABLE_ROLES[0].value]))


@may_in(Module.SETUP, Action.CHANGE)
def role_rights(request: HttpRequest, role: str) -> HttpResponse:
    """One role: the grid."""
    _demand_role(role)
    row = kept_rights().get(role)
    came = rights_in_force(role, None)
    if request.method != "POST":
        form = RightsForm.of(rights_in_force(role, row), came=came, version=row.version if row else 0)
        return _role_page(request, role, row, form)
    form = RightsForm(request.POST, came=came)
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            changed = change_rights(role=role, chosen=form.chosen(), version=version, by=actor_of(request), now=timezone.now())
        except UnableToChangeRights as error:
            form.refuse(error.problems)
        else:
            _say(request, _("The rights were saved. They count from everybody's next click on."), changed)
            return see_other(request, reverse("role_rights", args=[role]))
    return _role_page(request, role, row, form)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def reset(request: HttpRequest, role: str, version: int) -> HttpResponse:
    """The rights that the role came with."""
    return _again(request, role, version, reset_rights, _("The role has the rights again that it came with."))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def undo(request: HttpRequest, role: str, version: int) -> HttpResponse:
    """As before the last change."""
    return _again(request, role, version, undo_change, _("The change was taken back."))


def _again(request: HttpRequest, role: str, version: int, deed: Callable[..., RoleRights], said: str) -> HttpResponse:
    _demand_role(role)
    try:
        changed = deed(role=role, version=version, by=actor_of(request), now=timezone.now())
    except UnableToChangeRights as error:
        toast(request, str(error), is_problem=True)
    else:
        _say(request, said, changed)
    return see_other(request, reverse("role_rights", args=[role]))


def _say(request: HttpRequest, said: str, row: RoleRights) -> None:
    toast(request, said, undo_url=_undo_url(row))


def _undo_url(row: RoleRights | None) -> str:
    return reverse("undo_rights", args=[row.role, row.version]) if row and row.before is not None else ""


def _demand_role(role: str) -> None:
    if role not in CHANGEABLE_ROLES:
        raise Http404


def _role_page(request: HttpRequest, role: str, row: RoleRights | None, form: RightsForm) -> HttpResponse:
    roles = [
        Tab(label=str(each.label), url=reverse("role_rights", args=[each.value]), is_current=each.value == role)
        for each in CHANGEABLE_ROLES
    ]
    context = {
        "role": role,
        "form": form,
        "acts": list(ACTS.values()),
        "roles": roles,
        "reset_url": "" if is_as_it_came(role, row) or row is None else reverse("reset_rights", args=[role, row.version]),
        "undo_url": _undo_url(row),
        "tabs": tabs_for(request, SETUP),
    }
    return page(request, "desk/rights/role.html", context, status=422 if form.errors else 200)
