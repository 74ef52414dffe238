"""The only way from a URL to a record. What is absent and what is hidden are the same 404; a record that the reader may see
but not change answers 403. Nothing else in this room queries a scoped model by id.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.users.journal import Actor
from mooring.users.models import SavedView, User
from mooring.users.permissions import Action, Module, may
from mooring.users.scoping import ScopedQuerySet

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def user_of(request: HttpRequest) -> User:
    """Who is signed in. Every view behind the sign-in has one (LoginRequiredMiddleware)."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """Who does a deed, as the journal names them: from the session alone, never from what was sent."""
    return Actor(user_of(request), "desk", request.META.get("REMOTE_ADDR", ""))


def may_in(module: Module, action: Action = Action.VIEW) -> Callable[[View], View]:
    """Let only those through who may do `action` on anything in `module`; the others get 403 before the view runs."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            demand(request, module, action)
            return view(request, *args, **kwargs)

        return cast(View, guarded)

    return decorate


def demand(request: HttpRequest, module: Module, action: Action) -> None:
    """Raise PermissionDenied unless the user may do `action` on anything in `module`."""
    if not may(user_of(request), module, action):
        raise PermissionDenied


def customer_for(request: HttpRequest, customer_id: int, action: Action = Action.VIEW) -> Customer:
    return cast(Customer, _record_for(request, Customer.objects.select_related("owner"), customer_id, action))


def lead_for(request: HttpRequest, lead_id: int, action: Action = Action.VIEW) -> Lead:
    return cast(Lead, _record_for(request, Lead.objects.select_related("owner"), lead_id, action))


def contact_for(request: HttpRequest, contact_id: int, action: Action = Action.VIEW) -> Contact:
    return cast(Contact, _record_for(request, Contact.objects.all(), contact_id, action))


def project_for(request: HttpRequest, project_id: int, action: Action = Action.VIEW) -> Project:
    return cast(Project, _record_for(request, Project.objects.select_related("customer"), project_id, action))


def may_change(request: HttpRequest, record: Customer | Lead | Contact | Project) -> bool:
    """Whether the change of this very record is open to the user; for drawing buttons, the deed's view asks again."""
    found: ScopedQuerySet[Any] = type(record).objects.visible_to(user_of(request), Action.CHANGE)
    return found.filter(pk=record.pk).exists()


def staff_for(request: HttpRequest, user_id: int) -> User:
    """A member of staff, for those who may see Setup."""
    demand(request, Module.SETUP, Action.VIEW)
    try:
        return User.objects.get(pk=user_id)
    except User.DoesNotExist:
        raise Http404 from None


def saved_view_for(request: HttpRequest, view_id: int) -> SavedView:
    """A saved view of the user's own; those that others share are read, never changed."""
    try:
        return SavedView.objects.get(pk=view_id, user=user_of(request))
    except SavedView.DoesNotExist:
        raise Http404 from None


def _record_for(request: HttpRequest, records: Any, record_id: int, action: Action) -> Any:
    user = user_of(request)
    record = records.visible_to(user).filter(pk=record_id).first()
    if record is None:
        raise Http404
    if action is not Action.VIEW and not records.visible_to(user, action).filter(pk=record_id).exists():
        raise PermissionDenied
    return record
