"""Files on customers: added, shown in the portal or not, taken off and brought back. Their bytes are kept once per SHA-256.

File first, row afterwards, as for attachments; what was taken off leaves after thirty days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import Customer
from mooring.letters.attached_files import AttachedFiles, FileTooLarge, UnableToKeepFile
from mooring.letters.attaching import most_bytes
from mooring.letters.models import RecordFile
from mooring.mail.names import safe_name
from mooring.users.journal import Actor, record

KEPT_AFTER_REMOVAL: Final = timedelta(days=30)
_TYPE_UNKNOWN: Final = "application/octet-stream"
_WHY: Final = "the page chose this file within the reader's rights"
_WHY_SWEEP: Final = "files taken off are removed after a while"


class UnableToAddFile(Exception):
    """No file was added; the text is fit for the user."""


@cache
def file_store() -> AttachedFiles:
    """Where the bytes of files on records lie, of this installation."""
    return AttachedFiles(settings.FILES_FOLDER)


def add_file(
    *,
    customer: Customer,
    files: AttachedFiles,
    name: str,
    content_type: str,
    chunks: Iterable[bytes],
    is_shared: bool = False,
    by: Actor,
    now: datetime,
) -> RecordFile:
    """Keep the bytes, then write the row. Raises UnableToAddFile."""
    try:
        kept = files.keep(chunks, most_bytes=most_bytes())
    except FileTooLarge as error:
        text = _("The file is larger than the %(most)d MB that are allowed.")
        raise UnableToAddFile(text % {"most": most_bytes() // 1_000_000}) from error
    except UnableToKeepFile as error:
        raise UnableToAddFile(str(error)) from error
    with transaction.atomic():
        file = RecordFile(
            customer=customer,
            name=safe_name(name, content_type=content_type, part="1"),
            content_type=content_type[:120] or _TYPE_UNKNOWN,
            size=kept.size,
            sha256=kept.sha256,
            is_shared=is_shared,
            added_by=by.user,
            added_at=now,
        )
        file.save(force_insert=True)
        _note("file_added", file, by=by, now=now)
    return file


def show_file(*, file: RecordFile, is_shared: bool, by: Actor, now: datetime) -> None:
    """Show it in the portal of its customer, or no longer."""
    with transaction.atomic():
        if _rows(file).exclude(is_shared=is_shared).update(is_shared=is_shared):
            _note("file_shared" if is_shared else "file_unshared", file, by=by, now=now)


def remove_file(*, file: RecordFile, by: Actor, now: datetime) -> None:
    """Take it off; for thirty days it can be brought back."""
    with transaction.atomic():
        if _rows(file).filter(removed_at=None).update(removed_at=now):
            _note("file_removed", file, by=by, now=now)


def restore_file(*, file: RecordFile, by: Actor, now: datetime) -> None:
    """Undo the removal."""
    with transaction.atomic():
        if _rows(file).filter(removed_at__isnull=False).update(removed_at=None):
            _note("file_restored", file, by=by, now=now)


def sweep_record_files(*, files: AttachedFiles, now: datetime) -> int:
    """Forget what was taken off long ago, and the bytes that no row needs. Returns how many files of the disk went."""
    rows = RecordFile.objects.unscoped(_WHY_SWEEP)
    rows.filter(removed_at__lt=now - KEPT_AFTER_REMOVAL).delete()
    return files.sweep(used=set(rows.values_list("sha256", flat=True)), now=now)


def _rows(file: RecordFile) -> Any:
    return RecordFile.objects.unscoped(_WHY).filter(pk=file.pk)


def _note(action: str, file: RecordFile, *, by: Actor, now: datetime) -> None:
    customer = file.customer
    facts = {"file": file.name}
    record(by=by, action=action, kind="customer", record_id=customer.pk, name=customer.name, changes=facts, now=now)
