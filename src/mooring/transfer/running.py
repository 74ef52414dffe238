"""Brings in what people asked for: one import after the other, batch by batch, until it is through, stopped, or the worker ends.

How far it is stands in the same transaction as what a batch did. A worker that dies is replaced when its lease runs out, and
the import goes on with the next row; nothing is done twice.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import translation

from mooring.activities.job_notices import tell_of_import
from mooring.transfer.formats.csv import UnableToReadFile
from mooring.transfer.importing import import_records
from mooring.transfer.jobs import forget_files
from mooring.transfer.models import Import, ImportedRecord, ImportFile, ImportProblem, ImportState
from mooring.transfer.orders import MOST_PROBLEMS, OnBadValue, OnDuplicate, Order, Summary
from mooring.transfer.remembering import to_json
from mooring.users.inserting import insert_rows
from mooring.users.journal import Actor

Clock = Callable[[], datetime]
LEASE: Final = timedelta(minutes=5)
"""Longer than any batch takes."""
_LOOK_EVERY_SECONDS: Final = 2.0
_TIDY_EVERY: Final = timedelta(hours=1)
_log = logging.getLogger(__name__)


class _Ended(Exception):
    """A person, or the end of the worker, stops the import after this batch."""


def run(stop: threading.Event, *, clock: Clock = lambda: datetime.now(UTC)) -> None:
    """Until the event is set. A database that does not answer is waited for."""
    tidied = clock() - _TIDY_EVERY
    while not stop.is_set():
        try:
            if clock() - tidied >= _TIDY_EVERY:
                tidied = clock()
                forget_files(now=tidied)
            if run_next(clock=clock, stop=stop):
                continue
        except (DatabaseError, InterfaceError):
            _log.warning("The database did not answer; imports wait for it.", exc_info=True)
            connection.close()
        stop.wait(_LOOK_EVERY_SECONDS)


def run_next(*, clock: Clock, stop: threading.Event) -> bool:
    """Bring in the import that has waited longest; False where none waits."""
    job = _claim(clock())
    if job is None:
        return False
    try:
        with translation.override(job.user.language):  # in which problems are written down
            summary = _import_past_others(job, clock=clock, stop=stop)
    except _Ended:
        _end(job, ImportState.STOPPED if _is_stop_asked(job) else ImportState.WAITING, now=clock())
    except UnableToReadFile as error:
        _end(job, ImportState.FAILED, now=clock(), said=str(error))
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # also of the database where it refuses a batch twice: it would do so for ever
        _log.exception("Import %s broke off", job.pk)
        _end(job, ImportState.FAILED, now=clock(), said="internal")
    else:
        _log.info("Import %s ended with %s rows", job.pk, summary.row_count)
        _end(job, ImportState.TRIED if job.is_dry_run else ImportState.DONE, now=clock())
    return True


def _claim(now: datetime) -> Import | None:
    free = Q(state=ImportState.WAITING) | Q(state=ImportState.RUNNING, lease_until__lte=now)
    for job in Import.objects.filter(free).order_by("id")[:5]:
        mine = Import.objects.filter(free, pk=job.pk).update(state=ImportState.RUNNING, lease_until=now + LEASE)
        if mine:
            return Import.objects.select_related("user", "owner").get(pk=job.pk)
    return None


def _import_past_others(job: Import, *, clock: Clock, stop: threading.Event) -> Summary:
    """A batch that the database refuses is tried once more. Somebody may have saved one of its numbers after it had looked which
    are known; the second time it knows that record. Raises IntegrityError for a batch that is refused again."""
    refused_after = -1
    while True:
        try:
            return _import(job, clock=clock, stop=stop)
        except IntegrityError:
            job.refresh_from_db()
            if job.rows_done == refused_after:
                raise
            refused_after = job.rows_done
            _log.warning("Import %s tries the rows after %s once more", job.pk, refused_after, exc_info=True)


def _import(job: Import, *, clock: Clock, stop: threading.Event) -> Summary:
    file = ImportFile.objects.filter(of=job).first()
    if file is None or job.moment is None:
        raise UnableToReadFile("")
    order = Order(
        kind=job.kind,  # type: ignore[arg-type]  # one of ImportKind
        by=Actor(job.user, "worker"),
        now=job.moment,
        on_duplicate=OnDuplicate(job.on_duplicate),
        on_bad_value=OnBadValue(job.on_bad_value),
        owner=job.owner,
        is_dry_run=job.is_dry_run,
        fields=job.fields,
        skips=job.rows_done,
    )
    ledger = _Ledger(job, clock)

    def after_batch(_summary: Summary) -> None:
        if stop.is_set() or _is_stop_asked(job):
            raise _Ended

    content = io.BytesIO(bytes(file.content))
    return import_records(file=content, order=order, settle=ledger.write, progress=after_batch)


class _Ledger:
    """Writes down what each batch did, on top of what earlier runs of the import did."""

    def __init__(self, job: Import, clock: Clock) -> None:
        self._job = job
        self._clock = clock
        self._began_with = (job.created_count, job.updated_count, job.skipped_count, job.failed_count, job.incomplete_count)
        self._problems_written = 0

    def write(self, summary: Summary) -> None:
        created, updated, skipped, failed, incomplete = self._began_with
        Import.objects.filter(pk=self._job.pk).update(
            rows_done=summary.rows_done,
            created_count=created + summary.created,
            updated_count=updated + summary.updated,
            skipped_count=skipped + summary.skipped,
            failed_count=failed + summary.failed,
            incomplete_count=incomplete + summary.incomplete,
            lease_until=self._clock() + LEASE,
        )
        new = summary.problems[self._problems_written :]
        self._problems_written = min(len(summary.problems), MOST_PROBLEMS)
        insert_rows(
            ImportProblem,
            ("of_id", "line", "text", "column", "value"),
            ((self._job.pk, each.line, *_storable(each.text[:1000], each.column[:200], each.value)) for each in new),
        )
        if self._job.is_dry_run:
            return
        insert_rows(ImportedRecord, ("of_id", "record_id"), ((self._job.pk, pk) for pk in summary.new_ids))
        changed = [ImportedRecord(of=self._job, record_id=pk, before=to_json(data)) for pk, data in summary.before]
        ImportedRecord.objects.bulk_create(changed, batch_size=500)


def _storable(*texts: str) -> Iterator[str]:
    """PostgreSQL takes no NUL, which any cell may hold."""
    return (text.replace("\0", " ") for text in texts)


def _is_stop_asked(job: Import) -> bool:
    return Import.objects.filter(pk=job.pk, is_stop_asked=True).exists()


def _end(job: Import, state: ImportState, *, now: datetime, said: str = "") -> None:
    """With a notice to whoever began it, unless they stopped it themselves or it goes on."""
    with transaction.atomic():
        Import.objects.filter(pk=job.pk).update(state=state, ended_at=now, lease_until=None, said=said[:500])
        if state in (ImportState.TRIED, ImportState.DONE, ImportState.FAILED):
            done = Import.objects.filter(pk=job.pk).values_list("created_count", "updated_count").get()
            facts = {"name": job.file_name, "state": state.value, "done": sum(done)}
            tell_of_import(user=job.user, import_id=job.pk, facts=facts, now=now)
