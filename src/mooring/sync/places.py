"""What becomes of archived letters on the server: flagged there, missed, found elsewhere, come back.

The archived letter always stays; only its delivery changes. Everything runs within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat, Left

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import Filed, is_flagged_seen
from mooring.letters.models import Delivery, Folder, Letter
from mooring.mail.types import FlagChange
from mooring.sync.models import Item, ItemHint, ItemState

GRACE: Final = timedelta(hours=1)
"""So long a letter missed in one folder may turn up in another before it is called gone."""
CHUNK: Final = 500
_WHY: Final = "places on a server are followed whoever may read the letters"

Entry = TypeVar("Entry")


def chunks(values: Iterable[Entry]) -> Iterable[list[Entry]]:
    """Portions small enough for one statement on every database."""
    listed = list(values)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))


def apply_flags(folder_id: int, epoch: str, changes: Sequence[FlagChange]) -> None:
    """Write the flags that letters have now, where they differ from those known."""
    for part in chunks(changes):
        wanted = {change.server_id: sorted(change.flags) for change in part}
        items = Item.objects.filter(folder_id=folder_id, epoch=epoch, server_id__in=wanted)
        changed = [item for item in items.only("server_id", "flags", "delivery_id") if item.flags != wanted[item.server_id]]
        for item in changed:
            item.flags = wanted[item.server_id]
        Item.objects.bulk_update(changed, ["flags"])
        _flag_deliveries({item.delivery_id: item.flags for item in changed if item.delivery_id})


def _flag_deliveries(flags: dict[int, list[str]]) -> None:
    """Who reads or unreads a letter with another program does so here, too; other flags leave what was marked here."""
    deliveries = list(Delivery.objects.filter(pk__in=list(flags)).only("flags", "is_seen", "is_unread"))
    for delivery in deliveries:
        delivery.flags = flags[delivery.pk]
        is_seen = is_flagged_seen(delivery.flags)
        if is_seen is not delivery.is_seen:
            delivery.is_seen, delivery.is_unread = is_seen, not is_seen
    Delivery.objects.bulk_update(deliveries, ["flags", "is_seen", "is_unread"])


def miss(folder_id: int, epoch: str, server_ids: Iterable[str], *, now: datetime) -> None:
    """Letters are not in the folder any more. Archived ones may still turn up elsewhere; of the others nothing is kept."""
    for part in chunks(server_ids):
        items = Item.objects.filter(folder_id=folder_id, epoch=epoch, server_id__in=part)
        _miss(items, now)


def miss_folder(folder_ids: Iterable[int], *, now: datetime, except_epoch: str = "") -> None:
    """The same for all letters of folders; with `except_epoch`, of those numbered otherwise."""
    items = Item.objects.filter(folder_id__in=list(folder_ids))
    _miss(items.exclude(epoch=except_epoch) if except_epoch else items, now)


def _miss(items: QuerySet[Item], now: datetime) -> None:
    forgotten = items.filter(delivery=None)
    ItemHint.objects.filter(item__in=forgotten.values("pk")).delete()
    forgotten.delete()
    items.exclude(state=ItemState.GONE).update(state=ItemState.GONE, gone_at=now)


def declare_gone(account_id: int, *, now: datetime) -> None:
    """Deliveries that were missed and turned up nowhere else for the time of grace are gone."""
    missed = Item.objects.filter(folder__account_id=account_id, gone_at__lte=now - GRACE)
    for part in chunks(missed.values_list("pk", "delivery_id", "gone_at")):
        gone = [Delivery(pk=delivery_id, gone_since=gone_at) for _pk, delivery_id, gone_at in part if delivery_id]
        Delivery.objects.bulk_update(gone, ["gone_since"])
        Item.objects.filter(pk__in=[pk for pk, _delivery, _gone in part]).update(gone_at=None)


def bring_back(items: Sequence[Item]) -> None:
    """Letters that were missed are in their place again."""
    for part in chunks([item for item in items if item.state == ItemState.GONE]):
        Item.objects.filter(pk__in=[item.pk for item in part]).update(state=ItemState.FILED, gone_at=None)
        Delivery.objects.filter(pk__in=[item.delivery_id for item in part]).update(gone_since=None)


def bind(found: Item, *, missed: Item, folder: Folder) -> None:
    """A letter missed at one place is the one found at another: its delivery moves there, with all that people did to it."""
    delivery = missed.delivery
    assert delivery is not None
    Item.objects.filter(pk=missed.pk).delete()
    is_seen = is_flagged_seen(found.flags)
    Delivery.objects.filter(pk=delivery.pk).update(
        folder=folder,
        folder_path=folder.path,
        epoch=found.epoch,
        server_id=found.server_id,
        received_at=found.received_at,
        flags=found.flags,
        is_seen=is_seen,
        is_unread=delivery.is_unread if delivery.is_seen is is_seen else not is_seen,
        gone_since=None,
    )
    state = ItemState.TOO_LARGE if delivery.letter.is_partial else ItemState.FILED
    seen_at = missed.first_seen_at or found.first_seen_at
    Item.objects.filter(pk=found.pk).update(state=state, delivery=delivery, attempts=0, error_code="", first_seen_at=seen_at)


def settle_moves(account_id: int, places: Sequence[Filed]) -> None:
    """Letters just stored that were missed elsewhere in the account have moved. What was marked there stays: private, read,
    done, deleted."""
    stored = {filed.letter_id: filed.id for filed in places}
    missed = Item.objects.filter(
        gone_at__isnull=False, delivery__account_id=account_id, delivery__letter_id__in=any_of(stored)
    ).select_related("delivery")
    for item in missed:
        old = item.delivery
        assert old is not None
        if stored[old.letter_id] == old.pk:
            continue
        new = Delivery.objects.get(pk=stored[old.letter_id])
        Delivery.objects.filter(pk=new.pk).update(
            is_private=old.is_private or new.is_private,
            made_private_at=old.made_private_at,
            is_unread=old.is_unread if old.is_seen is new.is_seen else new.is_unread,
            done_at=old.done_at,
            binned_at=old.binned_at,
        )
        if item.first_seen_at is not None:
            Item.objects.filter(delivery=new, first_seen_at__gt=item.first_seen_at).update(first_seen_at=item.first_seen_at)
        old.delete()
        _note_privacy(old.letter_id)
        Item.objects.filter(pk=item.pk).delete()


def _note_privacy(letter_id: int) -> None:
    is_open = Delivery.objects.filter(letter_id=letter_id, is_private=False).exists()
    Letter.objects.unscoped(_WHY).filter(pk=letter_id).update(is_private=not is_open)


def retire_epoch(folder_id: int, epoch: str) -> None:
    """Rows of an earlier life of the folder under the same number make room for the new one."""
    for rows in (Item.objects.filter(folder_id=folder_id), Delivery.objects.filter(folder_id=folder_id)):
        _retire(rows.filter(epoch=epoch))


def retire_items(items: Sequence[Item], *, now: datetime) -> None:
    """Other letters stand under the ids of these now: a server that numbers badly. At most CHUNK of them."""
    _retire(Delivery.objects.filter(pk__in=[item.delivery_id for item in items if item.delivery_id]))
    rows = Item.objects.filter(pk__in=[item.pk for item in items])
    _miss(rows, now)
    _retire(rows)


def _retire(rows: QuerySet[Any]) -> None:
    rows.update(epoch=Left(Concat(F("epoch"), Value("~"), Cast("pk", CharField())), 100))
