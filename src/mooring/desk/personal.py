"""The user's language, time zone and colours on every page; before sign-in the browser's cookies decide."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from mooring.users.models import User


class PersonalMiddleware:
    """Stands after AuthenticationMiddleware; LocaleMiddleware has already chosen for those not signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the user's language and time zone."""
        if not isinstance(request.user, User):
            with timezone.override(None):
                return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(zone_of(request.user)):
            response = self.get_response(request)
        response.headers["Content-Language"] = translation.get_language() or ""
        return response


def zone_of(user: User) -> zoneinfo.ZoneInfo:
    """The user's time zone; UTC if this machine does not know it (any more)."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
