"""What the engine does besides its visits: to whom letters went, what goes for good, weekly versions of pipelines, kept sums and
counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mooring.customers.bulk_editing import forget_old_changes
from mooring.customers.counts import count_customers
from mooring.letters.attached_files import AttachedFiles
from mooring.letters.attaching import sweep_attached_files
from mooring.letters.correspondents import CHUNK, learn_correspondents
from mooring.letters.drafting import forget_discarded_drafts
from mooring.letters.record_files import file_store, sweep_record_files
from mooring.sales.kept_sums import put_together
from mooring.sales.resetting import destroy_due
from mooring.sales.versions import save_weekly
from mooring.users.removed_groups import forget_removed_groups

TIDY_EVERY: Final = timedelta(hours=1)
_MOST_CHUNKS: Final = 40
"""A visit is followed by a look at so many sent letters at most; the rest is looked at after the next."""


class Housekeeping:
    """Of one process; several at once do no harm."""

    def __init__(self, attached_folder: Path | str) -> None:
        self._files = AttachedFiles(attached_folder)
        self._tidied_at: datetime | None = None

    def tidy_up(self, now: datetime) -> bool:
        """Once an hour: drafts, files, changes, groups and resets that are past go, pipelines are saved. Whether it was time."""
        if self._tidied_at is not None and now - self._tidied_at < TIDY_EVERY:
            return False
        forget_discarded_drafts(now=now)
        forget_old_changes(now)
        forget_removed_groups(now)
        sweep_attached_files(files=self._files, now=now)
        destroy_due(now=now)
        save_weekly(now=now)
        put_together()
        count_customers(now=now)
        sweep_record_files(files=file_store(), now=now)
        self._tidied_at = now
        return True


def learn_from_sent_letters(account_id: int, *, now: datetime) -> int:
    """Remember to whom the letters newly found in the account went; how many letters that were."""
    total = 0
    for _chunk in range(_MOST_CHUNKS):
        count = learn_correspondents(account_id=account_id, now=now)
        total += count
        if count < CHUNK:
            break
    return total
