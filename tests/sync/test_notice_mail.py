"""Letters about notices: when they are made, what they say at the moment at which they leave, and what a kill leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import making
from mooring.activities.models import Activity, Notice, NoticeKind, NoticeLetter, NoticeLetterState, Rhythm
from mooring.activities.notice_mail import broken_off, choose_mail, forget_old_letters, next_daily
from mooring.activities.planning import ActivityData, plan_activity
from mooring.customers.models import Customer
from mooring.desk.notice_letters import write_notice_letter
from mooring.mail.connect import open_outgoing
from mooring.mail.contract import Outgoing
from mooring.mail.egress import EgressPolicy
from mooring.mail.parsing import read_letter
from mooring.mail.types import Encryption, Server
from mooring.sync.notice_mail import recover, run, send_due
from mooring.sync.outbox_leases import LEASE
from mooring.users.journal import Actor
from mooring.users.models import User
from servers.postfix import Postfix
from servers.scripted_smtp import DOT, ScriptedSmtp
from sync.mailboxes import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sender(settings: Any) -> None:
    settings.MAIL_IS_CONFIGURED = True
    settings.DEFAULT_FROM_EMAIL = "Mooring <crm@mooring.example>"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "smtp.example", 587, "", ""
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = False, True


@pytest.fixture
def smtp() -> Iterator[ScriptedSmtp]:
    server = ScriptedSmtp().start()
    yield server
    server.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock(making.NOW)


def test_a_mention_is_told_at_once_in_the_readers_language(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    User.objects.filter(pk=alice.pk).update(language="pl", time_zone="Europe/Warsaw")
    wants(alice, Rhythm.AT_ONCE, clock)
    mention(alice, by=bob, clock=clock)
    assert (send(smtp, clock), send(smtp, clock)) == (1, 0)
    (taken,) = smtp.taken
    assert (taken.sender, taken.recipients) == (b"crm@mooring.example", (b"alice@mooring.example",))
    letter = read_letter(taken.raw)
    assert letter.header.subject == "Nowa wzmianka: Ropes <b>"
    assert letter.header.is_automatic
    assert "2.03.2026, 10:30" in letter.text
    assert f"http://127.0.0.1:8000/customers/{Customer.objects.unscoped('a test').get().pk}/tasks/" in letter.text
    assert "Ropes &lt;b&gt;</a>" in letter.html
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in taken.raw


def test_what_was_read_or_may_not_be_seen_any_more_is_not_told(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    wants(bob, Rhythm.AT_ONCE, clock)
    read, hidden = (mention(bob, by=alice, clock=clock) for _each in range(2))
    Notice.objects.filter(activity=read).update(read_at=clock())
    Customer.objects.unscoped("a test").filter(pk=hidden.customer_id).update(owner=alice)
    send(smtp, clock)
    assert smtp.taken == []
    assert NoticeLetter.objects.get().state == NoticeLetterState.NEEDLESS


def test_who_left_and_who_wants_no_letters_get_none(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    mention(alice, by=bob, clock=clock)
    clock.wind(minutes=1)
    wants(alice, Rhythm.AT_ONCE, clock)
    wants(bob, Rhythm.AT_ONCE, clock)
    mention(bob, by=alice, clock=clock)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    send(smtp, clock)
    assert smtp.taken == []


def test_once_an_hour_at_most_and_once_a_day_at_its_hour(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    wants(alice, Rhythm.HOURLY, clock)
    for _each in range(2):
        mention(alice, by=bob, clock=clock)
        send(smtp, clock)
    assert len(smtp.taken) == 1
    clock.wind(hours=1)
    send(smtp, clock)
    assert len(smtp.taken) == 2
    wants(alice, Rhythm.DAILY, clock, hour=12)
    clock.wind(hours=2)  # half past twelve, with nothing to tell
    send(smtp, clock)
    for _each in range(2):
        mention(alice, by=bob, clock=clock)
    send(smtp, clock)
    assert len(smtp.taken) == 2
    clock.wind(days=1)
    send(smtp, clock)
    assert read_letter(smtp.taken[2].raw).header.subject == "2 new notices"


@pytest.mark.parametrize(("hour", "due"), [(8, (29, 7)), (11, (28, 10)), (2, (29, 1))])
def test_the_hour_of_a_day_is_that_of_the_reader(hour: int, due: tuple[int, int]) -> None:
    found = next_daily(datetime(2026, 3, 28, 9, tzinfo=UTC), hour=hour, zone=ZoneInfo("Europe/Warsaw"))
    summer = hour == 8
    assert found.astimezone(UTC) == datetime(2026, 3, due[0], due[1] - summer, tzinfo=UTC)


def test_a_sender_that_dies_before_the_end_loses_nothing(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    wants(alice, Rhythm.AT_ONCE, clock)
    mention(alice, by=bob, clock=clock)
    with pytest.raises(Killed):
        send(smtp, clock, connect=dies)
    assert send(smtp, clock) == 0
    clock.wind(seconds=LEASE.total_seconds())
    assert send(smtp, clock) == 1
    assert len(smtp.taken) == 1


def test_what_the_server_may_have_taken_is_never_sent_again(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    wants(alice, Rhythm.AT_ONCE, clock)
    mention(alice, by=bob, clock=clock)
    smtp.cuts_at, smtp.accepts_before_cut = DOT, True
    send(smtp, clock)
    letter = NoticeLetter.objects.get()
    assert letter.state == NoticeLetterState.UNKNOWN
    assert broken_off(alice) == letter
    smtp.cuts_at = ""
    clock.wind(days=1)
    mention(alice, by=bob, clock=clock)
    send(smtp, clock)
    assert len(smtp.taken) == 2
    assert read_letter(smtp.taken[1].raw).header.subject == "You were mentioned: Ropes <b>"
    assert broken_off(alice) is None


def test_a_sender_that_dies_after_the_end_of_the_letter_leaves_it_unknown(alice: User, bob: User, clock: Clock) -> None:
    wants(alice, Rhythm.AT_ONCE, clock)
    letter = NoticeLetter.objects.create(user=alice, message_id="x@y", made_at=clock(), state="sending", may_be_taken=True)
    NoticeLetter.objects.update(lease_until=clock() + LEASE)
    assert recover(now=clock()) == 0
    clock.wind(seconds=LEASE.total_seconds())
    assert recover(now=clock()) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.error_code) == (NoticeLetterState.UNKNOWN, "fate_unknown")


def test_a_silent_server_is_tried_again_and_a_refusal_is_final(alice: User, bob: User, smtp: ScriptedSmtp, clock: Clock) -> None:
    wants(alice, Rhythm.AT_ONCE, clock)
    mention(alice, by=bob, clock=clock)
    smtp.answers["MAIL"] = b"451 4.3.0 later\r\n"
    send(smtp, clock)
    assert NoticeLetter.objects.get().state == NoticeLetterState.READY
    assert send(smtp, clock) == 0
    clock.wind(minutes=2)
    smtp.answers = {"RCPT": b"550 5.1.1 unknown\r\n"}
    assert send(smtp, clock) == 1
    assert NoticeLetter.objects.get().state == NoticeLetterState.FAILED
    clock.wind(days=40)
    assert forget_old_letters(now=clock()) == 1
    assert Notice.objects.get().told_in_id is None


def test_without_a_server_of_the_installation_nothing_runs(settings: Any) -> None:
    settings.MAIL_IS_CONFIGURED = False
    run(threading.Event(), write=write_notice_letter)


@pytest.mark.server
def test_a_real_server_delivers_it_once(alice: User, bob: User, postfix: Postfix, clock: Clock) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@harbour.example")
    alice.refresh_from_db()
    wants(alice, Rhythm.AT_ONCE, clock)
    mention(alice, by=bob, clock=clock)

    def connect(_server: Server, *, policy: EgressPolicy) -> Outgoing:
        assert policy.allowed_networks
        return open_outgoing(postfix.server(Encryption.STARTTLS), policy=postfix.policy)

    stop = threading.Event()
    for _each in range(2):
        send_due(write=write_notice_letter, clock=clock, stop=stop, connect=connect)
    postfix.wait_until_idle()
    assert postfix.delivered()[NoticeLetter.objects.get().message_id] == 1


class Killed(BaseException):
    """As if the process ended."""


def dies(_server: Server, *, policy: EgressPolicy) -> Outgoing:
    raise Killed


def send(smtp: ScriptedSmtp, clock: Clock, *, connect: Any = None) -> int:
    def to_fake(_server: Server, *, policy: EgressPolicy) -> Outgoing:
        return open_outgoing(smtp.server(), policy=policy)

    return send_due(write=write_notice_letter, clock=clock, stop=threading.Event(), connect=connect or to_fake)


def wants(user: User, rhythm: Rhythm, clock: Clock, *, hour: int = 8) -> None:
    choose_mail(user=user, rhythm=rhythm, hour=hour, zone=ZoneInfo("UTC"), by=Actor(user, "desk"), now=clock())


def mention(user: User, *, by: User, clock: Clock) -> Activity:
    """A note on a customer that the mentioned one looks after."""
    customer = making.make_customer("Harbour", owner=user)
    data = ActivityData(title="Ropes <b>", kind="note", note=f"@{user.email}", owner=by, about=customer)
    activity = plan_activity(data=data, by=Actor(by, "desk"), now=clock())
    assert Notice.objects.filter(activity=activity, user=user, kind=NoticeKind.MENTION).exists()
    return activity
