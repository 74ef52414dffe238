"""When an account or a folder is visited again, and which accounts are due. Pure: the clock and chance come in as arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

VISITS_PER_HOST = 4
"""Servers refuse many connections of one origin; other accounts on the same host wait their turn. One that has not answered
yet, or not of late, is visited once at a time."""
SILENT_SHARE = 4
"""Hosts that do not answer have one in so many of the visits under way, all together: each may take a minute to fail."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=10)
"""A server that answers again is found after so long at most, unless its error asked for more."""
PATIENCE_WITH_LOGIN = timedelta(days=3)
"""A refused login is tried again hourly for so long; more would lock the person out of the mailbox."""
FOLDER_PAUSE = timedelta(hours=6)
_GROWTH = 2.0
_MOST_GROWTH = 10


@dataclass(frozen=True, slots=True)
class AccountTimes:
    """What decides whether an account is due."""

    account_id: int
    host: str
    next_visit_at: datetime
    wanted_at: datetime | None = None
    lease_until: datetime | None = None
    is_stopped: bool = False
    failure_count: int = 0


@dataclass(frozen=True, slots=True)
class Hosts:
    """How the last connection to each host went; a host in neither is not known yet."""

    answered: Collection[str] = frozenset()
    silent: Collection[str] = frozenset()

    def is_doubtful(self, state: AccountTimes) -> bool:
        """Whether a visit of the account may well wait for nothing."""
        has_answered = not state.host or state.host in self.answered
        return not has_answered and (state.host in self.silent or state.failure_count > 0)

    def limit(self, host: str) -> int:
        """So many visits the host gets at once."""
        return VISITS_PER_HOST if host in self.answered else 1


@dataclass(frozen=True, slots=True)
class Trouble:
    """How a visit failed, in the terms of mail.errors."""

    retry_after: timedelta | None
    """None: only a person can help."""
    is_login: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """What is written down about an account after a visit."""

    next_visit_at: datetime
    failure_count: int = 0
    failing_since: datetime | None = None
    is_stopped: bool = False


def due_accounts(
    states: Iterable[AccountTimes],
    *,
    now: datetime,
    running: Collection[int] = (),
    visits_by_host: Mapping[str, int] | None = None,
    hosts: Hosts = Hosts(),
    room: int = 8,
) -> list[int]:
    """The accounts to visit now, those somebody waits for first, then the longest overdue, within the limit of each host.

    `running` are visited by this process already, and are among `states`; `visits_by_host` counts them by host; `room` is how
    many there can be at once. The host "" is not limited.
    """
    visits = Counter(visits_by_host or {})
    due, under_way = [], []
    for state in states:
        if state.account_id in running:
            under_way.append(state)
        elif _is_due(state, now):
            due.append(state)
    doubtful_room = max(1, room // SILENT_SHARE) - sum(map(hosts.is_doubtful, under_way))
    chosen = []
    for state in sorted(due, key=lambda state: (state.wanted_at is None, state.next_visit_at, state.account_id)):
        is_doubtful = hosts.is_doubtful(state)
        if (state.host and visits[state.host] >= hosts.limit(state.host)) or (is_doubtful and doubtful_room <= 0):
            continue
        doubtful_room -= is_doubtful
        visits[state.host] += 1
        chosen.append(state.account_id)
    return chosen


def after_success(
    *, now: datetime, interval: timedelta, has_more: bool, jitter: float, pause: timedelta = timedelta()
) -> Timetable:
    """After a visit that went well: at once when it stopped in the middle, otherwise after the interval, a tenth more or less.

    `jitter` is from 0 to 1; `pause` is the least that the server asks for.
    """
    wait = timedelta() if has_more else interval * (0.9 + 0.2 * jitter)
    return Timetable(now + max(wait, pause))


def after_failure(
    trouble: Trouble, *, now: datetime, failure_count: int, failing_since: datetime | None, jitter: float
) -> Timetable:
    """After a failed visit: growing waits, never shorter than the error asks for, a fifth more or less; or stopped.

    `failure_count` and `failing_since` are those from before this failure.
    """
    since = failing_since or now
    count = failure_count + 1
    if trouble.retry_after is None or (trouble.is_login and now - since >= PATIENCE_WITH_LOGIN):
        return Timetable(now + LONGEST_WAIT, count, since, is_stopped=True)
    wait = max(min(FIRST_WAIT * _GROWTH ** min(failure_count, _MOST_GROWTH), LONGEST_WAIT), trouble.retry_after)
    return Timetable(now + wait * (0.8 + 0.4 * jitter), count, since)


def folder_retry_at(trouble: Trouble, *, now: datetime, failure_count: int, is_refusal: bool) -> datetime:
    """When a folder that failed is tried again. `failure_count` is that from before this failure.

    A refusal may be a passing one twice, after that the folder rests for hours; a connection that broke over it may have
    nothing to do with it, so the waits stay short.
    """
    wait = trouble.retry_after or FOLDER_PAUSE
    if is_refusal:
        return now + (FOLDER_PAUSE if failure_count >= 2 else min(wait, FOLDER_PAUSE))
    return now + min(wait * _GROWTH ** min(failure_count, _MOST_GROWTH), LONGEST_WAIT)


def _is_due(state: AccountTimes, now: datetime) -> bool:
    if state.is_stopped or (state.lease_until is not None and state.lease_until > now):
        return False
    return state.wanted_at is not None or state.next_visit_at <= now
