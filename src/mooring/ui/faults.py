"""The page of a fault of ours. It stands in the usual frame where that costs nothing, and never depends on the database."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any, NoReturn

from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

_TEMPLATE = "500.html"


class UnableToAsk(Exception):
    """Drawing the page of a fault asked the database, which may be what is at fault."""


def server_error(request: HttpRequest) -> HttpResponse:
    """In the frame if it is known already who asks, else, or if the frame itself is at fault, without one."""
    if not _is_known(request):
        return HttpResponseServerError(render_to_string(_TEMPLATE))
    try:
        with ExitStack() as quiet:
            for connection in connections.all(initialized_only=True):
                quiet.enter_context(connection.execute_wrapper(_refuse))
            return HttpResponseServerError(render_to_string(_TEMPLATE, request=request))
    except Exception:
        log.exception("The page of a fault could not be drawn in its frame.")
        return HttpResponseServerError(render_to_string(_TEMPLATE))


def _is_known(request: HttpRequest) -> bool:
    """Whether somebody was read before the fault: of the desk lazily, by django.contrib.auth, of the portal at once."""
    return hasattr(request, "_cached_user") or getattr(request, "portal_user", None) is not None


def _refuse(*_asked: Any) -> NoReturn:
    raise UnableToAsk
