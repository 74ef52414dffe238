"""Merging: one record takes in up to four others of its kind, with all that hangs on them.

What the others were stays in the ledger for thirty days, so that it can be undone (merging.undoing). Their rows go, so that no
list, no rule and no right has to know of merges; their old addresses lead to the winner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.child_rows import keep_found_true
from mooring.customers.facts import data_of, facts_of
from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import keys_of
from mooring.customers.legal_forms import name_columns
from mooring.customers.models import Customer, CustomerInfo, Lead
from mooring.merging.fields import Field, values_taken
from mooring.merging.ledger import Ledger, rows_of
from mooring.merging.models import Merge, MergeKind
from mooring.merging.tables import FOUND_BY, MADE_ANEW, RECORD_MODELS, TABLES, Record, Table, kind_of_record
from mooring.merging.undoing import forget_old_steps
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_AT_ONCE: Final = 5
"""Records that become one in one go, the winner included."""


class UnableToMerge(Exception):
    """Nothing was merged; the text is fit for the user."""


def merge_records(
    *, winner: Record, losers: Sequence[Record], choices: Mapping[str, int] | None = None, by: Actor, now: datetime
) -> list[Merge]:
    """The winner takes in the others, one after the other; by a person only what they may change, and for the others delete.

    `choices` maps names of fields (merging.fields) to the id of the record whose value is wanted. Raises UnableToMerge.
    """
    kind = kind_of_record(winner)
    ids = [each.pk for each in losers]
    if (
        not 1 <= len(set(ids)) == len(ids) < MOST_AT_ONCE
        or winner.pk in ids
        or any(type(each) is not type(winner) for each in losers)
    ):
        raise UnableToMerge(_("Choose two to five different records of one kind."))
    batch = uuid4()
    with transaction.atomic():
        locked = _locked(kind, [winner.pk, *ids])
        _demand(kind, locked, winner.pk, ids, by.user)
        made = []
        for loser_id in ids:
            merge = Merge(kind=kind, winner_id=winner.pk, loser_id=loser_id, now_id=winner.pk, batch=batch, merged_by=by.user)
            merge.merged_at, merge.winner_name, merge.loser_name = now, locked[winner.pk].name, locked[loser_id].name
            merge.save(force_insert=True)
            made.append(_take_in(merge, locked[loser_id], choices or {}, by=by, now=now))
        forget_old_steps(now)
    return made


def _locked(kind: MergeKind, ids: Sequence[int]) -> dict[int, Any]:
    rows = rows_of(RECORD_MODELS[kind]).select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _demand(kind: MergeKind, locked: Mapping[int, Any], winner_id: int, loser_ids: Sequence[int], user: User | None) -> None:
    """Raises UnableToMerge unless all are there, are active, and the user may do this to them."""
    model = RECORD_MODELS[kind]
    if user is not None:
        kept = model.objects.visible_to(user, Action.CHANGE).filter(pk=winner_id)
        gone = model.objects.visible_to(user, Action.DELETE).filter(pk__in=loser_ids)
        if not kept.exists() or gone.count() < len(loser_ids):
            raise UnableToMerge(_("You may merge only records that you may change, and take in only those that you may delete."))
    if len(locked) < 1 + len(loser_ids):
        raise UnableToMerge(_("One of them is no longer there."))
    for row in locked.values():
        if isinstance(row, Customer) and row.archived_at is not None:
            raise UnableToMerge(_("%(name)s rests in the archive. Restore it first.") % {"name": row.name})
        if isinstance(row, Lead) and row.converted_at is not None:
            raise UnableToMerge(_("%(name)s is a customer already.") % {"name": row.name})


def _take_in(merge: Merge, loser: Record, choices: Mapping[str, int], *, by: Actor, now: datetime) -> Merge:
    """One of them. What the winner already took from others in this go counts as its own."""
    model, kind = RECORD_MODELS[merge.kind], MergeKind(merge.kind)
    winner = rows_of(model).get(pk=merge.winner_id)
    ledger = Ledger(merge)
    held = facts_of(data_of(loser), info_fields() if kind == MergeKind.CUSTOMER else ())
    taken = values_taken(winner, loser, choices)
    for table in TABLES[kind]:
        _move(ledger, table, winner, loser)
    if isinstance(loser, Customer):
        _keep_found(ledger, winner, loser, taken)
    for derived in MADE_ANEW[kind]:
        rows_of(derived).filter(record_id=loser.pk).delete()
    _demand_bare(model, loser)
    ledger.remove(model, [loser.pk])
    told = _change_winner(ledger, winner, taken, now)
    ledger.save()
    keep_found_true(model.objects.unscoped("the merge was allowed").get(pk=winner.pk))
    Merge.objects.filter(kind=kind, now_id=loser.pk, undone_at=None).update(now_id=winner.pk)
    for action, one, other, facts in (("merged_into", loser, winner, held), ("merged", winner, loser, told)):
        changes = {"merged_with": other.name, **facts}
        record(by=by, action=action, kind=kind, record_id=one.pk, name=one.name, changes=changes, now=now)
    return merge


def _move(ledger: Ledger, table: Table, winner: Record, loser: Record) -> None:
    """The loser's rows of one table become the winner's; of two alike one stays."""
    rows = rows_of(table.model).filter(**{table.column: loser.pk}).order_by("pk")
    known = {row.pk: row for row in rows} if table.alike or table.main else dict.fromkeys(rows.values_list("pk", flat=True))
    for theirs, own in _pairs(table, winner, loser, known):
        if table.refuses:
            said = _("%(who)s signs in to the portal with two logins that would become one. Remove one of them first.")
            raise UnableToMerge(said % {"who": own.email})
        stays = _staying(table, own, theirs)
        goes = own if stays is theirs else theirs
        ledger.remove(table.model, [goes.pk])
        _fill(ledger, table, stays, goes)
        if goes is theirs:
            del known[theirs.pk]
    if table.main and rows_of(table.model).filter(**{table.column: winner.pk, table.main: True}).exists():
        main = [pk for pk, row in known.items() if getattr(row, table.main)]
        ledger.change(table.model, main, before={table.main: True}, after={table.main: False})
    ledger.change(table.model, known, before={table.column: loser.pk}, after={table.column: winner.pk})


def _pairs(table: Table, winner: Record, loser: Record, known: Mapping[int, Any]) -> list[tuple[Any, Any]]:
    """Rows of the loser beside those of the winner that say the same."""
    if not table.alike or not known:
        return []
    own = rows_of(table.model).filter(**{table.column: winner.pk})
    if len(table.alike) == 1:
        of_loser = rows_of(table.model).filter(**{table.column: loser.pk}).values(table.alike[0])
        own = own.filter(**{f"{table.alike[0]}__in": of_loser})
    by_what = {_alike(table, row): row for row in own.order_by("-pk")}
    marks = ((row, _alike(table, row)) for row in known.values())
    return [(row, by_what.pop(mark)) for row, mark in marks if any(mark) and mark in by_what]


def _alike(table: Table, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in table.alike)


def _staying(table: Table, own: Any, theirs: Any) -> Any:
    is_gone = table.gone and getattr(own, table.gone) is not None and getattr(theirs, table.gone) is None
    return theirs if is_gone else own


def _fill(ledger: Ledger, table: Table, stays: Any, goes: Any) -> None:
    for name in table.fills:
        if not getattr(stays, name) and getattr(goes, name):
            ledger.change(table.model, [stays.pk], before={name: getattr(stays, name)}, after={name: getattr(goes, name)})


def _keep_found(ledger: Ledger, winner: Customer, loser: Customer, taken: Mapping[Field, Any]) -> None:
    """The winner is found by the additional information that it has now, the loser's rows serving where they fit."""
    info = {**winner.info, **{field.info_id: value for field, value in taken.items() if field.info_id}}
    wanted = {(field.pk, key) for field in info_fields() for key in keys_of(field, info.get(str(field.pk)))}
    rows = list(rows_of(CustomerInfo).filter(record_id__in=(winner.pk, loser.pk)).order_by("pk"))
    own = {(row.field_id, row.key): row.pk for row in rows if row.record_id == winner.pk}
    theirs = {(row.field_id, row.key): row.pk for row in rows if row.record_id == loser.pk}
    moving = [pk for pair, pk in theirs.items() if pair in wanted and pair not in own]
    going = [pk for pair, pk in own.items() if pair not in wanted] + [pk for pk in theirs.values() if pk not in moving]
    ledger.remove(CustomerInfo, going)
    ledger.change(CustomerInfo, moving, before={FOUND_BY.column: loser.pk}, after={FOUND_BY.column: winner.pk})


def _demand_bare(model: type[Any], loser: Record) -> None:
    """A fault of ours and never the user's: rows that nobody moved would go with the loser."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.one_to_many:
            child: Any = relation.related_model
            if rows_of(child).filter(**{relation.field.attname: loser.pk}).exists():
                raise RuntimeError(f"{child._meta.label}.{relation.field.name} is not moved by merging")


def _change_winner(ledger: Ledger, winner: Any, taken: Mapping[Field, Any], now: datetime) -> dict[str, list[Any]]:
    """Each column in a step of its own, so that one that changed since does not keep the others from coming back."""
    model = type(winner)
    before, columns = facts_of(data_of(winner)), {field.name: value for field, value in taken.items() if not field.info_id}
    if "name" in columns:
        columns |= name_columns(model, columns["name"])
    if "industry_id" in columns and winner.moved_in_id is not None:
        columns["moved_in_id"] = None
    info = {field.info_id: value for field, value in taken.items() if field.info_id}
    if info:
        columns["info"] = {key: value for key, value in {**winner.info, **info}.items() if value is not None}
    for name, value in {**columns, "changed_at": now}.items():
        ledger.change(model, [winner.pk], before={name: getattr(winner, name)}, after={name: value})
    after = facts_of(data_of(rows_of(model).get(pk=winner.pk)))
    told = {name.removesuffix("_id") for name in columns}
    return {name: [before.get(name), after.get(name)] for name in sorted(told) if before.get(name) != after.get(name)}
