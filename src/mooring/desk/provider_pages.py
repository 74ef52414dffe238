"""What pages about signing in with a provider share: where providers send people back to, and what a form was filled with."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from mooring.desk.access import begun_here, user_of
from mooring.letters.models import Grant, MailAccount, SignIn, SignInProvider
from mooring.sync.signing_in import why_not

_FORMS: Final = frozenset({"new_profile_account", "new_staff_account", "new_team_account", "edit_account"})
_NOT_KEPT: Final = frozenset({"csrfmiddlewaretoken", "password", "outgoing_password", "proof", "sign_in_with", "back", "grant"})


def return_url(kind: str) -> str:
    """Where a provider of this kind sends people back to: always below the configured address, whatever a request claims."""
    return f"{settings.BASE_URL}{reverse('provider_return', args=[kind])}"


def is_public_address() -> bool:
    """Whether Google and Microsoft send people back here: https, or this very machine."""
    parts = urlsplit(settings.BASE_URL)
    host = parts.hostname or ""
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return parts.scheme == "https" or is_here


def back_url_of(request: HttpRequest) -> str:
    """The form that a sign-in was begun from; nothing but the forms of mail accounts."""
    path = request.POST.get("back", "")
    try:
        is_form = resolve(path).url_name in _FORMS
    except Resolver404:
        is_form = False
    return path if is_form else reverse("profile_email")


def typed_in(request: HttpRequest) -> dict[str, list[str]]:
    """What stands in the form, but for passwords."""
    return {name: values for name, values in request.POST.lists() if name not in _NOT_KEPT}


def fill_again(form: forms.Form, typed: Mapping[str, list[str]]) -> None:
    """Put what was typed into a form that is shown anew. What was not sent was a box without a tick."""
    if not typed:
        return
    for name, field in form.fields.items():
        if isinstance(field, forms.BooleanField):
            form.initial[name] = name in typed
        elif name in typed:
            form.initial[name] = typed[name][0]


def sign_in_shown(request: HttpRequest) -> SignIn | None:
    """The sign-in that a form is shown after; one's own, begun in this browser, and over."""
    number = request.GET.get("sign_in", "")
    if not number.isdecimal() or int(number) not in begun_here(request):
        return None
    ended = SignIn.objects.filter(user=user_of(request), pk=int(number)).exclude(ended_at=None)
    return ended.select_related("provider", "grant__provider").first()


def grant_entered(request: HttpRequest, account: MailAccount | None) -> Grant | None:
    """The permission that a form stands for: the one just given by this person, or else the one that the account has."""
    number = request.POST.get("grant", "")
    grants = Grant.objects.select_related("provider").filter(gone_at=None)
    if number.isdecimal():
        given = grants.filter(pk=int(number), granted_by=user_of(request), account=None).first()
        if given is not None:
            return given
    shown = sign_in_shown(request)
    if shown is not None and shown.grant is not None and shown.grant.account_id is None:
        return shown.grant
    return grants.filter(account=account).first() if account is not None else None


def sign_in_context(request: HttpRequest, account: MailAccount | None) -> dict[str, Any]:
    """What the part of a form shows that signs in with a provider."""
    shown = sign_in_shown(request)
    return {
        "sign_in_providers": list(SignInProvider.objects.all()),
        "sign_in_grant": grant_entered(request, account),
        "sign_in_problem": why_not(shown) if shown is not None else "",
    }
