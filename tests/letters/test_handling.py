"""Dealing with a team's letters together: one state for all, whose letter it is, who is answering."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from letters.making_letters import arrival, make_account, make_team_account, reply
from letters.making_outgoing import make_outgoing
from making import actor, make_user
from mooring.letters.done_marks import mark_done
from mooring.letters.handling import (
    Handled,
    UnableToHandle,
    answered_meanwhile,
    assign_letters,
    colleagues_answering,
    mark_waiting,
    members_of_team,
    states_of,
    team_account_of,
)
from mooring.letters.models import Handling, Letter, MailAccount, OutgoingState, TeamState
from mooring.letters.storing import store_batch
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve() -> User:
    return make_user("Eve")


@pytest.fixture
def box(bob: User, eve: User) -> MailAccount:
    """A mailbox that Bob and Eve answer together."""
    return make_team_account(bob, eve, address="sales@mooring.example")


def store(box: MailAccount, number: int, *refers_to: int, now: datetime) -> Letter:
    return store_batch(arrivals=[arrival(box, reply(number, *refers_to, at=now))], now=now)[0].letter


def state(box: MailAccount, letter: Letter) -> Handled:
    return states_of(account_ids=[box.pk], letter_ids=[letter.pk])[letter.pk]


def test_a_letter_is_new_until_somebody_has_it(box: MailAccount, bob: User, eve: User, now: datetime) -> None:
    letter = store(box, 1, now=now)
    assert state(box, letter) == Handled(TeamState.NEW)
    assert assign_letters(letter_ids=[letter.pk], to=eve, by=actor(bob), now=now) == [letter.pk]
    assert state(box, letter) == Handled(TeamState.ASSIGNED, eve)
    assert assign_letters(letter_ids=[letter.pk], to=eve, by=actor(bob), now=now) == []
    assign_letters(letter_ids=[letter.pk], to=None, by=actor(eve), now=now)
    assert state(box, letter) == Handled(TeamState.NEW)


def test_each_step_has_its_line_in_the_journal_without_the_subject(box: MailAccount, bob: User, now: datetime) -> None:
    letter = store(box, 1, now=now)
    assign_letters(letter_ids=[letter.pk], to=bob, by=actor(bob), now=now)
    mark_waiting(letter_ids=[letter.pk], is_waiting=True, by=actor(bob), now=now)
    lines = JournalEntry.objects.filter(record_kind="letter").order_by("id").values_list("action", "record_name", "record_id")
    assert list(lines) == [("letter_assigned", "", letter.pk), ("letter_waits", "", letter.pk)]


def test_whoever_waits_for_an_answer_has_the_letter(box: MailAccount, bob: User, eve: User, now: datetime) -> None:
    letter = store(box, 1, now=now)
    mark_waiting(letter_ids=[letter.pk], is_waiting=True, by=actor(bob), now=now)
    assert state(box, letter) == Handled(TeamState.WAITING, bob)
    mark_waiting(letter_ids=[letter.pk], is_waiting=False, by=actor(eve), now=now)
    assert state(box, letter) == Handled(TeamState.ASSIGNED, bob)


def test_an_answer_belongs_to_whoever_had_the_conversation_and_is_not_waited_for(
    box: MailAccount, bob: User, now: datetime
) -> None:
    first = store(box, 1, now=now)
    mark_waiting(letter_ids=[first.pk], is_waiting=True, by=actor(bob), now=now)
    second = store(box, 2, 1, now=now + timedelta(hours=1))
    assert state(box, second) == Handled(TeamState.ASSIGNED, bob)


def test_done_is_done_for_all_members(box: MailAccount, bob: User, now: datetime) -> None:
    letter = store(box, 1, now=now)
    mark_done(letter_ids=[letter.pk], reader=bob, now=now)
    assert state(box, letter).state == TeamState.DONE


def test_a_whole_conversation_is_given_at_once(box: MailAccount, bob: User, eve: User, now: datetime) -> None:
    first, second = store(box, 1, now=now), store(box, 2, 1, now=now)
    changed = assign_letters(letter_ids=[second.pk], to=eve, by=actor(bob), now=now, with_conversations=True)
    assert changed == sorted((first.pk, second.pk))


def test_only_members_who_write_are_given_letters_and_give_them(box: MailAccount, bob: User, alice: User, now: datetime) -> None:
    letter = store(box, 1, now=now)
    reader = make_user("Reader")
    looked_at = make_team_account(reader, may_write=False)
    other = store(looked_at, 2, now=now)
    with pytest.raises(UnableToHandle, match="does not write from this mailbox"):
        assign_letters(letter_ids=[letter.pk], to=alice, by=actor(bob), now=now)
    for letter_id, by in ((letter.pk, alice), (other.pk, reader)):
        with pytest.raises(UnableToHandle, match="None of these letters"):
            assign_letters(letter_ids=[letter_id], to=None, by=actor(by), now=now)
    assert not Handling.objects.exists()


def test_letters_of_ones_own_mailbox_have_no_state(bob: User, now: datetime) -> None:
    own = make_account(bob)
    letter = store(own, 1, now=now)
    assert states_of(account_ids=[own.pk], letter_ids=[letter.pk]) == {}
    assert team_account_of(letter, reader=bob) is None


def test_members_are_those_who_write(box: MailAccount, bob: User, eve: User, dave: User) -> None:
    assert list(members_of_team(box.pk)) == [bob, eve]


def test_a_colleague_who_writes_an_answer_is_seen_for_two_minutes(
    box: MailAccount, bob: User, eve: User, alice: User, now: datetime
) -> None:
    letter = store(box, 1, now=now)
    make_outgoing(box, author=eve, answers=letter, changed_at=now)
    assert colleagues_answering(letter, reader=bob, now=now + timedelta(minutes=1)) == [eve]
    assert colleagues_answering(letter, reader=eve, now=now + timedelta(minutes=1)) == []
    assert colleagues_answering(letter, reader=alice, now=now + timedelta(minutes=1)) == []
    assert colleagues_answering(letter, reader=bob, now=now + timedelta(minutes=2)) == []


def test_an_answer_that_a_colleague_sent_meanwhile_is_known_before_ones_own_leaves(
    box: MailAccount, bob: User, eve: User, now: datetime
) -> None:
    first = store(box, 1, now=now)
    second = store(box, 2, 1, now=now)
    draft = make_outgoing(box, author=bob, answers=first, created_at=now)
    assert answered_meanwhile(draft) == []
    make_outgoing(box, author=eve, answers=second, state=OutgoingState.READY, queued_at=now + timedelta(minutes=1))
    assert answered_meanwhile(draft) == [eve]


def test_an_answer_of_before_ones_draft_is_no_surprise(box: MailAccount, bob: User, eve: User, now: datetime) -> None:
    letter = store(box, 1, now=now)
    make_outgoing(box, author=eve, answers=letter, state=OutgoingState.SENT, queued_at=now - timedelta(hours=1))
    assert answered_meanwhile(make_outgoing(box, author=bob, answers=letter, created_at=now)) == []
    assert answered_meanwhile(make_outgoing(box, author=bob, created_at=now)) == []
