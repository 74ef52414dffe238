"""What is new, changed or gone in a folder: the delta of its messages, page by page to the link for the next time.

The delta is followed as published: a page has a link to the next page or, being the last, one to the next round; entries may
come twice; an update may name only what changed, which is then asked for; 410 means to begin anew. A full comparison is a new
first round, whose end leaves those known that did not come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from mooring.mail.errors import FolderMissing, ProtocolViolation
from mooring.mail.http import Answer, refusal
from mooring.mail.protocols.graph.folders import path_of
from mooring.mail.protocols.graph.requests import Graph, Small
from mooring.mail.protocols.json_shapes import Object, moment_in, number_in, object_in, objects_in, text_in
from mooring.mail.types import Bookmark, Changes, FlagChange, Folder, KnownIds, Listed, Page

_SIZE: Final = "Integer 0x0E08"
"""PidTagMessageSize ([MS-OXPROPS] 2.797): messages have no other size. It counts the letter as it is stored, not as MIME."""
_SELECTED: Final = "receivedDateTime,isRead,isDraft,flag"
_EXPANDED: Final = "$expand=singleValueExtendedProperties" + quote(f"($filter=id eq '{_SIZE}')", safe="()$=")
_WANTED_OF_ONE: Final = f"$select={_SELECTED},parentFolderId&{_EXPANDED}"
_PAGE_SIZE: Final = "odata.maxpagesize=250"
_VANISHED_AT_ONCE: Final = 1_000


def changes_in(
    graph: Graph, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, count: int | None, is_full: bool
) -> Changes:
    """As mail.contract says. The epoch is the id of the folder, which it keeps when it is renamed or moved."""
    link = (bookmark or {}).get("delta")
    if not is_full and isinstance(link, str) and graph.is_own(link):
        answer = graph.ask(link, prefer=_PAGE_SIZE)
        if not _is_reset(answer):
            following: Bookmark = {}
            pages = _told(graph, _page(answer, folder), folder, following)
            return Changes(folder.wire_name, following, pages, count)
    first = _first_page(graph, folder)
    following = {}
    return Changes(folder.wire_name, following, _compared(graph, first, folder, known, following), count, is_full=True)


def _first_page(graph: Graph, folder: Folder) -> Object:
    """Of a first round. Sizes are an extra: where a server does not expand them here, letters are listed without."""
    path = f"{path_of(folder)}/messages/delta?$select={_SELECTED}"
    answer = graph.ask(f"{path}&{_EXPANDED}", prefer=_PAGE_SIZE)
    if answer.status == 400:
        answer = graph.ask(path, prefer=_PAGE_SIZE)
    return _page(answer, folder)


def _is_reset(answer: Answer) -> bool:
    """The server has forgotten the round that the link continues, or the folder; a first round tells which."""
    if answer.status in (404, 410):
        return True
    return answer.status == 400 and "syncstate" in refusal(answer, command="").server_said.lower()


def _page(answer: Answer, folder: Folder) -> Object:
    if answer.status == 404:
        raise FolderMissing(folder=folder.path)
    if not answer.is_good:
        raise refusal(answer, command="messages/delta")
    return answer.object()


def _rounds(graph: Graph, page: Object, folder: Folder, bookmark: Bookmark) -> Iterator[list[Object]]:
    """The entries of each page; the bookmark is filled in with the last."""
    seen: set[str] = set()
    while True:
        yield objects_in(page, "value")
        if "@odata.deltaLink" in page:
            bookmark["delta"] = text_in(page, "@odata.deltaLink")
            return
        link = text_in(page, "@odata.nextLink")
        if link in seen:
            raise ProtocolViolation(expected="another page")
        seen.add(link)
        page = _page(graph.ask(link, prefer=_PAGE_SIZE), folder)


def _told(graph: Graph, page: Object, folder: Folder, bookmark: Bookmark) -> Iterator[Page]:
    """What changed. The last word about a letter counts: one that went and came back is there."""
    gone: set[str] = set()
    for entries in _rounds(graph, page, folder, bookmark):
        here = _here(graph, entries, folder, gone)
        if here:
            yield Page(here, [FlagChange(each.server_id, each.flags) for each in here])
    yield from _vanished(gone)


def _compared(graph: Graph, page: Object, folder: Folder, known: KnownIds, bookmark: Bookmark) -> Iterator[Page]:
    is_known = frozenset(known(folder.wire_name))
    missing = set(is_known)
    for entries in _rounds(graph, page, folder, bookmark):
        here = _here(graph, entries, folder, missing)
        yield Page(
            arrived=[each for each in here if each.server_id not in is_known],
            flagged=[FlagChange(each.server_id, each.flags) for each in here if each.server_id in is_known],
        )
    yield from _vanished(missing)


def _vanished(server_ids: set[str]) -> Iterator[Page]:
    left = sorted(server_ids)
    for start in range(0, len(left), _VANISHED_AT_ONCE):
        yield Page(vanished=left[start : start + _VANISHED_AT_ONCE])


def _here(graph: Graph, entries: Sequence[Object], folder: Folder, gone: set[str]) -> list[Listed]:
    """The letters of a page that are there; `gone` is kept up to date."""
    last = {text_in(entry, "id"): entry for entry in entries}
    gone.update(server_id for server_id, entry in last.items() if "@removed" in entry)
    present = [entry for entry in last.values() if "@removed" not in entry]
    gone.difference_update(text_in(entry, "id") for entry in present)
    whole = [entry for entry in present if _is_whole(entry)]
    return [_listed(entry) for entry in (*whole, *_looked_at(graph, [e for e in present if not _is_whole(e)], folder))]


def _looked_at(graph: Graph, partial: Sequence[Object], folder: Folder) -> Iterator[Object]:
    """Updates that tell only what changed, whole; who has left the folder by then is told about in the next round."""
    paths = [f"/me/messages/{quote(text_in(entry, 'id'), safe='')}?{_WANTED_OF_ONE}" for entry in partial]
    for answer in graph.batch([Small("GET", path) for path in paths], command="messages"):
        if answer.is_good:
            entry = answer.object()
            if entry.get("parentFolderId") == folder.wire_name:
                yield entry
        elif answer.status != 404:
            raise refusal(answer, command="messages")


def _is_whole(entry: Object) -> bool:
    return "receivedDateTime" in entry and "isRead" in entry


def _listed(entry: Object) -> Listed:
    server_id = text_in(entry, "id")
    received_at = moment_in(entry, "receivedDateTime")
    flags = {
        "\\Seen": entry.get("isRead") is True,
        "\\Flagged": object_in(entry, "flag").get("flagStatus") == "flagged",
        "\\Draft": entry.get("isDraft") is True,
    }
    sizes = [number_in(each, "value") for each in objects_in(entry, "singleValueExtendedProperties") if each.get("id") == _SIZE]
    return Listed(
        server_id=server_id,
        rank=int(received_at.timestamp()) if received_at else 0,
        size=sizes[0] if sizes else 0,
        received_at=received_at,
        flags=frozenset(name for name, is_set in flags.items() if is_set),
        remote_id=server_id,
    )
