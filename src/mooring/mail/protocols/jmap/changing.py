"""Changes to a mailbox over JMAP: letters put into it, found in it and removed from it (RFC 8621, sections 4.6 and 4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mooring.mail.errors import CommandRefused, ServerBusy
from mooring.mail.protocols.jmap.listing import is_in, read, usable
from mooring.mail.protocols.jmap.session import Calls, MethodRefused, failures_in
from mooring.mail.protocols.json_shapes import object_in, objects_in, text_in, texts_in
from mooring.mail.types import Folder

_TRIES: Final = 3


def keep(calls: Calls, folder: Folder, raw: bytes, *, is_seen: bool) -> str:
    """Import a letter. Where the server knows its content already, the letter it has is put into the folder, too."""
    email = {"blobId": calls.upload(raw), "mailboxIds": {folder.wire_name: True}, "keywords": {"$seen": True} if is_seen else {}}
    (answer,) = calls.call(("Email/import", {"emails": {"letter": email}}))
    created = object_in(answer, "created").get("letter")
    if isinstance(created, dict):
        return text_in(created, "id")
    error = object_in(object_in(answer, "notCreated"), "letter")
    if error.get("type") != "alreadyExists":
        raise CommandRefused(f"{error.get('type', '')} {error.get('description', '')}".strip(), command="Email/import")
    existing = text_in(error, "existingId")
    (answer,) = calls.call(("Email/set", {"update": {existing: {f"mailboxIds/{folder.wire_name}": True}}}))
    if existing in failures_in(answer, "notUpdated"):
        raise CommandRefused(failures_in(answer, "notUpdated")[existing], command="Email/set")
    return existing


def find(calls: Calls, folder: Folder, message_id: str) -> Sequence[str]:
    """Searched by header, which may match more than the whole id, then compared exactly."""
    if not message_id:
        return []
    query = {"filter": {"inMailbox": folder.wire_name, "header": ["Message-ID", message_id]}, "limit": calls.session.at_once}
    (answer,) = calls.call(("Email/query", query))
    letters = read(calls, texts_in(answer, "ids"), ("id", "messageId"))
    return [text_in(found, "id") for found in letters if message_id in texts_in(found, "messageId")]


def remove(calls: Calls, folder: Folder, server_ids: Sequence[str]) -> list[str]:
    """Take letters out of this folder; those that lie nowhere else are destroyed.

    Everything happens in the state in which it was looked at, or not at all: a letter that its owner puts into another folder
    meanwhile is not destroyed there.
    """
    gone: list[str] = []
    wanted = usable(server_ids)
    for start in range(0, len(wanted), calls.session.at_once):
        gone.extend(_remove(calls, folder, wanted[start : start + calls.session.at_once]))
    return gone


def _remove(calls: Calls, folder: Folder, server_ids: Sequence[str]) -> list[str]:
    for _turn in range(_TRIES):
        (answer,) = calls.call(("Email/get", {"ids": list(server_ids), "properties": ["id", "mailboxIds"]}))
        there = [found for found in objects_in(answer, "list") if is_in(found, folder)]
        elsewhere = [text_in(found, "id") for found in there if len(object_in(found, "mailboxIds")) > 1]
        only_here = [text_in(found, "id") for found in there if len(object_in(found, "mailboxIds")) == 1]
        if not there:
            return list(server_ids)
        patches = {server_id: {f"mailboxIds/{folder.wire_name}": None} for server_id in elsewhere}
        change = {"ifInState": text_in(answer, "state"), "update": patches, "destroy": only_here}
        try:
            (done,) = calls.call(("Email/set", change))
        except MethodRefused as error:
            if error.kind != "stateMismatch":
                raise
            continue
        kept = {**failures_in(done, "notUpdated"), **failures_in(done, "notDestroyed")}
        return [each for each in server_ids if kept.get(each, "notFound") == "notFound"]
    raise ServerBusy(reason="stateMismatch")
