"""Letters leave: what is written down before, after, and when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from making import actor
from mooring.letters import outbox
from mooring.letters.models import MailAccount, OutgoingRecipient, OutgoingState, Phase, RecipientRole, SentCopy
from mooring.mail.connect import open_outgoing
from mooring.mail.contract import Outgoing
from mooring.mail.egress import EgressPolicy
from mooring.mail.parsing import read_letter
from mooring.mail.types import Envelope, Sent, Server
from mooring.sync.engine import Engine
from mooring.sync.outbox_leases import LEASE, claim_next, end_orphaned_leases, recover
from mooring.users.models import JournalEntry, User
from servers.scripted_smtp import DOT, ScriptedSmtp
from sync.mailboxes import Clock
from sync.outboxes import answers, materials_of, now_of, queue, send, sending_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(owner: User, maildir: Path, smtp: ScriptedSmtp) -> MailAccount:
    return sending_account(owner, maildir, smtp)


def test_a_letter_is_sent_when_second_thoughts_are_over(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    letter = queue(account, engine, clock)
    clock.wind(seconds=-2)
    assert send(account, engine, clock) == 0
    clock.wind(seconds=2)
    assert send(account, engine, clock) == 1
    letter = now_of(letter)
    assert (letter.state, letter.phase, letter.sent_at) == (OutgoingState.SENT, Phase.DONE, clock())
    assert (letter.sent_copy, letter.lease_owner, letter.attempts) == (SentCopy.WAITING, "", 1)
    assert answers(letter) == {"carol@harbour.example": ("accepted", 0)}
    assert smtp.taken[0].sender == b"bob@mooring.example"
    assert read_letter(smtp.taken[0].raw).header.message_id == letter.message_id
    assert JournalEntry.objects.filter(action="sent", record_id=letter.pk).count() == 1
    assert send(account, engine, clock) == 0


def test_bcc_gets_the_letter_and_nobody_learns_of_it(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    letter = queue(account, engine, clock)
    outbox.take_back(letter=letter, by=actor(None), now=clock())
    OutgoingRecipient.objects.create(outgoing=letter, role=RecipientRole.BCC, address="boss@mooring.example")
    OutgoingRecipient.objects.create(outgoing=letter, role=RecipientRole.CC, address="carol@harbour.example")
    outbox.queue(draft=now_of(letter), materials=materials_of(engine), by=actor(None), now=clock())
    clock.wind(seconds=11)
    send(account, engine, clock)
    assert smtp.taken[0].recipients == (b"carol@harbour.example", b"boss@mooring.example")
    assert b"boss" not in smtp.taken[0].raw
    assert set(answers(letter).values()) == {("accepted", 0)}


def test_letters_leave_in_their_order_over_one_connection(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    letters = [queue(account, engine, clock) for _ in range(5)]
    assert send(account, engine, clock) == 5
    assert [read_letter(each.raw).header.message_id for each in smtp.taken] == [letter.message_id for letter in letters]
    assert smtp.connection_count == 1


def test_a_letter_for_later_waits(account: MailAccount, engine: Engine, clock: Clock) -> None:
    letter = queue(account, engine, clock)
    type(letter).objects.unscoped("a test plans it").filter(pk=letter.pk).update(send_at=clock() + timedelta(hours=1))
    assert send(account, engine, clock) == 0
    clock.wind(hours=1)
    assert send(account, engine, clock) == 1


# -- refusals ------------------------------------------------------------------------------------------------------------


def test_only_those_who_did_not_get_it_are_tried_again(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    smtp.answers = {"RCPT TO:<A@": b"450 4.2.0 greylisted\r\n", "RCPT TO:<B@": b"550 5.1.1 nobody\r\n"}
    letter = queue(account, engine, clock, to=("a@x.example", "b@x.example", "c@x.example"))
    send(account, engine, clock)
    letter = now_of(letter)
    assert (letter.state, letter.error_code) == (OutgoingState.FAILED_TEMP, "all_recipients_refused")
    assert answers(letter) == {"a@x.example": ("waiting", 450), "b@x.example": ("refused", 550), "c@x.example": ("accepted", 0)}
    assert letter.sent_at == clock()
    assert letter.next_try_at == clock() + timedelta(minutes=1)
    smtp.answers = {}
    assert send(account, engine, clock) == 0
    clock.wind(minutes=1)
    send(account, engine, clock)
    assert smtp.taken[1].recipients == (b"a@x.example",)
    assert smtp.taken[0].raw == smtp.taken[1].raw
    assert (now_of(letter).state, now_of(letter).error_code) == (OutgoingState.SENT, "")
    assert now_of(letter).error_history[0]["code"] == "all_recipients_refused"


def test_a_letter_refused_for_good_is_not_tried_again(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    smtp.answers = {DOT: b"554 5.7.1 looks like spam\r\n"}
    letter = queue(account, engine, clock)
    following = queue(account, engine, clock)
    send(account, engine, clock)
    letter = now_of(letter)
    assert (letter.state, letter.error_code, letter.error_said) == (
        OutgoingState.FAILED,
        "letter_refused",
        "5.7.1 looks like spam",
    )
    assert letter.error_details == {"reply_code": "554", "status": "5.7.1"}
    assert answers(letter) == {"carol@harbour.example": ("refused", 554)}
    assert now_of(following).state == OutgoingState.FAILED
    clock.wind(days=9)
    assert send(account, engine, clock) == 0
    smtp.answers = {}
    outbox.clear_errors(account=account, letter=letter, resend=True, by=actor(None), now=clock())
    send(account, engine, clock)
    assert now_of(letter).state == OutgoingState.SENT
    assert len(smtp.taken) == 1


def test_a_letter_refused_for_now_is_tried_with_growing_waits_for_two_days(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    smtp.answers = {"MAIL": b"451 4.3.0 later\r\n"}
    letter = queue(account, engine, clock)
    begun, waits = clock(), []
    while send(account, engine, clock):
        due = now_of(letter).next_try_at
        if due is None:
            break
        waits.append(int((due - clock()).total_seconds()) // 60)
        clock.now = due
    assert waits[:6] == [1, 5, 15, 60, 60, 60]
    assert timedelta(hours=46) < clock() - begun < timedelta(hours=49)
    assert now_of(letter).state == OutgoingState.FAILED
    assert answers(letter) == {"carol@harbour.example": ("refused", 451)}


# -- what nobody knows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_letter_without_an_answer_is_never_sent_again_by_itself(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock, is_accepted: bool
) -> None:
    smtp.cuts_at, smtp.accepts_before_cut = DOT, is_accepted
    letter = queue(account, engine, clock)
    following = queue(account, engine, clock)
    assert send(account, engine, clock) == 2
    letter = now_of(letter)
    assert (letter.state, letter.phase, letter.error_code) == (OutgoingState.UNKNOWN, Phase.DATA, "fate_unknown")
    assert now_of(following).state == OutgoingState.UNKNOWN
    smtp.cuts_at = ""
    clock.wind(days=30)
    assert send(account, engine, clock) == 0
    outbox.reset_sending(account=account, letter=letter, accepts_double=True, by=actor(None), now=clock())
    assert send(account, engine, clock) == 1
    assert now_of(letter).state == OutgoingState.SENT
    again = [read_letter(each.raw).header.message_id for each in smtp.taken]
    assert again.count(letter.message_id) == (2 if is_accepted else 1)


@pytest.mark.parametrize("phase", [Phase.CONNECT, Phase.DATA])
def test_what_a_dead_worker_left_is_ready_or_unknown(account: MailAccount, engine: Engine, clock: Clock, phase: str) -> None:
    letter = queue(account, engine, clock)
    claim = claim_next(account.pk, owner="host:77:x", clock=clock)
    assert claim is not None
    if phase == Phase.DATA:
        claim.commit_data()
    assert recover(now=clock()) == 0
    assert claim_next(account.pk, owner="other", clock=clock) is None
    assert end_orphaned_leases(host="elsewhere", is_running=lambda _pid: False, now=clock()) == 0
    assert end_orphaned_leases(host="host", is_running=lambda _pid: True, now=clock()) == 0
    assert end_orphaned_leases(host="host", is_running=lambda _pid: False, now=clock()) == 1
    assert recover(now=clock()) == 1
    letter = now_of(letter)
    expected = (OutgoingState.READY, "") if phase == Phase.CONNECT else (OutgoingState.UNKNOWN, "fate_unknown")
    assert (letter.state, letter.error_code) == expected
    assert JournalEntry.objects.get(action="sending_broke_off").changes == {"phase": phase}


def meddling(engine: Engine, *, before_data: Callable[[], object] = bool, after: Callable[[], object] = bool) -> Engine:
    """The engine with something happening in the world before phase data, or after the server's answer."""

    def connect(server: Server, *, policy: EgressPolicy) -> Outgoing:
        outgoing = open_outgoing(server, policy=policy)
        send_for_real = outgoing.send

        def send_meddled(envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
            def commit() -> None:
                happening()
                before_data()

            sent = send_for_real(envelope, raw, before_data=commit)
            after()
            return sent

        outgoing.send = send_meddled  # type: ignore[method-assign]
        return outgoing

    happening = before_data
    return replace(engine, connect_outgoing=connect)


def test_a_worker_that_overslept_sends_nothing_more(
    account: MailAccount, smtp: ScriptedSmtp, engine: Engine, clock: Clock
) -> None:
    letter = queue(account, engine, clock)

    def oversleep() -> None:
        clock.wind(seconds=LEASE.total_seconds() + 1)
        recover(now=clock())
        claim_next(account.pk, owner="other", clock=clock)

    assert send(account, meddling(engine, before_data=oversleep), clock) == 1
    assert smtp.taken == []
    assert (now_of(letter).state, now_of(letter).lease_owner) == (OutgoingState.SENDING, "other")


def test_an_answer_that_came_late_is_believed(account: MailAccount, engine: Engine, clock: Clock) -> None:
    letter = queue(account, engine, clock)

    def take_long() -> None:
        clock.wind(seconds=LEASE.total_seconds() + 1)
        recover(now=clock())
        assert now_of(letter).state == OutgoingState.UNKNOWN

    send(account, meddling(engine, after=take_long), clock)
    assert now_of(letter).state == OutgoingState.SENT


def test_an_answer_about_what_was_put_back_meanwhile_is_lost(
    account: MailAccount, engine: Engine, clock: Clock, smtp: ScriptedSmtp
) -> None:
    letter = queue(account, engine, clock)

    def take_too_long() -> None:
        if len(smtp.taken) == 1:
            clock.wind(seconds=LEASE.total_seconds() + 1)
            recover(now=clock())
            outbox.reset_sending(account=account, accepts_double=True, by=actor(None), now=clock())

    assert send(account, meddling(engine, after=take_too_long), clock) == 2
    assert now_of(letter).state == OutgoingState.SENT
    assert len(smtp.taken) == 2
