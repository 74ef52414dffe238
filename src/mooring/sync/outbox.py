"""What one process does for the outbox: begins to send within a second of a letter's time, recovers what a dead worker left, and
sees to archive, Sent copies and evidence afterwards.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from mooring.letters.accounts import UnableToSend
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.models import MailAccount, OutgoingState, SentCopy
from mooring.letters.originals import UnableToRead
from mooring.mail.parser_process import ParserUnavailable
from mooring.sync.engine import Engine
from mooring.sync.evidence import look_for_evidence
from mooring.sync.leases import Clock
from mooring.sync.outbox_leases import due_letters, letters_of_everybody, recover
from mooring.sync.outcome import DATABASE_SILENT
from mooring.sync.sending import send_from
from mooring.sync.sent_archive import archive_sent
from mooring.sync.sent_copies import keep_copies

SENDING_THREADS: Final = 4
REST: Final = timedelta(minutes=1)
_log = logging.getLogger(__name__)
_WHY: Final = "the engine sends the letters of everybody"


class Outbox:
    """Used by the worker's thread; letters are sent in threads of its own, those of one account never by two at once."""

    def __init__(self, engine: Engine, *, clock: Clock, stop: threading.Event) -> None:
        self._engine = engine
        self._clock = clock
        self._stop = stop
        self._pool = ThreadPoolExecutor(SENDING_THREADS, thread_name_prefix="send")
        self._sending: dict[int, Future[None]] = {}
        self._tending: dict[int, Future[None]] = {}
        self._resting: dict[int, datetime] = {}
        """Accounts over which something of ours failed, until when nothing is tried for them."""

    def tick(self, now: datetime) -> None:
        """Recover what is lost, and begin what is due. Raises what the database raises."""
        self._sending = _unfinished(self._sending)
        self._tending = _unfinished(self._tending)
        self._resting = {account_id: until for account_id, until in self._resting.items() if until > now}
        recover(now=now)
        for account_id in accounts_to_send(now):
            if account_id not in self._sending and account_id not in self._resting:
                self._sending[account_id] = self._pool.submit(self._send, account_id)
        for account_id in accounts_to_tend(now):
            if account_id not in self._tending and account_id not in self._resting:
                self._tending[account_id] = self._pool.submit(self._tend, account_id)

    def close(self) -> None:
        """Wait for letters being handed over: what their servers answer is known nowhere else."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, account_id: int) -> None:
        """In a thread of the pool; nothing escapes from it."""
        with self._guarded("Sending from", account_id):
            if send_from(account_id, engine=self._engine, clock=self._clock, stop=self._stop):
                self._archive(account_id)

    def _tend(self, account_id: int) -> None:
        with self._guarded("Tending the outbox of", account_id):
            self._archive(account_id)
            account = _account(account_id)
            look_for_evidence(account, engine=self._engine, clock=self._clock)
            keep_copies(account, engine=self._engine, clock=self._clock)

    def _archive(self, account_id: int) -> None:
        while archive_sent(_account(account_id), engine=self._engine, clock=self._clock) and not self._stop.is_set():
            pass

    @contextlib.contextmanager
    def _guarded(self, what: str, account_id: int) -> Iterator[None]:
        try:
            yield
        except (UnableToRead, ParserUnavailable, UnableToUnseal, UnableToSend, *DATABASE_SILENT) as error:
            _log.warning("%s account %s is put off: %s", what, account_id, error)
            self._resting[account_id] = self._clock() + REST
        except Exception:
            _log.exception("%s account %s failed", what, account_id)
            self._resting[account_id] = self._clock() + REST
        finally:
            connection.close()


def accounts_to_send(now: datetime) -> list[int]:
    """The accounts with a letter to be sent now."""
    return list(due_letters(now).order_by("account_id").values_list("account_id", flat=True).distinct())


def accounts_to_tend(now: datetime) -> list[int]:
    """The accounts with sent letters to be archived or copied, or letters of unknown fate to be looked for."""
    letters = letters_of_everybody().filter(account__removed_at=None).order_by().values_list("account_id", flat=True)
    wanted = (
        letters.filter(sent_at__isnull=False, archived_at=None),
        letters.filter(Q(copy_next_at=None) | Q(copy_next_at__lte=now), sent_copy=SentCopy.WAITING),
        letters.filter(state=OutgoingState.UNKNOWN, next_try_at__lte=now),
    )
    return sorted({account_id for rows in wanted for account_id in rows.distinct()})


def _account(account_id: int) -> MailAccount:
    return MailAccount.objects.unscoped(_WHY).get(pk=account_id)


def _unfinished(running: dict[int, Future[None]]) -> dict[int, Future[None]]:
    return {account_id: future for account_id, future in running.items() if not future.done()}
