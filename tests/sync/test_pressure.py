"""Back-pressure: the engine lists no more than it can archive, and leaves room on the disk. Both end by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings

from mooring.customers.models import Contact
from mooring.letters.models import MailAccount
from mooring.sync import pressure
from mooring.sync.engine import Engine
from mooring.sync.health import health_of_account
from mooring.sync.models import AccountState
from mooring.sync.pressure import Space, space_of_installation
from mooring.sync.visit import Visited
from mooring.users.models import User
from sync.mailboxes import Clock, deliver, files_account, item_states, make_letter, state_of, visit

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]
ROOMY, CROWDED = Space(100_000_000_000, 10_000_000_000), Space(100_000_000_000, 400_000_000)


@pytest.fixture
def account(owner: User, carol: Contact, maildir: Path) -> MailAccount:
    """An account with 300 letters of Carol in the inbox and two in another folder."""
    deliver(maildir, *(make_letter() for _ in range(300)))
    deliver(maildir, make_letter(), make_letter(), folder=".Done")
    return files_account(owner, maildir, is_main=True)


def test_folders_wait_for_their_first_listing_while_many_letters_wait(
    account: MailAccount, engine: Engine, clock: Clock, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressure, "MOST_WAITING", 100)
    scan(account)
    health = {line.folder.path: line for line in health_of_account(account, now=clock.now).folders}
    done = health["Done"]
    assert (done.light, done.numbers.listed, item_states(account)) == ("busy", 0, {"filed": 300})
    assert done.trouble is not None
    assert done.trouble.what.startswith("This folder is read when fewer letters")
    clock.wind(minutes=5)
    scan(account)
    assert (health_of_account(account, now=clock.now).light, item_states(account)) == ("good", {"filed": 302})


def test_folders_known_already_are_looked_at_and_read_however_many_letters_wait(
    account: MailAccount, maildir: Path, clock: Clock, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(account)
    deliver(maildir, *(make_letter() for _ in range(3)))
    deliver(maildir, make_letter(), folder=".Done")
    monkeypatch.setattr(pressure, "MOST_WAITING", 2)
    clock.wind(minutes=5)
    scan(account)
    assert item_states(account) == {"filed": 306}


def test_nothing_is_fetched_onto_a_disk_that_is_nearly_full(
    account: MailAccount, engine: Engine, clock: Clock, scan: Scan
) -> None:
    assert visit(account, engine=engine, clock=clock, space=lambda: CROWDED) is Visited.FAILED
    assert item_states(account) == {}
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.summary.partition(",")[0]) == ("warn", "The disk is nearly full")
    assert state_of(account).next_visit_at > clock.now
    clock.wind(hours=1)
    scan(account)
    assert (health_of_account(account, now=clock.now).light, item_states(account)) == ("good", {"filed": 302})


def test_a_disk_that_fills_up_during_a_visit_ends_it_and_what_is_here_is_stored(
    account: MailAccount, engine: Engine, clock: Clock, scan: Scan
) -> None:
    found = iter([ROOMY, ROOMY, ROOMY])
    assert visit(account, engine=engine, clock=clock, space=lambda: next(found, CROWDED)) is Visited.FAILED
    assert state_of(account).error_code == "disk_nearly_full"
    assert item_states(account) == {"filed": 200, "listed": 102}
    AccountState.objects.update(next_visit_at=clock.now)
    scan(account)
    assert item_states(account) == {"filed": 302}


def test_small_disks_keep_a_share_free_and_large_ones_a_fixed_amount() -> None:
    assert Space(10_000_000_000, 100_000_000).is_enough()
    assert not Space(10_000_000_000, 99_000_000).is_enough()
    assert Space(10**14, 500_000_000).is_enough()


def test_the_disk_is_measured_before_there_are_any_originals(settings: LazySettings, tmp_path: Path) -> None:
    settings.ORIGINALS_FOLDER = str(tmp_path / "not" / "yet")
    space = space_of_installation()
    assert 0 < space.free <= space.total
