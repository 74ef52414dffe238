"""One's mailboxes as conversations: where each stands, what it holds, what is hidden from the list, at what cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from letters.making_letters import arrival, make_account, make_folder, make_letter, raw_letter, reply
from making import NOW, make_customer, make_user
from mooring.letters.conversations import (
    Conversation,
    MailboxFilters,
    conversations_in,
    found_in,
    letters_in,
    members_of,
    newer_count,
)
from mooring.letters.done_marks import mark_done, mark_to_do, undo_done
from mooring.letters.mailboxes import Place, all_inboxes, folder_counts, inbox_of
from mooring.letters.models import Delivery, Folder, Letter, MailAccount
from mooring.letters.paging import Page
from mooring.letters.read_marks import mark_read, mark_unread
from mooring.letters.storing import store_batch
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def subjects(page: Page[Conversation]) -> list[str]:
    return [row.letter.subject for row in page.rows]


def whole(*accounts: MailAccount) -> Place:
    return Place(tuple(account.pk for account in accounts))


def folder_place(folder: Folder, **fields: Any) -> Place:
    return Place((folder.account_id,), (folder.pk,), **fields)


def store(account: MailAccount, raw: bytes, minute: int, **fields: Any) -> Letter:
    at = NOW + timedelta(minutes=minute)
    return store_batch(arrivals=[arrival(account, raw, received_at=at, **fields)], now=NOW)[0].letter


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, is_main=True)


def test_a_conversation_stands_where_its_newest_letter_stands(box: MailAccount, django_assert_num_queries: Any) -> None:
    store(box, reply(1, subject="first"), 1)
    store(box, raw_letter(subject="between"), 2)
    store(box, reply(2, 1, subject="answer", sender="Bea <bea@harbour.example>"), 3)
    with django_assert_num_queries(2):
        page = conversations_in(place=whole(box))
    assert subjects(page) == ["answer", "between"]
    assert [row.letter_count for row in page.rows] == [2, 1]
    assert page.rows[0].people == ["Ann", "Bea"]
    assert subjects(letters_in(place=whole(box))) == ["answer", "between", "first"]


def test_pages_never_repeat_a_conversation(box: MailAccount) -> None:
    for number in range(6):
        store(box, reply(number, subject=f"start {number}"), number)
    for number in range(6):
        store(box, reply(number + 10, number, subject=f"answer {number}"), 20 - number)
    first = conversations_in(place=whole(box), size=4)
    second = conversations_in(place=whole(box), size=4, cursor=first.next)
    assert subjects(first) + subjects(second) == [f"answer {number}" for number in range(6)]
    assert subjects(conversations_in(place=whole(box), size=4, cursor=second.previous)) == subjects(first)


def test_several_folders_and_accounts_are_one_list_with_each_letter_once(
    bob: User, box: MailAccount, django_assert_num_queries: Any
) -> None:
    second = make_account(bob, is_main=True)
    raw = raw_letter(subject="twice")
    store(box, raw, 1)
    store(second, raw, 1)
    store(box, raw, 1, folder="Copies")
    store(second, raw_letter(subject="once"), 2)
    with django_assert_num_queries(2):
        assert subjects(conversations_in(place=whole(box, second))) == ["once", "twice"]
    assert subjects(letters_in(place=whole(box, second))) == ["once", "twice"]
    assert subjects(letters_in(place=folder_place(make_folder(box, "Copies")))) == ["twice"]


def test_a_conversation_counts_what_lies_in_ones_own_mailboxes_only(alice: User, box: MailAccount) -> None:
    store(box, reply(1, subject="mine"), 1)
    store(make_account(alice), reply(2, 1, subject="hers"), 2)
    (row,) = conversations_in(place=whole(box)).rows
    assert (row.letter.subject, row.letter_count) == ("mine", 1)


def test_the_newest_letters_of_a_very_long_conversation_are_counted(box: MailAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.letters.conversations.MOST_GATHERED", 2)
    for number in range(4):
        store(box, reply(number, *range(number)), number)
    (row,) = conversations_in(place=whole(box)).rows
    assert row.letter_count == 2
    assert members_of(thread_ids=[], place=whole(box)) == {}


class TestFilters:
    @pytest.fixture
    def filled(self, box: MailAccount) -> MailAccount:
        customer = make_customer()
        store(box, raw_letter(subject="read"), 1, flags=frozenset({"\\Seen"}))
        store(box, raw_letter(subject="private", sender="zoe@quay.example"), 2, is_private=True)
        make_letter(box, subject="linked", to_records=(customer,), now=NOW + timedelta(hours=1))
        Letter.objects.unscoped("a test").filter(subject="linked").update(attachment_count=2)
        return box

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({}, ["linked", "private", "read"]),
            ({"is_unread": True}, ["linked", "private"]),
            ({"is_private": True}, ["private"]),
            ({"has_attachment": True}, ["linked"]),
            ({"is_linked": True}, ["linked"]),
            ({"is_linked": False}, ["private", "read"]),
            ({"sender": "zoe@QUAY.example"}, ["private"]),
            ({"sender": "harbour.example"}, ["linked", "read"]),
            ({"sender": "nobody"}, []),
            ({"since": NOW + timedelta(minutes=2)}, ["linked", "private"]),
            ({"before": NOW + timedelta(minutes=2)}, ["read"]),
        ],
    )
    @pytest.mark.parametrize("most_few", [2_000, 0])
    def test_each_narrows_the_list(
        self, filled: MailAccount, filters: Any, found: list[str], most_few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mooring.letters.conversations._MOST_FEW", most_few)
        for seek in (conversations_in, letters_in):
            assert subjects(seek(place=whole(filled), filters=MailboxFilters(**filters))) == found

    def test_words_are_looked_for_in_the_place_alone(self, bob: User, filled: MailAccount) -> None:
        store(filled, raw_letter(subject="elsewhere"), 9, folder="Other")
        inbox = folder_place(make_folder(filled))
        seek = {"filters": MailboxFilters(), "reader": bob}
        assert subjects(found_in(place=inbox, text="private", **seek)) == ["private"]
        assert subjects(found_in(place=inbox, text="elsewhere", **seek)) == []
        assert subjects(found_in(place=whole(filled), text="elsewhere", **seek)) == ["elsewhere"]


def test_read_here_is_read_whatever_the_server_says_and_back(bob: User, box: MailAccount) -> None:
    first = store(box, reply(1), 1)
    second = store(box, reply(2, 1), 2)
    place = Delivery.objects.get(letter=first)
    assert mark_read(letter_ids=[second.pk], reader=bob, with_conversations=True) == [first.pk, second.pk]
    place.refresh_from_db()
    assert (place.is_unread, place.is_seen) == (False, False)
    assert not conversations_in(place=whole(box)).rows[0].is_unread
    assert mark_unread(letter_ids=[second.pk], reader=bob) == [second.pk]
    assert mark_unread(letter_ids=[second.pk], reader=bob) == []
    assert conversations_in(place=whole(box)).rows[0].is_unread


def test_nobody_marks_the_letters_of_others(alice: User, bob: User, dave: User, box: MailAccount) -> None:
    letter = store(box, raw_letter(), 1)
    assert mark_read(letter_ids=[letter.pk], reader=alice) == []
    assert mark_done(letter_ids=[letter.pk], reader=alice, now=NOW) == 0
    own = make_letter(make_account(dave, is_main=True))
    assert mark_read(letter_ids=[own.pk], reader=dave) == []


def test_what_is_done_leaves_the_inbox_until_somebody_writes_again(bob: User, box: MailAccount) -> None:
    letter = store(box, reply(1, subject="old"), 1)
    inbox = folder_place(make_folder(box), hides_done=True)
    assert mark_done(letter_ids=[letter.pk], reader=bob, now=NOW, with_conversations=True) == 1
    assert subjects(conversations_in(place=inbox)) == []
    assert subjects(conversations_in(place=whole(box))) == ["old"]
    assert folder_counts(reader=bob)[0].unread_count == 0
    store(box, reply(2, 1, subject="new"), 2)
    assert subjects(conversations_in(place=inbox)) == ["new"]
    assert undo_done(marked_at=NOW, reader=bob) == 1
    assert mark_to_do(letter_ids=[letter.pk], reader=bob) == 0
    assert subjects(letters_in(place=inbox)) == ["new", "old"]


def test_newer_letters_are_counted_up_to_a_limit(box: MailAccount) -> None:
    first = store(box, raw_letter(), 1)
    for minute in range(3):
        store(box, raw_letter(), 5 + minute)
    assert newer_count(place=whole(box), than=first.position, most=10) == 3
    assert newer_count(place=whole(box), than=first.position, most=2) == 2


def test_a_place_without_accounts_is_empty(bob: User) -> None:
    assert conversations_in(place=Place(())).rows == []
    assert letters_in(place=all_inboxes([], reader=bob)).rows == []


def test_folders_say_how_much_is_unread_up_to_a_limit(
    bob: User, box: MailAccount, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("mooring.letters.mailboxes.MOST_COUNTED", 2)
    for _number in range(5):
        make_letter(box)
    store(box, raw_letter(), 1, folder="Read", flags=frozenset({"\\Seen"}))
    with django_assert_num_queries(2):
        assert {each.folder.path: each.unread_count for each in folder_counts(reader=bob)} == {"INBOX": 3, "Read": 0}


def test_mailboxes_are_their_owners_alone(alice: User, dave: User, box: MailAccount) -> None:
    make_letter(box)
    make_letter(make_account(dave, is_main=True))
    assert folder_counts(reader=dave) == folder_counts(reader=alice) == []


def test_where_there_is_no_inbox_the_folder_of_all_letters_is_it_and_else_every_folder() -> None:
    account = make_account(make_user())
    work, inbox, everything = (make_folder(account, name, special_use=use) for name, use in
                               (("Work", ""), ("Inbox", ""), ("[Gmail]/All", "all")))  # fmt: skip
    assert inbox_of([work, inbox, everything]) == [inbox]
    assert inbox_of([work, everything]) == [everything]
    assert inbox_of([work]) == [work]
