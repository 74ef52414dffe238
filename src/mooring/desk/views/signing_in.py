"""Profile > Signing in: password, two-step sign-in, recovery codes. Whatever is changed asks once more who is there."""

from __future__ import annotations

from typing import Final

from django.contrib.auth import update_session_auth_hash
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from mooring.desk.access import actor_of, user_of
from mooring.desk.confirming import problem_with_password, problem_with_password_or_code
from mooring.desk.forms.signing_in import AppForm, ConfirmAnyForm, ConfirmForm
from mooring.desk.passkeys import is_possible
from mooring.desk.second_step import UnableToKeepApp, switch_app_on
from mooring.desk.signing_in_letters import APP_OFF, APP_ON, NEW_CODES, tell_of_change
from mooring.desk.signing_in_pages import new_codes_page, sign_in_page
from mooring.desk.visited import session_lines
from mooring.ui.rendering import see_other, toast
from mooring.users.app_codes import address_of, in_fours, new_secret, picture_of
from mooring.users.models import SecondStep, User
from mooring.users.passkeys import passkeys_of
from mooring.users.second_steps import drop_app, make_recovery_codes, recovery_codes_left

_SALT: Final = "mooring.desk.secret"
_SETTING_UP_LASTS: Final = 1800
"""Seconds for which a secret that was shown can be switched on."""


@require_GET
def signing_in(request: HttpRequest) -> HttpResponse:
    """How one signs in, and what one could add."""
    user = user_of(request)
    step = SecondStep.objects.filter(pk=user.pk).first()
    context = {
        "step": step,
        "left": recovery_codes_left(user) if step else 0,
        "passkeys": passkeys_of(user),
        "passkeys_are_possible": is_possible(),
        "sessions": session_lines(request, user),
    }
    return sign_in_page(request, "signing_in", context)


@sensitive_post_parameters("password", "confirmation", "code", "sealed")
def app(request: HttpRequest) -> HttpResponse:
    """A secret for an app and the first code from it; where there is an app already, the way to switch it off."""
    user = user_of(request)
    step = SecondStep.objects.filter(pk=user.pk).first()
    return _app_off(request, user) if step is not None and step.has_app else _app_on(request, user)


@sensitive_post_parameters("password")
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new ones in place of those from before, shown by this answer alone."""
    user = user_of(request)
    if not SecondStep.objects.filter(pk=user.pk).exists():
        return see_other(request, reverse("signing_in"))
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = problem_with_password(request, form.cleaned_data["password"])
        if not problem:
            codes = make_recovery_codes(user=user, by=actor_of(request), now=timezone.now())
            tell_of_change(user, NEW_CODES, by=actor_of(request))
            return new_codes_page(request, codes)
        form.add_error("password", problem)
    return sign_in_page(request, "recovery_codes", {"form": form, "left": recovery_codes_left(user)})


def _app_on(request: HttpRequest, user: User) -> HttpResponse:
    secret = _secret_in(request, user) or new_secret()
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = _switched_on(request, user, secret, form)
        if codes is not None:
            toast(request, _("From now on signing in takes a code as well. Other browsers were signed out."))
            return new_codes_page(request, codes) if codes else see_other(request, reverse("signing_in"))
    app_url = address_of(secret, user.email)
    context = {
        "form": form,
        "picture": picture_of(app_url),
        "secret": in_fours(secret),
        "sealed": signing.dumps([user.pk, secret], salt=_SALT),
        "app_url": app_url,
    }
    return sign_in_page(request, "app", context)


def _switched_on(request: HttpRequest, user: User, secret: str, form: AppForm) -> list[str] | None:
    """Recovery codes, none where there are some; nothing where the form says what is wrong."""
    problem = problem_with_password(request, form.cleaned_data["password"])
    if problem:
        form.add_error("password", problem)
        return None
    try:
        code = form.cleaned_data["code"]
        codes = switch_app_on(user=user, secret=secret, code=code, by=actor_of(request), now=timezone.now())
    except UnableToKeepApp as error:
        form.add_error("code", str(error))
        return None
    update_session_auth_hash(request, user)
    tell_of_change(user, APP_ON, by=actor_of(request))
    return codes


def _app_off(request: HttpRequest, user: User) -> HttpResponse:
    form = ConfirmAnyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = problem_with_password_or_code(request, form.cleaned_data["confirmation"])
        if not problem:
            drop_app(user=user, by=actor_of(request), now=timezone.now())
            tell_of_change(user, APP_OFF, by=actor_of(request))
            toast(request, _("Your app is asked for no more."))
            return see_other(request, reverse("signing_in"))
        form.add_error("confirmation", problem)
    return sign_in_page(request, "app_off", {"form": form})


def _secret_in(request: HttpRequest, user: User) -> str:
    """The secret that the form carried, if it was made here lately for the same person."""
    try:
        pk, secret = signing.loads(request.POST.get("sealed", ""), salt=_SALT, max_age=_SETTING_UP_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(secret) if pk == user.pk else ""
