"""Addresses that no person opens: `/health/` for load balancers, `/metrics/` for Prometheus. Nobody signs in there.

The first one says a word, the second one numbers to whoever knows the token. Neither names anybody.
"""

from __future__ import annotations

import os
from hmac import compare_digest
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from mooring.config.metrics import as_prometheus, read_gauges
from mooring.config.reaching import needed_migrations, single_connection

_PATIENCE_SECONDS: Final = 5
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


@login_not_required
@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """“ok” with 200 when pages can be shown and letters archived, else “not ok” with 503. One query."""
    is_well = _has_every_table() and os.access(settings.ORIGINALS_FOLDER, os.W_OK | os.X_OK)
    words, status = ("ok\n", 200) if is_well else ("not ok\n", 503)
    return HttpResponse(words, "text/plain; charset=utf-8", status, headers=_NOT_KEPT)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, to whoever knows the token; without one in the installation there is no such address."""
    token: str = settings.METRICS_TOKEN
    if not token:
        raise Http404
    said = request.headers.get("Authorization", "").encode()
    if not compare_digest(said, f"Bearer {token}".encode()):
        return HttpResponse("", "text/plain", 401, headers={**_NOT_KEPT, "WWW-Authenticate": "Bearer"})
    text = as_prometheus(read_gauges(now=timezone.now()))
    return HttpResponse(text, "text/plain; version=0.0.4; charset=utf-8", headers=_NOT_KEPT)


def _has_every_table() -> bool:
    connection = single_connection(patience_seconds=_PATIENCE_SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return needed_migrations() <= set(cursor.fetchall())
    except (DatabaseError, InterfaceError):
        return False
    finally:
        connection.close()
