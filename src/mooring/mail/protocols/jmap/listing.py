"""What is new, changed or gone in a mailbox: Email/changes where the server can tell, else every id compared.

RFC 8621, section 4. Email/changes tells about the whole account, so what changed is asked which mailboxes it lies in. A state
from the future (a server that was restored from a backup) is no error for Cyrus: it answers with another state and no change at
all. That answer is not believed; the ids are compared instead. Otherwise the daily full comparison finds what a restored server
has lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mooring.mail.errors import FolderMissing, ProtocolViolation
from mooring.mail.protocols.jmap.session import Calls, Invocation, MethodRefused, ref
from mooring.mail.protocols.json_shapes import Object, moment_in, number_in, object_in, objects_in, text_in, texts_in
from mooring.mail.types import Bookmark, Changes, FlagChange, Folder, KnownIds, Listed, Page

PROPERTIES: Final = ("id", "mailboxIds", "keywords", "size", "receivedAt")
_PLACES: Final = ("id", "mailboxIds")
_MOST_ROUNDS: Final = 20
"""More changes than fit into so many answers: comparing all ids is no dearer."""
_QUERY_LIMIT: Final = 10_000
_FLAGS: Final = {"$seen": "\\Seen", "$answered": "\\Answered", "$flagged": "\\Flagged", "$draft": "\\Draft"}


def changes_in(calls: Calls, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool) -> Changes:
    """As mail.contract says. The epoch is the id of the mailbox, which it keeps when it is renamed."""
    state = (bookmark or {}).get("state")
    if not is_full and isinstance(state, str) and state:
        told = _told(calls, folder, state)
        if told is not None:
            return Changes(folder.wire_name, {"state": told.state}, _pages(told, folder, known), told.count)
    look, from_before = calls.call(_look(folder), ("Email/get", {"ids": [], "properties": ["id"]}))
    count = _count(look, folder)
    bookmark = {"state": text_in(from_before, "state")}
    return Changes(folder.wire_name, bookmark, _compared(calls, folder, known), count, is_full=True)


def _pages(told: _Told, folder: Folder, known: KnownIds) -> Iterator[Page]:
    page = told.page(known(folder.wire_name) if told.elsewhere else ())
    if page.arrived or page.vanished:
        yield page


# -- what the server tells -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Told:
    state: str
    count: int = 0
    arrived: list[Listed] = field(default_factory=list)
    flagged: list[FlagChange] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """What lies in other mailboxes now, or nowhere; whether it ever lay here only the archive knows."""
    is_silent: bool = True

    def take(self, letters: Iterable[Object], folder: Folder) -> None:
        for found in letters:
            if is_in(found, folder):
                listed = listed_of(found)
                self.arrived.append(listed)
                self.flagged.append(FlagChange(listed.server_id, listed.flags))
            else:
                self.elsewhere.append(text_in(found, "id"))

    def page(self, known: Iterable[str]) -> Page:
        gone = set(self.elsewhere)
        return Page(self.arrived, self.flagged, [each for each in known if each in gone])


def _told(calls: Calls, folder: Folder, state: str) -> _Told | None:
    """What changed since; None when the server cannot tell, or when what it tells is not to be believed."""
    told = _Told(state)
    for _round in range(_MOST_ROUNDS):
        try:
            look, changes, created, updated = calls.call(_look(folder), *_since(told.state, calls.session.at_once))
        except MethodRefused as error:
            if error.kind in ("cannotCalculateChanges", "invalidArguments"):
                return None
            raise
        told.count = _count(look, folder)
        told.take((found for found in objects_in(created, "list") if is_in(found, folder)), folder)
        told.take(objects_in(updated, "list"), folder)
        told.elsewhere.extend((*texts_in(changes, "destroyed"), *texts_in(updated, "notFound")))
        told.is_silent &= not any(texts_in(changes, name) for name in ("created", "updated", "destroyed"))
        before, told.state = told.state, text_in(changes, "newState")
        if not changes.get("hasMoreChanges"):
            return None if told.is_silent and told.state != state else told
        if told.state == before:
            raise ProtocolViolation(expected="another state")
    return None


def _since(state: str, at_once: int) -> Sequence[Invocation]:
    wanted = list(PROPERTIES)
    return (
        ("Email/changes", {"sinceState": state, "maxChanges": at_once}),
        ("Email/get", {"#ids": ref(1, "Email/changes", "/created"), "properties": wanted}),
        ("Email/get", {"#ids": ref(1, "Email/changes", "/updated"), "properties": wanted}),
    )


def _look(folder: Folder) -> Invocation:
    return "Mailbox/get", {"ids": [folder.wire_name], "properties": ["totalEmails"]}


def _count(answer: Object, folder: Folder) -> int:
    found = objects_in(answer, "list")
    if not found:
        raise FolderMissing(folder=folder.path)
    return number_in(found[0], "totalEmails")


# -- every id compared ---------------------------------------------------------------------------------------------------


def _compared(calls: Calls, folder: Folder, known: KnownIds) -> Iterator[Page]:
    missing = set(known(folder.wire_name))
    is_known = frozenset(missing)
    for ids in _all_ids(calls, folder):
        for start in range(0, len(ids), calls.session.at_once):
            letters = read(calls, ids[start : start + calls.session.at_once], PROPERTIES)
            here = [listed_of(found) for found in letters if is_in(found, folder)]
            missing.difference_update(listed.server_id for listed in here)
            yield Page(
                arrived=[listed for listed in here if listed.server_id not in is_known],
                flagged=[FlagChange(listed.server_id, listed.flags) for listed in here if listed.server_id in is_known],
            )
    gone = sorted(missing)
    for start in range(0, len(gone), calls.session.at_once):
        yield Page(vanished=gone[start : start + calls.session.at_once])


def _all_ids(calls: Calls, folder: Folder) -> Iterator[list[str]]:
    """The ids in the mailbox, newest first, in portions that hang on to letters: positions shift while one reads."""
    where: Object = {"position": 0}
    while True:
        answer = _queried(calls, folder, where)
        ids = texts_in(answer, "ids")
        if ids:
            yield ids
        if len(ids) < number_in(answer, "limit", default=_QUERY_LIMIT) or not ids:
            return
        where = _anchor(calls, folder, ids)


def _queried(calls: Calls, folder: Folder, where: Object) -> Object:
    query = {
        "filter": {"inMailbox": folder.wire_name},
        "sort": [{"property": "receivedAt", "isAscending": False}],
        "limit": _QUERY_LIMIT,
    }
    try:
        (answer,) = calls.call(("Email/query", {**query, **where}))
    except MethodRefused as error:
        if error.kind == "invalidArguments":
            raise FolderMissing(folder=folder.path) from error
        raise
    return answer


def _anchor(calls: Calls, folder: Folder, ids: Sequence[str]) -> Object:
    """The last of the letters that is still there; what follows it comes next."""
    there = {text_in(found, "id") for found in read(calls, ids[-calls.session.at_once :], _PLACES) if is_in(found, folder)}
    for server_id in reversed(ids):
        if server_id in there:
            return {"anchor": server_id, "anchorOffset": 1}
    raise ProtocolViolation(expected="a letter that was listed just now")


# -- letters -------------------------------------------------------------------------------------------------------------


def read(calls: Calls, ids: Sequence[str], properties: Sequence[str]) -> list[Object]:
    """What the server says of these letters; those that are gone are left out."""
    found: list[Object] = []
    for start in range(0, len(ids), calls.session.at_once):
        part = ids[start : start + calls.session.at_once]
        (answer,) = calls.call(("Email/get", {"ids": part, "properties": list(properties)}))
        found.extend(objects_in(answer, "list"))
    return found


def usable(server_ids: Sequence[str]) -> list[str]:
    """Ids that can be ids (RFC 8620, section 1.2); a server may refuse a whole call because of one other."""
    return [
        each
        for each in server_ids
        if 0 < len(each) <= 255 and each.replace("-", "").replace("_", "").isalnum() and each.isascii()
    ]


def is_in(found: Object, folder: Folder) -> bool:
    """Whether a letter lies in the mailbox."""
    return object_in(found, "mailboxIds").get(folder.wire_name) is True


def listed_of(found: Object) -> Listed:
    """A letter as it is listed. Ids last for ever and are the same in every mailbox."""
    server_id = text_in(found, "id")
    received_at = moment_in(found, "receivedAt")
    return Listed(
        server_id=server_id,
        rank=int(received_at.timestamp()) if received_at else 0,
        size=number_in(found, "size"),
        received_at=received_at,
        flags=frozenset(_FLAGS.get(name, name) for name, is_set in object_in(found, "keywords").items() if is_set is True),
        remote_id=server_id,
    )
