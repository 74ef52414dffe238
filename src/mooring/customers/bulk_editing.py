"""Many records given the same owner, status, tag or additional information at once, or archived; and given back what they had.

Few are changed while one waits; many by the worker, a portion at a time (customers.bulk_jobs). The rows of a change are the
truth: killed at any moment, it goes on where it stood, and no record is changed twice.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from mooring.customers.bulk_values import COLUMNS, LABELS, MODELS, MOVES, Aspect, aspect_of
from mooring.customers.gathering import to_json
from mooring.customers.models import BulkChange, BulkChangeRow, BulkField, BulkKind, BulkState, InfoField
from mooring.users.journal import Actor, Line, record_all
from mooring.users.models import User
from mooring.users.permissions import Action, Module
from mooring.users.reach import is_owned_within

MOST: Final = 500
"""More than these are the worker's."""
UNDO_LASTS: Final = timedelta(days=30)
OF_KIND: Final[dict[str, tuple[BulkField, ...]]] = {
    BulkKind.CUSTOMER: tuple(field for field in BulkField if field not in MOVES),
    BulkKind.LEAD: (BulkField.SOURCE, BulkField.TAG_ADDED, BulkField.TAG_REMOVED, BulkField.OWNER),
    BulkKind.CONTACT: (BulkField.CATEGORY_ADDED, BulkField.CATEGORY_REMOVED, BulkField.TAG_ADDED, BulkField.TAG_REMOVED),
    BulkKind.PROJECT: (BulkField.TAG_ADDED, BulkField.TAG_REMOVED),
}
"""What can be changed of which kind, besides that customers are archived and restored."""
_MODULE_OF: Final = {
    BulkKind.CUSTOMER: Module.CUSTOMERS,
    BulkKind.LEAD: Module.LEADS,
    BulkKind.CONTACT: Module.CUSTOMERS,
    BulkKind.PROJECT: Module.PROJECTS,
}
_WHY: Final = "these records were chosen within the rights of whoever does it"
_WHY_GIVEN: Final = "whoever gave records away takes them back while they may change what those were before"
_WHY_TOLD: Final = "only whether records exist is told, to say why they were left alone"


class UnableToChangeMany(Exception):
    """Nothing was changed; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What all of them shall have: an entry's or owner's id, a value as customers.info_values keeps it, or None for nothing."""

    field: BulkField
    value: Any
    info_field: InfoField | None = None
    kind: BulkKind = BulkKind.CUSTOMER


def change_many(*, record_ids: Iterable[int], wish: Wish, by: Actor, now: datetime) -> BulkChange:
    """Those among them that `by` may change, no more than one waits for. Raises UnableToChangeMany when the wish makes no sense
    or none is different.
    """
    _demand_sense(wish)
    with transaction.atomic():
        change = BulkChange.objects.create(**_asked(wish, by, now))
        rows = [BulkChangeRow(change=change, record_id=pk) for pk in dict.fromkeys(record_ids)]
        BulkChangeRow.objects.bulk_create(rows, batch_size=500)
        change.total = len(rows)
        change.save(update_fields=["total"])
        carry_out(change, rows, by=by, now=now)
        if not change.changed_count:
            raise UnableToChangeMany(_("None of them had to be changed: they have it already, or are not yours to change."))
    return change


def change_found(*, filters: Any, wish: Wish, by: Actor, now: datetime) -> BulkChange:
    """All that the filters of a list find for `by`, as a job of the worker, who looks for them before anything is changed.

    What is added after `now` is left out; of what is changed meanwhile counts how it is when the worker comes to it. Raises
    UnableToChangeMany when the wish makes no sense.
    """
    _demand_sense(wish)
    return BulkChange.objects.create(**_asked(wish, by, now), found_by=to_json(filters))


def undo_change(*, change: BulkChange, by: Actor, now: datetime) -> BulkChange:
    """Give back what they had to those that nobody changed since, as far as `by` may; of many by the worker.

    Those that were out of the reach of whoever undid it before can be given back by an administrator. Raises
    UnableToChangeMany when it was undone already, still runs, or is too long ago.
    """
    with transaction.atomic():
        stored = BulkChange.objects.select_for_update(of=("self",)).select_related("info_field").get(pk=change.pk)
        if stored.undone_at is not None and (stored.ended_at is None or not stored.out_of_reach_count):
            raise UnableToChangeMany(_("This change was undone already."))
        if stored.ended_at is None:
            raise UnableToChangeMany(_("This change is still being made. Stop it first."))
        if stored.changed_at < now - UNDO_LASTS:
            raise UnableToChangeMany(_("This change is too long ago to be undone."))
        before = stored.given_back_count
        changed = _begin_way_back(stored, by=by, now=now)
        if stored.total <= MOST:
            carry_out(stored, list(changed), by=by, now=now)
            if stored.given_back_count == before:
                raise UnableToChangeMany(_("Nothing was undone: they were changed again since, or are not yours to change."))
    return stored


def forget_in_changes(*, kind: BulkKind, record_ids: Iterable[int]) -> None:
    """Records are erased: what they had before a change goes too."""
    BulkChangeRow.objects.filter(change__kind=kind, record_id__in=list(record_ids)).delete()


def forget_old_changes(now: datetime) -> int:
    """What nobody can undo any more is kept no longer; the journal has its lines."""
    return BulkChange.objects.filter(changed_at__lt=now - UNDO_LASTS).exclude(ended_at=None).delete()[0]


def recent_changes(*, of: User, now: datetime, is_everybodys: bool = False) -> QuerySet[BulkChange]:
    """The changes that a user made lately, or everybody's, newest first."""
    lately = BulkChange.objects.filter(changed_at__gte=now - UNDO_LASTS).select_related("info_field", "changed_by", "undone_by")
    return lately if is_everybodys else lately.filter(changed_by=of)


def is_of_worker(change: BulkChange) -> bool:
    """Whether it is, or was, too much for one request."""
    return change.total > MOST or change.ended_at is None


def left_alone(change: BulkChange) -> int:
    """How many did not get what they should; those that had it already did."""
    left = (BulkState.NOT_YOURS, BulkState.GONE, BulkState.WISH_GONE)
    return BulkChangeRow.objects.filter(change=change, state__in=left).count()


def outlook(*, change: BulkChange, rows: Sequence[BulkChangeRow], reader: User) -> dict[int, BulkState]:
    """How undoing would leave those of `rows` that are changed, by the id of the record."""
    changed = [row for row in rows if row.state in (BulkState.CHANGED, BulkState.OUT_OF_REACH)]
    return _verdicts(change, changed, list(_way_back(change, changed, reader)))


def present_values(*, change: BulkChange, record_ids: Sequence[int]) -> list[Any]:
    """What records, chosen within the reader's rights, have of the thing that the change is about."""
    records = list(MODELS[change.kind].objects.unscoped(_WHY).filter(pk__in=record_ids))
    return list(aspect_of(change).read(records).values())


def action_for(field: str) -> Action:
    """What somebody has to be allowed to do with records to change this of them, and back."""
    return Action.DELETE if field in MOVES else Action.CHANGE


def _begin_way_back(stored: BulkChange, *, by: Actor, now: datetime) -> QuerySet[BulkChangeRow]:
    """The rows to be given back; what had not been changed yet never will be."""
    rows = BulkChangeRow.objects.filter(change=stored)
    rows.filter(state=BulkState.WAITING).delete()
    rows.filter(state=BulkState.OUT_OF_REACH).update(state=BulkState.CHANGED)
    changed = rows.filter(state=BulkState.CHANGED)
    stored.undone_at, stored.undone_by, stored.address = now, by.user, by.address
    stored.is_by_program = by.user is None
    stored.ended_at, stored.is_stopped, stored.done, stored.total = None, False, 0, changed.count()
    stored.out_of_reach_count, stored.failure_count, stored.broke_with = 0, 0, ""
    stored.save()
    return changed


def _asked(wish: Wish, by: Actor, now: datetime) -> dict[str, Any]:
    """The columns of a change that say what was asked for, and by whom."""
    asked = {"kind": wish.kind, "field": wish.field, "info_field": wish.info_field, "value": wish.value}
    return {**asked, "changed_by": by.user, "is_by_program": by.user is None, "address": by.address, "changed_at": now}


def _demand_sense(wish: Wish) -> None:
    """Raises UnableToChangeMany."""
    known = wish.field in OF_KIND[wish.kind] or (wish.field in MOVES and wish.kind == BulkKind.CUSTOMER)
    if wish.field in COLUMNS or wish.field in LABELS:
        kind = COLUMNS.get(wish.field) or LABELS[wish.field]
        is_there = wish.value is not None and kind._default_manager.filter(pk=wish.value).exists()
        known = known and (is_there or (wish.value is None and wish.field in COLUMNS))
    elif wish.field == BulkField.INFO:
        known = known and wish.info_field is not None and wish.info_field.retired_at is None
        if wish.info_field is not None and wish.value is None and wish.info_field.is_required:
            raise UnableToChangeMany(_("“%(field)s” has to be filled in.") % {"field": wish.info_field.name})
    if not known:
        raise UnableToChangeMany(_("Choose what they shall have."))


def carry_out(change: BulkChange, rows: list[BulkChangeRow], *, by: Actor, now: datetime) -> None:
    """A portion of the change, or of its undoing; within the caller's transaction."""
    wanted = (_way_back if change.undone_at else _wanted)(change, rows, by.user)
    records = list(wanted.select_for_update(of=("self",)).order_by("pk"))
    carry = _given_back if change.undone_at else _given
    count = carry(rows, records, change, by, now)
    BulkChangeRow.objects.bulk_update(rows, ["state", "before"], batch_size=200)
    counted = "given_back_count" if change.undone_at else "changed_count"
    left = BulkState.CHANGED if change.undone_at else BulkState.WAITING
    is_over = not BulkChangeRow.objects.filter(change=change, state=left).exists()
    values: dict[str, Any] = {"done": F("done") + len(rows), counted: F(counted) + count, "ended_at": now if is_over else None}
    out_of_reach = sum(row.state == BulkState.OUT_OF_REACH for row in rows)
    values |= {"out_of_reach_count": F("out_of_reach_count") + out_of_reach, "failure_count": 0, "retry_at": None}
    BulkChange.objects.filter(pk=change.pk).update(**values)
    change.refresh_from_db(fields=list(values))


def _given(rows: list[BulkChangeRow], records: list[Any], change: BulkChange, by: Actor, now: datetime) -> int:
    """Those that differ get what is wanted; each row learns how it fared and what was there before."""
    aspect = aspect_of(change)
    if not aspect.exists([aspect.wanted]):
        for row in rows:
            row.state = BulkState.WISH_GONE
        return 0
    has = aspect.read(records)
    hidden = _still_there(change, rows, has)
    for row in rows:
        row.before = has.get(row.record_id)
        if row.record_id not in has:
            row.state = BulkState.NOT_YOURS if row.record_id in hidden else BulkState.GONE
        else:
            row.state = BulkState.SAME if aspect.is_wanted(row.before) else BulkState.CHANGED
    others = [record for record in records if not aspect.is_wanted(has[record.pk])]
    _write(aspect, change, others, {record.pk: aspect.wanted for record in others}, by, now)
    return len(others)


def _given_back(rows: list[BulkChangeRow], records: list[Any], change: BulkChange, by: Actor, now: datetime) -> int:
    aspect, verdicts = aspect_of(change), _verdicts(change, rows, records)
    before = {row.record_id: row.before for row in rows if verdicts[row.record_id] == BulkState.GIVEN_BACK}
    for row in rows:
        row.state = verdicts[row.record_id]
    _write(aspect, change, [record for record in records if record.pk in before], before, by, now)
    return len(before)


def _verdicts(change: BulkChange, rows: Sequence[BulkChangeRow], records: Sequence[Any]) -> dict[int, BulkState]:
    """What undoing comes to for each, by the id of the record."""
    aspect = aspect_of(change)
    has, found = aspect.read(records), aspect.exists(row.before for row in rows)
    hidden = _still_there(change, rows, has)
    verdicts = {}
    for at, row in enumerate(rows):
        if row.record_id not in has:
            verdicts[row.record_id] = BulkState.OUT_OF_REACH if row.record_id in hidden else BulkState.GONE
        elif has[row.record_id] != aspect.wanted:
            verdicts[row.record_id] = BulkState.OVERWRITTEN
        else:
            verdicts[row.record_id] = BulkState.GIVEN_BACK if at in found else BulkState.VALUE_GONE
    return verdicts


def _write(aspect: Aspect, change: BulkChange, records: list[Any], values: dict[int, Any], by: Actor, now: datetime) -> None:
    changes = aspect.write(records, values, now)
    lines = [
        Line(
            action=_action(change, values[record.pk]),
            kind=change.kind,
            record_id=record.pk,
            name=record.name,
            changes=changes[record.pk],
        )
        for record in records
    ]
    record_all(lines, by=by, now=now)


def _action(change: BulkChange, value: Any) -> str:
    """The journal's word for it."""
    if change.field not in MOVES:
        return "changed"
    return "archived" if value else "restored"


def _still_there(change: BulkChange, rows: Sequence[BulkChangeRow], has: Container[int]) -> set[int]:
    """Of those that were not found within somebody's rights, the ids of the records that exist."""
    missing = [row.record_id for row in rows if row.record_id not in has]
    if not missing:
        return set()
    return set(MODELS[change.kind].objects.unscoped(_WHY_TOLD).filter(pk__in=missing).values_list("pk", flat=True))


def _way_back(change: BulkChange, rows: Iterable[BulkChangeRow], user: User | None) -> Any:
    """Those of `rows` that the user may give back: those they may change, and what they gave away and could change before."""
    within = _wanted(change, rows, user)
    if user is None or user != change.changed_by or change.field != BulkField.OWNER:
        return within
    module = _MODULE_OF[BulkKind(change.kind)]
    given = [row.record_id for row in rows if is_owned_within(row.before, user, module, Action.CHANGE)]
    return MODELS[change.kind].objects.unscoped(_WHY_GIVEN).filter(Q(pk__in=given) | Q(pk__in=within.order_by().values("pk")))


def _wanted(change: BulkChange, rows: Iterable[BulkChangeRow], user: User | None) -> Any:
    """Those of `rows` that the user may change so: all, where the program itself asked; none, where whoever asked is gone."""
    records, ids = MODELS[change.kind].objects, [row.record_id for row in rows]
    if user is not None:
        return records.visible_to(user, action_for(change.field)).filter(pk__in=ids)
    return records.unscoped(_WHY).filter(pk__in=ids if change.is_by_program else ())
