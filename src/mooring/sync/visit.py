"""One visit of one account: look at its folders, write down what is new, take waiting letters in, say how it went.

Nobody but the holder of the account's lease writes. A visit that dies is due again when its lease runs out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import connection

from mooring.letters.credentials import UnableToUnseal
from mooring.letters.folders import note_listed
from mooring.letters.models import Folder, MailAccount
from mooring.letters.options import scope_of_account
from mooring.letters.originals import UnableToKeep
from mooring.mail.contract import Paced
from mooring.mail.errors import CommandRefused, FilesMissing, FolderMissing, MailError, ServerUnavailable, UnusableName
from mooring.mail.parser_process import ParserUnavailable
from mooring.options.values import read_all
from mooring.sync import outcome, places
from mooring.sync.deciding import policy_for
from mooring.sync.engine import SLICE, Engine
from mooring.sync.intake import Intake
from mooring.sync.leases import Clock, Lease, LeaseLost, take_lease
from mooring.sync.listing import list_folder
from mooring.sync.models import AccountState, FolderState, Item, ItemState
from mooring.sync.pressure import DiskNearlyFull, has_too_many_waiting
from mooring.sync.recognising import recognise
from mooring.sync.removing import remove_due
from mooring.sync.round import Round
from mooring.sync.servers import incoming_server

FOLDERS_EVERY: Final = timedelta(minutes=10)
"""So often the list of folders is read again."""

_TROUBLES_OF_ONE_FOLDER: Final = (FolderMissing, CommandRefused, UnusableName, FilesMissing, ServerUnavailable)
"""The last one too: “system error” is often said of one folder. Should the server really be down, the next step tells."""
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)
_WHY: Final = "the engine reads the accounts of everybody"


class Visited(StrEnum):
    """How a visit ended."""

    DONE = "done"
    MORE = "more"
    """Its time was over; there is more to do at once."""
    FAILED = "failed"
    NOT_TAKEN = "not_taken"
    """Somebody else is at it, or the account is not scanned any more."""
    LOST = "lost"
    """The lease was taken over in the middle."""


def visit_account(
    account_id: int, *, engine: Engine, clock: Clock, stop: threading.Event, slice_length: timedelta = SLICE
) -> Visited:
    """Visit the account unless somebody else does. Troubles of mail servers and of the database are written down, not raised.

    Raises what the database raises when it does not answer at all.
    """
    lease = take_lease(account_id, owner=engine.owner, clock=clock)
    if lease is None:
        return Visited.NOT_TAKEN
    try:
        return _visit(lease, engine=engine, stop=stop, slice_length=slice_length)
    except LeaseLost:
        _log.warning("The lease on account %s was taken over", account_id)
        return Visited.LOST
    except (MailError, UnableToKeep, ParserUnavailable, UnableToUnseal, DiskNearlyFull) as error:
        outcome.note_failure(lease, error, chance=engine.chance())
        return Visited.FAILED
    except outcome.DATABASE_SILENT as error:
        _log.warning("The database did not answer during the visit of account %s: %s", account_id, error)
        connection.close()
        engine.innocents.clear(lease)
        outcome.note_failure(lease, error, chance=engine.chance())
        return Visited.FAILED


def _visit(lease: Lease, *, engine: Engine, stop: threading.Event, slice_length: timedelta) -> Visited:
    accounts = MailAccount.objects.unscoped(_WHY).filter(removed_at=None, is_scanned=True)
    account = accounts.filter(pk=lease.account_id).first()
    if account is None:
        outcome.release(lease)
        return Visited.NOT_TAKEN
    started_at = lease.clock()
    engine.innocents.clear(lease)
    if not engine.space().is_enough():
        raise DiskNearlyFull
    values = read_all()
    server = incoming_server(account, policy=engine.policy, clock=lease.clock)
    with engine.connect(server, policy=engine.policy) as incoming:
        visit = Round(
            account=account,
            lease=lease,
            incoming=incoming,
            stop=stop,
            deadline=started_at + slice_length,
            values=values,
            scope=scope_of_account(account, values=values),
        )
        has_more = _look_through(visit, engine)
        has_more = remove_due(visit, engine) or has_more
        pause = incoming.pause if isinstance(incoming, Paced) else timedelta()
    outcome.note_success(lease, values=values, started_at=started_at, has_more=has_more, chance=engine.chance(), pause=pause)
    return Visited.MORE if has_more else Visited.DONE


def _look_through(visit: Round, engine: Engine) -> bool:
    """The steps of a visit. True when there is more to do."""
    _refresh_folders(visit)
    folders = _list_folders(visit)
    _note_unchanged(visit)
    _widen(visit, folders)
    if not _has_waiting(folders):
        _declare_gone(visit)
        return visit.is_over()
    recognise(visit, folders)
    policy = policy_for(visit.account, scope=visit.scope, values=visit.values)
    intake = Intake(visit, folders, policy, engine=engine)
    try:
        return intake.run()
    except outcome.DATABASE_SILENT:
        engine.innocents.remember(visit.lease, intake.in_work)
        raise
    finally:
        for folder_id, error in intake.failed_folders.items():
            outcome.note_folder_failure(visit.lease, folder_id, error, is_refusal=True)


def _refresh_folders(visit: Round) -> None:
    """Read the list of folders when it is time. An empty list is not believed where folders were known."""
    state = AccountState.objects.get(account_id=visit.account.pk)
    now = visit.lease.clock()
    is_fresh = state.folders_listed_at is not None and now - state.folders_listed_at < FOLDERS_EVERY
    if is_fresh and state.wanted_at is None:
        return
    listed = visit.incoming.folders()
    with visit.lease.writing():
        if listed:
            note_listed(account=visit.account, listed=listed, now=now)
        AccountState.objects.filter(account_id=visit.account.pk).update(folders_listed_at=now)


def _list_folders(visit: Round) -> list[Folder]:
    """Look at every folder that is read and not at rest; those that could be looked at. One bad folder stops no other."""
    seen = []
    held_back = []
    for folder, state in _folders_in_turn(visit):
        if visit.is_over():
            break
        if not state.epoch and has_too_many_waiting(visit.account):
            held_back.append(folder.pk)
            continue
        try:
            seen.append(list_folder(visit, folder, state))
        except _TROUBLES_OF_ONE_FOLDER as error:
            is_refusal = not isinstance(error, ServerUnavailable)
            outcome.note_folder_failure(visit.lease, folder.pk, error, is_refusal=is_refusal)
        except MailError as error:
            outcome.note_folder_failure(visit.lease, folder.pk, error, is_refusal=False)
            raise
    if held_back:
        outcome.note_held_back(visit.lease, held_back)
    return seen


def _folders_in_turn(visit: Round) -> list[tuple[Folder, FolderState]]:
    """The inbox, then those not looked at for longest."""
    rows = {row.pk: row for row in visit.account.folders.filter(is_synced=True, is_selectable=True, missing_since=None)}
    states = {state.folder_id: state for state in FolderState.objects.filter(folder_id__in=rows)}
    new = [FolderState(folder_id=folder_id) for folder_id in rows if folder_id not in states]
    if new:
        with visit.lease.writing():
            FolderState.objects.bulk_create(new, ignore_conflicts=True)
    states.update((state.folder_id, state) for state in new)
    now = visit.lease.clock()
    awake = [state for state in states.values() if state.retry_at is None or state.retry_at <= now]
    awake.sort(key=lambda state: (rows[state.folder_id].special_use != "inbox", state.last_changes_at or _NEVER, state.folder_id))
    return [(rows[state.folder_id], state) for state in awake]


def _note_unchanged(visit: Round) -> None:
    if visit.unchanged:
        with visit.lease.writing() as now:
            FolderState.objects.filter(folder_id__in=visit.unchanged).update(last_changes_at=now)


def _widen(visit: Round, folders: Sequence[Folder]) -> None:
    """Letters set aside as too old wait too once the account reaches back further."""
    older = Item.objects.filter(folder__in=folders, state=ItemState.OLDER)
    if visit.oldest is not None:
        older = older.filter(received_at__gte=visit.oldest)
    if older.exists():
        with visit.lease.writing():
            older.update(state=ItemState.LISTED)


def _has_waiting(folders: Sequence[Folder]) -> bool:
    return Item.objects.filter(folder__in=folders, state=ItemState.LISTED).exists()


def _declare_gone(visit: Round) -> None:
    """What turned up nowhere, though nothing waits any more, is gone: single letters, and folders with their letters."""
    now = visit.lease.clock()
    lost = list(
        FolderState.objects.filter(folder__account=visit.account, folder__missing_since__lte=now - places.GRACE)
        .exclude(epoch="")
        .values_list("folder_id", flat=True)
    )
    missed = Item.objects.filter(folder__account=visit.account, gone_at__lte=now - places.GRACE)
    if not lost and not missed.exists():
        return
    with visit.lease.writing():
        places.declare_gone(visit.account.pk, now=now)
        places.miss_folder(lost, now=now)
        FolderState.objects.filter(folder_id__in=lost).update(epoch="", bookmark=None, last_full_at=None)
