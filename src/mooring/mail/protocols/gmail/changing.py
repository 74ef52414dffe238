"""Letters kept in, found in and removed from a Gmail mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mooring.mail.protocols.gmail.folders import ALL, APART, holds, query_for
from mooring.mail.protocols.gmail.letters import usable
from mooring.mail.protocols.gmail.listing import labels_of
from mooring.mail.protocols.gmail.requests import AT_ONCE, ME, Gmail, Small
from mooring.mail.protocols.gmail.uploading import letter_with
from mooring.mail.protocols.json_shapes import Object, object_in, objects_in, text_in
from mooring.mail.types import Folder

_FIXED: Final = frozenset({"SENT", "DRAFT", ALL})
"""Labels that nobody can take off."""
_NO_PLACES: Final = frozenset({"UNREAD", "STARRED", "IMPORTANT", "CHAT"})


def keep(gmail: Gmail, folder: Folder, raw: bytes, *, is_seen: bool) -> str:
    """Insert a letter, without its being scanned, filtered or announced (messages.insert)."""
    labels = ([] if folder.wire_name == ALL else [folder.wire_name]) + ([] if is_seen else ["UNREAD"])
    body, kind = letter_with({"labelIds": labels}, raw)
    path = f"/upload{ME}/messages?uploadType=multipart&internalDateSource=dateHeader"
    return text_in(gmail.upload(path, body, kind, command="insert"), "id")


def find(gmail: Gmail, folder: Folder, message_id: str) -> list[str]:
    """Searched by Google, whose search forgives much, then compared exactly."""
    if not message_id:
        return []
    query = query_for(folder)
    query["q"] = f"rfc822msgid:{message_id} {query.get('q', '')}".strip()
    pages = gmail.pages(f"{ME}/messages", command="messages", maxResults="100", **query)
    ids = usable([text_in(each, "id") for page in pages for each in objects_in(page, "messages")])
    asked = [Small("GET", f"{ME}/messages/{each}?format=metadata&metadataHeaders=Message-ID") for each in ids]
    answers = zip(ids, gmail.batch(asked, command="messages"), strict=True)
    return [server_id for server_id, answer in answers if answer.is_good and message_id in _message_ids(answer.object())]


def _message_ids(found: Object) -> set[str]:
    headers = objects_in(object_in(found, "payload"), "headers")
    values = [text_in(each, "value").strip() for each in headers if text_in(each, "name").lower() == "message-id"]
    return {value.removeprefix("<").removesuffix(">") for value in values}


def remove(gmail: Gmail, folder: Folder, server_ids: Sequence[str]) -> list[str]:
    """Take letters out of the folder. Those that lie nowhere else go to the bin, and those in the bin go for good.

    A letter that also lies elsewhere only loses the label; where that cannot be taken off it stays, and is not said to be gone.
    """
    wanted = usable(list(dict.fromkeys(server_ids)))
    gone: list[str] = []
    for start in range(0, len(wanted), AT_ONCE):
        gone.extend(_remove(gmail, folder, wanted[start : start + AT_ONCE]))
    return [each for each in wanted if each in set(gone)]


def _remove(gmail: Gmail, folder: Folder, wanted: Sequence[str]) -> list[str]:
    gone, for_good, labelled, binned = [], [], [], []
    asked = [Small("GET", f"{ME}/messages/{each}?format=minimal&fields=id,labelIds") for each in wanted]
    for server_id, answer in zip(wanted, gmail.batch(asked, command="messages"), strict=True):
        labels = set(labels_of(answer.object())) if answer.is_good else set()
        if answer.status in (400, 404) or (answer.is_good and not holds(folder, labels)):
            gone.append(server_id)
        elif not answer.is_good:
            raise gmail.refusal(answer, "messages")
        elif folder.wire_name == "TRASH":
            for_good.append(server_id)
        elif folder.wire_name == ALL or not _other_places(labels, folder):
            binned.append(server_id)
        elif folder.wire_name not in _FIXED:
            labelled.append(server_id)
    if for_good:
        gmail.post(f"{ME}/messages/batchDelete", {"ids": for_good}, command="batchDelete")
    if labelled:
        change = {"ids": labelled, "removeLabelIds": [folder.wire_name]}
        gmail.post(f"{ME}/messages/batchModify", change, command="batchModify")
    return gone + for_good + labelled + _binned(gmail, binned)


def _other_places(labels: set[str], folder: Folder) -> set[str]:
    """The folders besides this one that people look into. The tabs of the inbox are none."""
    places = {label for label in labels if not label.startswith("CATEGORY_")}
    return places - _NO_PLACES - APART - {folder.wire_name}


def _binned(gmail: Gmail, server_ids: Sequence[str]) -> list[str]:
    answers = gmail.batch([Small("POST", f"{ME}/messages/{each}/trash") for each in server_ids], command="trash")
    gone = []
    for server_id, answer in zip(server_ids, answers, strict=True):
        if answer.is_good or answer.status == 404:
            gone.append(server_id)
        elif answer.status in (401, 403):
            raise gmail.refusal(answer, "trash")
    return gone
