"""The folders of an Exchange mailbox, nested ones included, in two requests: all folders, and the well-known ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.graph.requests import Graph, Small
from mooring.mail.protocols.json_shapes import Object, number_in, objects_in, text_in
from mooring.mail.types import Folder

FOLDER_CAP: Final = 50_000
_DEEPEST: Final = 100
_WELL_KNOWN: Final = {
    "inbox": "inbox",
    "sentitems": "sent",
    "drafts": "drafts",
    "deleteditems": "trash",
    "junkemail": "junk",
    "archive": "archive",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The folders, the inbox first, and how many letters each holds by its wire name."""

    folders: tuple[Folder, ...]
    counts: Mapping[str, int]


def list_folders(graph: Graph) -> Listing:
    """Every folder that is not hidden. Raises MailError."""
    found: dict[str, Object] = {}
    path = "/me/mailFolders/delta?$select=displayName,parentFolderId,totalItemCount,isHidden"
    for page in graph.pages(path, command="mailFolders", prefer="odata.maxpagesize=250"):
        found.update((text_in(each, "id"), each) for each in objects_in(page, "value") if "@removed" not in each)
        if len(found) > FOLDER_CAP:
            raise ProtocolViolation(expected=f"at most {FOLDER_CAP} folders")
    roles = _roles(graph)
    shown = [each for each in found.values() if each.get("isHidden") is not True]
    folders = sorted((_folder(each, found, roles) for each in shown), key=lambda folder: folder.special_use != "inbox")
    return Listing(tuple(folders), {server_id: number_in(each, "totalItemCount") for server_id, each in found.items()})


def _roles(graph: Graph) -> dict[str, str]:
    """id -> special use. Names depend on the owner's language, so the well-known ones are asked for; not all are there."""
    asked = [Small("GET", f"/me/mailFolders/{name}?$select=id") for name in _WELL_KNOWN]
    answers = zip(_WELL_KNOWN.values(), graph.batch(asked, command="mailFolders"), strict=True)
    return {text_in(answer.object(), "id"): special_use for special_use, answer in answers if answer.is_good}


def _folder(found: Object, by_id: Mapping[str, Object], roles: Mapping[str, str]) -> Folder:
    server_id = text_in(found, "id")
    special_use = roles.get(server_id, "")
    path = "INBOX" if special_use == "inbox" else "/".join(reversed(_names(found, by_id)))
    return Folder(path=path, wire_name=server_id, delimiter="/", special_use=special_use)


def _names(found: Object, by_id: Mapping[str, Object]) -> list[str]:
    """The names from the folder up to the top, whose own parent is the root that is not listed; a circle ends somewhere."""
    names: list[str] = []
    here: Object | None = found
    while here is not None and len(names) < _DEEPEST:
        names.append(text_in(here, "displayName").replace("/", "\u2215"))
        parent = here.get("parentFolderId")
        here = by_id.get(parent) if isinstance(parent, str) else None
    return names


def path_of(folder: Folder) -> str:
    """The folder's own address."""
    return f"/me/mailFolders/{quote(folder.wire_name, safe='')}"
