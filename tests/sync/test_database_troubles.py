"""A database that is locked, restarted or full: no letter is blamed or parked, and the account says what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg.errors
import pytest
from django.db import InterfaceError, OperationalError

from mooring.customers.models import Contact
from mooring.letters.arrivals import Arrival, Filed
from mooring.letters.models import MailAccount
from mooring.letters.storing import file_batch
from mooring.sync import innocence, intake, items
from mooring.sync.engine import Engine
from mooring.sync.health import health_of_account
from mooring.sync.leases import take_lease
from mooring.sync.models import Item
from mooring.sync.outcome import code_of
from mooring.sync.visit import Visited
from mooring.users.models import User
from sync.mailboxes import Clock, deliver, digests, files_account, item_states, make_letter, state_of, stored, visit

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]
SILENT = [OperationalError("database is locked"), InterfaceError("connection already closed")]


@pytest.fixture
def letters(carol: Contact) -> list[bytes]:
    return [make_letter() for _ in range(5)]


@pytest.fixture(params=[True, False], ids=["keeps all", "headers first"])
def account(request: pytest.FixtureRequest, owner: User, maildir: Path, letters: list[bytes]) -> MailAccount:
    """An account with five letters of Carol, of which whole letters or headers are fetched first."""
    deliver(maildir, *letters)
    return files_account(owner, maildir, is_main=request.param)


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """fail(place, name, error) makes a step fail from now on; fail() mends everything."""

    def break_or_mend(place: object = None, name: str = "", error: Exception | None = None) -> None:
        def broken(*_arguments: object, **_more: object) -> None:
            assert error is not None
            raise error

        if error is None:
            monkeypatch.undo()
        else:
            monkeypatch.setattr(place, name, broken)

    return break_or_mend


@pytest.mark.parametrize("error", SILENT, ids=["locked", "closed"])
@pytest.mark.parametrize("step", ["file_batch", "decide"])
def test_however_often_the_database_fails_no_letter_is_charged_or_parked(
    step: str,
    error: Exception,
    account: MailAccount,
    letters: list[bytes],
    engine: Engine,
    scan: Scan,
    clock: Clock,
    fail: Callable[..., None],
) -> None:
    fail(intake, step, error)
    for _visit in range(5):
        assert scan(account) is Visited.FAILED
        assert set(Item.objects.values_list("attempts", "error_code")) == {(0, "")}
        clock.wind(hours=1)
    health = health_of_account(account, now=clock.now)
    assert health.trouble is not None
    assert health.trouble.what.startswith("The database did not answer")
    assert state_of(account).lease_owner == ""
    fail()
    assert scan(account) is Visited.DONE
    assert (item_states(account), stored(engine.originals)) == ({"filed": 5}, digests(letters))
    assert health_of_account(account, now=clock.now).light == "good"


def test_a_database_that_comes_back_later_takes_the_attempts_back_then(
    account: MailAccount, engine: Engine, scan: Scan, clock: Clock, fail: Callable[..., None]
) -> None:
    fail(intake, "file_batch", SILENT[0])
    fail(innocence, "_attempts", SILENT[0])
    for _visit in range(2):
        with pytest.raises(OperationalError):
            scan(account)
        clock.wind(minutes=6)
    assert set(Item.objects.values_list("attempts", flat=True)) == {1}
    fail()
    fail(intake, "file_batch", SILENT[0])
    scan(account)
    assert set(Item.objects.values_list("attempts", flat=True)) == {0}


def test_letters_that_another_worker_was_at_since_keep_their_attempts(
    account: MailAccount, engine: Engine, scan: Scan, clock: Clock, fail: Callable[..., None]
) -> None:
    fail(intake, "file_batch", SILENT[0])
    fail(innocence, "_attempts", SILENT[0])
    with pytest.raises(OperationalError):
        scan(account)
    fail()
    clock.wind(minutes=6)
    take_lease(account.pk, owner="another", clock=clock)
    clock.wind(minutes=6)
    lease = take_lease(account.pk, owner="tests", clock=clock)
    assert lease is not None
    engine.innocents.clear(lease)
    engine.innocents.clear(lease)
    assert set(Item.objects.values_list("attempts", flat=True)) == {1}


def test_what_is_stored_before_the_database_fails_stays(
    owner: User, carol: Contact, maildir: Path, engine: Engine, scan: Scan, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [make_letter() for _ in range(250)]
    deliver(maildir, *letters)
    account = files_account(owner, maildir, is_main=True)
    count = 0

    def fails_later(*, arrivals: Sequence[Arrival], now: object) -> list[Filed]:
        nonlocal count
        count += 1
        if count == 2:
            raise SILENT[0]
        return file_batch(arrivals=arrivals, now=clock.now)

    monkeypatch.setattr(intake, "file_batch", fails_later)
    assert visit(account, engine=engine, clock=clock) is Visited.FAILED
    assert item_states(account)["listed"] >= 100
    assert set(Item.objects.filter(state="listed").values_list("attempts", flat=True)) == {0}
    clock.wind(minutes=10)
    assert scan(account) is Visited.DONE
    assert (item_states(account), stored(engine.originals)) == ({"filed": 250}, digests(letters))


def test_a_disk_that_is_full_for_the_database_is_said_as_such() -> None:
    by_sqlite, by_postgresql = sqlite3.OperationalError("database or disk is full"), psycopg.errors.DiskFull("could not extend")
    by_sqlite.sqlite_errorcode = sqlite3.SQLITE_FULL
    for cause, code in ((by_sqlite, "disk_full"), (by_postgresql, "disk_full"), (psycopg.OperationalError("x"), "no_database")):
        error = OperationalError("it did not work")
        error.__cause__ = cause
        assert code_of(error) == code


def test_letters_begun_when_counting_the_attempt_fails_are_not_charged(
    account: MailAccount, scan: Scan, fail: Callable[..., None]
) -> None:
    fail(items, "begin", SILENT[0])
    assert scan(account) is Visited.FAILED
    assert set(Item.objects.values_list("attempts", "error_code")) == {(0, "")}
