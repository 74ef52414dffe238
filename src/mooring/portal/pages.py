"""What stands around every page of the portal: its short menu, who is signed in, and whose portal it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.portal.access import PATH, portal_user_in
from mooring.ui.parts import Entry, Frame, Person
from mooring.ui.rendering import page

_MENU: Final = (
    (pgettext_lazy("module", "Emails"), "portal_letters", {"icon": "mail"}),
    (_("Write"), "portal_write", {"icon": "pencil"}),
    (_("Files"), "portal_files", {"icon": "paperclip"}),
    (_("Projects"), "portal_projects", {"icon": "folders"}),
    (_("My data"), "portal_me", {"icon": "user"}),
)


def portal_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A whole page with the portal's frame around it."""
    values = {"portal_user": portal_user_in(request), **(context or {})}
    return page(request, f"portal/{template}", values, status=status)


def own_path(wanted: str) -> str:
    """Where to go on: `next` if it is a page of the portal, else its first page."""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(PATH)
    return wanted if is_ours and ".." not in wanted else reverse("portal_letters")


def around(request: HttpRequest) -> dict[str, Any]:
    """Context processor, behind that of the desk: below the portal's path every page, those of errors too, has its frame."""
    return {"frame": SimpleLazyObject(lambda: _frame_of(request))} if request.path.startswith(PATH) else {}


def _frame_of(request: HttpRequest) -> Frame:
    frame = Frame(
        menu=(),
        home_url=reverse("portal_letters"),
        language_url=reverse("portal_language"),
        theme_url=reverse("portal_theme"),
    )
    portal_user = portal_user_in(request)
    if portal_user is None:
        return frame
    here = max((reverse(name) for _label, name, _icon in _MENU if request.path.startswith(reverse(name))), key=len, default="")
    menu = [
        Entry(label=str(label), url=reverse(name), icon=drawing["icon"], is_current=reverse(name) == here)
        for label, name, drawing in _MENU
    ]
    person = Person(
        name=portal_user.contact.name,
        email=portal_user.email,
        sign_out_url=reverse("portal_sign_out"),
        profile_url=reverse("portal_me"),
    )
    whom_to_ask = _("The company whose portal this is can tell you more.")
    return replace(frame, menu=menu, person=person, whom_to_ask=str(whom_to_ask))
