"""Visits of IMAP servers: a real one, and a scripted one for what real servers do not do on demand."""

from __future__ import annotations

import random
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

import making
from mooring.customers.models import Contact
from mooring.letters.models import Delivery, Letter, MailAccount
from mooring.letters.packs import KeptOriginal, Packs
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Server
from mooring.sync.engine import Engine
from mooring.sync.health import failed_letters, health_of_account
from mooring.sync.leases import take_lease
from mooring.sync.models import AccountState, Item
from mooring.sync.visit import Visited
from mooring.sync.wishes import retry_failed, scan_now
from mooring.users.models import User
from servers.dovecot import Dovecot
from servers.scripted_imap import FakeLetter, ScriptedImap
from sync.mailboxes import (
    WHY,
    Clock,
    account_of,
    digests,
    fill,
    item_states,
    live_places,
    make_letter,
    state_of,
    stored,
    visit,
)

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


# -- a real server -----------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_flags_moves_and_deletions_on_a_real_server_are_followed(
    owner: User, carol: Contact, dovecot: Dovecot, scan: Scan, clock: Clock
) -> None:
    user = dovecot.new_user()
    dovecot.create(user, "Done")
    fill(dovecot, user, [make_letter(subject=f"{number}") for number in range(4)])
    account = account_of(owner, dovecot.server(user), dovecot.policy)
    scan(account)
    before = dict(Delivery.objects.values_list("letter__subject", "pk"))
    dovecot.flag(user, "\\Answered", [1])
    dovecot.move(user, [2], source="INBOX", target="Done")
    dovecot.expunge(user, [3])
    dovecot.deliver(user, [make_letter(subject="new")])
    scan(account)
    clock.wind(hours=2)
    scan(account)
    found = {each.letter.subject: each for each in Delivery.objects.select_related("letter")}
    assert {subject: found[subject].pk for subject in before} == before
    assert found["0"].flags == ["\\Answered"]
    assert found["1"].folder_path == "Done"
    assert found["2"].gone_since is not None
    assert live_places(account) == {"INBOX": 3, "Done": 1}
    assert not [flags for flags in dovecot.flags(user) if "\\Seen" in flags]


@pytest.mark.server
def test_folders_renamed_and_made_anew_on_a_real_server_double_nothing(
    owner: User, carol: Contact, dovecot: Dovecot, scan: Scan, clock: Clock
) -> None:
    user = dovecot.new_user()
    letters = [make_letter(subject=f"{number}") for number in range(3)]
    fill(dovecot, user, letters, folder="Project")
    account = account_of(owner, dovecot.server(user), dovecot.policy)
    scan(account)
    before = set(Letter.objects.unscoped(WHY).values_list("pk", flat=True))
    dovecot.rename(user, "Project", "Project 2")
    clock.wind(minutes=20)
    scan(account)
    assert live_places(account) == {"Project 2": 3}
    dovecot.recreate(user, "Project 2")
    dovecot.deliver(user, letters[:2], folder="Project 2")
    clock.wind(minutes=20)
    scan(account)
    clock.wind(hours=2)
    scan(account)
    assert live_places(account) == {"Project 2": 2}
    assert Delivery.objects.count() == 3
    assert set(Letter.objects.unscoped(WHY).values_list("pk", flat=True)) == before


@pytest.mark.server
def test_the_same_letter_in_two_mailboxes_is_one_letter(
    owner: User, carol: Contact, dovecot: Dovecot, scan: Scan, engine: Engine
) -> None:
    raw = make_letter()
    accounts = []
    for _mailbox in range(2):
        user = dovecot.new_user()
        dovecot.deliver(user, [raw])
        accounts.append(account_of(owner, dovecot.server(user), dovecot.policy))
    for account in accounts:
        scan(account)
    assert stored(engine.originals) == digests([raw])
    assert Delivery.objects.count() == 2


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_a_letter_that_the_server_does_not_hand_out_is_parked_and_the_others_go_on(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock
) -> None:
    whole = fake.letters[1].raw
    fake.answers["UID FETCH"] = lambda tag, command: (
        b"".join(part for part in _fetch_lines(fake, command, without=2)) + tag + b" OK done\r\n"
    )
    for _visit in range(5):
        scan(account)
        clock.wind(minutes=10)
    assert item_states(account) == {"filed": 2, "failed": 1}
    health = health_of_account(account, now=clock.now)
    (failed,) = failed_letters(account)
    assert (health.light, health.numbers.failed, failed.trouble.what.startswith("The server lists")) == ("warn", 1, True)
    del fake.answers["UID FETCH"]
    assert retry_failed(account=account, by=making.BY_COMMAND, now=clock.now) == 1
    scan(account)
    assert item_states(account) == {"filed": 3}
    assert health_of_account(account, now=clock.now).light == "good"
    assert whole


def test_a_failed_letter_has_a_second_chance_every_day(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock
) -> None:
    scan(account)
    Item.objects.filter(server_id="77.2").update(state="failed", delivery=None, attempts=3, error_code="killed")
    scan(account)
    assert item_states(account) == {"filed": 2, "failed": 1}
    clock.wind(days=1)
    scan(account)
    assert item_states(account) == {"filed": 3}


def test_a_refused_fetch_parks_its_letters_one_by_one(account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock) -> None:
    fake.answers["UID FETCH"] = lambda tag, command: (
        fake.fetched(command) + tag + b" OK done\r\n" if b"BODY" not in command.upper() else tag + b" NO System Error\r\n"
    )
    for _visit in range(6):
        scan(account)
        clock.wind(hours=1)
    assert item_states(account) == {"failed": 3}
    assert set(Item.objects.values_list("error_code", flat=True)) == {"command_refused"}


@pytest.mark.parametrize("kept_bytes", range(300, 3_000, 450))
def test_a_connection_that_breaks_anywhere_loses_and_doubles_nothing(
    kept_bytes: int, account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock, engine: Engine
) -> None:
    fake.sent_count, fake.cut_after = 0, kept_bytes
    scan(account)
    fake.cut_after = None
    for _visit in range(4):
        clock.wind(hours=1)
        scan(account)
    assert stored(engine.originals) == digests(letter.raw for letter in fake.letters)
    assert item_states(account) == {"filed": 3}
    state = state_of(account)
    assert (state.failure_count, state.error_code, state.lease_owner) == (0, "", "")


def test_a_refused_login_is_shown_and_given_up_after_three_days(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock
) -> None:
    fake.answers["AUTHENTICATE"] = fake.answers["LOGIN"] = b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n"
    scan(account)
    state = state_of(account)
    assert (state.error_code, state.next_visit_at - clock.now, state.is_stopped) == ("login_refused", timedelta(hours=1), False)
    clock.wind(days=3, hours=1)
    scan(account)
    health = health_of_account(account, now=clock.now)
    assert (health.is_stopped, health.light, health.next_visit_at) == (True, "bad", None)
    fake.answers.clear()
    scan_now(account=account, by=making.BY_COMMAND, now=clock.now)
    assert not state_of(account).is_stopped
    scan(account)
    assert health_of_account(account, now=clock.now).light == "good"


def test_a_folder_that_cannot_be_opened_does_not_stop_the_others(
    owner: User, fake: ScriptedImap, engine: Engine, scan: Scan, clock: Clock
) -> None:
    fake.folders.append('(\\HasNoChildren) "/" Broken')
    account = account_of(owner, fake.server(), engine.policy)
    fake.answers["EXAMINE BROKEN"] = fake.answers['EXAMINE "BROKEN"'] = b"TAG NO System Error\r\n"
    fake.answers["STATUS"] = b"TAG NO System Error\r\n"
    assert scan(account) is Visited.DONE, state_of(account).error_code
    health = {line.folder.path: line for line in health_of_account(account, now=clock.now).folders}
    assert (health["INBOX"].light, health["Broken"].light) == ("good", "warn")
    assert health["Broken"].trouble is not None
    assert item_states(account) == {"filed": 3}
    del fake.answers["EXAMINE BROKEN"], fake.answers['EXAMINE "BROKEN"']
    clock.wind(hours=7)
    scan(account)
    assert health_of_account(account, now=clock.now).light == "good"


def test_an_empty_list_of_folders_is_not_believed(account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock) -> None:
    scan(account)
    fake.folders.clear()
    clock.wind(hours=1)
    scan(account)
    assert not account.folders.filter(missing_since__isnull=False).exists()


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Inside, what keeps letters may write no file beyond so many bytes. The rows are as it were on another disk."""
    append, before = Packs.append, resource.getrlimit(resource.RLIMIT_FSIZE)

    def append_a_little(packs: Packs, raws: Sequence[bytes], **known: Sequence[str] | None) -> list[KeptOriginal]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            return append(packs, raws, **known)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Packs, "append", append_a_little)
        yield


def test_a_disk_that_takes_no_more_is_said_and_costs_no_letter(
    account: MailAccount, fake: ScriptedImap, engine: Engine, scan: Scan, clock: Clock
) -> None:
    fake.letters.append(FakeLetter(4, make_letter(body=random.Random(4).randbytes(60_000).hex())))
    for _visit in range(5):
        with small_disk(5_000):
            assert scan(account) is Visited.FAILED
        clock.wind(hours=1)
    health = health_of_account(account, now=clock.now)
    assert health.trouble is not None
    assert "could not be written down safely" in health.trouble.what
    assert scan(account) is Visited.DONE
    assert item_states(account) == {"filed": 4}
    assert stored(engine.originals) == digests(letter.raw for letter in fake.letters)


# -- two workers -------------------------------------------------------------------------------------------------------


class _Interrupting:
    """Connects, and lets something happen before letters are fetched."""

    def __init__(self, happening: Callable[[], object]) -> None:
        self._happening = happening

    def __call__(self, server: Server, *, policy: EgressPolicy) -> Incoming:
        incoming = open_incoming(server, policy=policy)
        self._happening()
        return incoming


def test_an_account_that_another_worker_is_at_is_left_to_it(account: MailAccount, scan: Scan, clock: Clock) -> None:
    assert take_lease(account.pk, owner="another", clock=clock) is not None
    assert scan(account) is Visited.NOT_TAKEN
    assert (state_of(account).lease_owner, Item.objects.exists()) == ("another", False)


def test_a_visit_whose_lease_was_taken_over_writes_nothing_more(account: MailAccount, engine: Engine, clock: Clock) -> None:
    def another_takes_over() -> None:
        clock.wind(minutes=6)
        assert take_lease(account.pk, owner="another", clock=clock) is not None

    visited = visit(account, engine=engine, clock=clock, connect=_Interrupting(another_takes_over))
    assert visited is Visited.LOST
    assert not Item.objects.exists()
    assert state_of(account).lease_owner == "another"


def test_two_workers_at_once_share_the_accounts_and_double_nothing(
    owner: User, carol: Contact, dovecot: Dovecot, engine: Engine, clock: Clock
) -> None:
    user = dovecot.new_user()
    letters = [make_letter() for _ in range(150)]
    fill(dovecot, user, letters)
    accounts = [account_of(owner, dovecot.server(user), dovecot.policy) for _ in range(2)]
    found: list[Visited] = []

    def work(name: str) -> None:
        for account in accounts:
            found.append(visit(account, engine=engine, clock=clock, owner=name))  # noqa: PERF401 - as they end
        connection.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert found.count(Visited.DONE) >= 2
    assert stored(engine.originals) == digests(letters)
    assert Delivery.objects.count() == 300
    assert not AccountState.objects.exclude(lease_owner="").exists()


def _fetch_lines(fake: ScriptedImap, command: bytes, *, without: int) -> Iterator[bytes]:
    """The usual answer, but no body of one letter."""
    if b"BODY" in command.upper():
        kept, fake.letters = fake.letters, [letter for letter in fake.letters if letter.uid != without]
        yield fake.fetched(command)
        fake.letters = kept
    else:
        yield fake.fetched(command)
