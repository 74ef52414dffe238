"""Writes down how a visit of an account, or of a folder, went, and when the next one is."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import InterfaceError, OperationalError, transaction

from mooring.letters.originals import UnableToKeep
from mooring.mail.errors import LoginRefused, MailError
from mooring.options.values import Values
from mooring.sync import schedule
from mooring.sync.leases import Lease
from mooring.sync.models import AccountState, FolderState
from mooring.sync.options import VISIT_INTERVAL_MINUTES
from mooring.sync.pressure import DiskNearlyFull

INTERNAL: Final = "internal"
"""A fault of ours; the log has its trace."""
DISK_FULL: Final = "disk_full"
DISK_NEARLY_FULL: Final = "disk_nearly_full"
TOO_MANY_WAITING: Final = "too_many_waiting"
"""A folder is not listed yet because so many letters of the account are still to be archived."""
NOT_KEPT: Final = "not_kept"
"""The bytes of letters could not be made safe."""
NO_READER: Final = "no_reader"
"""No child process could be started to read letters in."""
NO_KEY: Final = "no_key"
"""The password cannot be opened with the keys of this installation."""
NO_OUTGOING_SERVER: Final = "no_outgoing_server"
"""Nothing can be sent from the account: no outgoing server is set up."""
NOT_READABLE: Final = "not_readable"
"""The bytes of a letter are missing or damaged."""
NO_DATABASE: Final = "no_database"
"""The database was locked, restarted or unable to write: nothing that letters can help."""
DATABASE_SILENT: Final = (OperationalError, InterfaceError)
"""What Django raises then. Whatever else a database raises is about what was to be written."""
_OUR_RETRY: Final = timedelta(minutes=5)
_DATABASE_RETRY: Final = timedelta(minutes=1)
_POSTGRESQL_DISK_FULL: Final = "53100"


def note_success(
    lease: Lease, *, values: Values, started_at: datetime, has_more: bool, chance: float, pause: timedelta = timedelta()
) -> None:
    """The visit went well; the server wants to be left alone for `pause`. Gives the lease back. Raises LeaseLost."""
    interval = timedelta(minutes=values.of(VISIT_INTERVAL_MINUTES))
    with lease.writing() as now:
        state = AccountState.objects.get(account_id=lease.account_id)
        timetable = schedule.after_success(now=now, interval=interval, has_more=has_more, jitter=chance, pause=pause)
        _write_timetable(state, timetable)
        state.last_visit_at = state.last_success_at = now
        state.error_code, state.error_details, state.error_said = "", {}, ""
        _satisfy(state, started_at)
        _give_back(state)


def note_failure(lease: Lease, error: Exception, *, chance: float) -> None:
    """The visit failed. Gives the lease back. Raises LeaseLost."""
    with lease.writing() as now:
        state = AccountState.objects.get(account_id=lease.account_id)
        _write_failure(state, error, now=now, chance=chance)


def note_crash(account_id: int, *, owner: str, error: Exception, now: datetime, chance: float) -> None:
    """A visit of ours ended in a way nobody foresaw: the account shows it and is tried again later."""
    with transaction.atomic():
        held = AccountState.objects.select_for_update().filter(account_id=account_id, lease_owner=owner)
        for state in held:
            _write_failure(state, error, now=now, chance=chance)


def release(lease: Lease) -> None:
    """Give the lease back; nothing was done."""
    with lease.writing():
        AccountState.objects.filter(account_id=lease.account_id).update(lease_owner="", lease_until=None, wanted_at=None)


def note_folder_failure(lease: Lease, folder_id: int, error: MailError, *, is_refusal: bool) -> None:
    """A folder could not be read: the server refuses it, or the connection broke over it. Raises LeaseLost."""
    with lease.writing() as now:
        state = FolderState.objects.get(folder_id=folder_id)
        state.retry_at = schedule.folder_retry_at(
            _trouble(error), now=now, failure_count=state.failure_count, is_refusal=is_refusal
        )
        state.failure_count += 1
        state.error_code, state.error_details = error.code, details_of(error)
        state.save(update_fields=["retry_at", "failure_count", "error_code", "error_details"])


def note_held_back(lease: Lease, folder_ids: Collection[int]) -> None:
    """Folders wait for their first listing. Raises LeaseLost."""
    with lease.writing():
        FolderState.objects.filter(folder_id__in=folder_ids).update(error_code=TOO_MANY_WAITING, error_details={})


def code_of(error: Exception) -> str:
    """The stable word for what went wrong, which check.py translates for people."""
    if isinstance(error, MailError):
        return error.code
    if isinstance(error, UnableToKeep):
        return DISK_FULL if error.is_full else NOT_KEPT
    if isinstance(error, DATABASE_SILENT):
        return DISK_FULL if _is_full_database(error) else NO_DATABASE
    if isinstance(error, DiskNearlyFull):
        return DISK_NEARLY_FULL
    return _BY_NAME.get(type(error).__name__, INTERNAL)


_BY_NAME: Final = {
    "ParserUnavailable": NO_READER,
    "UnableToUnseal": NO_KEY,
    "UnableToSend": NO_OUTGOING_SERVER,
    "UnableToRead": NOT_READABLE,
}


def _is_full_database(error: Exception) -> bool:
    cause = error.__cause__
    code, state = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    return code == sqlite3.SQLITE_FULL or state == _POSTGRESQL_DISK_FULL


def details_of(error: Exception) -> dict[str, Any]:
    """What fills the placeholders of the words for the error's code."""
    if isinstance(error, MailError):
        return dict(error.details)
    return {} if code_of(error) == INTERNAL else {"reason": str(error)[:500]}


def _trouble(error: Exception) -> schedule.Trouble:
    if isinstance(error, MailError):
        return schedule.Trouble(error.retry_after, is_login=isinstance(error, LoginRefused))
    return schedule.Trouble(_DATABASE_RETRY if isinstance(error, DATABASE_SILENT) else _OUR_RETRY)


def _write_failure(state: AccountState, error: Exception, *, now: datetime, chance: float) -> None:
    timetable = schedule.after_failure(
        _trouble(error), now=now, failure_count=state.failure_count, failing_since=state.failing_since, jitter=chance
    )
    _write_timetable(state, timetable)
    state.last_visit_at = now
    state.error_code, state.error_details = code_of(error), details_of(error)
    state.error_said = error.server_said if isinstance(error, MailError) else ""
    _satisfy(state, now)
    _give_back(state)


def _write_timetable(state: AccountState, timetable: schedule.Timetable) -> None:
    state.next_visit_at = timetable.next_visit_at
    state.failure_count = timetable.failure_count
    state.failing_since = timetable.failing_since
    state.is_stopped = timetable.is_stopped


def _satisfy(state: AccountState, started_at: datetime) -> None:
    """A wish expressed after the visit began stays."""
    if state.wanted_at is not None and state.wanted_at <= started_at:
        state.wanted_at = None


def _give_back(state: AccountState) -> None:
    state.lease_owner, state.lease_until = "", None
    state.save()
