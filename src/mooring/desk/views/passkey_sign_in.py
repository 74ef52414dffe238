"""Passkeys at the door: in place of address, password and code, or as the second step after the password."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.passkeys import UnableToBelieve, answered, is_possible
from mooring.desk.passkeys import ask as ask_device
from mooring.desk.sign_in_steps import count_refused, pending_step, vouch
from mooring.ui.rendering import see_other, toast
from mooring.users.journal import Actor
from mooring.users.models import Passkey, User
from mooring.users.passkeys import count_use
from mooring.users.second_steps import MOST_WRONG, Means, note


@login_not_required
@require_POST
def ask(request: HttpRequest) -> JsonResponse:
    """What the device is asked: of whoever gave the password one of theirs, of anybody else any that it has for us."""
    if request.user.is_authenticated or not is_possible():
        raise Http404
    if not ratelimit.consume(request, action="passkey"):
        return JsonResponse({"problem": _too_often()}, status=429)
    stage = pending_step(request)
    return JsonResponse(ask_device(request, stage.login.user if stage else None))


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """What the device answered."""
    if request.user.is_authenticated:
        return see_other(request, reverse("home"))
    stage = pending_step(request)
    awaited: User | None = stage.login.user if stage else None
    if not ratelimit.consume(request, action="passkey"):
        toast(request, _too_often(), is_problem=True)
        return see_other(request, reverse("second_step" if stage else "account_login"))
    try:
        passkey = _believed(request, awaited)
    except UnableToBelieve as error:
        return _refused(request, stage, str(error))
    if stage is not None:
        facts = {"means": Means.PASSKEY.value, "passkey": passkey.name}
        note(passkey.user, "second_step_taken", by=_actor(request, passkey.user), now=timezone.now(), facts=facts)
        answer: HttpResponse = stage.exit()
        return answer
    return _let_in(request, passkey)


def _refused(request: HttpRequest, stage: Any, problem: str) -> HttpResponse:
    """After the password the journal has it, and after five of them one begins with the password again."""
    is_over = False
    if stage is not None:
        note(stage.login.user, "passkey_failed", by=_stranger(request), now=timezone.now())
        is_over = count_refused(stage) >= MOST_WRONG
        if is_over:
            stage.abort()
            problem = _("Too many attempts that failed. Sign in again.")
    toast(request, problem, is_problem=True)
    return see_other(request, reverse("second_step" if stage is not None and not is_over else "account_login"))


def _believed(request: HttpRequest, awaited: User | None) -> Passkey:
    found = answered(request, awaited, request.POST.get("credential", ""))
    now = timezone.now()
    if not count_use(found.passkey, found.sign_count, now=now):
        raise UnableToBelieve(_("This passkey seems to have been copied. Sign in in another way and remove it."))
    return found.passkey


def _let_in(request: HttpRequest, passkey: Passkey) -> HttpResponse:
    """Both steps at once; whoever may not sign in any more is told so, as after a password."""
    user = passkey.user
    if user.is_active:
        note(user, "signed_in_by_passkey", by=_actor(request, user), now=timezone.now(), facts={"passkey": passkey.name})
    vouch(request, user)
    wanted = request.POST.get("next", "")
    answer: HttpResponse = perform_login(request, user, redirect_url=wanted if get_adapter().is_safe_url(wanted) else None)
    return answer


def _too_often() -> str:
    return _("Too many attempts. Wait a minute and try again.")


def _actor(request: HttpRequest, user: User) -> Actor:
    return Actor(user, "desk", request.META.get("REMOTE_ADDR", ""))


def _stranger(request: HttpRequest) -> Actor:
    return Actor(None, "desk", request.META.get("REMOTE_ADDR", ""))
