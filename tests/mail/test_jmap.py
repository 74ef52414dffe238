"""JMAP where servers differ or misbehave: sessions, states that are forgotten or from the future, limits, lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mail.listings import Rows, letter_of
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import (
    CommandRefused,
    ConnectionLost,
    FolderMissing,
    MailError,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.types import Folder
from servers.jmap import Arguments, Box, MethodError, ScriptedJmap
from servers.web import Asked, Given

RAW = letter_of("answer")


@pytest.fixture
def mailbox(jmap: ScriptedJmap) -> Iterator[Incoming]:
    with open_incoming(jmap.server(), policy=jmap.policy) as opened:
        yield opened


@pytest.fixture
def inbox(mailbox: Incoming) -> Folder:
    return mailbox.folders()[0]


def failing(kind: str) -> Callable[[Arguments], Any]:
    def answer(arguments: Arguments) -> Any:
        raise MethodError(kind, description="So there.")

    return answer


# -- folders -------------------------------------------------------------------------------------------------------------


def test_folders_are_named_by_their_paths(jmap: ScriptedJmap, mailbox: Incoming) -> None:
    jmap.boxes["m4"] = Box("Klienci / 2026", role="snoozed")
    jmap.boxes["m5"] = Box("Zażółć", parent="m4")
    jmap.boxes["m6"] = Box("lost", parent="nowhere")

    assert [(folder.path, folder.special_use) for folder in mailbox.folders()] == [
        ("INBOX", "inbox"),
        ("Drafts", "drafts"),
        ("Sent", "sent"),
        ("Klienci \u2215 2026", ""),
        ("Klienci \u2215 2026/Zażółć", ""),
        ("lost", ""),
    ]


def test_folders_in_a_circle_and_without_end_are_survived(
    jmap: ScriptedJmap, mailbox: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    jmap.boxes |= {"m4": Box("one", parent="m5"), "m5": Box("two", parent="m4")}
    assert len(mailbox.folders()) == 5

    monkeypatch.setattr("mooring.mail.protocols.jmap.folders.FOLDER_CAP", 2)
    with pytest.raises(ProtocolViolation):
        mailbox.folders()


# -- changes -------------------------------------------------------------------------------------------------------------


def test_a_letter_is_in_every_mailbox_that_it_lies_in(jmap: ScriptedJmap, mailbox: Incoming) -> None:
    here, there = (Rows(mailbox, folder) for folder in mailbox.folders()[:3:2])
    letter_id = jmap.deliver(RAW, "m1", "m3")
    assert here.visit() == there.visit() == [letter_id]

    jmap.move(letter_id, "m3")

    assert (here.visit(), there.visit()) == ([], [letter_id])
    jmap.destroy(letter_id)
    assert there.visit() == []
    assert not there.was_full


def test_what_its_owner_does_with_a_letter_is_seen(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    rows = Rows(mailbox, inbox)
    letter_id = jmap.deliver(RAW)
    rows.visit()
    jmap.mark(letter_id, "$seen", "$flagged", "$answered", "project")
    rows.visit()

    assert rows.flags[letter_id] == {"\\Seen", "\\Flagged", "\\Answered", "project"}
    assert rows.listed[letter_id].remote_id == letter_id


def test_letters_of_other_mailboxes_are_never_said_to_be_gone_from_this_one(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder
) -> None:
    rows = Rows(mailbox, inbox)
    jmap.deliver(RAW)
    other = jmap.deliver(letter_of("other"), "m3")
    rows.visit()
    jmap.mark(other, "$seen")
    for number in range(5):
        jmap.deliver(letter_of(str(number)), "m3")
    jmap.destroy(other)

    changes = mailbox.changes(inbox, rows.bookmark, known=rows.known)

    assert list(changes.pages) == []
    assert changes.bookmark != rows.bookmark


def test_many_changes_are_told_in_rounds(jmap: ScriptedJmap, inbox: Folder) -> None:
    jmap.at_once = 2
    with open_incoming(jmap.server(), policy=jmap.policy) as mailbox:
        rows = Rows(mailbox, inbox)
        rows.visit()
        ids = [jmap.deliver(letter_of(str(number))) for number in range(9)]
        jmap.destroy(ids[4])

        assert rows.visit() == [*ids[:4], *ids[5:]]
        assert not rows.was_full


def test_too_many_rounds_become_a_comparison(jmap: ScriptedJmap, inbox: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.jmap.listing._MOST_ROUNDS", 2)
    jmap.at_once = 2
    with open_incoming(jmap.server(), policy=jmap.policy) as mailbox:
        rows = Rows(mailbox, inbox)
        rows.visit()
        ids = [jmap.deliver(letter_of(str(number))) for number in range(9)]

        assert rows.visit() == ids
        assert rows.was_full


@pytest.mark.parametrize("state", ["nonsense", "forgotten", "future"])
def test_a_state_that_tells_nothing_becomes_a_comparison(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder, state: str
) -> None:
    rows = Rows(mailbox, inbox)
    ids = [jmap.deliver(letter_of(str(number))) for number in range(4)]
    rows.visit()
    jmap.destroy(ids[1])
    jmap.mark(ids[0], "$seen")
    ids.append(jmap.deliver(RAW))
    if state == "forgotten":
        jmap.oldest_state = len(jmap.history)
    else:
        rows.bookmark = {"state": {"nonsense": "abc", "future": "999999"}[state]}

    assert rows.visit() == [ids[0], *ids[2:]]
    assert rows.was_full
    assert rows.flags[ids[0]] == {"\\Seen"}
    rows.visit()
    assert not rows.was_full


def test_a_restored_server_is_found_out_by_the_full_comparison(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    rows = Rows(mailbox, inbox)
    ids = [jmap.deliver(letter_of(str(number))) for number in range(4)]
    rows.visit()
    del jmap.letters[ids[3]]
    jmap.deliver(RAW, "m3")

    assert rows.visit() == ids
    assert rows.visit(is_full=True) == ids[:3]


def test_a_server_that_stays_in_a_state_with_more_to_tell_breaks_the_rules(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder
) -> None:
    rows = Rows(mailbox, inbox)
    rows.visit()
    told = {"oldState": "0", "newState": "0", "hasMoreChanges": True, "created": [], "updated": [], "destroyed": []}
    jmap.answers["Email/changes"] = lambda arguments: told

    with pytest.raises(ProtocolViolation):
        rows.visit()


@pytest.mark.parametrize("page", [2, 3])
def test_long_mailboxes_are_listed_in_portions(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder, page: int) -> None:
    jmap.most_in_query = page
    ids = [jmap.deliver(letter_of(str(number))) for number in range(6)]

    assert Rows(mailbox, inbox).visit() == ids


def test_letters_that_go_during_a_listing_hide_no_others(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    jmap.most_in_query = 3
    ids = [jmap.deliver(letter_of(str(number))) for number in range(9)]
    rows = Rows(mailbox, inbox)
    changes = mailbox.changes(inbox, None, known=rows.known)
    first = next(changes.pages)
    assert {each.server_id for each in first.arrived} == set(ids[6:])
    jmap.destroy(ids[6])
    jmap.destroy(ids[8])
    rows.take(changes)

    assert rows.ids() == ids[:6]


def test_a_listing_whose_last_portion_is_gone_altogether_is_made_anew(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder
) -> None:
    jmap.most_in_query = 2
    ids = [jmap.deliver(letter_of(str(number))) for number in range(4)]
    changes = mailbox.changes(inbox, None, known=lambda epoch: [])
    next(changes.pages)
    for letter_id in ids[2:]:
        jmap.destroy(letter_id)

    with pytest.raises(ProtocolViolation):
        list(changes.pages)


def test_a_folder_that_is_gone_is_missing_at_every_step(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    rows = Rows(mailbox, inbox)
    rows.visit()
    changes = mailbox.changes(inbox, None, known=rows.known)
    del jmap.boxes["m1"]

    for missing in (lambda: list(changes.pages), rows.visit, lambda: rows.visit(is_full=True)):
        with pytest.raises(FolderMissing):
            missing()


@pytest.mark.parametrize("method", ["Email/changes", "Email/query", "Mailbox/get", "Email/get"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("serverFail", ServerUnavailable),
        ("serverUnavailable", ServerUnavailable),
        ("rateLimit", ServerBusy),
        ("forbidden", CommandRefused),
    ],
)
def test_refused_methods_become_errors(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder, method: str, kind: str, error: type[MailError]
) -> None:
    jmap.deliver(RAW)
    rows = Rows(mailbox, inbox)
    rows.bookmark = {"state": "0"} if method == "Email/changes" else None
    jmap.answers[method] = failing(kind)

    with pytest.raises(error) as caught:
        rows.visit()
    assert caught.value.server_said == f"{kind} So there."


@pytest.mark.parametrize(
    "given",
    [
        Given(200, b"<html>Sign in to the network</html>", {"Content-Type": "text/html"}),
        Given.of_json({"methodResponses": {}}),
        Given.of_json({"methodResponses": [["Mailbox/get", {}, "7"], 5]}),
        Given.of_json([]),
    ],
)
def test_answers_that_are_none_break_the_rules(jmap: ScriptedJmap, mailbox: Incoming, given: Given) -> None:
    jmap.altered = lambda asked, true: given

    with pytest.raises(ProtocolViolation):
        mailbox.folders()


# -- letters -------------------------------------------------------------------------------------------------------------


def altering_downloads(jmap: ScriptedJmap, change: Callable[[Given], Given]) -> None:
    def alter(asked: Asked, given: Given) -> Given:
        return change(given) if asked.path.startswith("/jmap/down/") else given

    jmap.altered = alter


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda given: replace(given, body=given.body + b"x"), ProtocolViolation),
        (lambda given: replace(given, body=given.body[:-1]), ProtocolViolation),
        (lambda given: replace(given, cut_to=20), ConnectionLost),
        (lambda given: Given(500), ServerUnavailable),
        (lambda given: Given(403), CommandRefused),
    ],
)
def test_letters_that_are_not_what_they_were_said_to_be_are_not_handed_on(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder, change: Callable[[Given], Given], kind: type[MailError]
) -> None:
    letter_id = jmap.deliver(RAW)
    altering_downloads(jmap, change)

    with pytest.raises(kind):
        list(mailbox.fetch(inbox, [letter_id]))


def test_a_letter_that_goes_before_it_is_read_is_left_out(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    odd = RAW.replace(b"answer", b"\xff")
    ids = [jmap.deliver(RAW), jmap.deliver(odd)]
    altering_downloads(jmap, lambda given: Given(404))

    assert list(mailbox.fetch(inbox, ids)) == []
    assert [head.server_id for head in mailbox.headers(inbox, ids)] == [ids[0]]


def test_headers_come_in_portions_and_byte_for_byte_whatever_their_bytes(jmap: ScriptedJmap, inbox: Folder) -> None:
    jmap.at_once = 2
    raws = [
        b"Subject: folded\r\n  more\r\nX-Empty:\r\nFrom:bob@example.org\r\n\r\ntext\r\n",
        "Subject: zażółć\r\n\r\ntext\r\n".encode(),
        b"Subject: latin \xe9\r\n\r\ntext\r\n",
        b"Subject: bare \xe9\n\ntext\n",
    ]
    ids = [jmap.deliver(raw) for raw in raws]
    elsewhere = jmap.deliver(letter_of("elsewhere"), "m3")
    with open_incoming(jmap.server(), policy=jmap.policy) as mailbox:
        heads = {head.server_id: head.raw for head in mailbox.headers(inbox, [*ids, elsewhere, "gone"])}

    assert [heads[each] for each in ids] == [*(raw[: raw.index(b"\r\n\r\n") + 4] for raw in raws[:3]), b"Subject: bare \xe9\n\n"]
    assert sorted(heads) == sorted(ids)
