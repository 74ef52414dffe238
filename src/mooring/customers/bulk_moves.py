"""Moving many customers to the archive, or back, as a job: begun by a person, carried on by the worker, stopped at any time.

The rows of a job are the truth: killed at any moment, it goes on where it stood, and no customer is moved twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mooring.customers.archiving import UnableToArchive, archive_customers, restore_customers
from mooring.customers.models import BulkMove, BulkMoveItem, BulkMoveKind, Customer
from mooring.users.journal import Actor
from mooring.users.permissions import Action

PORTION: Final = 250
"""So many at once, so that nobody waits long for a lock."""
_WHY: Final = "these customers were chosen within the rights of whoever does it"


def begin_move(*, kind: BulkMoveKind, customer_ids: Iterable[int], by: Actor, now: datetime) -> BulkMove:
    """Write down what is to be moved. Raises UnableToArchive when that is nothing."""
    with transaction.atomic():
        move = BulkMove.objects.create(kind=kind, started_by=by.user, address=by.address, started_at=now)
        items = [BulkMoveItem(move=move, customer_id=pk) for pk in dict.fromkeys(customer_ids)]
        if not items:
            raise UnableToArchive(_("There is no customer to be moved."))
        BulkMoveItem.objects.bulk_create(items, batch_size=500)
        move.total = len(items)
        move.save(update_fields=["total"])
    return move


def stop_move(*, move: BulkMove, now: datetime) -> None:
    """End it where it stands. Those that were moved stay moved, each with its line in the journal."""
    with transaction.atomic():
        if BulkMove.objects.filter(pk=move.pk, ended_at=None).update(ended_at=now, is_stopped=True):
            BulkMoveItem.objects.filter(move=move).delete()


def carry_on_moves(*, now: datetime) -> int:
    """One portion of the oldest job; returns how many customers were dealt with, 0 where there is no job.

    A job whose last customers are gone meanwhile ends and counts as one. Two workers at once do not both do it.
    """
    with transaction.atomic():
        move = BulkMove.objects.select_for_update(skip_locked=_can_skip()).filter(ended_at=None).order_by("pk").first()
        if move is None:
            return 0
        items = list(BulkMoveItem.objects.filter(move=move).order_by("pk")[:PORTION])
        _move(move, [item.customer_id for item in items], now)
        BulkMoveItem.objects.filter(pk__in=[item.pk for item in items]).delete()
        is_over = not BulkMoveItem.objects.filter(move=move).exists()
        BulkMove.objects.filter(pk=move.pk).update(done=F("done") + len(items), ended_at=now if is_over else None)
    return max(len(items), 1)


def _move(move: BulkMove, ids: list[int], now: datetime) -> None:
    """As far as whoever began it may still do it; those moved meanwhile are left as they are."""
    customers = Customer.objects.unscoped(_WHY)
    if move.started_by is not None:
        customers = Customer.objects.visible_to(move.started_by, Action.DELETE)
    by = Actor(move.started_by, "worker", move.address)
    deed = archive_customers if move.kind == BulkMoveKind.ARCHIVE else restore_customers
    try:
        deed(customers=customers.filter(pk__in=ids), by=by, now=now)
    except UnableToArchive:
        return


def _can_skip() -> bool:
    return bool(transaction.get_connection().features.has_select_for_update_skip_locked)
