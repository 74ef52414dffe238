"""Letters that were in work when the database stopped answering: the attempts counted against them are taken back.

The database cannot be told at that moment, so the process remembers them until it answers again.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from mooring.sync.backlog import Waiting
from mooring.sync.leases import Lease
from mooring.sync.models import Item, ItemState


class Innocents:
    """By account, under which lease and with how many attempts before. One per process; an account has one visit at a time."""

    def __init__(self) -> None:
        self._by_account: dict[int, tuple[int, tuple[Waiting, ...]]] = {}

    def remember(self, lease: Lease, letters: Iterable[Waiting]) -> None:
        """These letters were begun and neither they nor the server is to blame."""
        self._by_account[lease.account_id] = (lease.fence, tuple(letters))

    def clear(self, lease: Lease) -> None:
        """Give them the attempts they had, unless another worker was at them since. Raises LeaseLost and what databases raise."""
        fence, letters = self._by_account.get(lease.account_id, (0, ()))
        if letters and lease.fence <= fence + 1:
            self._by_account[lease.account_id] = (lease.fence, letters)
            with lease.writing():
                for attempts, group in groupby(sorted(letters, key=_attempts), key=_attempts):
                    items = Item.objects.filter(pk__in=[letter.item_id for letter in group], state=ItemState.LISTED)
                    items.filter(attempts__gt=attempts).update(attempts=attempts)
        self._by_account.pop(lease.account_id, None)


def _attempts(letter: Waiting) -> int:
    return letter.attempts
