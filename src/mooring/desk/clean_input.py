"""What no person types and no database takes is refused before a page sees it.

A NUL in a text is refused by PostgreSQL with an error of its own, at whatever depth it arrives there; browsers never send one.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from mooring.ui.rendering import page


class CleanInputMiddleware:
    """Stands after CsrfViewMiddleware, so that a forged request is refused as one before its fields are read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """A page that says what was wrong, where an address, a name or a value holds a NUL."""
        fields = chain(request.GET.lists(), request.POST.lists())
        if "\0" not in request.path and not any("\0" in text for name, values in fields for text in (name, *values)):
            return None
        said = _("What was sent holds a character that cannot be stored (NUL). Remove it and send again; nothing was changed.")
        return page(request, "400.html", {"said": said}, status=400)
