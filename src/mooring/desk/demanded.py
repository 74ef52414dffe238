"""Whoever must have a second step and has none is led to setting it up, and can do nothing else before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from mooring.desk.options import SECOND_STEP_ROLES
from mooring.options.models import OptionValue
from mooring.users.models import User
from mooring.users.second_steps import with_second_step

_OPEN: Final = frozenset({"signing_in", "app_for_codes", "new_passkey", "ask_new_passkey", "account_logout", "language", "theme"})
"""The addresses that are left to them, beside those for which nobody has to sign in."""


def with_demand(users: QuerySet[User]) -> QuerySet[User]:
    """Users with whether they have a second step and of which roles it is required, in the same query."""
    kept = OptionValue.objects.filter(name=SECOND_STEP_ROLES.name).values("value")[:1]
    return with_second_step(users).annotate(second_step_roles=Subquery(kept))


def lacks_second_step(user: Any) -> bool:
    """Whether it is required of the user of this request, who has none. Costs no query."""
    if getattr(user, "has_second_step", True):
        return False
    roles = getattr(user, "second_step_roles", None)
    return isinstance(roles, list) and user.role in roles


class SecondStepDemandedMiddleware:
    """Stands behind LoginRequiredMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing before the view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """What is open to everybody stays open: it says nothing to whoever is signed in that it would not say to anybody."""
        if not getattr(view, "login_required", True) or not lacks_second_step(request.user):
            return None
        name = request.resolver_match.url_name if request.resolver_match else ""
        return None if name in _OPEN else HttpResponseRedirect(reverse("signing_in"))
