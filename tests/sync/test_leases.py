"""Leases and fences: one worker at a time, and none that writes after another took over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mooring.letters.models import MailAccount
from mooring.sync import outcome
from mooring.sync.leases import LEASE, LeaseLost, owner_name, release_orphans, take_lease
from mooring.sync.models import AccountState
from mooring.users.models import User
from sync.mailboxes import Clock, files_account, state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(owner: User, maildir: Path) -> MailAccount:
    return files_account(owner, maildir)


def test_an_account_is_leased_to_one_worker_at_a_time(account: MailAccount, clock: Clock) -> None:
    assert take_lease(account.pk, owner="one", clock=clock) is not None
    assert take_lease(account.pk, owner="two", clock=clock) is None


def test_a_lease_that_ran_out_is_taken_over_with_a_higher_fence(account: MailAccount, clock: Clock) -> None:
    first = take_lease(account.pk, owner="one", clock=clock)
    clock.wind(seconds=LEASE.total_seconds())
    second = take_lease(account.pk, owner="two", clock=clock)
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1


def test_a_worker_that_woke_too_late_cannot_write(account: MailAccount, clock: Clock) -> None:
    first = take_lease(account.pk, owner="one", clock=clock)
    assert first is not None
    clock.wind(minutes=6)
    assert take_lease(account.pk, owner="two", clock=clock) is not None
    with pytest.raises(LeaseLost), first.writing():
        MailAccount.objects.unscoped("must not happen").update(your_name="written too late")
    with pytest.raises(LeaseLost):
        first.renew()
    account.refresh_from_db()
    assert account.your_name == "Bob"


def test_even_a_quick_successor_of_the_same_name_shuts_the_door(account: MailAccount, clock: Clock) -> None:
    first = take_lease(account.pk, owner="one", clock=clock)
    AccountState.objects.update(lease_until=None)
    assert take_lease(account.pk, owner="one", clock=clock) is not None
    assert first is not None
    with pytest.raises(LeaseLost), first.writing():
        pytest.fail("the fence let it through")


def test_writing_prolongs_a_lease_now_and_then(account: MailAccount, clock: Clock) -> None:
    lease = take_lease(account.pk, owner="one", clock=clock)
    assert lease is not None
    until = state_of(account).lease_until
    with lease.writing():
        assert state_of(account).lease_until == until
    clock.wind(minutes=2)
    lease.renew()
    assert state_of(account).lease_until == clock.now + LEASE


def test_leases_of_dead_processes_of_this_host_are_free_at_once(account: MailAccount, clock: Clock) -> None:
    take_lease(account.pk, owner=owner_name(host="ship", process_id=41, token="a"), clock=clock)
    assert release_orphans(host="ship", is_running=lambda number: number == 41) == 0
    assert release_orphans(host="boat", is_running=lambda _number: False) == 0
    assert release_orphans(host="ship", is_running=lambda _number: False) == 1
    assert take_lease(account.pk, owner="two", clock=clock) is not None


def test_a_crash_frees_only_a_lease_of_its_own(account: MailAccount, clock: Clock) -> None:
    take_lease(account.pk, owner="one", clock=clock)
    outcome.note_crash(account.pk, owner="two", error=ValueError("x"), now=clock.now, chance=0.5)
    assert state_of(account).lease_owner == "one"
    outcome.note_crash(account.pk, owner="one", error=ValueError("x"), now=clock.now, chance=0.5)
    state = state_of(account)
    assert (state.lease_owner, state.error_code, state.failure_count) == ("", "internal", 1)
    assert state.next_visit_at > clock.now


def test_a_process_looks_for_others_by_their_number() -> None:
    from mooring.sync.worker import _is_running

    assert _is_running(os.getpid())
    assert _is_running(1)
    assert not _is_running(4_194_305)
