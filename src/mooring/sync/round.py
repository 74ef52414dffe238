"""What the steps of one visit share: the account, the lease, the open connection, and when to stop."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mooring.letters.matching import Scope
from mooring.letters.models import Folder, MailAccount
from mooring.mail import types as wire
from mooring.mail.contract import Incoming
from mooring.options.values import Values
from mooring.sync.leases import Lease


@dataclass(slots=True)
class Round:
    """One visit of one account by one thread."""

    account: MailAccount
    lease: Lease
    incoming: Incoming
    stop: threading.Event
    deadline: datetime
    values: Values
    scope: Scope
    unchanged: list[int] = field(default_factory=list)
    """Folders (ids) that were looked at and had nothing new."""

    def is_over(self) -> bool:
        """Whether the slice of time is used up or the worker is stopping."""
        return self.stop.is_set() or self.lease.clock() >= self.deadline

    @property
    def oldest(self) -> datetime | None:
        """Letters received before are not read yet. Counted from when the account was added, so that no outage moves it."""
        days = self.account.first_scan_days
        return None if days is None else self.account.created_at - timedelta(days=days)


def wire_folder(folder: Folder) -> wire.Folder:
    """The folder as the mail room knows it."""
    return wire.Folder(
        path=folder.path,
        wire_name=folder.wire_name,
        delimiter=folder.delimiter,
        special_use=folder.special_use,
        is_selectable=folder.is_selectable,
    )
