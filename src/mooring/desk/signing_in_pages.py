"""The pages of Profile > Signing in: which tabs stand above, and recovery codes as they are shown once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mooring.desk.access import user_of
from mooring.desk.demanded import lacks_second_step
from mooring.desk.menu import PROFILE, tabs_for
from mooring.ui.rendering import page


def sign_in_page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """The page; 422 where a form on it has errors."""
    is_demanded = lacks_second_step(request.user)
    context |= {"is_demanded": is_demanded, "tabs": [] if is_demanded else tabs_for(request, PROFILE)}
    has_errors = any(context[form].errors for form in ("form", "remove_form") if form in context)
    return page(request, f"desk/signing_in/{name}.html", context, status=422 if has_errors else 200)


def new_codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Shown by this answer alone; they stand nowhere afterwards."""
    lines = [_("Recovery codes for Mooring, %(email)s") % {"email": user_of(request).email}, "", *codes, ""]
    file = "data:text/plain;charset=utf-8," + quote("\r\n".join(lines))
    return sign_in_page(request, "new_codes", {"codes": codes, "file": file})
