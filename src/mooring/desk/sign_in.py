"""How django-allauth is allowed to work here: staff are added by an administrator, and a new password is journalled."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from mooring.desk.signing_in_letters import PASSWORD, tell_of_change
from mooring.desk.visited import begin_session
from mooring.ui.rendering import remember_theme
from mooring.users.journal import Actor
from mooring.users.models import User
from mooring.users.staff import set_password


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Nobody signs up; `next` leads only to paths of our own; texts in our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The email address and the password do not belong together. Check both."),
        "too_many_login_attempts": _("Too many attempts that failed. Wait five minutes and try again."),
        "enter_current_password": _("This is not your current password."),
        "account_inactive": _("This person may not sign in any more."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # as allauth calls it
        """Only an administrator adds staff."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether `next` may lead there: a path of this installation, never another host, not even one of ours."""
        return bool(url) and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_login_stages(self) -> list[str]:
        """What comes between the password and the session."""
        return [*super().get_login_stages(), "mooring.desk.sign_in_steps.SecondStepStage"]

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """The session is listed among theirs; and on another machine they find the colours they like."""
        response: HttpResponse = super().post_login(request, user, **how)
        begin_session(request, user)
        if "theme" not in request.COOKIES:
            remember_theme(response, user.theme)
        return response

    def set_password(self, user: User, password: str) -> None:
        """The last step of changing and of resetting a password."""
        by = Actor(user, "desk", self.request.META.get("REMOTE_ADDR", ""))
        set_password(user=user, password=password, by=by, now=timezone.now())
        tell_of_change(user, PASSWORD, by=by)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the address that the installation names, never the one that a request says it was sent to."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.BASE_URL}{path.replace('UID-KEY', quote(key))}"

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # as allauth calls it
        return "/profile/sign-in/"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send only where the installation names a server for it."""
        if settings.MAIL_IS_CONFIGURED:
            super().send_mail(template_prefix, email, context)
