"""The states of waiting letters: begun, given back, parked, skipped, filed. Every change checks the lease."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from django.db import connection
from django.db.models import F, QuerySet

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import Filed
from mooring.sync.backlog import Waiting
from mooring.sync.leases import Lease
from mooring.sync.models import Item, ItemHint, ItemState
from mooring.users.inserting import insert_rows

KILLED: Final = "killed"
"""Its fetching was begun and never ended."""
NOT_DELIVERED: Final = "not_delivered"
"""The server lists it and does not hand it out."""
UNSTORABLE: Final = "unstorable"
"""The database refused it."""


def begin(lease: Lease, letters: Sequence[Waiting]) -> None:
    """Count an attempt before the letters are fetched."""
    with lease.writing():
        _rows(letters).update(attempts=F("attempts") + 1)


def give_back(lease: Lease, letters: Sequence[Waiting]) -> None:
    """Take the attempt back: what failed was no fault of the letters."""
    with lease.writing():
        _rows(letters).filter(attempts__gt=0).update(attempts=F("attempts") - 1)


def blame(lease: Lease, letters: Sequence[Waiting], error_code: str) -> None:
    """Note what happened while the letters were fetched; each may be the cause."""
    if letters:
        with lease.writing():
            _rows(letters).update(error_code=error_code)


def park(lease: Lease, letters: Sequence[Waiting]) -> None:
    """Letters begun too often are left until a person wants them tried again."""
    if letters:
        with lease.writing():
            _rows(letters).filter(error_code="").update(state=ItemState.FAILED, error_code=KILLED)
            _rows(letters).filter(state=ItemState.LISTED).update(state=ItemState.FAILED)


def fail(letter: Waiting, error_code: str) -> None:
    """One letter cannot be archived. Within the caller's transaction."""
    _rows([letter]).update(state=ItemState.FAILED, error_code=error_code)


def skip(letters: Sequence[Waiting], *, error_code: str = "", hints: Iterable[tuple[int, Collection[int]]] = ()) -> None:
    """Letters that are nobody's are not kept; those archived before stay so. Within the caller's transaction."""
    new = [letter for letter in letters if not letter.is_archived]
    _rows(new).update(state=ItemState.SKIPPED, error_code=error_code, attempts=0)
    _rows([letter for letter in letters if letter.is_archived]).update(state=ItemState.FILED, error_code="", attempts=0)
    ItemHint.objects.filter(item_id__in=any_of([letter.item_id for letter in letters])).delete()
    rows = ((item_id, digest) for item_id, digests in hints for digest in sorted(digests))
    insert_rows(ItemHint, ("item_id", "digest"), rows)


def file(letters: Sequence[Waiting], filed: Sequence[Filed], *, is_partial: bool) -> None:
    """Letters are archived. Within the transaction that stores them."""
    state = ItemState.TOO_LARGE if is_partial else ItemState.FILED
    rows = [(state.value, each.id, letter.item_id) for letter, each in zip(letters, filed, strict=True)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FILE_ALL, [list(values) for values in zip(*rows, strict=True)] or [[], [], []])
        else:
            cursor.executemany(_FILE, rows)


_FILE: Final = "UPDATE sync_item SET state = %s, delivery_id = %s, attempts = 0, error_code = '', gone_at = NULL WHERE id = %s"
"""Django's bulk_update costs ten times as much CPU for the hundred letters of a portion."""
_FILE_ALL: Final = (
    "UPDATE sync_item SET state = filed.state, delivery_id = filed.delivery_id, attempts = 0, error_code = '', gone_at = NULL "
    "FROM unnest(%s::varchar[], %s::bigint[], %s::bigint[]) AS filed (state, delivery_id, item_id) WHERE id = filed.item_id"
)
"""One statement, so that PostgreSQL counts the letters of a portion once."""


def _rows(letters: Sequence[Waiting]) -> QuerySet[Item]:
    return Item.objects.filter(pk__in=any_of([letter.item_id for letter in letters]))
