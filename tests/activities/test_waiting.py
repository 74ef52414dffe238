"""“If no answer in N working days, remind me”: the reminder, and what takes it away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from letters.making_letters import arrival, make_account, raw_letter
from letters.making_outgoing import make_outgoing
from making import actor, make_customer
from mooring.activities.models import Activity, AnswerWatch, Notice, NoticeKind
from mooring.activities.planning import finish_activity
from mooring.activities.waiting import begin_to_wait, look_for_answers, remind_of_silence, stop_waiting, watch_of
from mooring.letters.linking import add_link
from mooring.letters.models import Letter, MailAccount, OutgoingLetter, OutgoingState
from mooring.letters.storing import store_batch
from mooring.options.values import read_all
from mooring.sync.reminding import look_after_plans
from mooring.users.models import User

pytestmark = pytest.mark.django_db
SENT_ID = "asked@mooring.example"


@pytest.fixture
def account(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example")


@pytest.fixture
def sent(account: MailAccount, bob: User, now: datetime) -> OutgoingLetter:
    """Bob's letter of Monday morning, which wants an answer within two working days, as it lies in the archive."""
    raw = raw_letter(sender="Bob <bob@mooring.example>", to="Carol <carol@harbour.example>", message_id=f"<{SENT_ID}>", at=now)
    letter = store(account, raw, now, folder="Sent", direction="out")
    return make_outgoing(
        account, author=bob, state=OutgoingState.SENT, message_id=SENT_ID, wants_answer_days=2, sent_at=now, letter=letter
    )


def store(account: MailAccount, raw: bytes, now: datetime, **fields: object) -> Letter:
    return store_batch(arrivals=[arrival(account, raw, **fields)], now=now)[0].letter


def answer(now: datetime, *, extra: str = "", sender: str = "Carol <carol@harbour.example>") -> bytes:
    return raw_letter(sender=sender, to="bob@mooring.example", at=now, extra=f"In-Reply-To: <{SENT_ID}>\n{extra}".strip())


def look(now: datetime) -> None:
    look_after_plans(values=read_all(), now=now)


def reminders() -> list[Activity]:
    return list(Activity.objects.unscoped("a test looks").filter(done_at=None))


def test_without_an_answer_the_author_is_reminded_once_after_two_working_days(
    sent: OutgoingLetter, bob: User, now: datetime
) -> None:
    look(now)
    assert (reminders(), AnswerWatch.objects.get().due_at) == ([], now + timedelta(days=2))
    for hours in (48, 49, 50):
        look(now + timedelta(hours=hours))
    (task,) = reminders()
    assert (task.owner, task.letter, "Ropes" in task.title, task.note) == (bob, sent.letter, True, "carol@harbour.example")
    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(bob, NoticeKind.NO_ANSWER)]


def test_an_answer_in_time_means_no_reminder(sent: OutgoingLetter, account: MailAccount, now: datetime) -> None:
    look(now)
    store(account, answer(now + timedelta(hours=3)), now)
    look(now + timedelta(days=3))
    assert (reminders(), AnswerWatch.objects.get().answered_at) == ([], now + timedelta(days=3))


def test_an_answer_after_the_reminder_takes_it_away(sent: OutgoingLetter, account: MailAccount, now: datetime) -> None:
    look(now)
    look(now + timedelta(days=2))
    store(account, answer(now + timedelta(days=3)), now)
    look(now + timedelta(days=3, hours=1))
    assert (reminders(), Notice.objects.get().read_at) == ([], now + timedelta(days=3, hours=1))


@pytest.mark.parametrize(
    ("extra", "sender"),
    [
        ("Auto-Submitted: auto-replied", "Carol <carol@harbour.example>"),
        ("Return-Path: <>", "MAILER-DAEMON <mailer-daemon@mx.example>"),
        ("", "Bob <bob@mooring.example>"),
    ],
    ids=["an automatic reply", "a bounce", "one's own second letter"],
)
def test_what_is_no_answer_does_not_end_the_waiting(
    sent: OutgoingLetter, account: MailAccount, now: datetime, extra: str, sender: str
) -> None:
    look(now)
    store(account, answer(now + timedelta(hours=3), extra=extra, sender=sender), now)
    look(now + timedelta(days=2))
    assert len(reminders()) == 1


def test_the_author_may_stop_waiting(sent: OutgoingLetter, bob: User, now: datetime) -> None:
    look(now)
    assert sent.letter is not None
    watch = watch_of(sent.letter)
    assert watch is not None
    stop_waiting(watch=watch, by=actor(bob), now=now)
    look(now + timedelta(days=9))
    assert (reminders(), watch_of(sent.letter)) == ([], None)


def test_a_letter_says_that_it_waits_until_an_answer_is_here(sent: OutgoingLetter, account: MailAccount, now: datetime) -> None:
    assert sent.letter is not None
    begin_to_wait(values=read_all(), now=now)
    assert watch_of(sent.letter) is not None
    store(account, answer(now + timedelta(hours=3)), now)
    assert watch_of(sent.letter) is None


def test_the_reminder_stands_on_the_card_that_the_letter_is_linked_to(sent: OutgoingLetter, bob: User, now: datetime) -> None:
    harbour = make_customer("Harbour", owner=bob)
    assert sent.letter is not None
    add_link(letter=sent.letter, to=harbour, by=actor(bob), now=now)
    look(now)
    look(now + timedelta(days=2))
    assert [task.customer for task in reminders()] == [harbour]


def test_a_reminder_that_was_dealt_with_is_left_alone(
    sent: OutgoingLetter, bob: User, account: MailAccount, now: datetime
) -> None:
    look(now)
    look(now + timedelta(days=2))
    finish_activity(activity=reminders()[0], by=actor(bob), now=now + timedelta(days=2))
    store(account, answer(now + timedelta(days=3)), now)
    assert look_for_answers(now=now + timedelta(days=4)) == 0


def test_letters_that_want_no_answer_or_are_not_sent_are_not_watched(account: MailAccount, bob: User, now: datetime) -> None:
    make_outgoing(account, author=bob, state=OutgoingState.SENT)
    make_outgoing(account, author=bob, state=OutgoingState.READY, wants_answer_days=1)
    assert (begin_to_wait(values=read_all(), now=now), remind_of_silence(now=now + timedelta(days=9))) == (0, 0)
