"""When the engine takes in less: letters are listed no faster than they are archived, and the disk is never filled up."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from mooring.letters.models import MailAccount
from mooring.sync.models import Item, ItemState

MOST_WAITING: Final = 50_000
"""While more letters of an account wait, folders that were never listed wait too."""
LEAST_FREE: Final = 500_000_000
"""Bytes of the disk that are left to everybody else."""
LEAST_FREE_SHARE: Final = 0.01
"""Small disks keep this share free instead."""


class DiskNearlyFull(Exception):
    """So little of the disk is free that nothing more is fetched."""


@dataclass(frozen=True, slots=True)
class Space:
    """Of the disk that holds the originals, in bytes."""

    total: int
    free: int

    def is_enough(self) -> bool:
        """Whether letters may still be fetched."""
        return self.free >= min(LEAST_FREE, self.total * LEAST_FREE_SHARE)


def space_of_installation() -> Space:
    """The disk as it is now."""
    folder = Path(settings.ORIGINALS_FOLDER)
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    usage = shutil.disk_usage(existing)
    return Space(usage.total, usage.free)


def has_too_many_waiting(account: MailAccount) -> bool:
    """Whether enough letters of the account wait to keep the engine busy for long."""
    waiting = Item.objects.filter(folder__account=account, state=ItemState.LISTED)
    return waiting.order_by()[MOST_WAITING : MOST_WAITING + 1].exists()
