"""Finds archived letters again at another place, after a move or after a folder was numbered anew, without fetching them.

A waiting letter is the missed one when both have the same identity that survives moves, or the same size, time of receipt
and Message-ID. Whatever stays unrecognised is fetched; its fingerprint tells then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, TypeAlias

from mooring.letters.models import Folder
from mooring.mail.headers import read_header
from mooring.sync import places
from mooring.sync.models import Item, ItemState
from mooring.sync.round import Round, wire_folder

MOST_AT_ONCE: Final = 500
_Look: TypeAlias = tuple[int, datetime | None]


def recognise(visit: Round, folders: Sequence[Folder]) -> None:
    """Bind waiting letters of the folders to deliveries that were missed in the account. Raises MailError and LeaseLost."""
    missed = _Missed(visit.account.pk)
    if missed.is_empty():
        return
    by_id = {folder.pk: folder for folder in folders}
    waiting = Item.objects.filter(folder_id__in=by_id, state=ItemState.LISTED).order_by("folder_id", "-rank")
    alike = [item for item in waiting.iterator(chunk_size=2_000) if missed.may_be(item)]
    for start in range(0, len(alike), MOST_AT_ONCE):
        if visit.is_over():
            return
        _recognise(visit, alike[start : start + MOST_AT_ONCE], missed, by_id)


class _Missed:
    """The missed letters of an account, by what they look like."""

    def __init__(self, account_id: int) -> None:
        rows = Item.objects.filter(folder__account_id=account_id, gone_at__isnull=False, delivery__isnull=False)
        self._by_remote_id: dict[str, list[Item]] = {}
        self._by_look: dict[_Look, list[Item]] = {}
        for item in rows.select_related("delivery__letter").defer("delivery__letter__defects"):
            if item.remote_id:
                self._by_remote_id.setdefault(item.remote_id, []).append(item)
            self._by_look.setdefault(_look(item), []).append(item)

    def is_empty(self) -> bool:
        return not self._by_look

    def may_be(self, item: Item) -> bool:
        return (item.remote_id != "" and item.remote_id in self._by_remote_id) or _look(item) in self._by_look

    def by_remote_id(self, item: Item) -> Item | None:
        return self._taken(self._by_remote_id.get(item.remote_id, []) if item.remote_id else [])

    def by_message_id(self, item: Item, message_id: str) -> Item | None:
        alike = self._by_look.get(_look(item), [])
        return self._taken([each for each in alike if message_id and _message_id(each) == message_id])

    def _taken(self, found: Sequence[Item]) -> Item | None:
        if not found:
            return None
        chosen = found[0]
        self._by_look[_look(chosen)].remove(chosen)
        if chosen.remote_id:
            self._by_remote_id[chosen.remote_id].remove(chosen)
        return chosen


def _recognise(visit: Round, alike: Sequence[Item], missed: _Missed, folders: dict[int, Folder]) -> None:
    pairs = [(item, found) for item in alike if (found := missed.by_remote_id(item)) is not None]
    bound = {item.pk for item, _found in pairs}
    rest = [item for item in alike if item.pk not in bound]
    for item, message_id in _message_ids(visit, rest, folders):
        found = missed.by_message_id(item, message_id)
        if found is not None:
            pairs.append((item, found))
    with visit.lease.writing():
        for item, found in pairs:
            places.bind(item, missed=found, folder=folders[item.folder_id])


def _message_ids(visit: Round, waiting: Sequence[Item], folders: dict[int, Folder]) -> Iterator[tuple[Item, str]]:
    for folder_id, group in groupby(waiting, key=lambda item: item.folder_id):
        by_server_id = {item.server_id: item for item in group}
        for header in visit.incoming.headers(wire_folder(folders[folder_id]), list(by_server_id)):
            if header.server_id in by_server_id:
                yield by_server_id[header.server_id], read_header(header.raw).message_id


def _look(item: Item) -> _Look:
    return item.size, item.received_at


def _message_id(item: Item) -> str:
    assert item.delivery is not None
    return item.delivery.letter.message_id
