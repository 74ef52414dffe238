"""What is new, flagged or gone in a folder becomes rows: pages in short transactions, the bookmark with the last one.

A listing cut off at any moment is simply made again: entries known already do no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from mooring.letters.arrivals import flags_value
from mooring.letters.models import Folder
from mooring.mail.types import Changes, Listed, Page
from mooring.sync import places, removals
from mooring.sync.backlog import MOST_ATTEMPTS
from mooring.sync.models import FolderState, Item, ItemState
from mooring.sync.renaming import adopt_renamed
from mooring.sync.round import Round, wire_folder
from mooring.users.inserting import insert_rows, moment_value

FULL_EVERY: Final = timedelta(days=1)
"""So often a folder is compared completely, whatever the server claims to have changed."""
MANY_VANISHED: Final = 50
MANY_VANISHED_SHARE: Final = 0.3
"""More than both at once looks like a restored server or a wrong folder: a person is asked first."""
UNSTABLE_EPOCHS: Final = 5
"""A folder whose numbering changed so often in a row is looked at rarely."""
UNSTABLE_PAUSE: Final = timedelta(hours=6)
UNSTABLE: Final = "unstable_ids"
_COLUMNS: Final = (
    "folder_id",
    "epoch",
    "server_id",
    "rank",
    "state",
    "attempts",
    "error_code",
    "received_at",
    "first_seen_at",
    "size",
    "flags",
    "remote_id",
)


def list_folder(visit: Round, folder: Folder, state: FolderState) -> Folder:
    """Bring the rows of one folder up to date; the folder, which may turn out to be another one renamed.

    Raises MailError; what was written by then stays and is right.
    """
    now = visit.lease.clock()
    is_full = state.bookmark is not None and (state.last_full_at is None or now - state.last_full_at >= FULL_EVERY)
    changes = visit.incoming.changes(wire_folder(folder), state.bookmark, known=partial(_known, folder.pk), is_full=is_full)
    if state.epoch and changes.epoch != state.epoch:
        _begin_epoch(visit, state, changes.epoch)
    listing = _Listing(visit, folder, state, changes, is_full=is_full)
    listing.write()
    return listing.folder


def _known(folder_id: int, epoch: str) -> Iterator[str]:
    rows = Item.objects.filter(folder_id=folder_id, epoch=epoch).exclude(state=ItemState.GONE)
    return iter(rows.order_by("rank").values_list("server_id", flat=True))


def _begin_epoch(visit: Round, state: FolderState, epoch: str) -> None:
    """All ids of the folder are dead. Archived letters are found again by what they are (recognising)."""
    with visit.lease.writing() as now:
        places.retire_epoch(state.folder_id, epoch)
        places.miss_folder([state.folder_id], now=now, except_epoch=epoch)
        state.epoch, state.bookmark = epoch, None
        state.epoch_changes_in_row += 1
        state.save(update_fields=["epoch", "bookmark", "epoch_changes_in_row"])


class _Listing:
    """One listing on its way into rows."""

    def __init__(self, visit: Round, folder: Folder, state: FolderState, changes: Changes, *, is_full: bool) -> None:
        self._visit = visit
        self.folder = folder
        self._state = state
        self._changes = changes
        self._is_full = is_full
        """Asked to compare everything. A protocol may do more than it was asked for, yet not all that is done once a day."""
        self._has_rows: bool | None = None
        """Whether letters of the folder were written down before this listing; None until that was asked."""
        self._is_first = not state.epoch
        self._vanished: list[str] = []

    def write(self) -> None:
        page: Page | None = None
        for following in self._changes.pages:
            if page is not None:
                self._write(page, is_last=False)
            page = following
            if self._visit.stop.is_set():
                return
        if page is None and not self._is_worth_writing():
            self._visit.unchanged.append(self.folder.pk)
        else:
            self._write(page or Page(), is_last=True)

    def _is_worth_writing(self) -> bool:
        state, changes = self._state, self._changes
        return (
            (changes.epoch, changes.bookmark) != (state.epoch, state.bookmark)
            or changes.is_full
            or bool(state.error_code or state.epoch_changes_in_row)
        )

    def _write(self, page: Page, *, is_last: bool) -> None:
        if self._is_first and page.arrived:
            self._take_over_renamed(page)
        with self._visit.lease.writing() as now:
            self._write_arrived(page.arrived, now)
            places.apply_flags(self.folder.pk, self._changes.epoch, page.flagged)
            self._write_listed_again(page.listed_again, now)
            self._vanished.extend(page.vanished)
            if is_last:
                self._write_vanished(now)
                self._give_second_chances()
                self._write_state(now)

    def _take_over_renamed(self, page: Page) -> None:
        with self._visit.lease.writing():
            adopted = adopt_renamed(self.folder, epoch=self._changes.epoch, page=page)
        self._is_first = False
        if adopted is not None:
            self.folder = adopted
            self._state = FolderState.objects.get(folder=adopted)

    def _write_arrived(self, arrived: Sequence[Listed], now: datetime) -> None:
        if not arrived:
            return
        known = self._known_items(arrived)
        places.bring_back([item for item in known.values() if item.state == ItemState.GONE])
        seen_at = moment_value(now)
        fresh = (self._row(each, seen_at) for each in arrived if each.server_id not in known)
        insert_rows(Item, _COLUMNS, fresh, leaves_out_known=True)

    def _write_listed_again(self, listed_again: Sequence[Listed], now: datetime) -> None:
        """Where a server has put another letter under a number that was taken, the letter known leaves its place."""
        for part in places.chunks(listed_again):
            found = {each.server_id: each for each in part}
            items = Item.objects.filter(folder=self.folder, epoch=self._changes.epoch, server_id__in=found)
            known = items.exclude(state=ItemState.GONE).only("server_id", "size", "received_at", "remote_id", "delivery_id")
            replaced = [item for item in known if _is_another(item, found[item.server_id])]
            if replaced:
                places.retire_items(replaced, now=now)
                insert_rows(Item, _COLUMNS, (self._row(found[item.server_id], moment_value(now)) for item in replaced))

    def _known_items(self, arrived: Sequence[Listed]) -> dict[str, Item]:
        known: dict[str, Item] = {}
        rows = Item.objects.filter(folder=self.folder, epoch=self._changes.epoch)
        if self._has_rows is None:
            self._has_rows = rows.exists()
        for part in places.chunks(each.server_id for each in arrived if self._has_rows):
            items = rows.filter(server_id__in=part)
            known.update((item.server_id, item) for item in items.only("server_id", "state", "delivery_id"))
        return known

    def _row(self, listed: Listed, first_seen_at: Any) -> tuple[Any, ...]:
        oldest = self._visit.oldest
        is_older = oldest is not None and listed.received_at is not None and listed.received_at < oldest
        state = ItemState.OLDER if is_older else ItemState.LISTED
        return (
            self.folder.pk,
            self._changes.epoch,
            listed.server_id,
            listed.rank,
            state.value,
            0,
            "",
            moment_value(listed.received_at),
            first_seen_at,
            listed.size,
            flags_value(listed.flags),
            listed.remote_id[:200],
        )

    def _write_vanished(self, now: datetime) -> None:
        vanished = set(self._vanished)
        vanished -= removals.settle(self.folder.pk, self._changes.epoch, vanished, now=now)
        self._state.held_vanished_count = 0
        if len(vanished) > MANY_VANISHED and not self._state.is_vanishing_agreed:
            items = Item.objects.filter(folder=self.folder, epoch=self._changes.epoch).exclude(state=ItemState.GONE)
            if len(vanished) > MANY_VANISHED_SHARE * items.count():
                self._state.held_vanished_count = len(vanished)
                return
        places.miss(self.folder.pk, self._changes.epoch, vanished, now=now)
        self._state.is_vanishing_agreed = False

    def _give_second_chances(self) -> None:
        """Letters that failed are tried once more, alone, at every full comparison: the cause may be gone."""
        if self._changes.is_full and self._state.last_full_at is not None:
            failed = Item.objects.filter(folder=self.folder, state=ItemState.FAILED)
            failed.update(state=ItemState.LISTED, attempts=MOST_ATTEMPTS - 1)

    def _write_state(self, now: datetime) -> None:
        state, changes = self._state, self._changes
        if changes.epoch == state.epoch and state.bookmark is not None:
            state.epoch_changes_in_row = 0
        state.epoch, state.bookmark = changes.epoch, changes.bookmark
        state.server_count = changes.message_count
        state.last_changes_at = now
        if self._is_full or state.last_full_at is None:
            state.last_full_at = now
        state.failure_count, state.error_code, state.error_details, state.retry_at = 0, "", {}, None
        if state.epoch_changes_in_row >= UNSTABLE_EPOCHS:
            state.error_code, state.retry_at = UNSTABLE, now + UNSTABLE_PAUSE
        state.save()


def _is_another(item: Item, listed: Listed) -> bool:
    """Whether what a listing says of a letter must stay the same and does not. What a server leaves out tells nothing."""
    pairs = ((item.size, listed.size), (item.received_at, listed.received_at), (item.remote_id, listed.remote_id[:200]))
    return any(known and found and known != found for known, found in pairs)
