"""Who is at the door of the portal, and the only way from its addresses to records.

Under /portal/ nobody is staff: whoever is signed in to the desk in the same browser is nobody here, and the other way round.
A portal user sees what is shared with their own customer; everything else is the same 404 as what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation

from mooring.customers.models import PortalUser, Project
from mooring.customers.portal_sign_in import SESSION_LASTS, session_of
from mooring.letters.models import Letter, RecordFile
from mooring.letters.visibility import letters_shared_with
from mooring.ui.rendering import see_other
from mooring.users.journal import Actor

COOKIE: Final = "mooring_portal"
PATH: Final = "/portal/"
_WHY: Final = "the portal shows its users the projects of their own customer"

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Row = TypeVar("Row", bound=Model)


class PortalMiddleware:
    """Stands after AuthenticationMiddleware. Each request of the portal asks the database who may still be in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Outside the portal nothing changes."""
        if not request.path.startswith(PATH):
            return self.get_response(request)
        request.user = AnonymousUser()
        key = request.COOKIES.get(COOKIE, "")
        portal_user = session_of(key, now=timezone.now()) if key else None
        request.portal_user = portal_user  # type: ignore[attr-defined]  # read by portal_user_in
        if portal_user is None:
            return self.get_response(request)
        translation.activate(portal_user.language)
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers["Content-Language"] = translation.get_language() or ""
        return response


def portal_user_in(request: HttpRequest) -> PortalUser | None:
    """Who is signed in, if anybody."""
    return cast(PortalUser | None, getattr(request, "portal_user", None))


def portal_user_of(request: HttpRequest) -> PortalUser:
    """Who is signed in. Every view behind `for_portal_users` has one."""
    portal_user = portal_user_in(request)
    if portal_user is None:
        raise PermissionDenied
    return portal_user


def actor_of(request: HttpRequest) -> Actor:
    """A portal user in the journal: no member of staff, from the portal; the line itself names the address."""
    return Actor(None, "portal", request.META.get("REMOTE_ADDR", ""))


def for_portal_users(view: View) -> View:
    """Let only portal users through; the others are sent to the portal's own door."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if portal_user_in(request) is None:
            return see_other(request, f"{reverse('portal_sign_in')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, *args, **kwargs)

    return cast(View, login_not_required(guarded))


def let_in(response: HttpResponseBase, key: str) -> None:
    """The session's cookie, sent to the portal alone and read by no script."""
    response.set_cookie(
        COOKIE,
        key,
        max_age=int(SESSION_LASTS.total_seconds()),
        path=PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def show_out(response: HttpResponseBase) -> None:
    """Forget the session's cookie."""
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def letter_for(request: HttpRequest, letter_id: int) -> Letter:
    """A letter that is shared with the user's customer."""
    letters = letters_shared_with(portal_user_of(request).customer).select_related("original", "text")
    return _first(letters, letter_id)


def file_for(request: HttpRequest, file_id: int) -> RecordFile:
    """A file that is shared with the user's customer."""
    return _first(RecordFile.objects.shared_with(portal_user_of(request).customer), file_id)


def projects_of(request: HttpRequest) -> list[Project]:
    """All projects of the user's customer, the open ones first."""
    customer = portal_user_of(request).customer
    rows = Project.objects.unscoped(_WHY).filter(customer=customer)
    return list(rows.order_by("is_closed", "name_key", "id")[:200])


def _first(rows: QuerySet[Row], row_id: int) -> Row:
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise Http404
    return row
