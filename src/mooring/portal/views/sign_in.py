"""Coming in and going: password and code, invitation, forgotten password; the language and colours of the browser."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.customers.models import PortalKeyUse, PortalUser
from mooring.customers.portal_sign_in import (
    UnableToSignIn,
    ask_for_password,
    choose_password,
    close_session,
    key_of,
    open_session,
    prefer_language,
    with_password,
)
from mooring.portal.access import COOKIE, actor_of, let_in, portal_user_in, show_out
from mooring.portal.codes import is_right, recovery_codes_left, use_recovery_code
from mooring.portal.forms import CodeForm, ForgottenForm, NewPasswordForm, SignInForm
from mooring.portal.limits import may_try
from mooring.portal.pages import own_path, portal_page
from mooring.ui.rendering import remember_theme, see_other, toast
from mooring.users.models import Language, Theme

_SALT: Final = "mooring.portal.code"
_STEP_LASTS: Final = 300
"""Seconds between the password and the code."""


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Address and password; then the code, where one was set up."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if portal_user_in(request) is not None:
        return see_other(request, own_path(wanted))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = _with_password(request, form)
        if found is not None and found.has_code:
            step = signing.dumps({"user": found.pk, "epoch": found.epoch}, salt=_SALT)
            return portal_page(request, "code.html", {"form": CodeForm(), "step": step, "next": wanted})
        if found is not None:
            return _inside(request, found, wanted)
    return portal_page(request, "sign_in.html", {"form": form, "next": wanted}, status=422 if form.errors else 200)


@login_not_required
@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """The second step, within five minutes of the first."""
    wanted, step = request.POST.get("next", ""), request.POST.get("step", "")
    found = _of_step(step)
    if found is None:
        toast(request, _("That took too long. Please sign in again."), is_problem=True)
        return see_other(request, reverse("portal_sign_in"))
    form = CodeForm(request.POST)
    if form.is_valid():
        if not may_try(request, "code", key=found.email):
            form.add_error(None, _too_often())
        elif _is_let_in(request, found, form.cleaned_data["code"]):
            return _inside(request, found, wanted)
        else:
            form.add_error("code", _("This code is wrong, or was used already. Wait for the next one."))
    return portal_page(request, "code.html", {"form": form, "step": step, "next": wanted}, status=422)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out of this browser."""
    close_session(request.COOKIES.get(COOKIE, ""))
    response = see_other(request, reverse("portal_sign_in"))
    show_out(response)
    return response


@login_not_required
def forgotten(request: HttpRequest) -> HttpResponse:
    """A link by mail where the installation sends mail of its own; the answer never says whether the address is known."""
    if not settings.MAIL_IS_CONFIGURED:
        return portal_page(request, "forgotten.html", {"is_possible": False})
    form = ForgottenForm(request.POST or None)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and may_try(request, "forgotten", key=form.cleaned_data["email"]):
        _send_link(form.cleaned_data["email"])
    context = {"is_possible": True, "form": form, "is_sent": is_sent}
    return portal_page(request, "forgotten.html", context, status=422 if form.errors else 200)


@login_not_required
def invitation(request: HttpRequest, word: str) -> HttpResponse:
    """A first password, by the link of an invitation."""
    return _choose(request, word, PortalKeyUse.INVITATION)


@login_not_required
def new_password(request: HttpRequest, word: str) -> HttpResponse:
    """Another password, by the link that was asked for."""
    return _choose(request, word, PortalKeyUse.PASSWORD)


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """In the browser, and with whoever is signed in."""
    response = see_other(request, own_path(request.POST.get("next", "")))
    language = request.POST.get("language", "")
    if language in Language.values:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", httponly=True)
        portal_user = portal_user_in(request)
        if portal_user is not None:
            prefer_language(portal_user=portal_user, language=language)
    return response


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """In the browser."""
    response = see_other(request, own_path(request.POST.get("next", "")))
    theme = request.POST.get("theme", "")
    if theme in Theme.values:
        remember_theme(response, theme)
    return response


def _with_password(request: HttpRequest, form: SignInForm) -> PortalUser | None:
    email = form.cleaned_data["email"]
    if not may_try(request, "sign_in") or not may_try(request, "sign_in_failed", key=email, counts=False):
        form.add_error(None, _too_often())
        return None
    found = with_password(email=email, password=form.cleaned_data["password"])
    if found is None:
        may_try(request, "sign_in_failed", key=email)
        form.add_error(None, _("The email address and the password do not belong together. Check both."))
    return found


def _inside(request: HttpRequest, portal_user: PortalUser, wanted: str) -> HttpResponse:
    response = see_other(request, own_path(wanted))
    let_in(response, open_session(portal_user=portal_user, now=timezone.now()))
    return response


def _is_let_in(request: HttpRequest, portal_user: PortalUser, code: str) -> bool:
    """By the app's code, or by a recovery code; then it says how many are left."""
    now = timezone.now()
    if is_right(portal_user=portal_user, code=code, now=now):
        return True
    if not use_recovery_code(portal_user=portal_user, code=code, by=actor_of(request), now=now):
        return False
    left = recovery_codes_left(portal_user)
    said = ngettext("You used a recovery code; %(count)d is left.", "You used a recovery code; %(count)d are left.", left)
    toast(request, said % {"count": left}, is_problem=not left)
    return True


def _of_step(step: str) -> PortalUser | None:
    """Who gave the right password a moment ago and may still come in."""
    try:
        said: dict[str, Any] = signing.loads(step, salt=_SALT, max_age=_STEP_LASTS)
    except signing.BadSignature:
        return None
    users = PortalUser.objects.let_in().select_related("customer", "contact").exclude(code_sealed=b"")
    return users.filter(pk=said["user"], epoch=said["epoch"]).first()


def _choose(request: HttpRequest, word: str, use: PortalKeyUse) -> HttpResponse:
    now = timezone.now()
    key = key_of(word, use, now=now) if may_try(request, "link") else None
    if key is None:
        return portal_page(request, "choose_password.html", {"is_dead": True, "use": use})
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            address = request.META.get("REMOTE_ADDR", "")
            choose_password(word=word, use=use, password=form.cleaned_data["password1"], address=address, now=now)
        except UnableToSignIn as error:
            form.add_error("password1", str(error))
        else:
            toast(request, _("Your password is kept. Sign in with it now."))
            return see_other(request, reverse("portal_sign_in"))
    context = {"form": form, "email": key.portal_user.email, "use": use}
    return portal_page(request, "choose_password.html", context, status=422 if form.errors else 200)


def _send_link(email: str) -> None:
    found = ask_for_password(email=email, now=timezone.now())
    if found is None:
        return
    portal_user, word = found
    with translation.override(portal_user.language):
        url = f"{settings.BASE_URL}{reverse('portal_new_password', args=[word])}"
        text = render_to_string("portal/new_password.txt", {"url": url, "portal_user": portal_user})
        send_mail(_("A new password for the portal"), text, None, [portal_user.email])


def _too_often() -> str:
    return _("Too many attempts that failed. Wait five minutes and try again.")
