"""What a visit costs that finds nothing new: queries and CPU of the visiting thread, with one folder and with several."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from servers.dovecot import Dovecot

_TIMES = 15
_MORE_FOLDERS = 8


@dataclass(frozen=True, slots=True)
class Visit:
    """Of several visits in a process that made some before: statements of the last, CPU of the median."""

    folder_count: int
    statement_count: int
    cpu_milliseconds: float

    def __str__(self) -> str:
        return f"{self.folder_count} folder(s): {self.statement_count} statements, {self.cpu_milliseconds:.1f} ms of CPU"


def second_scan(environment: Mapping[str, str], server: Dovecot, user: str) -> str:
    """Visit the only account of an installation again and again, then with more folders. Starts Django in this process."""
    os.environ.update(environment)
    from mooring.config.commands.starting import start_django

    start_django()
    from mooring.letters.models import Folder
    from mooring.sync.models import AccountState

    one = _visited(1)
    for number in range(_MORE_FOLDERS):
        server.create(user, f"More {number}")
    AccountState.objects.update(folders_listed_at=None)
    _visited(1)
    Folder.objects.filter(path__startswith="More").update(is_synced=True)
    several = _visited(1 + _MORE_FOLDERS)
    queries = (several.statement_count - one.statement_count) / _MORE_FOLDERS
    cpu = (several.cpu_milliseconds - one.cpu_milliseconds) / _MORE_FOLDERS
    return f"A visit with nothing new. {one}\n{several}\neach folder more: {queries:.1f} statements, {cpu:.2f} ms of CPU"


def _visited(folder_count: int) -> Visit:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from mooring.letters.models import MailAccount
    from mooring.sync.engine import Engine
    from mooring.sync.visit import Visited, visit_account

    account = MailAccount.objects.unscoped("measuring").get()
    engine = Engine.of_installation()
    milliseconds = []
    for _ in range(_TIMES):
        with CaptureQueriesContext(connection) as statements:
            started = time.thread_time()
            ended = visit_account(account.pk, engine=engine, clock=lambda: datetime.now(UTC), stop=threading.Event())
            milliseconds.append((time.thread_time() - started) * 1000)
        if ended is not Visited.DONE:
            raise SystemExit(f"the visit ended as {ended}")
    engine.close()
    return Visit(folder_count, len(statements), statistics.median(milliseconds[1:]))
