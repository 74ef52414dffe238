"""Between the password and the desk: the code of the app, or a recovery code."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from mooring.desk.forms.signing_in import SecondStepForm
from mooring.desk.passkeys import is_possible, origin
from mooring.desk.second_step import TAKEN, Verdict, try_code, words_of
from mooring.desk.sign_in_steps import pending_step
from mooring.desk.signing_in_letters import CODE_USED, TOO_MANY_CODES, tell_of_change
from mooring.ui.rendering import page, see_other, toast
from mooring.users.journal import Actor
from mooring.users.models import SecondStep, User
from mooring.users.passkeys import passkeys_of
from mooring.users.second_steps import recovery_codes_left


@login_not_required
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    """Five wrong codes, and one begins with the password again."""
    if request.user.is_authenticated:
        return see_other(request, reverse("home"))
    stage = pending_step(request)
    if stage is None:
        if request.method == "POST":
            toast(request, _("That took too long. Please sign in again."), is_problem=True)
        return see_other(request, reverse("account_login"))
    user: User = stage.login.user
    step = SecondStep.objects.filter(pk=user.pk).first()
    has_app = step is not None and step.has_app
    form = SecondStepForm(request.POST or None, has_app=has_app)
    if request.method == "POST" and form.is_valid():
        answer = _tried(request, stage, form)
        if answer is not None:
            return answer
    context = {
        "form": form,
        "has_app": has_app,
        "has_passkey": is_possible() and passkeys_of(user).exists(),
        "origin": origin(),
    }
    return page(request, "account/second_step.html", context, status=422 if form.errors else 200)


def _tried(request: HttpRequest, stage: Any, form: SecondStepForm) -> HttpResponse | None:
    """Where the code leads; nowhere while it may be typed again, which the form then says."""
    user: User = stage.login.user
    now = timezone.now()
    by = Actor(user, "desk", request.META.get("REMOTE_ADDR", ""))
    left_before = recovery_codes_left(user)
    verdict = try_code(user=user, typed=form.cleaned_data["code"], action=TAKEN, by=by, now=now)
    if verdict is Verdict.RIGHT:
        _say_what_is_left(request, user, left_before, by=by)
        answer: HttpResponse = stage.exit()
        return answer
    if verdict is Verdict.ONE_TOO_MANY:
        tell_of_change(user, TOO_MANY_CODES, by=by)
        stage.abort()
        toast(request, words_of(Verdict.BLOCKED, user, now=now), is_problem=True)
        return see_other(request, reverse("account_login"))
    form.add_error("code", words_of(verdict, user, now=now))
    return None


def _say_what_is_left(request: HttpRequest, user: User, left_before: int, *, by: Actor) -> None:
    left = recovery_codes_left(user)
    if left < left_before:
        tell_of_change(user, CODE_USED, by=by)
        said = ngettext("You used a recovery code; %(count)d is left.", "You used a recovery code; %(count)d are left.", left)
        toast(request, said % {"count": left}, is_problem=not left)
