"""Watches main folders for servers' hints that something changed. A hint only ever makes an account wanted; the visit looks.

One thread and one connection per watched account, limited in number. Lost watchers come back after a while; the regular
visits are the floor that catches whatever a hint would have told.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, close_old_connections, connection

from mooring.letters.credentials import UnableToUnseal
from mooring.letters.models import Folder, MailAccount, Protocol
from mooring.mail.errors import MailError
from mooring.sync.engine import Engine
from mooring.sync.leases import Clock
from mooring.sync.models import AccountState
from mooring.sync.round import wire_folder
from mooring.sync.servers import incoming_server

RENEWED: Final = timedelta(minutes=25)
"""Servers may close a silent connection after 29 minutes (RFC 2177)."""
PAUSE: Final = timedelta(minutes=10)
"""So long a watcher that was lost is not begun again."""
_CALM_SECONDS: Final = 5.0
"""Hints come in bursts; one visit answers all of a burst."""
_WHY: Final = "the engine reads the accounts of everybody"

_log = logging.getLogger(__name__)


class Watchers:
    """The watchers of one process."""

    def __init__(self, engine: Engine, *, clock: Clock, stop: threading.Event) -> None:
        self._engine = engine
        self._clock = clock
        self._stop = stop
        self._threads: dict[int, tuple[threading.Thread, threading.Event]] = {}
        self._lost_at: dict[int, datetime] = {}

    def keep_up(self, *, limit: int) -> None:
        """Begin and end watchers so that the accounts that are well are watched, at most `limit` of them."""
        for account_id, (thread, _ending) in list(self._threads.items()):
            if not thread.is_alive():
                del self._threads[account_id]
                self._lost_at[account_id] = self._clock()
        wanted = _accounts_worth_watching(limit)
        for account_id, (_thread, ending) in self._threads.items():
            if account_id not in wanted:
                ending.set()
        for account_id in wanted:
            if account_id not in self._threads and not self._was_lost_lately(account_id):
                self._begin(account_id)

    def join(self, timeout: float) -> None:
        """Wait for all of them after `stop` was set, at most so many seconds each."""
        for thread, ending in self._threads.values():
            ending.set()
            thread.join(timeout)

    def _was_lost_lately(self, account_id: int) -> bool:
        lost_at = self._lost_at.get(account_id)
        return lost_at is not None and self._clock() - lost_at < PAUSE

    def _begin(self, account_id: int) -> None:
        ending = threading.Event()
        thread = threading.Thread(target=self._run, args=(account_id, ending), name=f"watch-{account_id}", daemon=True)
        self._threads[account_id] = (thread, ending)
        thread.start()

    def _run(self, account_id: int, ending: threading.Event) -> None:
        try:
            self._watch(account_id, ending)
        except (MailError, UnableToUnseal, DatabaseError) as error:
            _log.info("Account %s is not watched any more: %s", account_id, error)
        except Exception:
            _log.exception("The watcher of account %s failed", account_id)
        finally:
            connection.close()

    def _watch(self, account_id: int, ending: threading.Event) -> None:
        folder = _main_folder(account_id)
        if folder is None:
            return
        server = incoming_server(folder.account, policy=self._engine.policy, clock=self._clock)
        connection.close()
        with self._engine.connect(server, policy=self._engine.policy) as incoming:
            connection.close()
            while not (ending.is_set() or self._stop.is_set()):
                if incoming.watch(wire_folder(folder), stop=ending, timeout=RENEWED):
                    close_old_connections()
                    AccountState.objects.filter(account_id=account_id).update(wanted_at=self._clock())
                    connection.close()
                    ending.wait(_CALM_SECONDS)


def _accounts_worth_watching(limit: int) -> Sequence[int]:
    """Accounts whose last visit went well, Main ones first."""
    states = AccountState.objects.filter(
        account__is_scanned=True,
        account__removed_at=None,
        account__protocol=Protocol.IMAP,
        last_success_at__isnull=False,
        failure_count=0,
        is_stopped=False,
    )
    return list(states.order_by("-account__is_main", "account_id").values_list("account_id", flat=True)[:limit])


def _main_folder(account_id: int) -> Folder | None:
    account = MailAccount.objects.unscoped(_WHY).filter(pk=account_id, removed_at=None).first()
    if account is None:
        return None
    folders = Folder.objects.filter(account=account, is_synced=True, is_selectable=True, missing_since=None)
    return folders.filter(special_use="inbox").first() or folders.filter(special_use="all").first()
