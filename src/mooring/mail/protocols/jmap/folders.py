"""Mailboxes of JMAP as folders (RFC 8621, section 2): names joined to paths, roles to special uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.jmap.session import Calls
from mooring.mail.protocols.json_shapes import Object, objects_in, text_in
from mooring.mail.types import Folder

FOLDER_CAP: Final = 50_000
_DEEPEST: Final = 100
_ROLES: Final = frozenset({"inbox", "sent", "drafts", "junk", "trash", "archive", "all", "flagged", "important"})


def list_folders(calls: Calls) -> Sequence[Folder]:
    """Every mailbox, the inbox first, the others in the server's order."""
    (answer,) = calls.call(("Mailbox/get", {"ids": None, "properties": ["id", "name", "parentId", "role"]}))
    found = objects_in(answer, "list")
    if len(found) > FOLDER_CAP:
        raise ProtocolViolation(expected=f"at most {FOLDER_CAP} folders")
    by_id = {text_in(each, "id"): each for each in found}
    folders = [_folder(each, by_id) for each in found]
    return sorted(folders, key=lambda folder: folder.special_use != "inbox")


def _folder(found: Object, by_id: Mapping[str, Object]) -> Folder:
    role = found.get("role")
    special_use = role if isinstance(role, str) and role in _ROLES else ""
    path = "INBOX" if special_use == "inbox" else "/".join(reversed(_names(found, by_id)))
    return Folder(path=path, wire_name=text_in(found, "id"), delimiter="/", special_use=special_use)


def _names(found: Object, by_id: Mapping[str, Object]) -> list[str]:
    """The names from the mailbox up to the top; parents in a circle end somewhere."""
    names: list[str] = []
    here: Object | None = found
    while here is not None and len(names) < _DEEPEST:
        names.append(text_in(here, "name").replace("/", "\u2215"))
        parent = here.get("parentId")
        here = by_id.get(parent) if isinstance(parent, str) else None
    return names
