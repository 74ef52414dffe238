"""How often addresses may be read that need no sign-in. django-allauth's counters leave every GET out, so these count here.

Counted in Django's cache, in windows of ten minutes: exact enough to stop guessing and programs that ask without a pause.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core.cache import cache

WINDOW: Final = 600
"""Seconds."""


def has_room(what: str, *, who: str, most: int, now: datetime) -> bool:
    """Whether `who` has read `what` less than `most` times in this window. Nothing is counted."""
    return int(cache.get(_key(what, who, now), 0)) < most


def count_reading(what: str, *, who: str, now: datetime) -> None:
    """One more reading in this window."""
    key = _key(what, who, now)
    if cache.add(key, 1, WINDOW * 2):
        return
    try:
        cache.incr(key)
    except ValueError:  # dropped between the two lines
        cache.set(key, 1, WINDOW * 2)


def _key(what: str, who: str, now: datetime) -> str:
    return f"readings:{what}:{who}:{int(now.timestamp()) // WINDOW}"
