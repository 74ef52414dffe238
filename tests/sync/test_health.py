"""Health: the light is green only when nothing is missing, and the words say what is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

import making
from mooring.customers.models import Contact
from mooring.letters.models import MailAccount
from mooring.sync.health import health_of_account, health_of_accounts
from mooring.sync.leases import remember_accounts, take_lease
from mooring.sync.models import AccountState, FolderState, Item, ItemCount, ItemState
from mooring.sync.visit import Visited
from mooring.users.models import User
from sync.mailboxes import Clock, deliver, files_account, make_letter

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


@pytest.fixture
def account(owner: User, carol: Contact, maildir: Path, scan: Scan) -> MailAccount:
    """An account with two archived letters and one that is nobody's."""
    deliver(maildir, make_letter(), make_letter(), make_letter("stranger@x.example"))
    account = files_account(owner, maildir)
    scan(account)
    return account


def light(account: MailAccount, clock: Clock) -> str:
    return health_of_account(account, now=clock.now).light


def test_an_account_with_everything_archived_is_green_and_says_its_numbers(account: MailAccount, clock: Clock) -> None:
    health = health_of_account(account, now=clock.now)
    numbers = health.numbers
    assert (health.light, health.summary, numbers.progress) == ("good", "Everything is archived.", 100)
    assert (numbers.on_server, numbers.archived, numbers.not_for_us, numbers.waiting, numbers.failed) == (3, 2, 1, 0, 0)
    assert (health.is_visiting, health.is_first_scan) == (False, False)


@pytest.mark.parametrize(("state", "expected"), [("listed", "busy"), ("failed", "warn")])
def test_no_letter_may_be_missing_under_a_green_light(state: str, expected: str, account: MailAccount, clock: Clock) -> None:
    Item.objects.filter(pk=Item.objects.values_list("pk", flat=True)[0]).update(state=state)
    assert light(account, clock) == expected


def test_a_letter_that_the_server_counts_and_we_do_not_know_is_waited_for(account: MailAccount, clock: Clock) -> None:
    FolderState.objects.update(server_count=4)
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.numbers.waiting, health.numbers.progress) == ("busy", 1, 75)


def test_an_account_never_visited_is_on_its_way_and_then_overdue(owner: User, maildir: Path, clock: Clock) -> None:
    account = files_account(owner, maildir)
    assert light(account, clock) == "busy"
    remember_accounts(now=clock.now)
    assert light(account, clock) == "busy"
    clock.wind(minutes=16)
    assert light(account, clock) == "bad"


def test_an_account_nobody_visits_any_more_is_red(account: MailAccount, clock: Clock) -> None:
    clock.wind(minutes=30)
    assert light(account, clock) == "bad"
    take_lease(account.pk, owner="worker", clock=clock)
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.is_visiting) == ("good", True)


@pytest.mark.parametrize(("failing_for", "is_stopped", "expected"), [(5, False, "warn"), (90, False, "bad"), (5, True, "bad")])
def test_a_passing_failure_is_yellow_and_a_lasting_one_red(
    failing_for: int, is_stopped: bool, expected: str, account: MailAccount, clock: Clock
) -> None:
    since = clock.now - timedelta(minutes=failing_for)
    AccountState.objects.update(error_code="no_answer", error_said="busy", failing_since=since, is_stopped=is_stopped)
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.trouble.quoted if health.trouble else "") == (expected, "busy")


@pytest.mark.parametrize("trouble", [{"held_vanished_count": 60}, {"error_code": "command_refused"}])
def test_a_troubled_folder_takes_the_green_from_its_account(
    trouble: dict[str, object], account: MailAccount, clock: Clock
) -> None:
    FolderState.objects.update(**trouble)
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.folders[0].light) == ("warn", "warn")


def test_a_folder_missing_on_the_server_says_so(account: MailAccount, clock: Clock) -> None:
    account.folders.update(missing_since=clock.now)
    line = health_of_account(account, now=clock.now).folders[0]
    assert line.trouble is not None
    assert "INBOX" in line.trouble.what


def test_a_scan_switched_off_is_grey(owner: User, maildir: Path, clock: Clock) -> None:
    assert light(files_account(owner, maildir, is_scanned=False), clock) == "idle"


def test_many_accounts_cost_as_many_queries_as_one(owner: User, maildir: Path, scan: Scan, clock: Clock) -> None:
    accounts = [files_account(owner, maildir) for _ in range(3)]
    for account in accounts:
        scan(account)
    with CaptureQueriesContext(connection) as queries:
        health = health_of_accounts(accounts, now=making.NOW)
    assert (len(queries), set(health)) == (5, {account.pk for account in accounts})


def counts() -> dict[tuple[int, str], int]:
    """As they are kept."""
    kept = ItemCount.objects.values_list("folder_id", "state", "item_count")
    return {(folder_id, state): count for folder_id, state, count in kept if count}


def counted() -> dict[tuple[int, str], int]:
    """As they are found when every letter is looked at."""
    found = Item.objects.values_list("folder_id", "state").annotate(Count("id")).order_by()
    return {(folder_id, state): count for folder_id, state, count in found}


def test_the_counts_of_letters_stay_true_whatever_is_written(account: MailAccount, owner: User, maildir: Path) -> None:
    assert counts() == counted() != {}
    folder, other = account.folders.get(), files_account(owner, maildir).folders.create(path="Other", wire_name="Other")
    more = [Item(folder=other, epoch="1", server_id=str(number), rank=number) for number in range(5)]
    Item.objects.bulk_create([*more, *more[:1]], ignore_conflicts=True)
    assert counts() == counted() == {**counts(), (other.pk, "listed"): 5}
    Item.objects.filter(folder=other, rank__lt=2).update(state=ItemState.FAILED, attempts=3)
    Item.objects.filter(folder=other, rank=2).update(folder=folder)
    Item.objects.filter(folder=other).update(attempts=1)
    assert counts() == counted()
    Item.objects.filter(folder=folder, state=ItemState.FILED).delete()
    assert counts() == counted()
    other.delete()
    assert counts() == counted()


def test_health_reads_no_letter_however_many_there_are(account: MailAccount, clock: Clock) -> None:
    with CaptureQueriesContext(connection) as queries:
        health_of_account(account, now=clock.now)
    assert not [query["sql"] for query in queries if '"sync_item"' in query["sql"]]
