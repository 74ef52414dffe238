"""Letters found in and removed from an Exchange mailbox. Nothing can be put there byte for byte: Graph makes a draft of it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from mooring.mail.http import refusal
from mooring.mail.protocols.graph.folders import path_of
from mooring.mail.protocols.graph.requests import Graph, Small
from mooring.mail.protocols.json_shapes import objects_in, text_in
from mooring.mail.types import Folder


def find(graph: Graph, folder: Folder, message_id: str) -> list[str]:
    """Letters in the folder with exactly this Message-ID, which the server compares without regard to case."""
    if not message_id:
        return []
    condition = quote("internetMessageId eq '<" + message_id.replace("'", "''") + ">'", safe="")
    path = f"{path_of(folder)}/messages?$filter={condition}&$select=internetMessageId&$top=50"
    found = [each for page in graph.pages(path, command="messages") for each in objects_in(page, "value")]
    return [text_in(each, "id") for each in found if each.get("internetMessageId") == f"<{message_id}>"]


def remove(graph: Graph, folder: Folder, server_ids: Sequence[str]) -> list[str]:
    """Delete letters that are in the folder at this moment; its owner can still recover them for some days.

    Immutable ids follow a letter into other folders, so where it lies is looked at first. Those that are elsewhere or nowhere
    are gone from here.
    """
    wanted = [each for each in dict.fromkeys(server_ids) if each]
    places = graph.batch([Small("GET", f"{_path(each)}?$select=parentFolderId") for each in wanted], command="messages")
    here, gone = [], []
    for server_id, answer in zip(wanted, places, strict=True):
        if answer.is_good and answer.object().get("parentFolderId") == folder.wire_name:
            here.append(server_id)
        elif answer.is_good or answer.status == 404:
            gone.append(server_id)
    for server_id, answer in zip(
        here, graph.batch([Small("DELETE", _path(each)) for each in here], command="DELETE"), strict=True
    ):
        if answer.is_good or answer.status == 404:
            gone.append(server_id)
        elif answer.status in (401, 403):
            raise refusal(answer, command="DELETE", user=graph.client.user)
    return [each for each in wanted if each in set(gone)]


def _path(server_id: str) -> str:
    return f"/me/messages/{quote(server_id, safe='')}"
