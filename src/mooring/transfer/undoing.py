"""Taking back what an import did: records that it made go again, those that it changed stand as they stood before.

What somebody has used or changed since is left as it is, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.customers.editing import change_contact, change_customer, change_lead
from mooring.customers.models import (
    Affiliation,
    Contact,
    Customer,
    CustomerDomain,
    EmailAddress,
    Lead,
    Phone,
    PostalAddress,
)
from mooring.customers.record_data import UnableToSave
from mooring.customers.word_rows import word_model_of
from mooring.letters.linking import keep_linked_true
from mooring.letters.models import Link, Rule
from mooring.transfer.jobs import UnableToImport, may_import
from mooring.transfer.models import Import, ImportedRecord, ImportState
from mooring.transfer.remembering import from_json
from mooring.users.journal import Actor, Line, record, record_all

_CHUNK: Final = 500
_WHY: Final = "an import reads all records"
_MODELS: Final[dict[str, Any]] = {"customers": Customer, "leads": Lead, "contacts": Contact}
_NAMES: Final = {"customers": "customer", "leads": "lead", "contacts": "contact"}
_OWN: Final = {EmailAddress, Phone, PostalAddress, CustomerDomain, *map(word_model_of, _MODELS.values())}
"""What belongs to a record and goes with it."""


def undo_import(*, job: Import, by: Actor, now: datetime) -> Import:
    """Raises UnableToImport where there is nothing to take back, or it is under way."""
    if by.user is not None and not may_import(by.user, job.kind):
        raise UnableToImport(_("You may not import these records."))
    with transaction.atomic():
        job = Import.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if job.state not in (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED) or not job.rows_done_for_good:
            raise UnableToImport(_("There is nothing to undo."))
        records = list(ImportedRecord.objects.filter(of=job))
        new = [each.record_id for each in records if each.before is None]
        removed = sum(_remove_unused(job, new[at : at + _CHUNK], by=by, now=now) for at in range(0, len(new), _CHUNK))
        changed = [each for each in records if each.before is not None]
        restored = sum(_restore(job, each, by=by, now=now) for each in changed)
        left = len(records) - removed - restored
        job.state, job.said = ImportState.UNDONE, _left_in_words(left)
        job.save(update_fields=["state", "said"])
        ImportedRecord.objects.filter(of=job).delete()
        changes = {"records_removed": removed, "records_restored": restored, "records_left": left}
        record(by=by, action="import_undone", kind="import", record_id=job.pk, name=job.file_name, changes=changes, now=now)
    return job


def _remove_unused(job: Import, ids: Sequence[int], *, by: Actor, now: datetime) -> int:
    model = _MODELS[job.kind]
    unchanged = model.objects.unscoped(_WHY).filter(pk__in=ids, changed_at=job.moment)
    names = dict(unchanged.values_list("pk", "name"))
    free = set(names) - _used(model, set(names))
    kind = _NAMES[job.kind]
    letters = Link.objects.filter(**{f"{kind}_id__in": free}).values_list("letter_id", flat=True) if kind != "contact" else []
    touched = set(letters)
    model.objects.unscoped(_WHY).filter(pk__in=free).delete()
    keep_linked_true(touched)
    lines = [Line(action="removed", kind=kind, record_id=pk, name=names[pk], changes={}) for pk in sorted(free)]
    record_all(lines, by=by, now=now)
    return len(free)


def _used(model: type[Any], ids: set[int]) -> set[int]:
    """Those to which anything leads that the import did not make: letters linked by hand, tasks, contacts, whatever there is."""
    used: set[int] = set()
    own = _OWN | {field.remote_field.through for field in model._meta.many_to_many}
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.related_model in own:
            continue
        used.update(_pointed_at(relation, model, ids - used))
    return used


def _pointed_at(relation: Any, model: type[Any], ids: set[int]) -> Iterable[int]:
    other, column = relation.related_model, relation.field.name
    if relation.many_to_many or (other is Affiliation and model is Contact):
        return ()
    rows = other._base_manager.filter(**{f"{column}__in": ids})
    if other is Link:
        rows = rows.filter(rule=Rule.MANUAL)
    return set(rows.values_list(f"{column}_id", flat=True))


def _restore(job: Import, done: ImportedRecord, *, by: Actor, now: datetime) -> bool:
    found = _MODELS[job.kind].objects.unscoped(_WHY).filter(pk=done.record_id, changed_at=job.moment).first()
    if found is None:
        return False
    data: Any = from_json(job.kind, done.before or {})
    try:
        with transaction.atomic():
            if isinstance(found, Customer):
                change_customer(customer=found, data=data, by=by, now=now)
            elif isinstance(found, Lead):
                change_lead(lead=found, data=data, by=by, now=now)
            else:
                change_contact(contact=found, data=data, by=by, now=now)
    except UnableToSave:
        return False
    return True


def _left_in_words(count: int) -> str:
    if not count:
        return ""
    text = ngettext(
        "%(count)d record was used or changed since and was left as it is.",
        "%(count)d records were used or changed since and were left as they are.",
        count,
    )
    return text % {"count": count}
