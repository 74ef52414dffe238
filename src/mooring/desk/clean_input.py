"""What no person types and no database takes is refused before a page sees it.

A NUL in a text is refused by PostgreSQL with an error of its own, at whatever depth it arrives there; browsers never send one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from mooring.ui.rendering import page

METHODS: Final = ("GET", "HEAD", "POST")
"""All that pages and forms use; an address that knows fewer says so itself."""

Answer = Callable[[HttpRequest], HttpResponseBase]


class CleanCookiesMiddleware:
    """Stands before SessionMiddleware, which looks for what a cookie says: none of ours holds a NUL, so one that does is none."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on without such cookies."""
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class CleanInputMiddleware:
    """Stands after CsrfViewMiddleware, so that a forged request is refused as one before its fields are read."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """A page that says what was wrong, where an address, a name or a value holds a NUL; methods of no page go no further."""
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if "\0" not in request.path and not any("\0" in text for text in _texts_of(request)):
            return None
        said = _("What was sent holds a character that cannot be stored (NUL). Remove it and send again; nothing was changed.")
        return page(request, "400.html", {"said": said}, status=400)


def _texts_of(request: HttpRequest) -> Iterator[str]:
    """Every name and value that was sent, and what stands around the files."""
    for name, values in chain(request.GET.lists(), request.POST.lists()):
        yield name
        yield from values
    for name, files in request.FILES.lists():
        yield name
        for file in files:
            yield file.name or ""
            yield file.content_type or ""
