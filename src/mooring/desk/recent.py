"""Which records somebody looked at last. The browser remembers kind and id; names are read with the reader's rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from mooring.desk.access import user_of
from mooring.desk.kinds import KINDS, Record, found, kind_for
from mooring.ui.parts import Found

_COOKIE: Final = "recent"
_MOST: Final = 12
_YEAR: Final = 31_536_000
_BY_NAME: Final = {kind.name: kind for kind in KINDS.values()}


def remember(request: HttpRequest, response: HttpResponse, record: Record) -> HttpResponse:
    """Put the record first among those seen. Only the browser keeps it: looking writes nothing here."""
    this = (kind_for(record).name, record.pk)
    seen = [this, *(other for other in _seen(request) if other != this)][:_MOST]
    text = ".".join(f"{name}-{pk}" for name, pk in seen)
    response.set_cookie(_COOKIE, text, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


def recently_seen(request: HttpRequest) -> Sequence[Found]:
    """The records seen last that the user may still see, the latest first."""
    seen = _seen(request)
    user = user_of(request)
    records: dict[tuple[str, int], Any] = {}
    for name in {name for name, _pk in seen}:
        kept = _BY_NAME[name].model.objects.visible_to(user).filter(pk__in=[pk for other, pk in seen if other == name])
        records |= {(name, record.pk): record for record in kept}
    return [found(records[key]) for key in seen if key in records]


def _seen(request: HttpRequest) -> list[tuple[str, int]]:
    """What the cookie says; whatever makes no sense in it is left out."""
    parts = (part.partition("-") for part in request.COOKIES.get(_COOKIE, "").split(".")[:_MOST])
    return [(name, int(pk)) for name, _, pk in parts if name in _BY_NAME and pk.isascii() and pk.isdigit() and len(pk) < 16]
