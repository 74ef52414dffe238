"""The last step of a visit: letters whose time on the server is over are removed there, and only those that are safe here.

Before the server is told, the bytes of each letter are read back from the archive and proven, the letter on the server is seen
to be the same one, and a row says that it is being tried. So a kill at any moment removes nothing that is not archived, and what
it leaves unknown the next listing tells. It is the last step because POP3 removes letters by ending the session.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from mooring.letters.originals import UnableToRead
from mooring.mail.contract import Removing
from mooring.mail.errors import CommandRefused, FolderMissing, RemovalNotOffered
from mooring.mail.headers import read_header
from mooring.mail.types import Header
from mooring.sync import places, removals
from mooring.sync.engine import Engine
from mooring.sync.models import Item, Removal
from mooring.sync.round import Round, wire_folder
from mooring.users.journal import WORKER, record

MOST_AT_ONCE: Final = 200
NOT_SAFE: Final = "not_safe"
"""The archived letter could not be read back, so the one on the server stays."""
NOT_REMOVED: Final = "not_removed"
"""The server did not confirm that it is gone."""

_log = logging.getLogger(__name__)


def remove_due(visit: Round, engine: Engine) -> bool:
    """Remove what is due, at most MOST_AT_ONCE letters. True when there is more. Raises MailError and LeaseLost."""
    if not isinstance(visit.incoming, Removing) or not removals.is_wanted(visit.account):
        return False
    with visit.lease.writing() as now:
        removals.plan(visit.account, now=now)
    due = removals.due(visit.account, now=now, count=MOST_AT_ONCE)
    by_folder = sorted(due, key=lambda removal: (removal.item.folder_id, removal.due_at, removal.pk))
    for _folder_id, group in groupby(by_folder, key=lambda removal: removal.item.folder_id):
        _remove_in_folder(visit, visit.incoming, list(group), engine)
    return len(due) == MOST_AT_ONCE


def _remove_in_folder(visit: Round, incoming: Removing, wanted: Sequence[Removal], engine: Engine) -> None:
    """One folder's letters. What the server will not do is written down; it is no reason to stop reading the mailbox."""
    with visit.lease.writing() as now:
        removals.begin(wanted, now=now)
    try:
        proven = _proven(visit, wanted, engine)
        gone = set(incoming.remove(wire_folder(wanted[0].item.folder), [removal.item.server_id for removal in proven]))
    except (RemovalNotOffered, CommandRefused, FolderMissing) as error:
        with visit.lease.writing():
            removals.fail(wanted, error.code)
        return
    done = [removal for removal in proven if removal.item.server_id in gone]
    with visit.lease.writing() as now:
        removals.finish([removal.pk for removal in done], now=now)
        removals.fail([removal for removal in proven if removal not in done], NOT_REMOVED)
        if done:
            _note(visit, done, now)


def _note(visit: Round, done: Sequence[Removal], now: datetime) -> None:
    """How many, and by which options: what the letters say is not for the journal."""
    account = visit.account
    reasons = Counter(removal.reason for removal in done)
    changes = {"folder": done[0].item.folder.path, "count": len(done), **reasons}
    record(
        by=WORKER, action="removed_on_server", kind="account", record_id=account.pk, name=str(account), changes=changes, now=now
    )


def _proven(visit: Round, wanted: Sequence[Removal], engine: Engine) -> list[Removal]:
    """Those that are safe here and are still what they were on the server; why the others stay is written down."""
    archived = {removal.item.server_id: header for removal in wanted if (header := _header_here(removal, engine)) is not None}
    raws = visit.incoming.headers(wire_folder(wanted[0].item.folder), list(archived))
    there = {raw.server_id: read_header(raw.raw) for raw in raws}
    proven = [removal for removal in wanted if _is_same(archived, there, removal.item.server_id)]
    others = [removal for removal in wanted if removal.item.server_id in there and removal not in proven]
    with visit.lease.writing() as now:
        removals.fail([removal for removal in wanted if removal.item.server_id not in archived], NOT_SAFE)
        _read_anew([removal.item for removal in others], now)
    return proven


def _header_here(removal: Removal, engine: Engine) -> Header | None:
    """The header of the archived letter, whose bytes were read back and proven; None when they could not be."""
    delivery = removal.item.delivery
    assert delivery is not None
    try:
        return read_header(engine.originals.read(delivery.letter.original))
    except UnableToRead as error:
        _log.error("Letter %s stays on its server, for its archived bytes cannot be read: %s", delivery.letter_id, error)
        return None


def _is_same(archived: Mapping[str, Header], there: Mapping[str, Header], server_id: str) -> bool:
    here, on_server = archived.get(server_id), there.get(server_id)
    if here is None or on_server is None:
        return False
    return (here.message_id, here.date, here.subject) == (on_server.message_id, on_server.date, on_server.subject)


def _read_anew(items: Sequence[Item], now: datetime) -> None:
    """Another letter lies under the id of one that is archived, since the server used the id twice: it is read as what it is."""
    if not items:
        return
    names = ("folder_id", "epoch", "server_id", "rank", "size", "remote_id")
    new = [Item(**{name: getattr(item, name) for name in names}, first_seen_at=now) for item in items]
    places.retire_items(items, now=now)
    Item.objects.bulk_create(new)
