"""The folders of a mail account: as the server last listed them, and which of them are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from mooring.letters.models import Folder, MailAccount
from mooring.mail import types as wire

_NOT_READ_UNASKED: Final = frozenset({"junk", "trash", "drafts", "all", "flagged", "important"})
"""Folders that repeat the letters of others, or hold what nobody wants archived."""


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """A folder that a server listed, and whether it is to be read."""

    folder: wire.Folder
    is_synced: bool


def default_choice(folder: wire.Folder) -> bool:
    """Whether a folder is read unless somebody says otherwise: all but spam, bin, drafts and collections of others."""
    return folder.is_selectable and folder.special_use not in _NOT_READ_UNASKED


def default_choices(folders: Sequence[wire.Folder]) -> list[FolderChoice]:
    """The folders of a new account. Where one folder holds every letter (Gmail's \\All), it is read instead of the others."""
    whole = next((each for each in folders if each.special_use == "all" and each.is_selectable), None)
    if whole is not None and whole.path.lower().startswith(("[gmail]", "[google mail]")):
        return [FolderChoice(each, each is whole) for each in folders]
    return [FolderChoice(each, default_choice(each)) for each in folders]


def write_folders(*, account: MailAccount, choices: Sequence[FolderChoice]) -> dict[str, Any]:
    """Keep what a person chose; folders not mentioned stay as they are. Returns the changes for the journal."""
    known = {row.wire_name: row for row in account.folders.all()}
    changes: dict[str, Any] = {}
    for choice in choices:
        row = known.get(choice.folder.wire_name)
        before = row.is_synced if row is not None else None
        is_synced = choice.is_synced and choice.folder.is_selectable
        if before is not is_synced and (before is not None or is_synced):
            changes[f"folder {choice.folder.path}"] = [bool(before), is_synced]
    rows = [_row_of(account, each.folder, is_synced=each.is_synced) for each in choices]
    _write(rows, also=("is_synced",))
    return changes


def choose_folders(*, account: MailAccount, folder_ids: Sequence[int]) -> dict[str, Any]:
    """Read exactly these folders of the account. Returns the changes for the journal."""
    wanted = set(folder_ids)
    changed = [row for row in account.folders.all() if row.is_synced != (row.pk in wanted and row.is_selectable)]
    for row in changed:
        row.is_synced = not row.is_synced
    Folder.objects.bulk_update(changed, ["is_synced"])
    return {f"folder {row.path}": [not row.is_synced, row.is_synced] for row in changed}


def note_listed(*, account: MailAccount, listed: Sequence[wire.Folder], now: datetime) -> list[Folder]:
    """Remember what the server lists: new folders with their default, those it no longer lists as missing since now."""
    with transaction.atomic():
        known = {row.wire_name: row for row in account.folders.all()}
        # A new folder of a Gmail account is a label; its letters are in the folder that holds them all.
        reads_all = any(row.special_use == "all" and row.is_synced for row in known.values())
        rows = [
            _row_of(account, each, is_synced=known[each.wire_name].is_synced if each.wire_name in known else not reads_all)
            for each in listed
        ]
        for row, each in zip(rows, listed, strict=True):
            if each.wire_name not in known:
                row.is_synced = row.is_synced and default_choice(each)
        _write(rows)
        gone = account.folders.filter(missing_since=None).exclude(wire_name__in=[each.wire_name for each in listed])
        gone.update(missing_since=now)
    return list(account.folders.all())


def _row_of(account: MailAccount, folder: wire.Folder, *, is_synced: bool) -> Folder:
    return Folder(
        account=account,
        path=folder.path[:1000],
        wire_name=folder.wire_name[:2000],
        delimiter=folder.delimiter[:4],
        special_use=folder.special_use[:12],
        is_selectable=folder.is_selectable,
        is_synced=is_synced and folder.is_selectable,
    )


def _write(rows: Sequence[Folder], *, also: tuple[str, ...] = ()) -> None:
    unique = {row.wire_name: row for row in rows}
    Folder.objects.bulk_create(
        unique.values(),
        update_conflicts=True,
        unique_fields=["account", "wire_name"],
        update_fields=["path", "delimiter", "special_use", "is_selectable", "missing_since", *also],
    )
