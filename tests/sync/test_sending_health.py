"""What keeps an account from sending is told in words, and cleared by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from letters.making_outgoing import make_outgoing
from making import actor
from mooring.letters.models import MailAccount, OutgoingState
from mooring.letters.outbox import UnableToClear
from mooring.sync.engine import Engine
from mooring.sync.models import AccountState, SendingState
from mooring.sync.sending_health import clear_account_errors, sending_trouble_of
from mooring.users.models import User
from servers.scripted_smtp import ScriptedSmtp
from sync.mailboxes import Clock, visit
from sync.outboxes import now_of, queue, send, sending_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(owner: User, maildir: Path, smtp: ScriptedSmtp) -> MailAccount:
    return sending_account(owner, maildir, smtp)


def test_a_trouble_is_told_with_its_next_try(account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock) -> None:
    assert sending_trouble_of(account) is None
    smtp.answers = {"MAIL": b"421 4.7.0 too many messages\r\n"}
    queue(account, engine, clock)
    send(account, engine, clock)
    told = sending_trouble_of(account)
    assert told is not None
    assert (told.since, told.trouble.quoted) == (clock(), "4.7.0 too many messages")
    assert told.next_try_at is not None
    SendingState.objects.update(is_stopped=True)
    stopped = sending_trouble_of(account)
    assert stopped is not None
    assert stopped.next_try_at is None


def test_clearing_frees_letters_sending_and_scanning(
    account: MailAccount, owner: User, smtp: ScriptedSmtp, engine: Engine, clock: Clock, alice: User, rita: User
) -> None:
    visit(account, engine=engine, clock=clock)
    AccountState.objects.update(is_stopped=True, error_code="login_refused", failure_count=9)
    SendingState.objects.create(account=account, is_stopped=True, failure_count=3, failed_at=clock(), error_code="login_refused")
    failed = make_outgoing(account, state=OutgoingState.FAILED, error_code="letter_refused")
    waiting = queue(account, engine, clock)
    assert send(account, engine, clock) == 0
    with pytest.raises(UnableToClear):
        clear_account_errors(account=account, by=actor(rita), now=clock())
    assert clear_account_errors(account=account, by=actor(alice), now=clock()) == 1
    assert now_of(failed).state == OutgoingState.DRAFT
    assert sending_trouble_of(account) is None
    state = AccountState.objects.get()
    assert (state.is_stopped, state.error_code, state.wanted_at) == (False, "", clock())
    assert send(account, engine, clock) == 1
    assert now_of(waiting).state == OutgoingState.SENT
    MailAccount.objects.unscoped("a test changes it").update(is_scanned=False)
    account.refresh_from_db()
    assert clear_account_errors(account=account, by=actor(owner), now=clock()) == 0
