"""Many customers given the same status, industry, source, category or tag at once, and given back what they had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import BulkChange, BulkField, Category, Customer, CustomerStatus, Industry, ListEntry, Source, Tag
from mooring.customers.models.customer import CustomerQuerySet
from mooring.users.journal import Actor, Line, record_all

MOST: Final = 500
_WHY: Final = "these customers were chosen within the rights of whoever does it"
_LISTS: Final[dict[str, type[ListEntry]]] = {
    BulkField.STATUS: CustomerStatus,
    BulkField.INDUSTRY: Industry,
    BulkField.SOURCE: Source,
    BulkField.CATEGORY_ADDED: Category,
    BulkField.CATEGORY_REMOVED: Category,
    BulkField.TAG_ADDED: Tag,
    BulkField.TAG_REMOVED: Tag,
}
_OPPOSITE: Final = {
    BulkField.CATEGORY_ADDED: BulkField.CATEGORY_REMOVED,
    BulkField.CATEGORY_REMOVED: BulkField.CATEGORY_ADDED,
    BulkField.TAG_ADDED: BulkField.TAG_REMOVED,
    BulkField.TAG_REMOVED: BulkField.TAG_ADDED,
}
_ADDING: Final = (BulkField.CATEGORY_ADDED, BulkField.TAG_ADDED)


class UnableToChangeMany(Exception):
    """Nothing was changed; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What all of them shall have; without an entry, nothing."""

    field: BulkField
    entry_id: int | None


def change_many(*, customers: CustomerQuerySet, wish: Wish, by: Actor, now: datetime) -> BulkChange:
    """At most MOST customers, chosen within the rights of whoever does it. Raises UnableToChangeMany when none is different."""
    if wish.entry_id is not None and not _LISTS[wish.field]._default_manager.filter(pk=wish.entry_id).exists():
        raise UnableToChangeMany(_("Choose what they shall have."))
    with transaction.atomic():
        rows = list(customers.select_for_update(of=("self",)).order_by("pk")[:MOST])
        before = _given(rows, wish.field, dict.fromkeys((row.pk for row in rows), wish.entry_id), by=by, now=now)
        if not before:
            raise UnableToChangeMany(_("None of them had to be changed: they have it already, or are not yours to change."))
        return BulkChange.objects.create(
            field=wish.field, entry_id=wish.entry_id, before=before, changed_by=by.user, changed_at=now
        )


def undo_many(*, change: BulkChange, customers: CustomerQuerySet, by: Actor, now: datetime) -> int:
    """Give back what they had to those of `customers` that nobody gave another one since; how many. Raises UnableToChangeMany."""
    with transaction.atomic():
        if not BulkChange.objects.filter(pk=change.pk, undone_at=None).update(undone_at=now):
            raise UnableToChangeMany(_("This change was undone already."))
        field = BulkField(change.field)
        rows = list(customers.filter(pk__in=[int(pk) for pk in change.before]).select_for_update(of=("self",)).order_by("pk"))
        if field in _OPPOSITE:
            wanted: Mapping[int, int | None] = dict.fromkeys((row.pk for row in rows), change.entry_id)
            return len(_given(rows, _OPPOSITE[field], wanted, by=by, now=now))
        rows = [row for row in rows if getattr(row, f"{field}_id") == change.entry_id]
        return len(_given(rows, field, {row.pk: change.before[str(row.pk)] for row in rows}, by=by, now=now))


def _given(
    rows: Iterable[Customer], field: BulkField, wanted: Mapping[int, int | None], *, by: Actor, now: datetime
) -> dict[str, int | None]:
    """Write what differs, with a line for each customer; returns what those had before, by their ids."""
    if field in _OPPOSITE:
        return _labelled(list(rows), field, next(iter(wanted.values()), None), by=by, now=now)
    column = f"{field}_id"
    others = [row for row in rows if getattr(row, column) != wanted[row.pk]]
    before = {str(row.pk): getattr(row, column) for row in others}
    names = _names(_LISTS[field], {*before.values(), *wanted.values()})
    lines = [
        Line(
            action="changed",
            kind="customer",
            record_id=row.pk,
            name=row.name,
            changes={field.value: [names.get(before[str(row.pk)]), names.get(wanted[row.pk])]},
        )
        for row in others
    ]
    for row in others:
        setattr(row, column, wanted[row.pk])
        row.changed_at = now
        row.moved_in_id = None if field is BulkField.INDUSTRY else row.moved_in_id
    Customer.objects.unscoped(_WHY).bulk_update(others, [column, "moved_in", "changed_at"], batch_size=200)
    record_all(lines, by=by, now=now)
    return before


def _labelled(rows: list[Customer], field: BulkField, entry_id: int | None, *, by: Actor, now: datetime) -> dict[str, int | None]:
    """Categories and tags, of which a customer has any number."""
    kind, name = (Category, "categories") if _LISTS[field] is Category else (Tag, "tags")
    through: Any = getattr(Customer, name).through
    column = f"{kind.__name__.lower()}_id"
    has: dict[int, set[int]] = {row.pk: set() for row in rows}
    for customer_id, known in through.objects.filter(customer_id__in=list(has)).values_list("customer_id", column):
        has[customer_id].add(known)
    is_added = field in _ADDING
    others = [row for row in rows if entry_id is not None and (entry_id in has[row.pk]) is not is_added]
    ids = [row.pk for row in others]
    if is_added:
        through.objects.bulk_create(through(**{"customer_id": pk, column: entry_id}) for pk in ids)
    elif entry_id is not None:
        through.objects.filter(**{"customer_id__in": ids, column: entry_id}).delete()
    Customer.objects.unscoped(_WHY).filter(pk__in=ids).update(changed_at=now)
    names = _names(kind, {entry_id, *(known for all_known in has.values() for known in all_known)})
    lines = []
    for row in others:
        after = has[row.pk] ^ {entry_id}
        told = [[names[pk] for pk in names if pk in chosen] for chosen in (has[row.pk], after)]
        lines.append(Line(action="changed", kind="customer", record_id=row.pk, name=row.name, changes={name: told}))
    record_all(lines, by=by, now=now)
    return {str(row.pk): None for row in others}


def _names(kind: type[ListEntry], ids: Iterable[int | None]) -> dict[int | None, str]:
    """In the order of the list."""
    wanted = [pk for pk in ids if pk is not None]
    return {entry.pk: entry.name for entry in kind._default_manager.filter(pk__in=wanted)}
