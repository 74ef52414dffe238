"""Who works on an account now: a lease with an end, and a fence that every write checks.

Taking is one conditional UPDATE, the same on SQLite and PostgreSQL. The fence grows with every lease, so that a worker that
was paused longer than its lease finds the door shut when it wakes and writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from mooring.letters.models import MailAccount
from mooring.sync.models import AccountState

Clock: TypeAlias = Callable[[], datetime]

LEASE = timedelta(minutes=5)
"""Longer than any single step of a visit takes; a worker that died is replaced after so long."""
_RENEW_AFTER = timedelta(minutes=1)


class LeaseLost(Exception):
    """Another worker has taken over the account; nothing more may be written about it here."""


@dataclass(slots=True)
class Lease:
    """The right to write about one account, until it runs out or is taken over."""

    account_id: int
    owner: str
    fence: int
    clock: Clock
    renewed_at: datetime = field(repr=False)

    @contextmanager
    def writing(self) -> Iterator[datetime]:
        """A short transaction that only the holder of the lease may make; gives its time. Raises LeaseLost."""
        now = self.clock()
        with transaction.atomic():
            self._prove(now)
            yield now

    def renew(self) -> None:
        """Prolong the lease if it was not prolonged lately. Call it during long work that writes nothing. Raises LeaseLost."""
        now = self.clock()
        if now - self.renewed_at >= _RENEW_AFTER:
            self._prove(now)

    def _prove(self, now: datetime) -> None:
        """Check the fence and keep the row locked until the transaction ends, prolonging the lease where it is time."""
        held = AccountState.objects.filter(account_id=self.account_id, fence=self.fence, lease_owner=self.owner)
        if now - self.renewed_at >= _RENEW_AFTER:
            if not held.update(lease_until=now + LEASE):
                raise LeaseLost
            self.renewed_at = now
        elif not held.select_for_update().values_list("fence", flat=True):
            raise LeaseLost


def remember_accounts(*, now: datetime, account_id: int | None = None) -> None:
    """Give accounts added since a state of their own: one query when there are none. `account_id` limits it to one."""
    known = AccountState.objects.filter(account=OuterRef("pk"))
    accounts = MailAccount.objects.unscoped("the engine reads the accounts of everybody").filter(~Exists(known), removed_at=None)
    if account_id is not None:
        accounts = accounts.filter(pk=account_id)
    new = [AccountState(account_id=pk, next_visit_at=now) for pk in accounts.values_list("pk", flat=True)]
    AccountState.objects.bulk_create(new, ignore_conflicts=True)


def owner_name(*, host: str, process_id: int, token: str) -> str:
    """Who holds the leases of a process. `token` tells it from an earlier process with the same number."""
    return f"{host[:60]}:{process_id}:{token}"


def release_orphans(*, host: str, is_running: Callable[[int], bool]) -> int:
    """Give back the leases of processes of this host that run no more, so that nobody waits for their end; how many.

    Should another container share the host's name, its leases are taken too early; its fence keeps it from writing then.
    """
    held = AccountState.objects.filter(lease_owner__startswith=f"{host[:60]}:").values_list("lease_owner", flat=True)
    orphans = orphaned_owners(held, host=host, is_running=is_running)
    return AccountState.objects.filter(lease_owner__in=orphans).update(lease_owner="", lease_until=None)


def orphaned_owners(owners: Iterable[str], *, host: str, is_running: Callable[[int], bool]) -> list[str]:
    """Those of these names (owner_name) that belong to processes of this host that run no more."""
    orphans = []
    for owner in set(owners):
        process_id = owner[len(host[:60]) + 1 :].partition(":")[0] if owner.startswith(f"{host[:60]}:") else ""
        if process_id.isdecimal() and not is_running(int(process_id)):
            orphans.append(owner)
    return orphans


def take_lease(account_id: int, *, owner: str, clock: Clock) -> Lease | None:
    """The lease, or None while another worker holds it."""
    now = clock()
    remember_accounts(now=now, account_id=account_id)
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    with transaction.atomic():
        states = AccountState.objects.filter(account_id=account_id)
        if not states.filter(free).update(lease_owner=owner, lease_until=now + LEASE, fence=F("fence") + 1):
            return None
        fence = states.values_list("fence", flat=True).get()
    return Lease(account_id, owner, fence, clock, now)
