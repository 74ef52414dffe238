"""From a view to an answer: whole page or fragment, toasts, redirects, headers. All that is known of htmx is here.

No view looks at an HX header; it names a fragment and gets the right thing, with or without a script in the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

Response = TypeVar("Response", bound=HttpResponseBase)
Theme = Literal["system", "light", "dark"]

_YEAR = 365 * 24 * 3600


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only `{% partialdef fragment %}` of it when htmx asks for a part.

    Waiting toasts travel along with either. A form with errors answers with status 422; htmx shows it like a page.
    """
    values = dict(context or {})
    if fragment is None or not wants_fragment(request):
        response = HttpResponse(render_to_string(template, values, request), status=status)
    else:
        part = render_to_string(f"{template}#{fragment}", values, request)
        toasts = render_to_string("ui/_toasts_arriving.html", {}, request)
        response = HttpResponse(part + toasts, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """True if htmx asks for a part of a page; going back in history and boosted links get whole pages."""
    headers = request.headers
    if headers.get("HX-History-Restore-Request") == "true" or headers.get("HX-Boosted") == "true":
        return False
    return headers.get("HX-Request") == "true"


def target_of(request: HttpRequest) -> str:
    """The id of the element that the answer will go into, empty without htmx. For views with several fragments."""
    return request.headers.get("HX-Target", "") if wants_fragment(request) else ""


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """After a deed: go to `url` (303), as a whole page also when htmx posted the form."""
    return _for_htmx(request, HttpResponseRedirect(url, status=303))


def toast(request: HttpRequest, text: str, *, undo_url: str = "", is_problem: bool = False) -> None:
    """Say `text` at the foot of this answer or the next; `undo_url` is posted to by its Undo button."""
    level = messages.ERROR if is_problem else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=undo_url)


def nothing(request: HttpRequest) -> HttpResponse:
    """An answer that changes no part of the page but may bring toasts."""
    return HttpResponse(render_to_string("ui/_toasts_arriving.html", {}, request), headers={"HX-Reswap": "none"})


def gone(request: HttpRequest) -> HttpResponse:
    """An answer that takes the part that asked off the page, and may bring toasts."""
    return HttpResponse(render_to_string("ui/_toasts_arriving.html", {}, request), headers={"HX-Reswap": "delete"})


def theme_of(request: HttpRequest) -> Theme:
    """The theme this browser was told to remember."""
    chosen = request.COOKIES.get("theme")
    if chosen == "light":
        return "light"
    return "dark" if chosen == "dark" else "system"


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Keep the theme in the browser; anything but light and dark follows the system."""
    if theme in ("light", "dark"):
        response.set_cookie("theme", theme, max_age=_YEAR, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")


class PageMiddleware:
    """Headers that every page has, and the time that all relative dates of one answer are counted from.

    Pages are kept nowhere (no-store, private) unless the view said otherwise itself. A redirect that htmx would follow
    silently into a fragment (a lapsed session leading to the sign-in page) moves the whole page instead.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Mark the time, let the page be made, finish its headers."""
        request.received_at = timezone.now()  # type: ignore[attr-defined]  # read by {% ago %}
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return _for_htmx(request, response)


def _for_htmx(request: HttpRequest, response: Response) -> Response:
    """Turn a redirect into the header with which htmx moves the whole page; cookies of the response stay."""
    if request.headers.get("HX-Request") == "true" and response.status_code in (301, 302, 303):
        response.headers["HX-Redirect"] = str(response.headers["Location"])
        del response.headers["Location"]
        response.status_code = 204
    return response
