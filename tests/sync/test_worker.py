"""The worker: who is visited when, what a failure of one account means for the others, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError, connection

import making
from mooring.customers.models import Contact
from mooring.letters.models import MailAccount
from mooring.mail.contract import Incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import ConnectionLost, NoAnswer
from mooring.mail.types import Server
from mooring.options.values import change
from mooring.sync import worker
from mooring.sync.engine import Engine
from mooring.sync.leases import take_lease
from mooring.sync.models import AccountState, BackfillOffer
from mooring.sync.options import WATCHED_ACCOUNTS
from mooring.sync.watching import PAUSE, Watchers
from mooring.sync.worker import Worker, run
from mooring.users.models import User
from servers.dovecot import Dovecot
from sync.mailboxes import WHY, Clock, account_of, deliver, files_account, item_states, make_letter, state_of, subjects

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30.0


class AtOnce:
    """A pool that works at once, in the thread of the test, so that nothing depends on the moment."""

    def __init__(self) -> None:
        self.is_open = True

    def submit(self, work: Callable[..., None], *arguments: object) -> _Done:
        work(*arguments)
        return _Done()

    def shutdown(self, *, wait: bool, cancel_futures: bool = False) -> None:
        self.is_open = not wait


class _Done:
    def __init__(self, *, is_done: bool = True) -> None:
        self.done = lambda: is_done


@pytest.fixture
def new_worker(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Worker]]:
    """new_worker() makes a worker that visits in the thread of the test."""
    monkeypatch.setattr(connection, "close", lambda: None)
    stop = threading.Event()
    made: list[Worker] = []

    def make(**changes: object) -> Worker:
        one = Worker(replace(engine, **changes), clock=clock, stop=stop, visit_threads=4)
        one._pool = AtOnce()  # type: ignore[assignment]
        made.append(one)
        return one

    yield make
    stop.set()
    for one in made:
        one.close()


def test_accounts_are_found_visited_and_visited_again_in_time(
    owner: User, carol: Contact, maildir: Path, new_worker: Callable[..., Worker], clock: Clock
) -> None:
    worker = new_worker()
    account = files_account(owner, maildir)
    worker.tick()
    first = state_of(account)
    assert first.last_visit_at == clock.now
    deliver(maildir, make_letter(subject="Later"))
    clock.wind(minutes=1)
    worker.tick()
    assert subjects() == []
    clock.wind(minutes=4)
    worker.tick()
    assert subjects() == ["Later"]


def test_a_job_of_many_records_that_breaks_keeps_no_letter_waiting(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "carry_on_jobs", lambda *, now: 1 / 0)
    account = files_account(owner, maildir)
    new_worker().tick()
    assert state_of(account).last_visit_at is not None


def test_accounts_that_are_switched_off_are_not_visited(owner: User, maildir: Path, new_worker: Callable[..., Worker]) -> None:
    account = files_account(owner, maildir, is_scanned=False)
    new_worker().tick()
    assert state_of(account).last_visit_at is None


def test_an_unforeseen_failure_is_shown_on_its_account_and_the_others_go_on(
    owner: User,
    carol: Contact,
    maildir: Path,
    tmp_path: Path,
    new_worker: Callable[..., Worker],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "bad").mkdir()
    bad = files_account(owner, tmp_path / "bad")
    deliver(maildir, make_letter(subject="Good"))
    good = files_account(owner, maildir)

    def connect(server: Server, *, policy: EgressPolicy) -> Incoming:
        if server.path.endswith("bad"):
            raise RuntimeError("nobody thought of this")
        from mooring.mail.connect import open_incoming

        return open_incoming(server, policy=policy)

    new_worker(connect=connect).tick()
    assert (state_of(bad).error_code, state_of(bad).lease_owner, subjects()) == ("internal", "", ["Good"])
    assert state_of(bad).next_visit_at > clock.now
    assert "nobody thought of this" in caplog.text
    assert state_of(good).error_code == ""


def test_a_failure_that_the_database_does_not_take_is_written_down_when_it_answers(
    owner: User, maildir: Path, engine: Engine, clock: Clock, new_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = files_account(owner, maildir)

    def fails(*_arguments: object, **_more: object) -> None:
        raise OperationalError("the database is gone")

    one = new_worker()
    visits = worker.visit_account
    with monkeypatch.context() as patch:
        patch.setattr(worker.outcome, "note_crash", fails)
        patch.setattr(worker, "visit_account", lambda *arguments, **more: (visits(*arguments, **more), fails()))
        take_lease(account.pk, owner=engine.owner, clock=clock)
        AccountState.objects.update(lease_until=None)
        one.tick()
        with pytest.raises(OperationalError):
            one.tick()
    AccountState.objects.update(lease_owner=engine.owner)
    one.tick()
    assert (state_of(account).error_code, state_of(account).lease_owner) == ("no_database", "")


def test_a_database_that_does_not_answer_is_waited_for(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = files_account(owner, maildir)
    one = new_worker()
    calls: list[float] = []

    def locked(**_arguments: object) -> None:
        raise OperationalError("database is locked")

    def wait(seconds: float) -> None:
        calls.append(seconds)
        monkeypatch.setattr(worker, "remember_accounts", remember)
        if len(calls) == 2:
            one._stop.set()

    remember = worker.remember_accounts
    monkeypatch.setattr(worker, "remember_accounts", locked)
    monkeypatch.setattr(one._stop, "wait", wait)
    one.run()
    assert calls == [5.0, 1.0]
    assert state_of(account).last_visit_at is not None


def test_there_are_never_more_visits_than_threads(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _account in range(6):
        files_account(owner, maildir)
    begun: list[int] = []

    one = new_worker()
    monkeypatch.setattr(one._pool, "submit", lambda _work, account_id: (begun.append(account_id), _Done(is_done=False))[1])
    one.tick()
    one.tick()
    assert len(begun) == 4


def test_a_thread_that_is_free_again_does_not_wait_for_the_next_tick(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [files_account(owner, maildir) for _account in range(9)]
    one = new_worker()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if all(state_of(account).last_visit_at for account in accounts):
            one._stop.set()

    monkeypatch.setattr(one._stop, "wait", wait)
    one.run()
    assert all(state_of(account).last_visit_at for account in accounts)
    assert sum(waits) <= 1.0


def test_many_silent_servers_leave_the_threads_to_those_that_answer(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = [files_account(owner, maildir) for _account in range(8)]
    for number, account in enumerate(silent):
        MailAccount.objects.unscoped(WHY).filter(pk=account.pk).update(host=f"{number}.silent.example", protocol="imap")

    def connect(server: Server, *, policy: EgressPolicy) -> Incoming:
        if server.host:
            raise NoAnswer(host=server.host)
        from mooring.mail.connect import open_incoming

        return open_incoming(server, policy=policy)

    one = new_worker(connect=connect)
    one.tick()
    one.tick()
    assert all(state_of(account).failure_count for account in silent)
    clock.wind(minutes=10)
    healthy = files_account(owner, maildir)
    begun: list[int] = []
    monkeypatch.setattr(one._pool, "submit", lambda _work, account_id: (begun.append(account_id), _Done(is_done=False))[1])
    one.tick()
    assert len(begun) == 2
    assert healthy.pk in begun


def test_older_letters_are_offered_while_the_worker_runs(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], clock: Clock
) -> None:
    deliver(maildir, make_letter("anna@quay.example"))
    files_account(owner, maildir)
    worker = new_worker()
    worker.tick()
    making.make_customer(emails=("anna@quay.example",))
    clock.wind(seconds=10)
    worker.tick()
    assert BackfillOffer.objects.get().on_server_count == 1


def test_a_worker_told_to_stop_ends(engine: Engine, owner: User, maildir: Path, clock: Clock) -> None:
    stop = threading.Event()
    stop.set()
    run(stop, engine=engine, clock=clock)


def test_a_worker_makes_the_engine_of_the_installation_when_given_none(db: None) -> None:
    stop = threading.Event()
    stop.set()
    run(stop)


# -- watching ----------------------------------------------------------------------------------------------------------


class Hinting:
    """A mailbox that hints once at a change, then ends the watch."""

    def __init__(self, *, then: Exception | None = None) -> None:
        self.hinted = 0
        self._then = then

    def __call__(self, server: Server, *, policy: EgressPolicy) -> Hinting:
        return self

    def __enter__(self) -> Hinting:
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_closed = True

    def watch(self, _folder: object, *, stop: threading.Event, timeout: object) -> bool:
        self.hinted += 1
        if self.hinted == 1:
            return True
        if self._then:
            raise self._then
        stop.wait(PATIENCE)
        return False


@pytest.fixture
def watched(owner: User, dovecot: Dovecot) -> MailAccount:
    """An account whose last visit went well."""
    account = account_of(owner, dovecot.server(dovecot.new_user()), dovecot.policy)
    AccountState.objects.create(account=account, next_visit_at=making.NOW, last_success_at=making.NOW)
    return account


def watchers(engine: Engine, clock: Clock, hinting: Hinting, monkeypatch: pytest.MonkeyPatch) -> Watchers:
    monkeypatch.setattr("mooring.sync.watching._CALM_SECONDS", 0.0)
    return Watchers(replace(engine, connect=hinting), clock=clock, stop=threading.Event())  # type: ignore[arg-type]


def _joined(watching: Watchers) -> None:
    for thread, _ending in list(watching._threads.values()):
        thread.join(PATIENCE)


def test_a_hint_makes_the_account_wanted(
    engine: Engine, clock: Clock, watched: MailAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = watchers(engine, clock, Hinting(then=ConnectionLost()), monkeypatch)
    watching.keep_up(limit=5)
    _joined(watching)
    assert state_of(watched).wanted_at == clock.now


def test_a_lost_watcher_comes_back_after_a_pause(
    engine: Engine, clock: Clock, watched: MailAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    hinting = Hinting(then=RuntimeError("unforeseen"))
    watching = watchers(engine, clock, hinting, monkeypatch)
    watching.keep_up(limit=5)
    _joined(watching)
    watching.keep_up(limit=5)
    assert hinting.hinted == 2
    clock.wind(seconds=PAUSE.total_seconds())
    watching.keep_up(limit=5)
    _joined(watching)
    assert hinting.hinted == 3


def test_watchers_end_when_they_are_too_many(
    engine: Engine, clock: Clock, watched: MailAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = watchers(engine, clock, Hinting(), monkeypatch)
    watching.keep_up(limit=5)
    watching.keep_up(limit=0)
    _joined(watching)
    watching.keep_up(limit=0)
    assert watching._threads == {}
    watching.join(PATIENCE)


@pytest.mark.server
def test_a_new_letter_on_a_real_server_makes_its_account_wanted(
    engine: Engine, clock: Clock, owner: User, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = dovecot.new_user()
    account = account_of(owner, dovecot.server(user), dovecot.policy)
    AccountState.objects.create(account=account, next_visit_at=making.NOW, last_success_at=making.NOW)
    noticed = threading.Event()
    monkeypatch.setattr("mooring.sync.watching._CALM_SECONDS", 0.0)
    watching = Watchers(replace(engine, connect=_telling(noticed)), clock=clock, stop=threading.Event())
    watching.keep_up(limit=5)
    for _letter in range(5):
        dovecot.deliver(user, [make_letter()])
        if noticed.wait(5):
            break
    watching.join(PATIENCE)
    assert state_of(account).wanted_at == clock.now


def _telling(noticed: threading.Event) -> Callable[..., Incoming]:
    """Connects for real, and tells when a hint came."""
    from mooring.mail.connect import open_incoming

    def connect(server: Server, *, policy: EgressPolicy) -> Incoming:
        incoming = open_incoming(server, policy=policy)
        watch = incoming.watch

        def watch_and_tell(*arguments: object, **more: object) -> bool:
            if noticed.is_set():
                return False
            found = watch(*arguments, **more)  # type: ignore[arg-type]
            if found:
                noticed.set()
            return found

        incoming.watch = watch_and_tell  # type: ignore[method-assign]
        return incoming

    return connect


def test_an_installation_may_watch_nobody(
    owner: User, maildir: Path, new_worker: Callable[..., Worker], watched: MailAccount
) -> None:
    change(WATCHED_ACCOUNTS, 0, by=making.BY_COMMAND, now=making.NOW)
    one = new_worker()
    one.tick()
    assert one._watchers._threads == {}
    assert item_states(watched) == {}
