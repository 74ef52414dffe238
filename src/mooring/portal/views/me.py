"""One's own data, password and two-step sign-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.customers.editing import PhoneData, UnableToSave, change_contact
from mooring.customers.facts import contact_data
from mooring.customers.portal_access import drop_code
from mooring.customers.portal_sign_in import UnableToSignIn, change_password, open_session
from mooring.portal.access import actor_of, for_portal_users, let_in, portal_user_of
from mooring.portal.codes import UnableToUseCode, make_recovery_codes, recovery_codes_left, switch_on
from mooring.portal.forms import ChangePasswordForm, CodeForm, MeForm
from mooring.portal.limits import may_try
from mooring.portal.pages import portal_page
from mooring.ui.rendering import see_other, toast
from mooring.users.app_codes import address_of, in_fours, new_secret, picture_of

_SALT: Final = "mooring.portal.secret"
_SETTING_UP_LASTS: Final = 1800


@for_portal_users
def me(request: HttpRequest) -> HttpResponse:
    """Name and phone, which one changes oneself; what was changed stands in the company's journal."""
    contact = portal_user_of(request).contact
    known = contact_data(contact)
    begun = {"name": known.name, "phone": known.phones[0].number if known.phones else ""}
    form = MeForm(request.POST or None, initial=begun)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["phone"]
        first = (replace(known.phones[0], number=number) if known.phones else PhoneData(number=number),) if number else ()
        data = replace(known, name=form.cleaned_data["name"], phones=(*first, *known.phones[1:]))
        try:
            change_contact(contact=contact, data=data, by=actor_of(request), now=timezone.now())
        except UnableToSave as error:
            form.add_error(None, " ".join(str(problem) for problem in error.problems.values()))
        else:
            toast(request, _("Your data is saved."))
            return see_other(request, reverse("portal_me"))
    return portal_page(request, "me.html", {"form": form, "contact": contact}, status=422 if form.errors else 200)


@for_portal_users
def password(request: HttpRequest) -> HttpResponse:
    """Another password. This browser stays signed in, all others are signed out."""
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, address = timezone.now(), request.META.get("REMOTE_ADDR", "")
        old, new = form.cleaned_data["old"], form.cleaned_data["password1"]
        portal_user = portal_user_of(request)
        try:
            if not may_try(request, "code", key=portal_user.email):
                raise UnableToSignIn(_("Too many attempts that failed. Wait five minutes and try again."))
            changed = change_password(portal_user=portal_user, old=old, new=new, address=address, now=now)
        except UnableToSignIn as error:
            form.add_error(None, str(error))
        else:
            toast(request, _("Your new password is kept. Other browsers were signed out."))
            response = see_other(request, reverse("portal_me"))
            let_in(response, open_session(portal_user=changed, now=now))
            return response
    return portal_page(request, "password.html", {"form": form}, status=422 if form.errors else 200)


@for_portal_users
def two_step(request: HttpRequest) -> HttpResponse:
    """A secret for an app, and the first code from it."""
    portal_user = portal_user_of(request)
    if portal_user.has_code:
        return portal_page(request, "two_step.html", {"is_on": True, "left": recovery_codes_left(portal_user)})
    secret = _secret_in(request) or new_secret()
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        try:
            switch_on(portal_user=portal_user, secret=secret, code=code, by=actor_of(request), now=timezone.now())
        except UnableToUseCode as error:
            form.add_error("code", str(error))
        else:
            toast(request, _("From now on signing in takes a code as well."))
            return _new_recovery_codes(request)
    app_url = address_of(secret, portal_user.email)
    context = {
        "form": form,
        "picture": picture_of(app_url),
        "secret": in_fours(secret),
        "sealed": signing.dumps(secret, salt=_SALT),
        "app_url": app_url,
    }
    return portal_page(request, "two_step.html", context, status=422 if form.errors else 200)


@require_POST
@for_portal_users
def two_step_off(request: HttpRequest) -> HttpResponse:
    """The password alone again."""
    drop_code(portal_user=portal_user_of(request), by=actor_of(request), now=timezone.now())
    toast(request, _("Signing in takes the password alone again."))
    return see_other(request, reverse("portal_me"))


@require_POST
@for_portal_users
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New ones in place of those from before."""
    if not portal_user_of(request).has_code:
        return see_other(request, reverse("portal_two_step"))
    return _new_recovery_codes(request)


def _new_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown by this answer alone; they stand nowhere afterwards."""
    codes = make_recovery_codes(portal_user=portal_user_of(request), by=actor_of(request), now=timezone.now())
    return portal_page(request, "recovery_codes.html", {"codes": codes})


def _secret_in(request: HttpRequest) -> str:
    """The secret that the form carried, if it was made here lately."""
    try:
        return str(signing.loads(request.POST.get("sealed", ""), salt=_SALT, max_age=_SETTING_UP_LASTS))
    except signing.BadSignature:
        return ""
