"""Old addresses of records that others took in lead to those others, so that saved links keep working."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.merging.queries import where_now
from mooring.ui.rendering import see_other, toast
from mooring.users.models import User

_KINDS: Final = {"customer_id": "customer", "lead_id": "lead", "contact_id": "contact"}


class MergedRecordsMiddleware:
    """Looks only where a page found nothing. Whoever may not see the other record learns no more than before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The same page of the record that took in the one asked for."""
        match = request.resolver_match
        if not isinstance(exception, Http404) or request.method != "GET" or match is None or not isinstance(request.user, User):
            return None
        for name, kind in _KINDS.items():
            now_id = where_now(kind, match.kwargs[name], request.user) if name in match.kwargs else None
            if now_id is not None:
                toast(request, _("This record was merged. You are on the card of the one that took it in."))
                return see_other(request, reverse(str(match.url_name), kwargs={**match.kwargs, name: now_id}))
        return None
