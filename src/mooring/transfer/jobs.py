"""What people do with an import: begin it with a file, say how its columns are meant, try it out, let it run, stop it.

The rows are brought in by a worker (transfer.running); undoing is a file of its own (transfer.undoing).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mooring.transfer.chosen import Chosen
from mooring.transfer.columns import Kind
from mooring.transfer.formats.any import read_file
from mooring.transfer.formats.csv import Table, UnableToReadFile
from mooring.transfer.importing import NAMING
from mooring.transfer.models import IN_WORK, Import, ImportedRecord, ImportFile, ImportState
from mooring.transfer.orders import OnBadValue
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

LARGEST: Final = 25 * 1024 * 1024
PREVIEWED: Final = 8
FILES_KEPT_FOR: Final = timedelta(days=30)
"""So long a file can be imported from, its rows looked at, and the import undone."""
MODULES_OF: Final = {
    "customers": (Module.CUSTOMERS,),
    "leads": (Module.LEADS,),
    "contacts": (Module.CUSTOMERS, Module.LEADS),
}
"""Whose records an import of the kind may touch: contacts work at customers and at leads."""


class UnableToImport(Exception):
    """Nothing was begun or changed; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as they were read."""

    header: tuple[str, ...]
    rows: list[Sequence[str]]


def may_import(user: User, kind: str) -> bool:
    """Whoever may change all records of the kind: an import finds and updates whatever is there."""
    return all(scope_of(user, module, Action.CHANGE) is Scope.ALL for module in MODULES_OF[kind])


def imports_of(user: User) -> QuerySet[Import]:
    """The imports of the kinds that the user may import, whoever began them, the latest first."""
    return Import.objects.filter(kind__in=[kind for kind in MODULES_OF if may_import(user, kind)]).select_related("user")


def begin_import(*, kind: Kind, name: str, file: BinaryIO, by: User, now: datetime) -> Import:
    """Keep the file and find out how it is meant: as a file with the same columns was, else by their names."""
    _demand(by, kind)
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise UnableToImport(_("The file is larger than %(most)d MB.") % {"most": LARGEST // 1024 // 1024})
    try:
        table = read_file(io.BytesIO(raw))
        total = sum(1 for _row in table.rows)
    except UnableToReadFile as error:
        raise UnableToImport(str(error)) from error
    if not any(table.header) or not total:
        raise UnableToImport(_("The file is empty."))
    header = [name[:200] for name in table.header]
    with transaction.atomic():
        job = Import.objects.create(
            kind=kind,
            file_name=name[:200],
            user=by,
            header=header,
            fields=_remembered(kind, header) or list(Chosen.of_installation(kind).columns_of(header).field_at),
            found_as=_found_as(table),
            row_total=total,
            created_at=now,
        )
        ImportFile.objects.create(of=job, content=raw)
    return job


def choose(
    *,
    job: Import,
    fields: Sequence[str],
    on_duplicate: str,
    owner: User | None,
    by: User,
    on_bad_value: str = OnBadValue.LEAVE_OUT.value,
) -> Import:
    """How the columns are meant, what becomes of known records and bad values, who gets new records. Raises UnableToImport."""
    _demand(by, job.kind)
    if job.state in IN_WORK or job.state in (ImportState.DONE, ImportState.UNDONE) or job.rows_done_for_good:
        raise UnableToImport(_("This import was begun already."))
    offered = Chosen.of_installation(job.kind).fields  # type: ignore[arg-type]  # a Kind
    known = [name if name in offered else "" for name in fields][: len(job.header)]
    single = [name for name in known if name and name != "more_emails"]
    if len(single) != len(set(single)):
        raise UnableToImport(_("Two columns are meant to be the same. Choose one of them."))
    if not NAMING.intersection(known):
        raise UnableToImport(_("Choose at least one column that holds names or addresses."))
    job.fields = known + [""] * (len(job.header) - len(known))
    job.on_duplicate, job.on_bad_value, job.owner = on_duplicate, on_bad_value, owner
    job.save(update_fields=["fields", "on_duplicate", "on_bad_value", "owner"])
    return job


def start(*, job: Import, is_dry_run: bool, by: Actor, now: datetime) -> Import:
    """Let a worker try it out or bring it in; one that was stopped or broken off goes on. Raises UnableToImport."""
    if by.user is not None:
        _demand(by.user, job.kind)
    with transaction.atomic():
        job = Import.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if job.state in (*IN_WORK, ImportState.DONE, ImportState.UNDONE):
            raise UnableToImport(_("This import was begun already."))
        if not ImportFile.objects.filter(of=job).exists():
            raise UnableToImport(_("The file is not kept any longer. Import it anew."))
        goes_on = job.rows_done_for_good
        if goes_on and is_dry_run:
            raise UnableToImport(_("This import was begun already."))
        if not goes_on:
            _reset(job)
        job.state, job.is_dry_run, job.is_stop_asked, job.said = ImportState.WAITING, is_dry_run, False, ""
        job.moment = job.moment if goes_on else now
        job.save()
        if not is_dry_run:
            changes = {"file": job.file_name, "rows": job.row_total}
            record(by=by, action="import_begun", kind="import", record_id=job.pk, name=job.file_name, changes=changes, now=now)
    return job


def stop(*, job: Import, by: User) -> None:
    """The batch under way is the last one; what was done stays and can be undone."""
    _demand(by, job.kind)
    with transaction.atomic():
        Import.objects.filter(pk=job.pk, state__in=IN_WORK).update(is_stop_asked=True)
        Import.objects.filter(pk=job.pk, state=ImportState.WAITING).update(state=ImportState.STOPPED)


def preview(job: Import) -> Preview:
    """The first rows; none where the file is not kept any longer."""
    file = ImportFile.objects.filter(of=job).first()
    if file is None:
        return Preview(tuple(job.header), [])
    table = read_file(io.BytesIO(bytes(file.content)))
    return Preview(table.header, [row.cells for row in islice(table.rows, PREVIEWED) if not row.problem])


def forget_files(*, now: datetime) -> int:
    """Files that were kept long enough; how many. What the imports did stays known by its numbers."""
    old = now - FILES_KEPT_FOR
    ImportedRecord.objects.filter(of__created_at__lt=old).delete()
    return ImportFile.objects.filter(of__created_at__lt=old).delete()[0]


def _reset(job: Import) -> None:
    job.rows_done = job.created_count = job.updated_count = job.skipped_count = job.failed_count = job.incomplete_count = 0
    job.ended_at = None
    job.problems.all().delete()


def _remembered(kind: str, header: list[str]) -> list[str]:
    """How the columns were meant when a file with the same ones was last brought in."""
    earlier: Any = Import.objects.filter(kind=kind, header=header, state=ImportState.DONE).order_by("-id").first()
    return list(earlier.fields) if earlier is not None else []


def _found_as(table: Table) -> str:
    if not table.delimiter:
        return table.encoding
    shown = {"\t": _("tab")}.get(table.delimiter, table.delimiter)
    return f"CSV, {table.encoding}, {shown}"


def _demand(user: User, kind: str) -> None:
    if not may_import(user, kind):
        raise UnableToImport(_("You may not import these records."))
