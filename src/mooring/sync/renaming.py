"""A folder that appears while another is missing, with the same numbering and the same letters, is that folder renamed."""

from __future__ import annotations

from typing import Final

from mooring.letters.models import Delivery, Folder
from mooring.mail.types import Page
from mooring.sync.models import FolderState, Item, ItemState

_ALIKE: Final = 0.8
"""This share of the letters of a first page must be those of the missing folder."""


def adopt_renamed(folder: Folder, *, epoch: str, page: Page) -> Folder | None:
    """The missing folder that `folder`, listed for the first time, really is, now under its new name; None if there is none.

    The row of `folder` is deleted then. Runs within the caller's transaction.
    """
    missing = Folder.objects.filter(account_id=folder.account_id, missing_since__isnull=False)
    for state in FolderState.objects.filter(folder__in=missing, epoch=epoch).select_related("folder"):
        if _is_alike(state.folder_id, epoch, page):
            return _renamed(state.folder, folder)
    return None


def _is_alike(folder_id: int, epoch: str, page: Page) -> bool:
    sizes = {listed.server_id: listed.size for listed in list(page.arrived)[:500]}
    items = Item.objects.filter(folder_id=folder_id, epoch=epoch).exclude(state=ItemState.GONE)
    known = dict(items.filter(server_id__in=sizes).values_list("server_id", "size"))
    same = sum(size == sizes[server_id] for server_id, size in known.items())
    return same > 0 and same >= _ALIKE * min(len(sizes), items.count())


def _renamed(old: Folder, new: Folder) -> Folder:
    is_synced = old.is_synced
    for name in ("path", "wire_name", "delimiter", "special_use", "is_selectable"):
        setattr(old, name, getattr(new, name))
    old.is_synced, old.missing_since = is_synced and old.is_selectable, None
    new.delete()
    old.save()
    Delivery.objects.filter(folder=old).update(folder_path=old.path)
    return old
