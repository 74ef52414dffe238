"""The bins of all mailboxes: what has been in one for thirty days goes for good, a portion at a time."""

from __future__ import annotations

from datetime import datetime

from mooring.letters.bin import due_for_emptying, empty
from mooring.users.journal import WORKER


def empty_bins(*, now: datetime) -> int:
    """One portion; returns how many letters went."""
    return empty(deliveries=due_for_emptying(now=now), by=WORKER, now=now)
