"""Deleted here: out of the mailbox, into the bin, back again, or gone with what nobody else has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from letters.making_letters import arrival, make_account, make_letter, raw_letter
from making import NOW, actor, make_customer
from mooring.letters.bin import KEPT_FOR, due_for_emptying, put_into_bin, take_from_bin, undo_bin
from mooring.letters.conversations import conversations_in
from mooring.letters.mailboxes import Place
from mooring.letters.models import Delivery, Letter, MailAccount, Original
from mooring.letters.queries import letters_of
from mooring.letters.search import search
from mooring.letters.storing import store_batch
from mooring.sync.emptying import empty_bins
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db
AFTERWARDS = NOW + KEPT_FOR + timedelta(minutes=1)


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, is_main=True)


def shown(account: MailAccount, **place: bool) -> list[int]:
    return [row.letter.pk for row in conversations_in(place=Place((account.pk,), **place)).rows]


def empty_all() -> int:
    return empty_bins(now=AFTERWARDS)


def exists(letter: Letter) -> bool:
    return Letter.objects.unscoped("a test").filter(pk=letter.pk).exists()


def test_a_deleted_letter_lies_in_the_bin_and_comes_back_as_it_was(bob: User, box: MailAccount) -> None:
    letter = make_letter(box)
    assert put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW) == 1
    assert put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW) == 0
    assert (shown(box), shown(box, is_bin=True)) == ([], [letter.pk])
    assert take_from_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW) == 1
    assert (shown(box), shown(box, is_bin=True)) == ([letter.pk], [])
    actions = list(JournalEntry.objects.order_by("-pk").values_list("action", "record_name")[:2])
    assert actions == [("letters_restored", ""), ("letters_binned", "")]


def test_undo_brings_back_what_went_together(bob: User, box: MailAccount) -> None:
    first, second = make_letter(box), make_letter(box)
    put_into_bin(letter_ids=[first.pk], by=actor(bob), now=NOW)
    put_into_bin(letter_ids=[second.pk], by=actor(bob), now=AFTERWARDS)
    assert undo_bin(binned_at=NOW, by=actor(bob), now=AFTERWARDS) == 1
    assert shown(box) == [first.pk]


def test_mailboxes_of_colleagues_keep_their_letter(alice: User, bob: User, box: MailAccount) -> None:
    raw, hers = raw_letter(), make_account(alice, is_main=True)
    letter = store_batch(arrivals=[arrival(box, raw), arrival(hers, raw)], now=NOW)[0].letter
    put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert (shown(box), shown(hers)) == ([], [letter.pk])
    assert put_into_bin(letter_ids=[make_letter(hers).pk], by=actor(bob), now=NOW) == 0
    assert empty_all() == 0
    assert shown(hers)[-1] == letter.pk


def test_nothing_is_emptied_before_its_thirty_days(bob: User, box: MailAccount) -> None:
    put_into_bin(letter_ids=[make_letter(box).pk], by=actor(bob), now=NOW)
    assert due_for_emptying(now=NOW + KEPT_FOR - timedelta(seconds=1)) == []
    assert len(due_for_emptying(now=AFTERWARDS)) == 1


def test_a_letter_that_nobody_else_has_goes_with_its_words_and_its_original(bob: User, box: MailAccount) -> None:
    letter = make_letter(box, subject="Secret knots")
    put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert empty_all() == 1
    assert not exists(letter)
    assert not Original.objects.filter(pk=letter.original_id).exists()
    assert search(reader=bob, text="knots").rows == []
    assert empty_all() == 0


def test_what_is_linked_to_a_record_stays_on_its_card(alice: User, bob: User, box: MailAccount) -> None:
    customer = make_customer(owner=bob)
    letter = make_letter(box, to_records=(customer,))
    put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert empty_all() == 0
    for reader in (alice, bob):
        assert [link.letter_id for link in letters_of(record=customer, reader=reader).rows] == [letter.pk]
    assert not Delivery.objects.filter(letter=letter).exists()


def test_a_private_letter_that_lies_nowhere_any_more_goes_though_it_is_linked(bob: User, box: MailAccount) -> None:
    letter = make_letter(box, to_records=(make_customer(owner=bob),), private=True)
    put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert empty_all() == 1
    assert not exists(letter)


def test_a_letter_left_in_private_mailboxes_alone_becomes_private(alice: User, bob: User, box: MailAccount) -> None:
    raw, hers = raw_letter(), make_account(alice)
    letter = store_batch(arrivals=[arrival(box, raw), arrival(hers, raw, is_private=True)], now=NOW)[0].letter
    put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert empty_all() == 0
    letter.refresh_from_db()
    assert letter.is_private


def test_where_the_account_removes_from_the_server_the_bin_waits_for_it(bob: User) -> None:
    account = make_account(bob, removes_when_deleted=True)
    letter = make_letter(account)
    put_into_bin(letter_ids=[letter.pk], by=actor(bob), now=NOW)
    assert due_for_emptying(now=AFTERWARDS) == []
    Delivery.objects.filter(letter=letter).update(gone_since=AFTERWARDS)
    assert empty_all() == 1
    assert JournalEntry.objects.order_by("-pk")[0].action == "bin_emptied"
