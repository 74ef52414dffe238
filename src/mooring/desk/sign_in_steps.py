"""What django-allauth asks after the password, before the session is opened: the second step, where somebody has one."""

from __future__ import annotations

from typing import Any, Final

import allauth.account.views  # noqa: F401  # before its stages, which import it in a circle
from allauth.account.internal.stagekit import stash_login
from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from mooring.users.models import User
from mooring.users.second_steps import has_second_step

_KEY: Final = "second_step"


_VOUCHED: Final = "_passkey_of"


def vouch(request: HttpRequest, user: User) -> None:
    """A passkey, whose device asked for a finger, a face or a PIN, was both steps. It counts within this request alone."""
    setattr(request, _VOUCHED, user.pk)


def is_vouched_for(request: HttpRequest, user: User) -> bool:
    """Whether it was this user's."""
    return getattr(request, _VOUCHED, None) == user.pk


class SecondStepStage(LoginStage):  # type: ignore[misc]  # allauth carries no types
    """Every door that ends in a session leads through here: a password, and whatever else django-allauth lets in."""

    key = _KEY
    urlname = "second_step"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """The page that asks, or nothing. The session gets another key here and, by Django, another one behind the step."""
        user = self.login.user
        if not isinstance(user, User) or is_vouched_for(self.request, user) or not has_second_step(user):
            return None, True
        self.state["stamp"] = user.get_session_auth_hash()
        self.request.session.cycle_key()
        return HttpResponseRedirect(reverse(self.urlname)), True


def pending_step(request: HttpRequest) -> Any:
    """The stage that waits for the second step in this browser; nothing where none does, or where it is no longer worth it:
    the person was deactivated, got another password or switched the step off meanwhile.
    """
    stage = LoginStageController.enter(request, _KEY)
    if stage is None:
        return None
    user = stage.login.user
    is_fresh = (
        isinstance(user, User)
        and user.is_active
        and has_second_step(user)
        and constant_time_compare(stage.state.get("stamp", ""), user.get_session_auth_hash())
    )
    if not is_fresh:
        stage.abort()
        return None
    return stage


def count_refused(stage: Any) -> int:
    """How many passkeys were refused since the password was given, with this one."""
    stage.state["refused"] = stage.state.get("refused", 0) + 1
    stash_login(stage.request, stage.login)
    return int(stage.state["refused"])
