"""Undoing a merge for thirty days: the other record is back with all that it had; what came to the winner since stays there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _

from mooring.customers.child_rows import keep_found_true
from mooring.letters.linking import keep_linked_true
from mooring.letters.models import Link
from mooring.merging.ledger import rows_of, take_back
from mooring.merging.models import Merge, MergeStep
from mooring.merging.tables import RECORD_MODELS, Record, words_of_table
from mooring.users.journal import Actor, record
from mooring.users.permissions import Action

KEPT_FOR: Final = timedelta(days=30)


class UnableToUndoMerge(Exception):
    """Nothing was undone; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Undone:
    """`left` says in words what was not put back because it changed since; empty where all was."""

    record: Record
    left: str


def undo_merge(*, merge: Merge, by: Actor, now: datetime) -> Undone:
    """Raises UnableToUndoMerge."""
    with transaction.atomic():
        held = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
        winner = _winner(held, by, now)
        left = take_back(held.steps.all())
        back = RECORD_MODELS[held.kind].objects.unscoped("the undo was allowed").filter(pk=held.loser_id).first()
        if back is None:
            raise UnableToUndoMerge(_("What was taken in cannot be brought back any more."))
        _see_to_letters(held)
        held.undone_at = now
        held.save(update_fields=["undone_at"])
        _return_older(held)
        for each in (winner, back):
            keep_found_true(rows_of(type(each)).get(pk=each.pk))
        told = {"merged_with": winner.name} | ({"left_behind": _in_words(left)} if left else {})
        record(by=by, action="merge_undone", kind=held.kind, record_id=back.pk, name=back.name, changes=told, now=now)
        told = {"merged_with": back.name}
        record(by=by, action="merge_undone", kind=held.kind, record_id=winner.pk, name=winner.name, changes=told, now=now)
    return Undone(back, _in_words(left))


def forget_merges(*, kind: str, record_id: int) -> None:
    """A record is erased: what other records were that it had taken in goes too."""
    Merge.objects.filter(kind=kind, now_id=record_id).delete()


def forget_old_steps(now: datetime) -> int:
    """After thirty days a merge stands for good, and what the other record held is kept no longer."""
    return MergeStep.objects.filter(merge__merged_at__lt=now - KEPT_FOR).delete()[0]


def may_be_undone(merge: Merge, now: datetime) -> bool:
    """Whether it is young enough, was not undone, and nobody took the winner in since."""
    return merge.undone_at is None and merge.merged_at > now - KEPT_FOR and merge.now_id == merge.winner_id


def _winner(held: Merge, by: Actor, now: datetime) -> Any:
    if held.undone_at is not None:
        raise UnableToUndoMerge(_("This merge was undone already."))
    if held.merged_at <= now - KEPT_FOR:
        raise UnableToUndoMerge(_("A merge can be undone for thirty days."))
    if held.now_id != held.winner_id:
        raise UnableToUndoMerge(_("%(name)s was merged itself since. Undo that first.") % {"name": held.winner_name})
    model = RECORD_MODELS[held.kind]
    rows = model.objects.unscoped("the undo was allowed") if by.user is None else model.objects.visible_to(by.user, Action.CHANGE)
    winner = rows.select_for_update(of=("self",)).filter(pk=held.winner_id).first()
    if winner is None:
        raise UnableToUndoMerge(_("You may undo only merges of records that you may change."))
    return winner


def _see_to_letters(held: Merge) -> None:
    """A letter whose link came back is linked, whatever became of the other link meanwhile."""
    steps = held.steps.filter(table=Link._meta.label)
    keep_linked_true({row["letter_id"] for step in steps for row in step.removed})


def _return_older(held: Merge) -> None:
    """What the loser had taken in before is with it again."""
    ids = {held.loser_id}
    while ids:
        older = Merge.objects.filter(kind=held.kind, winner_id__in=ids, undone_at=None)
        ids = set(older.values_list("loser_id", flat=True))
        older.update(now_id=held.loser_id)


def _in_words(left: Counter[str]) -> str:
    return ", ".join(str(format_lazy("{}: {}", words_of_table(table), count)) for table, count in sorted(left.items()))
