"""Asking somebody who is signed in once more who they are, before what guards their signing in is changed."""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, user_of
from mooring.desk.second_step import CONFIRMED, Verdict, try_code, words_of

_ACTION = "confirm"


def problem_with_password(request: HttpRequest, password: str) -> str:
    """Empty where it is the password of whoever is signed in; else what to say. Too many wrong ones are not looked at."""
    key = f"user-{user_of(request).pk}"
    if not ratelimit.consume(request, action=_ACTION, key=key):
        return _("Too many attempts that failed. Wait five minutes and try again.")
    if not user_of(request).check_password(password):
        return _("This is not your current password.")
    ratelimit.clear(request, action=_ACTION, key=key)
    return ""


def problem_with_password_or_code(request: HttpRequest, typed: str) -> str:
    """Empty where it is their password, a code that their app shows, or a recovery code; else what to say."""
    problem = problem_with_password(request, typed)
    if not problem or not "".join(typed.split()).isdecimal():
        return problem
    now = timezone.now()
    user = user_of(request)
    verdict = try_code(user=user, typed=typed, action=CONFIRMED, by=actor_of(request), now=now)
    return "" if verdict is Verdict.RIGHT else words_of(verdict, user, now=now)
