"""How often one person may let Mooring ask servers of others: whoever tries out passwords or scans networks soon has to wait.

Counted in the cache, which all web processes share where the database is PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache

from mooring.users.models import User

AT_MOST: Final = 30
WITHIN: Final = timedelta(minutes=10)


def may_ask(user: User, what: str, *, now: datetime) -> bool:
    """Counts this time too. `what` is counted by itself, such as “test”."""
    seconds = int(WITHIN.total_seconds())
    key = f"asks:{what}:{user.pk}:{int(now.timestamp()) // seconds}"
    cache.add(key, 0, timeout=seconds)
    try:
        return int(cache.incr(key)) <= AT_MOST
    except ValueError:
        return True
