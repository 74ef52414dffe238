"""What is new, changed or gone in a folder: the history of the mailbox, and every id compared where there is none.

History is told for the whole mailbox and names letters rather than what they are now, so those named are looked at. It is kept
for a week or so; 404 means that it does not reach back far enough. Its id is taken from before a listing begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mooring.mail.protocols.gmail.folders import count_in, flags_of, holds, label_names, query_for
from mooring.mail.protocols.gmail.requests import AT_ONCE, ME, Gmail, Small
from mooring.mail.protocols.json_shapes import Object, number_in, object_in, objects_in, text_in, texts_in
from mooring.mail.types import Bookmark, Changes, FlagChange, Folder, KnownIds, Listed, Page

_MOST_PAGES: Final = 20
"""More history than so many pages: comparing all ids is no dearer."""
_EVENTS: Final = ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved")
_FIELDS: Final = "id,labelIds,sizeEstimate,internalDate"


def changes_in(gmail: Gmail, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool) -> Changes:
    """As mail.contract says. The epoch is the id of the label, which it keeps when it is renamed."""
    start = (bookmark or {}).get("history")
    count = count_in(gmail, folder)
    told = _told(gmail, start) if isinstance(start, str) and start.isascii() and start.isdigit() else None
    if told is not None and not is_full:
        return Changes(folder.wire_name, {"history": told.history}, _looked_at(gmail, told.named, folder, known), count)
    history = told.history if told else str(number_in(gmail.get(f"{ME}/profile", command="profile"), "historyId"))
    return Changes(folder.wire_name, {"history": history}, _compared(gmail, folder, known, told), count, is_full=True)


@dataclass(frozen=True, slots=True)
class _Told:
    """The letters that history names, and where it stood when it began to tell."""

    history: str
    named: Sequence[str]


def _told(gmail: Gmail, start: str) -> _Told | None:
    """None when history does not reach back so far, or tells too much."""
    history, token = "", ""
    named: dict[str, None] = {}
    for _page in range(_MOST_PAGES):
        more = {"pageToken": token} if token else {}
        answer = gmail.ask(f"{ME}/history", startHistoryId=start, maxResults="500", **more)
        if answer.status in (400, 404):
            return None
        if not answer.is_good:
            raise gmail.refusal(answer, "history")
        page = answer.object()
        history = history or str(number_in(page, "historyId"))
        for record in objects_in(page, "history"):
            named.update(dict.fromkeys(_named_in(record)))
        if "nextPageToken" not in page:
            return _Told(history, list(named))
        token = text_in(page, "nextPageToken")
    return None


def _named_in(record: Object) -> Iterator[str]:
    for event in _EVENTS:
        for each in objects_in(record, event):
            yield text_in(object_in(each, "message"), "id")


def _looked_at(gmail: Gmail, named: Sequence[str], folder: Folder, known: KnownIds) -> Iterator[Page]:
    """Those named that are in the folder, and those known that are no longer in it."""
    if not named:
        return
    elsewhere = set(named)
    for page in _pages(gmail, named, folder, frozenset()):
        elsewhere.difference_update(each.server_id for each in page.arrived)
        yield Page(page.arrived, [FlagChange(each.server_id, each.flags) for each in page.arrived])
    gone = [each for each in known(folder.wire_name) if each in elsewhere] if elsewhere else []
    if gone:
        yield Page(vanished=gone)


def _compared(gmail: Gmail, folder: Folder, known: KnownIds, told: _Told | None) -> Iterator[Page]:
    """Every id compared. Those known are looked at if history named them, or if no history says that they are the same."""
    is_known = frozenset(known(folder.wire_name))
    missing = set(is_known)
    same = is_known.difference(told.named) if told else frozenset[str]()
    for listing in gmail.pages(f"{ME}/messages", command="messages", maxResults="500", **query_for(folder)):
        ids = [text_in(each, "id") for each in objects_in(listing, "messages")]
        missing.difference_update(ids)
        yield from _pages(gmail, [each for each in ids if each not in same], folder, is_known)
    if missing:
        yield Page(vanished=sorted(missing))


def _pages(gmail: Gmail, ids: Sequence[str], folder: Folder, is_known: frozenset[str]) -> Iterator[Page]:
    """Those that are in the folder now, a batch at a time; those known only by their flags."""
    names = label_names(gmail) if ids else {}
    for start in range(0, len(ids), AT_ONCE):
        here = [_listed(found, names) for found in _read(gmail, ids[start : start + AT_ONCE]) if holds(folder, labels_of(found))]
        if here:
            yield Page(
                arrived=[each for each in here if each.server_id not in is_known],
                flagged=[FlagChange(each.server_id, each.flags) for each in here if each.server_id in is_known],
            )


def _read(gmail: Gmail, ids: Iterable[str]) -> Iterator[Object]:
    """What the server says of letters; those that are gone are left out."""
    asked = [Small("GET", f"{ME}/messages/{each}?format=minimal&fields={_FIELDS}") for each in ids]
    for answer in gmail.batch(asked, command="messages"):
        if answer.is_good:
            yield answer.object()
        elif answer.status != 404:
            raise gmail.refusal(answer, "messages")


def labels_of(found: Object) -> list[str]:
    """The ids of a letter's labels."""
    return texts_in(found, "labelIds")


def _listed(found: Object, names: Mapping[str, str]) -> Listed:
    server_id = text_in(found, "id")
    milliseconds = number_in(found, "internalDate")
    try:
        received_at = datetime.fromtimestamp(milliseconds / 1_000, UTC) if milliseconds else None
    except (ValueError, OverflowError, OSError):
        received_at = None
    return Listed(
        server_id=server_id,
        rank=milliseconds,
        size=number_in(found, "sizeEstimate"),
        received_at=received_at,
        flags=flags_of(labels_of(found), names),
        remote_id=server_id,
    )
