"""Signing in and out by django-allauth, only the pages in use; and the language and colours of somebody not signed in."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of
from mooring.desk.passkeys import offers_passkeys, origin
from mooring.ui.rendering import page, remember_theme, see_other
from mooring.users.models import Language, Theme, User
from mooring.users.staff import change_preferences

sign_in = allauth_views.LoginView.as_view(extra_context={"offers_passkeys": offers_passkeys, "origin": origin})
sign_out = allauth_views.logout
inactive = allauth_views.account_inactive
change_password = allauth_views.PasswordChangeView.as_view()
link_sent = allauth_views.password_reset_done
choose_password = allauth_views.PasswordResetFromKeyView.as_view(success_url=reverse_lazy("account_login"))
_ask_for_link = allauth_views.PasswordResetView.as_view(extra_context={"is_possible": True})


@login_not_required
def forgotten(request: HttpRequest) -> Any:
    """By mail where the installation sends mail; else the page says whom to ask."""
    if not settings.MAIL_IS_CONFIGURED:
        return page(request, "account/password_reset.html", {"is_possible": False})
    return _ask_for_link(request)


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """In the user's preferences, and in the browser for the sign-in page."""
    response = see_other(request, _own_path(request))
    language = request.POST.get("language", "")
    if language in Language.values:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", httponly=True)
        if isinstance(request.user, User):
            change_preferences(user=request.user, language=language, by=actor_of(request), now=timezone.now())
    return response


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """In the user's preferences, and in the browser for the sign-in page."""
    response = see_other(request, _own_path(request))
    theme = request.POST.get("theme", "")
    if theme in Theme.values:
        remember_theme(response, theme)
        if isinstance(request.user, User):
            change_preferences(user=request.user, theme=theme, by=actor_of(request), now=timezone.now())
    return response


def _own_path(request: HttpRequest) -> str:
    """Where to go on: `next` if it is a path of ours."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
