"""Which letters are fetched next: newest first across folders, in portions by count and bytes, suspects few at a time.

A letter whose fetching was begun and never ended may have killed the worker. It is tried again among few others, then
alone, in turn with letters above suspicion, and after three starts it is parked, so that it cannot stop the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q

from mooring.sync.models import Item, ItemState

MOST_ATTEMPTS: Final = 3
WANTED_WHOLE: Final = "wanted_whole"
"""The error code of a too large letter that a person asked for all the same."""
_WINDOW: Final = 500
_FEW: Final = 10
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter to be fetched."""

    item_id: int
    folder_id: int
    epoch: str
    server_id: str
    rank: int
    size: int
    received_at: datetime | None
    attempts: int
    error_code: str
    flags: tuple[str, ...]
    is_archived: bool
    """It has a delivery already and is read again."""


class Backlog:
    """The waiting letters of some folders, read from the rows in windows. Rows that change meanwhile are seen next time."""

    def __init__(self, folder_ids: Collection[int]) -> None:
        self._folders = {folder_id: _FolderBacklog(folder_id) for folder_id in folder_ids}
        self._suspects: dict[int, deque[Waiting]] = {1: deque(), 2: deque()}
        self._is_turn_of_suspects = False
        self.hopeless: list[Waiting] = []
        """Letters that were begun too often; the caller parks them."""

    def drop_folder(self, folder_id: int) -> None:
        """Leave the letters of a folder for another time."""
        self._folders.pop(folder_id, None)
        for suspects in self._suspects.values():
            kept = [waiting for waiting in suspects if waiting.folder_id != folder_id]
            suspects.clear()
            suspects.extend(kept)

    def next_portion(self, *, count: int, size: int) -> list[Waiting]:
        """At most `count` letters of at most `size` bytes together (or a single one); empty when nothing waits."""
        self._is_turn_of_suspects = not self._is_turn_of_suspects
        suspects = [] if self._is_turn_of_suspects else self._next_suspects(size)
        return suspects or list(self._fitting(count, size)) or self._next_suspects(size)

    def _next_suspects(self, size: int) -> list[Waiting]:
        for attempts, count in ((2, 1), (1, _FEW)):
            queue = self._suspects[attempts]
            portion: list[Waiting] = []
            left = size
            while queue and len(portion) < count and (not portion or queue[0].size <= left):
                left -= queue[0].size
                portion.append(queue.popleft())
            if portion:
                return portion
        return []

    def _fitting(self, count: int, size: int) -> Iterator[Waiting]:
        left, taken_count = size, 0
        while taken_count < count:
            folder = self._newest_folder()
            if folder is None or (taken_count and folder.head().size > left):
                return
            waiting = folder.pop()
            if waiting.attempts >= MOST_ATTEMPTS:
                self.hopeless.append(waiting)
            elif waiting.attempts:
                self._suspects[waiting.attempts].append(waiting)
            else:
                taken_count += 1
                left -= waiting.size
                yield waiting

    def _newest_folder(self) -> _FolderBacklog | None:
        if len(self._folders) == 1:
            (folder,) = self._folders.values()
            return None if folder.is_empty() else folder
        waiting = [folder for folder in self._folders.values() if not folder.is_empty()]
        return max(waiting, key=lambda folder: (folder.head().received_at or _LONG_AGO, folder.head().rank), default=None)


class _FolderBacklog:
    def __init__(self, folder_id: int) -> None:
        self._folder_id = folder_id
        self._window: deque[Waiting] = deque()
        self._last: tuple[int, int] | None = None
        self._is_read = False

    def is_empty(self) -> bool:
        if not self._window and not self._is_read:
            self._read()
        return not self._window

    def head(self) -> Waiting:
        return self._window[0]

    def pop(self) -> Waiting:
        return self._window.popleft()

    def _read(self) -> None:
        items = Item.objects.filter(folder_id=self._folder_id, state=ItemState.LISTED)
        if self._last is not None:
            rank, pk = self._last
            items = items.filter(Q(rank__lt=rank) | Q(rank=rank, pk__lt=pk))
        rows = [_waiting(*row) for row in items.order_by("-rank", "-pk").values_list(*_READ)[:_WINDOW]]
        self._window.extend(rows)
        self._is_read = len(rows) < _WINDOW
        if rows:
            self._last = (rows[-1].rank, rows[-1].item_id)


_READ: Final = (
    "pk",
    "folder_id",
    "epoch",
    "server_id",
    "rank",
    "size",
    "received_at",
    "attempts",
    "error_code",
    "flags",
    "delivery_id",
)


def _waiting(*row: Any) -> Waiting:
    *same, flags, delivery_id = row
    return Waiting(*(*same, tuple(flags), delivery_id is not None))
