"""One mail account scanned now, in this process, until nothing is left to do there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from mooring.letters.models import MailAccount
from mooring.sync.engine import SLICE, Engine
from mooring.sync.health import AccountHealth, health_of_account
from mooring.sync.leases import Clock
from mooring.sync.visit import Visited, visit_account
from mooring.sync.wishes import scan_now
from mooring.users.journal import Actor

PROGRESS_EVERY: Final = timedelta(seconds=5)


def scan_account(account: MailAccount, *, engine: Engine, clock: Clock, say: Callable[[str], object], is_quiet: bool) -> bool:
    """Whether all went well. `say` is told a line now and then, and how it ended. Raises UnableToScan."""
    scan_now(account=account, by=Actor(user=None, source="command"), now=clock())
    stop = threading.Event()
    slice_length = SLICE if is_quiet else PROGRESS_EVERY
    while True:
        ended = visit_account(account.pk, engine=engine, clock=clock, stop=stop, slice_length=slice_length)
        if ended is not Visited.MORE:
            break
        if not is_quiet:
            numbers = health_of_account(account, now=clock()).numbers
            say(f"{account.address}: {numbers.listed - numbers.waiting} of {numbers.listed} letters looked at")
    if ended is Visited.NOT_TAKEN:
        say(f"{account.address}: the running engine is reading it at this moment.")
        return True
    health = health_of_account(account, now=clock())
    say(f"{account.address}: {_in_numbers(health)}. {health.summary}")
    return ended is Visited.DONE and health.numbers.failed == 0


def _in_numbers(health: AccountHealth) -> str:
    counts = health.numbers
    return f"{counts.archived} archived, {counts.not_for_us} not for us, {counts.waiting} waiting, {counts.failed} failed"
