"""How letters on a POP3 server are told apart and listed: by good ids, by bad ones, and where there are none at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mail.pop3_fakes import NO_IDS, NO_TOP, THREE, Seen, letter, mailbox_on, raws
from mooring.mail.contract import Incoming
from mooring.mail.errors import CommandRefused, ProtocolViolation, ServerUnavailable
from mooring.mail.protocols.pop3.mailbox import INBOX
from servers.scripted_pop3 import PopLetter, ScriptedPop3

Opened = Callable[[ScriptedPop3], Incoming]


# -- good ids ------------------------------------------------------------------------------------------------------------


def test_ranks_grow_with_what_arrives_whatever_was_deleted(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox, seen = mailbox_on(opened, fake), Seen()
    assert seen.look(mailbox) == ["u:id1", "u:id2", "u:id3"]
    assert seen.ranks == [1, 2, 3]
    fake.letters = [THREE[2], letter(4, uid="id4")]

    assert seen.look(mailbox) == ["u:id3", "u:id4"]
    assert seen.ranks == [4]


def test_known_ids_are_read_only_when_the_listing_has_changed(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox, seen = mailbox_on(opened, fake), Seen()
    seen.look(mailbox)
    asked = seen.asked
    seen.look(mailbox)
    assert seen.asked == asked
    assert seen.look(mailbox, is_full=True) == seen.again == ["u:id1", "u:id2", "u:id3"]


def test_pages_are_small(opened: Opened) -> None:
    fake = ScriptedPop3(letters=[PopLetter(b"x", f"i{number}") for number in range(4_500)])
    mailbox = mailbox_on(opened, fake)
    known: list[str] = []
    changes = mailbox.changes(INBOX, None, known=lambda epoch: known)
    pages = list(changes.pages)
    assert [len(page.arrived) for page in pages] == [2_000, 2_000, 500]
    assert [each.rank for page in pages for each in page.arrived] == list(range(1, 4_501))
    known = [each.server_id for page in pages for each in page.arrived]
    again = list(mailbox.changes(INBOX, changes.bookmark, known=lambda epoch: known, is_full=True).pages)
    assert [len(page.listed_again) for page in again] == [2_000, 2_000, 500]
    fake.letters = [letter(1, uid="i7")]
    gone = list(mailbox.changes(INBOX, changes.bookmark, known=lambda epoch: known).pages)
    assert [len(page.vanished) for page in gone] == [2_000, 2_000, 499]


def test_letters_of_a_server_that_moved_begin_another_epoch(opened: Opened) -> None:
    fake = ScriptedPop3(letters=[letter(number, uid=f"old{number}") for number in range(10)])
    mailbox, seen = mailbox_on(opened, fake), Seen()
    seen.look(mailbox)
    first = seen.epoch
    fake.letters = [replace(each, uid=f"new{number}") for number, each in enumerate(fake.letters)]

    assert seen.look(mailbox) == [f"u:new{number}" for number in range(10)]
    assert seen.epoch != first
    assert seen.ranks == list(range(11, 21))
    second = seen.epoch
    fake.letters = fake.letters[1:]
    seen.look(mailbox)
    assert seen.epoch == second


@pytest.mark.parametrize("left", [[letter(4, uid="other")], []])
def test_a_few_letters_that_are_all_gone_are_only_gone(opened: Opened, left: list[PopLetter]) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox, seen = mailbox_on(opened, fake), Seen()
    seen.look(mailbox)
    first = seen.epoch
    fake.letters = left

    assert seen.look(mailbox) == [f"u:{each.uid}" for each in left]
    assert seen.epoch == first


def test_a_mailbox_that_was_emptied_is_no_move(opened: Opened) -> None:
    fake = ScriptedPop3(letters=[letter(number, uid=f"old{number}") for number in range(10)])
    mailbox, seen = mailbox_on(opened, fake), Seen()
    seen.look(mailbox)
    first = seen.epoch
    fake.letters = []
    assert seen.look(mailbox) == []
    assert seen.epoch == first


@pytest.mark.parametrize(
    "damage",
    [
        {"epoch": 1, "digest": "", "top": 1},
        {"epoch": "uidl.x", "digest": "", "top": -1},
        {"epoch": "uidl.x", "digest": "", "top": "1"},
    ],
)
def test_damaged_bookmarks_begin_anew(opened: Opened, damage: dict[str, object]) -> None:
    mailbox, seen = mailbox_on(opened, ScriptedPop3(letters=list(THREE))), Seen()
    before = seen.look(mailbox)
    seen.bookmark = {"digest": "", **damage}
    assert seen.look(mailbox) == before


# -- bad ids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uid", ["with blank", "x" * 71, "ż", "tab\there"])
def test_ids_that_are_no_good_words_count_together_with_the_size(opened: Opened, uid: str) -> None:
    fake = ScriptedPop3(letters=[letter(1, uid=uid.encode().decode("latin-1")), letter(2, uid="good")])
    mailbox, seen = mailbox_on(opened, fake), Seen()
    ids = seen.look(mailbox)

    assert ids[0].startswith("s:")
    assert ids[0].endswith(f".{len(fake.letters[0].raw)}")
    assert ids[1] == "u:good"
    assert raws(mailbox, ids) == [each.raw for each in fake.letters]
    assert seen.look(mailbox) == ids


def test_letters_that_share_an_id_are_told_apart_by_size_and_then_by_header(opened: Opened) -> None:
    fake = ScriptedPop3(letters=[letter(1, uid="same"), letter(2, uid="same"), letter(3, uid="same", body=b"longer text\r\n")])
    mailbox, seen = mailbox_on(opened, fake), Seen()
    ids = seen.look(mailbox)

    assert [server_id[:2] for server_id in ids] == ["t:", "t:", "s:"]
    assert len(set(ids)) == 3
    assert raws(mailbox, ids) == [each.raw for each in fake.letters]
    assert seen.look(mailbox) == ids


def test_two_copies_of_one_letter_under_one_id_are_two_places(opened: Opened) -> None:
    fake = ScriptedPop3(letters=[letter(1, uid="same"), letter(1, uid="same")])
    ids = Seen().look(mailbox_on(opened, fake))

    assert len(set(ids)) == 2
    assert ids[1] == f"{ids[0]}#2"


# -- no ids --------------------------------------------------------------------------------------------------------------


def test_without_ids_the_header_tells_letters_apart(opened: Opened) -> None:
    first = letter(1, Received="by a; Mon, 2 Mar 2026 08:00:00 +0000", Status="RO")
    fake = ScriptedPop3(letters=[first, letter(2), letter(2)], capabilities=("TOP", "PIPELINING"), answers=dict(NO_IDS))
    mailbox, seen = mailbox_on(opened, fake), Seen()
    ids = seen.look(mailbox)
    assert [server_id[:2] for server_id in ids] == ["t:", "t:", "t:"]
    assert ids[2] == f"{ids[1]}#2"
    assert raws(mailbox, ids) == [each.raw for each in fake.letters]
    fake.letters = [letter(1, Received="by a; Mon, 2 Mar 2026 08:00:00 +0000", Status="NO"), letter(2), letter(3)]

    again = seen.look(mailbox)

    assert again[:2] == ids[:2]
    assert again[2] not in ids


def test_without_ids_and_headers_the_content_tells_letters_apart(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE), capabilities=(), answers=dict(NO_TOP))
    mailbox, seen = mailbox_on(opened, fake), Seen()
    ids = seen.look(mailbox)

    assert {server_id[:2] for server_id in ids} == {"c:"}
    assert seen.epoch.startswith("retr.")
    assert raws(mailbox, ids) == [each.raw for each in fake.letters]
    headers = {header.server_id: header.raw for header in mailbox.headers(INBOX, ids)}
    assert [headers[server_id] for server_id in ids] == [each.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for each in THREE]


def test_a_server_that_begins_to_give_ids_begins_another_epoch(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE), capabilities=(), answers=dict(NO_IDS))
    mailbox, seen = mailbox_on(opened, fake), Seen()
    seen.look(mailbox)
    assert seen.epoch.startswith("top.")
    fake.answers = {}

    assert seen.look(mailbox) == ["u:id1", "u:id2", "u:id3"]
    assert seen.epoch.startswith("uidl.")
    assert seen.ranks == [4, 5, 6]


@pytest.mark.parametrize("capabilities", [("UIDL", "TOP"), ()])
def test_ids_that_are_refused_for_once_are_not_given_up(opened: Opened, capabilities: tuple[str, ...]) -> None:
    fake = ScriptedPop3(letters=list(THREE), capabilities=capabilities)
    mailbox, seen = mailbox_on(opened, fake), Seen()
    before = seen.look(mailbox)
    fake.answers = dict(NO_IDS)
    with pytest.raises(CommandRefused):
        seen.look(mailbox)
    fake.answers = {}
    assert seen.look(mailbox) == before


def test_a_passing_trouble_with_ids_is_no_lack_of_them(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE), capabilities=(), answers={"UIDL": b"-ERR [SYS/TEMP] later\r\n"})
    with pytest.raises(ServerUnavailable):
        Seen().look(mailbox_on(opened, fake))


def test_letters_that_can_be_told_apart_in_no_way_are_an_error(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE), capabilities=(), answers={**NO_TOP, "RETR 2": b"-ERR no\r\n"})
    with pytest.raises(ProtocolViolation):
        Seen().look(mailbox_on(opened, fake))
    fake = ScriptedPop3(letters=list(THREE), capabilities=(), answers={**NO_IDS, "TOP 2": b"-ERR no\r\n"})
    with pytest.raises(ProtocolViolation):
        Seen().look(mailbox_on(opened, fake))
