"""Finding records that may be one, over the whole base: an index is walked portion by portion, never all of it at once.

A page costs the same whatever the size of the base: it looks at a bounded number of keys and says where it stopped, by the id of
a row, so that no address tells a key that its reader may not see. Only records within the reader's rights are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from mooring.customers.duplicates import Reason
from mooring.customers.models import Customer, CustomerDomain, EmailAddress, Lead, Phone
from mooring.customers.value_lists import any_of
from mooring.merging.models import Different, MergeKind
from mooring.merging.tables import RECORD_MODELS, Record
from mooring.users.models import User
from mooring.users.scoping import has_any

PAGE_SIZE: Final = 20
MOST_IN_A_GROUP: Final = 10
"""Records shown of one group; after these were merged or told apart the others follow."""
PORTION: Final = 10_000
"""Keys looked at in one step: measured by `./run bench pages --only duplicates`."""
_MOST_PORTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Records that share `key`, two at least, all of them seen by the reader."""

    reason: Reason
    key: str
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of groups; `after` is where the next page begins, None at the end of the base."""

    groups: list[Group]
    after: int | None


@dataclass(frozen=True, slots=True)
class _Keys:
    """Where the keys of a reason lie, and which column names the record."""

    rows: QuerySet[Any]
    key: str
    record: str


def reasons_of(kind: MergeKind) -> list[Reason]:
    """Why records of this kind may be one, strongest first."""
    domains = [Reason.SAME_DOMAIN] if kind == MergeKind.CUSTOMER else []
    return [Reason.SAME_EMAIL, *domains, Reason.SAME_PHONE, Reason.SAME_NAME]


def find_groups(*, kind: MergeKind, reason: Reason, reader: User, after: int | None = None) -> Found:
    """The next groups behind a place. At most four portions are looked at; fewer where enough was found."""
    keys = _keys(kind, reason)
    start = _key_of(keys, after)
    groups: list[Group] = []
    for _portion in range(_MOST_PORTIONS):
        end = _end_of_portion(keys, start)
        shared = _shared(keys, start, end)
        groups += _groups(kind, reason, keys, list(shared), reader)
        if len(shared) == PAGE_SIZE:
            last = list(shared)[-1]
            return Found(groups, shared[last])
        if end is None:
            return Found(groups, None)
        start, after = end
        if groups:
            break
    return Found(groups, after)


def _keys(kind: MergeKind, reason: Reason) -> _Keys:
    owner = f"{kind.value}_id"
    if reason is Reason.SAME_EMAIL:
        return _Keys(EmailAddress.objects.all(), "key", owner)
    if reason is Reason.SAME_PHONE:
        return _Keys(Phone.objects.all(), "key", owner)
    if reason is Reason.SAME_DOMAIN:
        return _Keys(CustomerDomain.objects.all(), "domain", owner)
    return _Keys(RECORD_MODELS[kind]._base_manager.all(), "twin_key", "pk")


def _key_of(keys: _Keys, row_id: int | None) -> str:
    """The key of the row where a page begins; the beginning where that row is gone."""
    return (row_id and keys.rows.filter(pk=row_id).values_list(keys.key, flat=True).first()) or ""


def _end_of_portion(keys: _Keys, start: str) -> tuple[str, int] | None:
    """The last key of the next portion and its row, None where less than a portion is left."""
    rows = keys.rows.order_by(keys.key).filter(**{f"{keys.key}__gt": start}).values_list(keys.key, "pk")
    return next(iter(rows[PORTION : PORTION + 1]), None)


def _shared(keys: _Keys, start: str, end: tuple[str, int] | None) -> dict[str, int]:
    """The first keys of the portion that several records have, in order, each with a row that has it."""
    until = Q(**{f"{keys.key}__lte": end[0]}) if end else Q()
    rows = keys.rows.filter(until, **{f"{keys.key}__gt": start, f"{keys.record}__isnull": False})
    counted = rows.order_by(keys.key).values(keys.key).annotate(several=Count(keys.record, distinct=True), row=Min("pk"))
    return dict(counted.filter(several__gt=1).values_list(keys.key, "row")[:PAGE_SIZE])


def _groups(kind: MergeKind, reason: Reason, keys: _Keys, shared: Collection[str], reader: User) -> list[Group]:
    if not shared:
        return []
    model = RECORD_MODELS[kind]
    of_key = _members(keys, shared, seen_by(kind, reader))
    records = {row.pk: row for row in _shown(model, {pk for ids in of_key.values() for pk in ids}, reader)}
    different = _different(kind, records)
    groups = []
    for key in shared:
        ids = [pk for pk in of_key[key] if pk in records]
        left = [pk for pk in ids if any(pk != other and frozenset((pk, other)) not in different for other in ids)]
        if len(left) > 1:
            groups.append(Group(reason, key, [records[pk] for pk in left]))
    return groups


def seen_by(kind: MergeKind, reader: User) -> QuerySet[Any]:
    """Records that the reader may see and that can be merged: not those in the archive."""
    rows: QuerySet[Any] = RECORD_MODELS[kind].objects.visible_to(reader)
    return rows.filter(archived_at=None) if kind == MergeKind.CUSTOMER else rows


def _members(keys: _Keys, shared: Collection[str], seen: QuerySet[Any]) -> dict[str, list[int]]:
    """Of each key the first records that the reader sees."""
    place = Window(RowNumber(), partition_by=keys.key, order_by=keys.record)
    rows = keys.rows.filter(
        has_any(seen.filter(pk=OuterRef(keys.record))), **{f"{keys.key}__in": any_of(shared), f"{keys.record}__isnull": False}
    )
    found: dict[str, list[int]] = defaultdict(list)
    numbered = rows.annotate(place=place).filter(place__lte=MOST_IN_A_GROUP).order_by(keys.key, keys.record)
    for key, pk in numbered.values_list(keys.key, keys.record):
        if pk not in found[key]:
            found[key].append(pk)
    return found


def _shown(model: Any, ids: Iterable[int], reader: User) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.visible_to(reader).filter(pk__in=any_of(set(ids))).prefetch_related("emails", "phones")
    return rows.select_related("owner") if model in (Customer, Lead) else rows


def _different(kind: MergeKind, ids: Collection[int]) -> set[frozenset[int]]:
    pairs = Different.objects.filter(kind=kind, low_id__in=any_of(ids), high_id__in=any_of(ids))
    return {frozenset(pair) for pair in pairs.values_list("low_id", "high_id")}
