"""Setup > Staff: who may sign in, and as what."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, may_in, staff_for, user_of
from mooring.desk.forms.profile import time_zones
from mooring.desk.forms.staff import NewStaffForm, PasswordForm, StaffForm, refuse
from mooring.desk.menu import SETUP, STAFF, tabs_for
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import SecondStep, User
from mooring.users.passkeys import passkeys_of
from mooring.users.permissions import Action, Module
from mooring.users.second_steps import with_second_step
from mooring.users.staff import (
    UnableToChangeUser,
    add_user,
    change_user,
    deactivate_user,
    is_last_administrator,
    reactivate_user,
    set_password,
)


@may_in(Module.SETUP)
def setup(_request: HttpRequest) -> HttpResponse:
    """Setup opens with its first section."""
    return redirect("staff")


@may_in(Module.SETUP)
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody, those who may sign in first."""
    people = with_second_step(User.objects.order_by("-is_active", "name", "id"))
    return page(request, "desk/staff/list.html", {"people": people, "tabs": tabs_for(request, SETUP)})


@may_in(Module.SETUP, Action.CHANGE)
def new_staff(request: HttpRequest) -> HttpResponse:
    """Add somebody with a first password."""
    form = NewStaffForm(request.POST or None, zones=time_zones())
    if request.method == "POST" and form.is_valid():
        try:
            user = add_user(**form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UnableToChangeUser as error:
            refuse(form, error.problems)
        else:
            toast(request, _("%(name)s may sign in now.") % {"name": user})
            return see_other(request, reverse("staff"))
    context = {"form": form, "tabs": tabs_for(request, SETUP)}
    return page(request, "desk/staff/new.html", context, status=422 if form.errors else 200)


@may_in(Module.SETUP, Action.CHANGE)
def change_staff(request: HttpRequest, user_id: int) -> HttpResponse:
    """Name, address and role of one person; a new password and the end of their access stand beside it."""
    person = staff_for(request, user_id)
    form = StaffForm(request.POST) if request.method == "POST" else StaffForm.of(person)
    if request.method == "POST" and form.is_valid():
        try:
            person = change_user(user=person, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UnableToChangeUser as error:
            refuse(form, error.problems)
        else:
            if person.pk == user_of(request).pk:
                update_session_auth_hash(request, person)
            toast(request, _("%(name)s was saved.") % {"name": person})
            return see_other(request, reverse("staff"))
    return _person(request, person, form=form)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def give_password(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new password for somebody who forgot theirs; their open sessions end."""
    person = staff_for(request, user_id)
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            set_password(user=person, password=form.cleaned_data["password"], by=actor_of(request), now=timezone.now())
        except UnableToChangeUser as error:
            refuse(form, error.problems)
        else:
            toast(request, _("%(name)s has a new password.") % {"name": person})
            return see_other(request, reverse("change_staff", args=[person.pk]))
    return _person(request, person, form=StaffForm.of(person), password_form=form)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def deactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """End somebody's access; what they did stays under their name."""
    return _switch(request, user_id, is_active=False)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def reactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Let somebody in again."""
    return _switch(request, user_id, is_active=True)


def _switch(request: HttpRequest, user_id: int, *, is_active: bool) -> HttpResponse:
    person = staff_for(request, user_id)
    deed, said, back = (
        (reactivate_user, _("%(name)s may sign in again."), "deactivate_staff")
        if is_active
        else (deactivate_user, _("%(name)s may not sign in any more."), "reactivate_staff")
    )
    try:
        deed(user=person, by=actor_of(request), now=timezone.now())
    except UnableToChangeUser as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, said % {"name": person}, undo_url=reverse(back, args=[person.pk]))
    return see_other(request, reverse("change_staff", args=[person.pk]))


def _person(request: HttpRequest, person: User, *, form: StaffForm, password_form: PasswordForm | None = None) -> HttpResponse:
    context = {
        "person": person,
        "form": form,
        "password_form": password_form or PasswordForm(),
        "step": SecondStep.objects.filter(pk=person.pk).first(),
        "passkey_count": passkeys_of(person).count(),
        "is_oneself": person.pk == user_of(request).pk,
        "is_last_administrator": is_last_administrator(person),
        "tabs": tabs_for(request, STAFF, person.pk),
    }
    has_errors = form.errors or context["password_form"].errors  # type: ignore[attr-defined]  # a form
    return page(request, "desk/staff/person.html", context, status=422 if has_errors else 200)
