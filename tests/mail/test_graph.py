"""Folders and their changes over Microsoft Graph: rounds of deltas, ids that outlive moves, and servers that break the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator

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
    ServerUnavailable,
)
from mooring.mail.types import Folder
from servers.graph import GraphServer
from servers.web import Given

RAW = letter_of("answer")


@pytest.fixture
def mailbox(graph: GraphServer) -> Iterator[Incoming]:
    with open_incoming(graph.server(), policy=graph.policy) as opened:
        yield opened


@pytest.fixture
def inbox(mailbox: Incoming) -> Folder:
    return mailbox.folders()[0]


# -- folders -------------------------------------------------------------------------------------------------------------


def test_folders_are_named_by_their_paths_and_known_by_what_they_are_for(graph: GraphServer, mailbox: Incoming) -> None:
    clients = graph.mailbox.add_folder("Klienci / 2026")
    graph.mailbox.add_folder("Zażółć", parent=clients)

    found = {folder.path: folder.special_use for folder in mailbox.folders()}

    assert found == {
        "INBOX": "inbox",
        "Elementy wysłane": "sent",
        "Wersje robocze": "drafts",
        "Elementy usunięte": "trash",
        "Wiadomości-śmieci": "junk",
        "Klienci \u2215 2026": "",
        "Klienci \u2215 2026/Zażółć": "",
    }


def test_folders_in_a_circle_and_without_end_are_survived(graph: GraphServer, mailbox: Incoming) -> None:
    one = graph.mailbox.add_folder("one")
    two = graph.mailbox.add_folder("two", parent=one)
    graph.mailbox.folders[one].parent = two

    assert len(mailbox.folders()) == 7


def test_too_many_folders_are_refused(graph: GraphServer, mailbox: Incoming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.graph.folders.FOLDER_CAP", 2)
    with pytest.raises(ProtocolViolation):
        mailbox.folders()


def test_folders_that_may_not_be_looked_at_are_refused(graph: GraphServer, mailbox: Incoming) -> None:
    graph.alter("/mailFolders/delta", Given.of_json({"error": {"code": "ErrorAccessDenied"}}, status=403))
    with pytest.raises(CommandRefused):
        mailbox.folders()


def test_how_many_letters_a_folder_holds_is_told(graph: GraphServer, mailbox: Incoming) -> None:
    graph.mailbox.deliver("AQMk-inbox=", RAW)
    inbox = mailbox.folders()[0]

    assert mailbox.changes(inbox, None, known=lambda epoch: []).message_count == 1


# -- rounds --------------------------------------------------------------------------------------------------------------


def test_a_letter_keeps_its_id_when_it_is_moved(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    other = graph.mailbox.add_folder("Other")
    target = next(folder for folder in mailbox.folders() if folder.wire_name == other)
    here, there = Rows(mailbox, inbox), Rows(mailbox, target)
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    assert (here.visit(), there.visit()) == ([letter_id], [])

    graph.mailbox.move(letter_id, other)

    assert (here.visit(), there.visit()) == ([], [letter_id])
    assert here.listed[letter_id].remote_id == there.listed[letter_id].remote_id == letter_id


def test_a_letter_that_went_and_came_back_is_there(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    other = graph.mailbox.add_folder("Other")
    rows = Rows(mailbox, inbox)
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number))) for number in range(3)]
    rows.visit()
    graph.mailbox.move(ids[1], other)
    graph.mailbox.move(ids[1], inbox.wire_name)

    assert sorted(rows.visit()) == sorted(ids)


def test_what_its_owner_does_with_a_letter_is_seen_though_updates_name_only_what_changed(
    graph: GraphServer, mailbox: Incoming, inbox: Folder
) -> None:
    rows = Rows(mailbox, inbox)
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    rows.visit()
    graph.mailbox.read(letter_id)
    graph.mailbox.flag(letter_id)
    rows.visit()
    assert rows.flags[letter_id] == {"\\Seen", "\\Flagged"}

    graph.mailbox.read(letter_id, is_read=False)
    rows.visit()
    assert rows.flags[letter_id] == {"\\Flagged"}


def test_a_server_that_does_not_tell_sizes_lists_its_letters_all_the_same(
    graph: GraphServer, mailbox: Incoming, inbox: Folder
) -> None:
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    refused = Given.of_json({"error": {"code": "BadRequest"}}, status=400)
    graph.altered = lambda asked, given: refused if "$expand" in asked.query else given
    rows = Rows(mailbox, inbox)

    assert rows.visit() == [letter_id]
    assert rows.listed[letter_id].size == 0


@pytest.mark.parametrize("answer", [404, 500])
def test_an_update_about_a_letter_that_has_gone_is_left_to_the_next_round(
    graph: GraphServer, mailbox: Incoming, inbox: Folder, answer: int
) -> None:
    rows = Rows(mailbox, inbox)
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    rows.visit()
    graph.mailbox.read(letter_id)
    graph.alter("$batch", Given.of_json({"responses": [{"id": "0", "status": answer}]}))

    if answer == 404:
        assert rows.visit() == [letter_id]
        assert rows.flags[letter_id] == set()
    else:
        with pytest.raises(ServerUnavailable):
            rows.visit()


def test_an_update_about_a_letter_that_has_moved_on_is_left_to_the_next_round(
    graph: GraphServer, mailbox: Incoming, inbox: Folder
) -> None:
    rows = Rows(mailbox, inbox)
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    rows.visit()
    graph.mailbox.read(letter_id)
    elsewhere = {"id": letter_id, "receivedDateTime": "2026-01-01T00:00:00Z", "isRead": True, "parentFolderId": "elsewhere"}
    graph.alter("$batch", Given.of_json({"responses": [{"id": "0", "status": 200, "body": elsewhere}]}))

    rows.visit()

    assert rows.flags[letter_id] == set()


def test_a_forgotten_round_begins_anew_and_finds_what_was_missed(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    rows = Rows(mailbox, inbox)
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number))) for number in range(5)]
    rows.visit()
    graph.mailbox.delete(ids[2])
    graph.mailbox.read(ids[0])
    ids.append(graph.mailbox.deliver(inbox.wire_name, RAW))
    graph.forget_rounds()

    assert rows.visit() == [ids[0], ids[1], ids[3], ids[4], ids[5]]
    assert rows.was_full
    assert rows.flags[ids[0]] == {"\\Seen"}
    rows.visit()
    assert not rows.was_full


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/me/mailFolders/x/messages/delta?$deltatoken=a",
        "http://[",
        "//evil.example",
        "{base}/me/mailFolders/x/messages/delta?$deltatoken=nonsense",
    ],
)
def test_a_link_that_leads_elsewhere_or_nowhere_is_not_followed(
    graph: GraphServer, mailbox: Incoming, inbox: Folder, link: str
) -> None:
    rows = Rows(mailbox, inbox)
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    rows.bookmark = {"delta": link.replace("{base}", graph.server().url)}

    assert rows.visit() == [letter_id]


def test_letters_that_arrive_while_a_folder_is_listed_come_next_time(
    graph: GraphServer, mailbox: Incoming, inbox: Folder
) -> None:
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number))) for number in range(5)]
    rows = Rows(mailbox, inbox)
    changes = mailbox.changes(inbox, None, known=rows.known)
    next(changes.pages)
    late = graph.mailbox.deliver(inbox.wire_name, RAW)
    rows.take(changes)

    assert late not in rows.ids()
    assert set(rows.visit()) >= {late, *ids[3:]}


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ({"value": []}, ProtocolViolation),
        ({"value": [{"isRead": True}], "@odata.deltaLink": "x"}, ProtocolViolation),
        ({"value": {}, "@odata.deltaLink": "x"}, ProtocolViolation),
        ({"value": ["x"], "@odata.deltaLink": "x"}, ProtocolViolation),
        ({"value": [], "@odata.nextLink": "https://evil.example/"}, ProtocolViolation),
        ({"value": [], "@odata.nextLink": "{base}/again/delta"}, ProtocolViolation),
    ],
)
def test_pages_that_break_the_rules_end_the_listing(
    graph: GraphServer, mailbox: Incoming, inbox: Folder, page: dict[str, object], kind: type[MailError]
) -> None:
    text = json.dumps(page).replace("{base}", graph.server().url)
    graph.alter("/delta", Given(200, text.encode(), {"Content-Type": "application/json"}))

    with pytest.raises(kind):
        Rows(mailbox, inbox).visit()


def test_folders_whose_pages_name_themselves_end_the_listing(graph: GraphServer, mailbox: Incoming) -> None:
    link = f"{graph.server().url}/me/mailFolders/delta"
    graph.alter("/mailFolders/delta", Given.of_json({"value": [], "@odata.nextLink": link}))

    with pytest.raises(ProtocolViolation):
        mailbox.folders()


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (Given(200, b"<html>Sign in to the network</html>", {"Content-Type": "text/html"}), ProtocolViolation),
        (Given(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}), ServerUnavailable),
        (Given(200, b'{"value": [', {}), ProtocolViolation),
        (Given(200, b'{"value": []}' * 10, {}, cut_to=20), ConnectionLost),
        (Given.of_json({"error": {"code": "ErrorAccessDenied"}}, status=403), CommandRefused),
        (Given.of_json({"error": {"code": "ErrorItemNotFound"}}, status=404), FolderMissing),
        (Given.of_json({}, status=503, headers={"Retry-After": "900"}), ServerUnavailable),
    ],
)
def test_answers_that_are_none_become_errors(
    graph: GraphServer, mailbox: Incoming, inbox: Folder, given: Given, kind: type[MailError]
) -> None:
    graph.alter("/delta", given)

    with pytest.raises(kind):
        Rows(mailbox, inbox).visit()
