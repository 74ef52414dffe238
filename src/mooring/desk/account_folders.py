"""The folders of a mailbox between “Test connection” and “Submit”: listed by the server once, ticked by a person.

What the server listed waits in the session, so that Submit needs no second connection and nothing can be slipped in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mooring.letters.folders import FolderChoice, default_choices
from mooring.letters.models import Folder, MailAccount
from mooring.mail import types as wire
from mooring.ui.parts import Node

_SESSION_KEY = "listed_folders"
FOLDER_ICONS = {
    use: node.icon
    for use, node in {
        "": Node(label="", value="", icon="folder"),
        "inbox": Node(label="", value="", icon="inbox"),
        "sent": Node(label="", value="", icon="send"),
        "drafts": Node(label="", value="", icon="pencil"),
        "junk": Node(label="", value="", icon="ban"),
        "trash": Node(label="", value="", icon="trash"),
        "archive": Node(label="", value="", icon="archive"),
    }.items()
}
"""By the special use of a folder; spelt so that the build of the assets finds the drawings."""
_NOTES = {"sent": _("sent letters"), "junk": _("spam"), "trash": _("bin"), "drafts": _("drafts"), "all": _("every letter")}


def remember_listed(request: HttpRequest, folders: Sequence[wire.Folder], *, account: MailAccount | None) -> list[FolderChoice]:
    """Keep what the server listed for the Submit that follows; ticks as chosen before, else as usual."""
    request.session[_SESSION_KEY] = {"account": account.pk if account else 0, "folders": [asdict(folder) for folder in folders]}
    known = {row.wire_name: row.is_synced for row in account.folders.all()} if account else {}
    return [
        FolderChoice(choice.folder, known.get(choice.folder.wire_name, choice.is_synced)) for choice in default_choices(folders)
    ]


def choices_sent(request: HttpRequest, *, account: MailAccount | None = None) -> list[FolderChoice]:
    """The folders of the last test, or those known of the account, ticked as the form says; empty when there are none."""
    waiting = request.session.get(_SESSION_KEY, {})
    is_of_this = waiting.get("account") == (account.pk if account else 0)
    listed = [wire.Folder(**each) for each in waiting["folders"]] if is_of_this else []
    if not listed and account is not None:
        listed = [_as_listed(row) for row in account.folders.filter(missing_since=None)]
    ticked = set(request.POST.getlist("folders"))
    return [FolderChoice(folder, folder.wire_name in ticked) for folder in listed]


def folder_nodes(choices: Iterable[FolderChoice | tuple[Folder, bool]]) -> list[Node]:
    """The folders as a tree, nested by the server's delimiter."""
    pairs = [(each.folder, each.is_synced) if isinstance(each, FolderChoice) else each for each in choices]
    below: dict[str, list[tuple[Folder | wire.Folder, bool]]] = {}
    paths = {folder.path for folder, _is_synced in pairs}
    for folder, is_synced in pairs:
        below.setdefault(_parent_of(folder, paths), []).append((folder, is_synced))
    return _nodes("", below)


def _nodes(parent: str, below: dict[str, list[tuple[Folder | wire.Folder, bool]]]) -> list[Node]:
    return [
        Node(
            label=folder.path[len(parent) + len(folder.delimiter) :] if parent else folder.path,
            value=folder.wire_name,
            is_ticked=is_synced,
            is_locked=not folder.is_selectable,
            icon=FOLDER_ICONS.get(folder.special_use, FOLDER_ICONS[""]),
            note=str(_NOTES.get(folder.special_use, "")),
            below=_nodes(folder.path, below),
        )
        for folder, is_synced in below.get(parent, [])
    ]


def _parent_of(folder: Folder | wire.Folder, paths: set[str]) -> str:
    """The nearest folder above that is listed; empty for the top. A folder never lies below itself."""
    path = folder.path
    while folder.delimiter and folder.delimiter in path:
        path = path.rpartition(folder.delimiter)[0]
        if path in paths:
            return path
    return ""


def _as_listed(row: Folder) -> wire.Folder:
    return wire.Folder(row.path, row.wire_name, row.delimiter, row.special_use, row.is_selectable)
