"""Erasing letters for good: their rows at once, their bytes a little later, when nobody can be storing them any more.

The rows of what is to be overwritten are written in the transaction that erases, so that a kill loses none. Bytes that another
letter or a letter on its way out needs are left alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from mooring.letters.contents import remove_contents
from mooring.letters.models import DoomedOriginal, Letter, Original, OutgoingLetter
from mooring.letters.originals import KeptOriginal, Originals

GRACE: Final = timedelta(minutes=10)
"""A worker that found the bytes known before they were doomed has stored its letter by then."""
_AT_ONCE: Final = 200
_WHY: Final = "letters are erased, whoever might have read them"


def erase_letters(*, letter_ids: Collection[int], now: datetime) -> int:
    """Take these letters out for good, with what was written of them here. Within the caller's transaction. Returns how many."""
    count = 0
    ids = sorted(letter_ids)
    for start in range(0, len(ids), _AT_ONCE):
        count += _erase(ids[start : start + _AT_ONCE], now)
    return count


def _erase(ids: list[int], now: datetime) -> int:
    letters = list(Letter.objects.unscoped(_WHY).filter(pk__in=ids))
    sent = OutgoingLetter.objects.unscoped(_WHY).filter(letter__in=ids)
    originals = {letter.original_id for letter in letters}
    originals.update(pk for pk in sent.values_list("original_id", flat=True) if pk is not None)
    for letter in letters:
        remove_contents(letter)
    sent.delete()
    Letter.objects.unscoped(_WHY).filter(pk__in=ids).delete()
    _doom(originals, now)
    return len(letters)


def _doom(original_ids: set[int], now: datetime) -> None:
    """Those that no row needs any more."""
    needed = set(Letter.objects.unscoped(_WHY).filter(original__in=original_ids).values_list("original_id", flat=True))
    queued = OutgoingLetter.objects.unscoped(_WHY).filter(original__in=original_ids)
    needed.update(pk for pk in queued.values_list("original_id", flat=True) if pk is not None)
    gone = Original.objects.filter(pk__in=original_ids - needed)
    DoomedOriginal.objects.bulk_create(
        DoomedOriginal(
            sha256=row.sha256,
            size=row.size,
            pack=row.pack,
            offset=row.offset,
            stored_size=row.stored_size,
            doomed_at=now,
        )
        for row in gone
    )
    gone.delete()


def overwrite_doomed(*, originals: Originals, now: datetime) -> int:
    """Overwrite what was doomed more than ten minutes ago; the worker does this. Returns how many records went."""
    count = 0
    for row in DoomedOriginal.objects.filter(doomed_at__lte=now - GRACE)[:_AT_ONCE]:
        with transaction.atomic():
            is_needed = Original.objects.filter(pack=row.pack, offset=row.offset).exists()
            if not is_needed:
                originals.erase(KeptOriginal(row.sha256, row.size, row.pack, row.offset, row.stored_size))
                count += 1
            row.delete()
    return count
