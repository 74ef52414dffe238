"""Troubles that are not about one letter: servers, passwords, missing bytes, a silent database."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError

from mooring.letters.models import MailAccount, OutgoingState, SentCopy
from mooring.sync import sending
from mooring.sync.engine import Engine
from mooring.sync.models import SendingState
from mooring.sync.outbox_leases import due_letters
from mooring.users.models import User
from servers.scripted_smtp import DOT, ScriptedSmtp
from sync.mailboxes import Clock
from sync.outboxes import now_of, queue, send, sending_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(owner: User, maildir: Path, smtp: ScriptedSmtp) -> MailAccount:
    return sending_account(owner, maildir, smtp)


def test_a_server_that_cannot_be_reached_lets_the_account_rest_and_its_letters_ready(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    letters = [queue(account, engine, clock) for _ in range(2)]
    port = smtp.port
    smtp.stop()
    assert send(account, engine, clock) == 1
    assert {now_of(letter).state for letter in letters} == {OutgoingState.READY}
    assert now_of(letters[0]).attempts == 0
    state = SendingState.objects.get()
    assert (state.error_code, state.failure_count, state.error_details["port"]) == ("port_closed", 1, str(port))
    assert send(account, engine, clock) == 0
    clock.now = state.next_try_at or clock.now
    assert send(account, engine, clock) == 1
    later = SendingState.objects.get()
    assert (later.failure_count, later.failing_since) == (2, state.failing_since)


def test_a_wrong_password_stops_the_account_until_somebody_changes_it(
    owner: User, maildir: Path, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    smtp.answers = {"AUTH": b"535 5.7.8 wrong\r\n"}
    account = sending_account(owner, maildir, smtp, outgoing_login_of="own", outgoing_user_name="bob")
    letter = queue(account, engine, clock)
    for _hour in range(100):
        tried = send(account, engine, clock)
        state = SendingState.objects.get()
        if state.is_stopped:
            break
        assert tried == 1
        clock.now = state.next_try_at or clock.now
    assert (state.error_code, state.is_stopped) == ("login_refused", True)
    assert clock() - (state.failing_since or clock()) >= timedelta(days=3)
    clock.wind(days=9)
    assert send(account, engine, clock) == 0
    assert now_of(letter).state == OutgoingState.READY
    smtp.answers = {}
    MailAccount.objects.unscoped("a test changes it").update(changed_at=clock())
    assert send(account, engine, clock) == 1
    assert now_of(letter).state == OutgoingState.SENT
    assert (SendingState.objects.get().error_code, SendingState.objects.get().failure_count) == ("", 0)


def test_a_busy_server_lets_the_account_rest(account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock) -> None:
    smtp.answers = {"MAIL": b"421 4.7.0 too many messages\r\n"}
    letters = [queue(account, engine, clock) for _ in range(2)]
    assert send(account, engine, clock) == 1
    assert [now_of(letter).state for letter in letters] == [OutgoingState.READY] * 2
    assert (now_of(letters[0]).attempts, now_of(letters[0]).error_code) == (0, "")
    assert SendingState.objects.get().error_code == "server_busy"


def test_a_letter_over_which_connections_break_does_not_hold_up_the_others(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    smtp.cuts_at = "RCPT TO:<POISON@"
    poison = queue(account, engine, clock, to=("poison@x.example",))
    other = queue(account, engine, clock)
    assert send(account, engine, clock) == 2
    assert (now_of(poison).state, now_of(poison).error_code) == (OutgoingState.FAILED_TEMP, "connection_lost")
    assert now_of(other).state == OutgoingState.SENT


def test_an_account_that_cannot_send_any_more_keeps_its_letters(account: MailAccount, engine: Engine, clock: Clock) -> None:
    letter = queue(account, engine, clock)
    MailAccount.objects.unscoped("a test changes it").update(outgoing_protocol="")
    assert send(account, engine, clock) == 1
    assert now_of(letter).state == OutgoingState.READY
    assert SendingState.objects.get().error_code == "no_outgoing_server"


def test_a_letter_whose_bytes_are_gone_fails_in_words(
    account: MailAccount, engine: Engine, clock: Clock, smtp: ScriptedSmtp
) -> None:
    letter = queue(account, engine, clock)
    assert letter.original is not None
    type(letter.original).objects.filter(pk=letter.original.pk).update(pack="gone")
    send(account, engine, clock)
    assert (now_of(letter).state, now_of(letter).error_code) == (OutgoingState.FAILED, "not_readable")
    assert smtp.taken == []


def test_a_server_that_keeps_copies_itself_is_believed(account: MailAccount, engine: Engine, clock: Clock) -> None:
    SendingState.objects.create(account=account, keeps_sent_copy=True)
    letter = queue(account, engine, clock)
    send(account, engine, clock)
    assert now_of(letter).sent_copy == SentCopy.BY_SERVER


def test_a_silent_database_does_not_lose_an_answer(
    account: MailAccount, engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = queue(account, engine, clock)
    settle, failures = sending._settle, [OperationalError("locked"), OperationalError("locked")]

    def fail_twice(*arguments: object, **named: object) -> bool:
        if failures:
            raise failures.pop()
        return settle(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "_settle", fail_twice)
    monkeypatch.setattr(sending, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(sending.connection, "close", lambda: None)
    send(account, engine, clock)
    assert now_of(letter).state == OutgoingState.SENT


def test_letters_of_removed_accounts_are_not_due(account: MailAccount, engine: Engine, clock: Clock) -> None:
    queue(account, engine, clock)
    assert due_letters(clock()).count() == 1
    MailAccount.objects.unscoped("a test changes it").update(removed_at=clock())
    assert due_letters(clock()).count() == 0


def test_a_worker_told_to_stop_begins_no_further_letter(
    account: MailAccount, engine: Engine, clock: Clock, smtp: ScriptedSmtp
) -> None:
    for _ in range(2):
        queue(account, engine, clock)
    stop = threading.Event()

    def stop_now(_line: bytes) -> bytes:
        stop.set()
        return b"250 2.0.0 ok\r\n"

    smtp.answers = {DOT: stop_now}
    assert sending.send_from(account.pk, engine=engine, clock=clock, stop=stop) == 1
