"""Private by hand: a letter, a conversation, a sender, those to come too; what colleagues see of it; and all of it undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from letters.making_letters import arrival, make_account, make_letter, make_team_account, match_of, raw_letter, reply
from making import NOW, actor, make_customer
from mooring.customers.models import Customer
from mooring.letters.models import Delivery, Letter, MailAccount, PrivateMark
from mooring.letters.private_marks import (
    UnableToMarkPrivate,
    make_conversation_private,
    make_open,
    make_private,
    make_sender_open,
    make_sender_private,
    private_senders,
    undo_private,
)
from mooring.letters.queries import PrivateFact, letters_of, moments_of
from mooring.letters.storing import store_batch
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def harbour(bob: User) -> Customer:
    return make_customer("Harbour", owner=bob)


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, is_main=True)


def store(account: MailAccount, raw: bytes, customer: Customer) -> Letter:
    arrived = arrival(account, raw, matches=(match_of(customer),))
    return store_batch(arrivals=[arrived], now=NOW)[0].letter


def is_private(letter: Letter) -> bool:
    letter.refresh_from_db()
    return letter.is_private


def on_card(customer: Customer, reader: User) -> list[int]:
    return [link.letter_id for link in letters_of(record=customer, reader=reader).rows]


def test_a_private_letter_leaves_the_card_for_all_but_its_owner_and_the_fact_remains(
    alice: User, bob: User, box: MailAccount, harbour: Customer
) -> None:
    letter = store(box, raw_letter(), harbour)
    assert make_private(letter_ids=[letter.pk], by=actor(bob), now=NOW) == 1
    assert (on_card(harbour, alice), on_card(harbour, bob)) == ([], [letter.pk])
    assert moments_of(record=harbour, reader=alice) == [PrivateFact(letter.at, letter.position)]
    assert moments_of(record=harbour, reader=bob) == [letter]
    entry = JournalEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.record_name, entry.changes) == ("letters_made_private", "", {"count": 1, "letters": [letter.pk]})
    assert make_open(letter_ids=[letter.pk], by=actor(bob), now=LATER) == [letter.pk]
    assert on_card(harbour, alice) == [letter.pk]


def test_a_letter_in_the_mailbox_of_a_colleague_stays_open_through_it(
    alice: User, bob: User, box: MailAccount, harbour: Customer
) -> None:
    raw = raw_letter()
    letter = store(box, raw, harbour)
    store(make_account(alice), raw, harbour)
    make_private(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert not is_private(letter)
    make_private(letter_ids=[letter.pk], by=actor(alice), now=NOW)
    assert is_private(letter)


def test_a_private_conversation_takes_in_what_comes_later_until_it_is_opened(
    bob: User, box: MailAccount, harbour: Customer
) -> None:
    first, second = store(box, reply(1), harbour), store(box, reply(2, 1), harbour)
    assert make_conversation_private(letter_ids=[second.pk], by=actor(bob), now=NOW) == 2
    third = store(box, reply(3, 1, 2), harbour)
    assert [is_private(letter) for letter in (first, second, third)] == [True] * 3
    make_open(letter_ids=[first.pk], by=actor(bob), now=LATER, with_conversations=True)
    fourth = store(box, reply(4, 3), harbour)
    assert [is_private(letter) for letter in (first, second, third, fourth)] == [False] * 4


def test_the_mark_of_a_conversation_outlives_its_merging(bob: User, box: MailAccount, harbour: Customer) -> None:
    one, two = store(box, reply(1), harbour), store(box, reply(2), harbour)
    for letter in (two, one):
        make_conversation_private(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    joining = store(box, reply(3, 1, 2), harbour)
    assert is_private(joining)
    assert PrivateMark.objects.count() == 1
    assert is_private(store(box, reply(4, 3), harbour))


def test_everything_of_a_sender_is_private_what_came_and_what_comes(
    alice: User, bob: User, box: MailAccount, harbour: Customer
) -> None:
    old = store(box, raw_letter(sender="Doc <doc@clinic.example>"), harbour)
    other = store(box, raw_letter(), harbour)
    hers = store(make_account(alice), raw_letter(sender="doc@clinic.example"), harbour)
    assert make_sender_private(address="DOC@clinic.example", by=actor(bob), now=NOW) == 1
    new = store(box, raw_letter(sender="doc@clinic.example"), harbour)
    assert [is_private(letter) for letter in (old, other, hers, new)] == [True, False, False, True]
    assert private_senders(reader=bob, keys=["doc@clinic.example", ""]) == {"doc@clinic.example"}
    assert private_senders(reader=alice, keys=["doc@clinic.example"]) == set()
    assert make_sender_open(address="doc@clinic.example", by=actor(bob), now=LATER) == 1
    assert (is_private(old), is_private(new)) == (False, True), "what arrived as private is opened by itself"
    assert make_sender_open(address="doc@clinic.example", by=actor(bob), now=LATER) == 0


def test_a_letter_that_came_openly_before_is_not_opened_again_by_a_private_copy(
    bob: User, box: MailAccount, harbour: Customer
) -> None:
    raw = raw_letter(sender="doc@clinic.example")
    letter = store(box, raw, harbour)
    make_sender_private(address="doc@clinic.example", by=actor(bob), now=NOW)
    store(box, raw, harbour)
    assert is_private(letter)


def test_one_undo_takes_back_letters_and_marks_and_nothing_older(bob: User, box: MailAccount, harbour: Customer) -> None:
    before = store(box, raw_letter(sender="doc@clinic.example"), harbour)
    make_private(letter_ids=[before.pk], by=actor(bob), now=NOW)
    after = store(box, raw_letter(sender="doc@clinic.example"), harbour)
    make_sender_private(address="doc@clinic.example", by=actor(bob), now=LATER)
    assert undo_private(made_private_at=LATER, by=actor(bob), now=LATER) == 1
    assert (is_private(before), is_private(after)) == (True, False)
    assert not PrivateMark.objects.exists()


def test_nobody_marks_letters_in_mailboxes_that_are_not_theirs(alice: User, bob: User, box: MailAccount) -> None:
    letter = make_letter(box)
    assert make_private(letter_ids=[letter.pk], by=actor(alice), now=NOW) == 0
    assert make_open(letter_ids=[letter.pk], by=actor(alice), now=NOW) == []
    read_only = make_team_account(alice, may_write=False, is_main=True)
    assert make_private(letter_ids=[make_letter(read_only).pk], by=actor(alice), now=NOW) == 0
    with pytest.raises(UnableToMarkPrivate, match="no mailbox"):
        make_sender_private(address="ann@harbour.example", by=actor(alice), now=NOW)
    with pytest.raises(UnableToMarkPrivate, match="not an email address"):
        make_sender_private(address="nobody", by=actor(bob), now=NOW)


def test_members_of_a_team_mark_its_letters_for_all(alice: User, bob: User, harbour: Customer) -> None:
    team = make_team_account(alice, bob, is_main=True)
    letter = store(team, raw_letter(), harbour)
    make_private(letter_ids=[letter.pk], by=actor(alice), now=NOW)
    assert Delivery.objects.get(letter=letter).is_private
    assert on_card(harbour, bob) == [letter.pk], "the whole team reads it"
