"""Labels of Gmail as folders, and the one that holds every letter.

A letter lies in “All Mail” unless it is spam, in the bin, a draft or a chat, whatever other labels it has. So that is the folder
that is read as a rule; its letters carry their labels as flags of the form "label:Name", as over IMAP.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from mooring.mail.errors import FolderMissing
from mooring.mail.protocols.gmail.requests import ME, Gmail
from mooring.mail.protocols.json_shapes import Object, number_in, objects_in, text_in
from mooring.mail.types import Folder

ALL: Final = "ALL_MAIL"
"""No label: our name for the folder of all letters."""
_SYSTEM: Final = {
    "INBOX": ("INBOX", "inbox"),
    "SENT": ("[Gmail]/Sent Mail", "sent"),
    "DRAFT": ("[Gmail]/Drafts", "drafts"),
    "SPAM": ("[Gmail]/Spam", "junk"),
    "TRASH": ("[Gmail]/Bin", "trash"),
    "STARRED": ("[Gmail]/Starred", "flagged"),
    "IMPORTANT": ("[Gmail]/Important", "important"),
}
APART: Final = frozenset({"SPAM", "TRASH"})
"""A letter with one of these is in no other folder."""
_NO_LETTERS: Final = frozenset({"CHAT"})


def list_folders(gmail: Gmail) -> Sequence[Folder]:
    """The inbox, all mail, then the others in the server's order."""
    found = objects_in(gmail.get(f"{ME}/labels", command="labels"), "labels")
    folders = [folder for each in found if (folder := _folder(each)) is not None]
    folders.append(Folder(path="[Gmail]/All Mail", wire_name=ALL, special_use="all"))
    return sorted(folders, key=lambda folder: {"inbox": 0, "all": 1}.get(folder.special_use, 2))


def _folder(label: Object) -> Folder | None:
    """None for labels that are marks rather than places (UNREAD, CHAT, the tabs of the inbox)."""
    label_id = text_in(label, "id")
    if label_id in _SYSTEM:
        path, special_use = _SYSTEM[label_id]
        return Folder(path=path, wire_name=label_id, special_use=special_use)
    if label.get("type") != "user":
        return None
    return Folder(path=text_in(label, "name"), wire_name=label_id)


def label_names(gmail: Gmail) -> dict[str, str]:
    """id -> name of the labels that people made."""
    found = objects_in(gmail.get(f"{ME}/labels", command="labels"), "labels")
    return {text_in(each, "id"): text_in(each, "name") for each in found if each.get("type") == "user"}


def holds(folder: Folder, labels: Collection[str]) -> bool:
    """Whether a letter with these labels lies in the folder."""
    if _NO_LETTERS & set(labels):
        return False
    if folder.wire_name in APART:
        return folder.wire_name in labels
    if APART & set(labels):
        return False
    return "DRAFT" not in labels if folder.wire_name == ALL else folder.wire_name in labels


def query_for(folder: Folder) -> dict[str, str]:
    """The parameters of messages.list for the letters of the folder."""
    if folder.wire_name == ALL:
        return {"q": "-in:drafts -in:chats"}
    apart = {"includeSpamTrash": "true"} if folder.wire_name in APART else {}
    return {"labelIds": folder.wire_name, **apart}


def count_in(gmail: Gmail, folder: Folder) -> int | None:
    """How many letters a label has; None for all mail, which nobody counts. Raises FolderMissing."""
    if folder.wire_name == ALL:
        return None
    answer = gmail.ask(f"{ME}/labels/{quote(folder.wire_name, safe='')}", fields="messagesTotal")
    if answer.status in (400, 404):
        raise FolderMissing(folder=folder.path)
    if not answer.is_good:
        raise gmail.refusal(answer, "labels")
    return number_in(answer.object(), "messagesTotal")


def flags_of(labels: Collection[str], names: Mapping[str, str]) -> frozenset[str]:
    """What labels say about a letter: read, starred, a draft, and the labels of its owner."""
    flags = {"\\Seen"} if "UNREAD" not in labels else set()
    flags.update({"STARRED": "\\Flagged", "DRAFT": "\\Draft"}[label] for label in labels if label in ("STARRED", "DRAFT"))
    flags.update(f"label:{_shown(label, names)}" for label in labels if label in names or label in ("INBOX", "SENT", "IMPORTANT"))
    return frozenset(flags)


def _shown(label: str, names: Mapping[str, str]) -> str:
    return names.get(label) or "\\" + label.capitalize()
