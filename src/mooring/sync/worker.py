"""The engine's process: visits accounts that are due in a few threads, watches, and offers older letters, until it is stopped.

Many workers may run at once; leases keep them apart. Whatever goes wrong with one account is logged, shown on that account,
and never delays the others; a database that is locked or restarted is waited for.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from mooring.activities.job_notices import carry_on_jobs
from mooring.letters.erasing import overwrite_doomed
from mooring.options.values import read_all
from mooring.sync import backfill, outcome
from mooring.sync.emptying import empty_bins
from mooring.sync.engine import Engine
from mooring.sync.hosts import HostMemory, host_of
from mooring.sync.housekeeping import Housekeeping, learn_from_sent_letters
from mooring.sync.leases import Clock, release_orphans, remember_accounts
from mooring.sync.models import AccountState
from mooring.sync.options import WATCHED_ACCOUNTS
from mooring.sync.outbox import Outbox
from mooring.sync.outbox_leases import end_orphaned_leases
from mooring.sync.reminding import look_after_plans
from mooring.sync.reports import look_for_reports
from mooring.sync.schedule import AccountTimes, due_accounts
from mooring.sync.visit import Visited, visit_account
from mooring.sync.watching import Watchers

TICK: Final = timedelta(seconds=1)
VISIT_THREADS: Final = 8
"""Visits mostly wait for servers. Twice as many as one server gets, so that no single one occupies them all."""
_FREED_TICK: Final = timedelta(milliseconds=50)
"""So soon a free thread gets the next account, while accounts wait for one."""
LOOK_AROUND_EVERY: Final = timedelta(seconds=10)
"""So often new accounts, new addresses and lost watchers are looked for."""
_TROUBLED_TICK: Final = timedelta(seconds=5)
_GRACE_SECONDS: Final = 20.0

_log = logging.getLogger(__name__)


def read_clock() -> datetime:
    """The time now, in UTC: the one place of the engine where a clock is read."""
    return datetime.now(UTC)


def run(
    stop: threading.Event, *, engine: Engine | None = None, clock: Clock = read_clock, visit_threads: int = VISIT_THREADS
) -> None:
    """Work until `stop` is set. Visits under way end cleanly at their next step."""
    own_engine = engine is None
    engine = engine or Engine.of_installation()
    worker = Worker(engine, clock=clock, stop=stop, visit_threads=visit_threads)
    try:
        worker.run()
    finally:
        worker.close()
        if own_engine:
            engine.close()


class Worker:
    """What one process is doing at the moment."""

    def __init__(self, engine: Engine, *, clock: Clock, stop: threading.Event, visit_threads: int) -> None:
        self._hosts = HostMemory()
        self._engine = replace(engine, connect=self._hosts.connecting(engine.connect))
        self._clock = clock
        self._stop = stop
        self._room = visit_threads
        self._states: list[AccountTimes] = []
        """The accounts that looked due at the last tick, without those visited since."""
        self._pool = ThreadPoolExecutor(visit_threads, thread_name_prefix="visit")
        self._running: dict[int, tuple[str, Future[None]]] = {}
        self._watchers = Watchers(engine, clock=clock, stop=stop)
        self._outbox = Outbox(engine, clock=clock, stop=stop)
        self._house = Housekeeping(settings.ATTACHED_FOLDER)
        self._looked_around_at: datetime | None = None
        self._has_begun = False
        self._unwritten: dict[int, Exception] = {}
        """Failures of accounts that the database did not take; each keeps its account leased until it is written."""

    def run(self) -> None:
        """Tick until stopped."""
        while not self._stop.is_set():
            try:
                self.tick()
                pause = TICK
            except (DatabaseError, InterfaceError) as error:
                _log.warning("The database does not answer; trying again: %s", error)
                connection.close()
                pause = _TROUBLED_TICK
            self._wait(pause)

    def _wait(self, pause: timedelta) -> None:
        """Until the next tick. As long as accounts wait for a thread, one that gets free takes the next of them at once."""
        left = pause
        while len(self._states) > len(self._running) and left > _FREED_TICK and not self._stop.is_set():
            self._stop.wait(_FREED_TICK.total_seconds())
            left -= _FREED_TICK
            self._begin_visits()
        self._stop.wait(left.total_seconds())

    def tick(self) -> None:
        """Begin the visits that are due and for which there is room."""
        if not self._has_begun:
            release_orphans(host=socket.gethostname(), is_running=_is_running)
            end_orphaned_leases(host=socket.gethostname(), is_running=_is_running, now=self._clock())
            self._has_begun = True
        self._write_down_failures()
        now = self._clock()
        self._outbox.tick(now)
        self._carry_on_jobs(now)
        if self._looked_around_at is None or now - self._looked_around_at >= LOOK_AROUND_EVERY:
            self._look_around(now)
        self._forget_ended()
        self._states = _times(now)
        self._begin_visits()

    def _carry_on_jobs(self, now: datetime) -> None:
        """What people asked for of very many records; no trouble with it keeps a letter waiting."""
        try:
            carry_on_jobs(now=now)
        except Exception:
            _log.exception("A change of many records could not go on")

    def _begin_visits(self) -> None:
        """As many of the accounts that are due as there are free threads. Asks the database nothing."""
        self._forget_ended()
        room = self._room - len(self._running)
        if room <= 0:
            return
        servers = {state.account_id: state.host for state in self._states}
        due = due_accounts(
            self._states,
            now=self._clock(),
            running=self._running,
            visits_by_host=Counter(host for host, _future in self._running.values()),
            hosts=self._hosts.seen(),
            room=self._room,
        )
        for account_id in due[:room]:
            self._running[account_id] = (servers[account_id], self._pool.submit(self._visit, account_id))

    def _forget_ended(self) -> None:
        """What was read about an account before its visit ended is true no more."""
        ended = {pk for pk, (_host, future) in self._running.items() if future.done()}
        self._running = {pk: running for pk, running in self._running.items() if pk not in ended}
        self._states = [state for state in self._states if state.account_id not in ended]

    def close(self) -> None:
        """Wait for visits and watchers after the stop."""
        self._pool.shutdown(wait=True)
        self._outbox.close()
        with contextlib.suppress(DatabaseError, InterfaceError):
            self._write_down_failures()
        self._watchers.join(_GRACE_SECONDS)
        connection.close()

    def _look_around(self, now: datetime) -> None:
        remember_accounts(now=now)
        backfill.look_for_additions(now=now)
        look_for_reports(originals=self._engine.originals, now=now)
        empty_bins(now=now)
        overwrite_doomed(originals=self._engine.originals, now=now)
        self._house.tidy_up(now)
        values = read_all()
        self._watchers.keep_up(limit=values.of(WATCHED_ACCOUNTS))
        look_after_plans(values=values, now=now)
        with contextlib.suppress(OSError):  # whoever watches the file sees that it grows old
            Path(settings.WORKER_BEAT_FILE).touch(mode=0o600)
        self._looked_around_at = now

    def _visit(self, account_id: int) -> None:
        """One visit in a thread of the pool; nothing escapes from it."""
        try:
            visited = visit_account(account_id, engine=self._engine, clock=self._clock, stop=self._stop)
            if visited not in (Visited.DONE, Visited.NOT_TAKEN):
                _log.info("Account %s: %s", account_id, visited.value)
            if visited is Visited.DONE:
                learn_from_sent_letters(account_id, now=self._clock())
        except Exception as error:
            _log.exception("The visit of account %s failed", account_id)
            self._unwritten[account_id] = error
            connection.close()
            with contextlib.suppress(DatabaseError, InterfaceError):
                self._write_down_failures()
        finally:
            connection.close()

    def _write_down_failures(self) -> None:
        """Should the database not answer, the next tick tries again."""
        for account_id, error in list(self._unwritten.items()):
            now, chance = self._clock(), self._engine.chance()
            outcome.note_crash(account_id, owner=self._engine.owner, error=error, now=now, chance=chance)
            self._unwritten.pop(account_id, None)


def _times(now: datetime) -> list[AccountTimes]:
    """The states that may be due; one query."""
    states = AccountState.objects.filter(account__is_scanned=True, account__removed_at=None, is_stopped=False)
    due = states.exclude(next_visit_at__gt=now, wanted_at=None)
    names = ("next_visit_at", "wanted_at", "lease_until", "is_stopped", "failure_count")
    rows = due.values_list("account_id", "account__host", "account__url", *names)
    return [AccountTimes(pk, host_of(host, url), *times) for pk, host, url, *times in rows]


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, but running
        return True
    return True
