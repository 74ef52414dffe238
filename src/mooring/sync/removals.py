"""Which letters are to leave the server, by the delivery options of their account; the rows that say so, and their numbers.

A letter is removed when the first of these comes: it was deleted here, it was first seen so many days ago by our own clock, it is
archived and no copy is to stay. Whatever the options say, only a letter that is archived whole is ever removed: one that failed,
is too large, still waits, or was not kept because it belongs to nobody stays, and so does one that is decided about anew. Days
count from when the letter was first seen, also while it belonged to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from mooring.letters.models import MailAccount
from mooring.sync.models import FolderState, Item, ItemState, Removal, RemovalReason

MOST_PLANNED: Final = 2_000
"""So many rows are written in one transaction; more follow with the next visit."""
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(days=1)
STUBBORN: Final = 3
"""After so many tries a person is told."""


@dataclass(frozen=True, slots=True)
class RemovalNumbers:
    """How it goes with the removing from one account's server."""

    waiting: int = 0
    stubborn: int = 0
    """Those of them that the server did not remove in spite of several tries."""
    error_code: str = ""


NONE: Final = RemovalNumbers()


def is_wanted(account: MailAccount) -> bool:
    """Whether the options of the account remove anything, or did and left rows behind."""
    has_options = not account.leaves_copy or account.removes_after_days is not None or account.removes_when_deleted
    return has_options or Removal.objects.filter(account=account, done_at=None).exists()


def plan(account: MailAccount, *, now: datetime) -> None:
    """Bring the rows of an account up to date with its options and its letters. Within the caller's transaction."""
    rows = Removal.objects.filter(account=account)
    rows.filter(done_at__isnull=False).exclude(item__state=ItemState.GONE).delete()  # it came back: a restored server
    rows.filter(done_at=None, item__state=ItemState.GONE).update(done_at=now)
    reasons = list(_reasons(account, now))
    pending = rows.filter(done_at=None)
    pending.exclude(item__in=_wanted(account, [condition for _reason, condition in reasons])).delete()
    for reason, condition in reasons:
        new = _archived(account).filter(condition, ~Exists(Removal.objects.filter(item=OuterRef("pk"))))
        chosen = new.order_by("pk").select_related("delivery")[:MOST_PLANNED]
        Removal.objects.bulk_create(_row(item, reason, account, now) for item in chosen)


def due(account: MailAccount, *, now: datetime, count: int) -> list[Removal]:
    """The rows to carry out now, longest due first, with all that is needed to prove that the letters are safe."""
    rows = Removal.objects.filter(
        account=account, item__in=_archived(account), done_at=None, due_at__lte=now, next_try_at__lte=now
    )
    related = ("item__folder", "item__delivery__letter__original")
    return list(rows.select_related(*related).order_by("due_at", "pk")[:count])


def begin(removals: Collection[Removal], *, now: datetime) -> None:
    """Count a try before the server is told. Within the caller's transaction."""
    for removal in removals:
        removal.next_try_at = now + min(FIRST_WAIT * 2 ** min(removal.attempts, 10), LONGEST_WAIT)
        removal.attempts += 1
    Removal.objects.bulk_update(removals, ["attempts", "next_try_at"])


def fail(removals: Collection[Removal], error_code: str) -> None:
    """Note why letters are still there. Within the caller's transaction."""
    Removal.objects.filter(pk__in=[removal.pk for removal in removals]).update(error_code=error_code)


def finish(item_ids: Iterable[int], *, now: datetime) -> None:
    """The server has removed these. Their deliveries stay as they are: the letters are still shown. Within the transaction."""
    ids = list(item_ids)
    Item.objects.filter(pk__in=ids).update(state=ItemState.GONE, gone_at=None)
    Removal.objects.filter(pk__in=ids).update(done_at=now, error_code="")


def settle(folder_id: int, epoch: str, vanished: Collection[str], *, now: datetime) -> set[str]:
    """Of letters that vanished those that we had asked the server to remove; they are no longer missed by anybody."""
    if not vanished:
        return set()
    rows = Removal.objects.filter(item__folder_id=folder_id, item__epoch=epoch, done_at=None, attempts__gt=0)
    ours = {server_id: pk for pk, server_id in rows.values_list("pk", "item__server_id") if server_id in vanished}
    finish(ours.values(), now=now)
    return set(ours)


def numbers_of(account_ids: Collection[int]) -> dict[int, RemovalNumbers]:
    """By account id; one query."""
    rows = Removal.objects.filter(account_id__in=account_ids, done_at=None)
    tried = Count("pk", filter=Q(attempts__gte=STUBBORN))
    counted = rows.values("account_id", "error_code").annotate(waiting=Count("pk"), stubborn=tried)
    found: dict[int, RemovalNumbers] = {}
    for row in counted.order_by("error_code"):
        before = found.get(row["account_id"], RemovalNumbers())
        found[row["account_id"]] = RemovalNumbers(
            before.waiting + row["waiting"], before.stubborn + row["stubborn"], row["error_code"] or before.error_code
        )
    return found


def _archived(account: MailAccount) -> QuerySet[Item]:
    """Letters kept whole, that lie where the folder's numbering says."""
    current = FolderState.objects.filter(folder=OuterRef("folder"), epoch=OuterRef("epoch"))
    items = Item.objects.filter(Exists(current), folder__account=account, folder__is_synced=True, folder__missing_since=None)
    return items.filter(state=ItemState.FILED, delivery__isnull=False, delivery__letter__is_partial=False)


def _reasons(account: MailAccount, now: datetime) -> Iterator[tuple[RemovalReason, Q]]:
    if account.removes_when_deleted:
        yield RemovalReason.DELETED, Q(delivery__binned_at__isnull=False)
    if account.removes_after_days is not None:
        yield RemovalReason.DAYS, Q(first_seen_at__lte=now - timedelta(days=account.removes_after_days))
    if not account.leaves_copy:
        yield RemovalReason.NO_COPY, Q(delivery__isnull=False)


def _wanted(account: MailAccount, conditions: Collection[Q]) -> QuerySet[Item]:
    wanted = Q(pk__in=())
    for condition in conditions:
        wanted |= condition
    return _archived(account).filter(wanted)


def _row(item: Item, reason: RemovalReason, account: MailAccount, now: datetime) -> Removal:
    due_at = now
    if reason is RemovalReason.DELETED and item.delivery is not None:
        due_at = item.delivery.binned_at or now
    elif reason is RemovalReason.DAYS and item.first_seen_at is not None:
        due_at = item.first_seen_at + timedelta(days=account.removes_after_days or 0)
    return Removal(item=item, account=account, reason=reason, due_at=due_at, next_try_at=now)
