"""Labels and their changes over the Gmail API: one history for all, ids that are compared where it is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mail.listings import Rows, letter_of
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import CommandRefused, ConnectionLost, FolderMissing, MailError, ProtocolViolation, ServerUnavailable
from mooring.mail.types import Folder
from servers.gmail import ME, GmailServer
from servers.web import Given

RAW = letter_of("answer")


@pytest.fixture
def mailbox(gmail: GmailServer) -> Iterator[Incoming]:
    with open_incoming(gmail.server(), policy=gmail.policy) as opened:
        yield opened


@pytest.fixture
def whole(mailbox: Incoming) -> Folder:
    """The folder of all letters."""
    return folder_for(mailbox, "all")


def folder_for(mailbox: Incoming, special_use: str) -> Folder:
    return next(folder for folder in mailbox.folders() if folder.special_use == special_use)


def test_labels_are_folders_and_marks_are_not(gmail: GmailServer, mailbox: Incoming) -> None:
    gmail.mailbox.add_label("Work/2026")

    assert [(folder.path, folder.special_use) for folder in mailbox.folders()] == [
        ("INBOX", "inbox"),
        ("[Gmail]/All Mail", "all"),
        ("[Gmail]/Sent Mail", "sent"),
        ("[Gmail]/Important", "important"),
        ("[Gmail]/Bin", "trash"),
        ("[Gmail]/Drafts", "drafts"),
        ("[Gmail]/Spam", "junk"),
        ("[Gmail]/Starred", "flagged"),
        ("Work/2026", ""),
    ]


def test_all_mail_holds_what_is_neither_spam_nor_thrown_away_nor_a_draft_nor_a_chat(
    gmail: GmailServer, mailbox: Incoming, whole: Folder
) -> None:
    kept = [gmail.mailbox.deliver(letter_of(str(place)), labels=labels) for place, labels in enumerate(([], ["SENT"], ["INBOX"]))]
    for label in ("SPAM", "TRASH", "DRAFT", "CHAT"):
        gmail.mailbox.deliver(letter_of(label), labels=[label])
    rows = Rows(mailbox, whole)

    assert rows.visit() == kept
    for label in ("SPAM", "TRASH", "DRAFT", "CHAT"):
        gmail.mailbox.deliver(letter_of(f"another {label}"), labels=[label])
    kept.append(gmail.mailbox.deliver(letter_of("archived"), labels=[]))
    assert rows.visit() == kept


@pytest.mark.parametrize("special_use", ["junk", "trash"])
def test_spam_and_the_bin_hold_their_own(gmail: GmailServer, mailbox: Incoming, special_use: str) -> None:
    label = {"junk": "SPAM", "trash": "TRASH"}[special_use]
    gmail.mailbox.deliver(RAW)
    wanted = gmail.mailbox.deliver(letter_of("other"), labels=[label])

    assert Rows(mailbox, folder_for(mailbox, special_use)).visit() == [wanted]


def test_labels_are_flags_of_letters(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    work = gmail.mailbox.add_label("Work/Zażółć")
    rows = Rows(mailbox, whole)
    letter_id = gmail.mailbox.deliver(RAW, labels=["INBOX", "UNREAD", "STARRED", "CATEGORY_PERSONAL", work])
    rows.visit()
    assert rows.flags[letter_id] == {"\\Flagged", "label:\\Inbox", "label:Work/Zażółć"}

    gmail.mailbox.relabel(letter_id, add=["SENT"], remove=["UNREAD", "INBOX", "STARRED"])
    rows.visit()
    assert rows.flags[letter_id] == {"\\Seen", "label:\\Sent", "label:Work/Zażółć"}


def test_size_time_and_identity_are_told(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    letter_id = gmail.mailbox.deliver(RAW)
    rows = Rows(mailbox, whole)
    rows.visit()
    listed = rows.listed[letter_id]

    assert listed.remote_id == letter_id
    assert listed.size == len(RAW) - 3
    assert listed.received_at is not None
    assert int(listed.received_at.timestamp() * 1_000) == gmail.mailbox.letters[letter_id].internal_date == listed.rank


def test_a_letter_leaves_the_folder_of_its_label_and_no_other(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    work = gmail.mailbox.add_label("Work")
    labelled, everything = Rows(mailbox, mailbox.folders()[-1]), Rows(mailbox, whole)
    ids = [gmail.mailbox.deliver(letter_of(str(number)), labels=["INBOX", work]) for number in range(5)]
    assert labelled.visit() == everything.visit() == ids

    gmail.mailbox.relabel(ids[1], remove=[work])
    gmail.mailbox.bin(ids[2])
    gmail.mailbox.delete(ids[3])

    assert labelled.visit() == [ids[0], ids[4]]
    assert everything.visit() == [ids[0], ids[1], ids[4]]


def test_letters_of_other_folders_are_never_said_to_be_gone_from_this_one(
    gmail: GmailServer, mailbox: Incoming, whole: Folder
) -> None:
    rows = Rows(mailbox, whole)
    gmail.mailbox.deliver(RAW)
    rows.visit()
    for number in range(5):
        gmail.mailbox.deliver(letter_of(str(number)), labels=["SPAM"])

    changes = mailbox.changes(whole, rows.bookmark, known=rows.known)

    assert [page for page in changes.pages if page.vanished] == []


def test_nothing_new_costs_one_request(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    gmail.mailbox.deliver(RAW)
    rows = Rows(mailbox, whole)
    rows.visit()
    before = len(gmail.web.asked)
    rows.visit()

    assert [asked.path for asked in gmail.web.asked[before:]] == [f"{ME}/history"]
    assert not rows.was_full


def test_a_forgotten_history_begins_anew_and_finds_what_was_missed(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    rows = Rows(mailbox, whole)
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(5)]
    rows.visit()
    gmail.mailbox.delete(ids[2])
    gmail.mailbox.relabel(ids[0], remove=["UNREAD"])
    ids.append(gmail.mailbox.deliver(RAW))
    gmail.forget_history()

    assert rows.visit() == [ids[0], ids[1], ids[3], ids[4], ids[5]]
    assert rows.was_full
    assert "\\Seen" in rows.flags[ids[0]]
    rows.visit()
    assert not rows.was_full


def test_a_full_comparison_looks_again_only_at_letters_that_history_names(
    gmail: GmailServer, mailbox: Incoming, whole: Folder
) -> None:
    rows = Rows(mailbox, whole)
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(10)]
    rows.visit()
    del gmail.mailbox.letters[ids[3]]
    gmail.mailbox.relabel(ids[0], remove=["UNREAD"])
    before = len(gmail.web.asked)

    assert rows.visit(is_full=True) == [each for each in ids if each != ids[3]]
    assert "\\Seen" in rows.flags[ids[0]]
    batches = [asked.body.count(b"Content-ID") for asked in gmail.web.asked[before:] if asked.path.startswith("/batch")]
    assert batches == [1]


def test_too_much_history_is_not_read_to_its_end(
    gmail: GmailServer, mailbox: Incoming, whole: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mooring.mail.protocols.gmail.listing._MOST_PAGES", 2)
    rows = Rows(mailbox, whole)
    rows.visit()
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(10)]

    assert rows.visit() == ids
    assert rows.was_full


def test_letters_that_arrive_during_a_listing_come_next_time(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(5)]
    rows = Rows(mailbox, whole)
    changes = mailbox.changes(whole, None, known=rows.known)
    first = next(changes.pages)
    late = gmail.mailbox.deliver(RAW)
    rows.take(changes)
    rows.flags.update({each.server_id: each.flags for each in first.arrived})
    rows.listed.update({each.server_id: each for each in first.arrived})

    assert set(rows.visit()) == {*ids, late}


@pytest.mark.parametrize("start", ["nonsense", "999999999999", "1", "²", 7])
def test_a_bookmark_that_nobody_gave_loses_nothing(gmail: GmailServer, mailbox: Incoming, whole: Folder, start: object) -> None:
    rows = Rows(mailbox, whole)
    letter_id = gmail.mailbox.deliver(RAW)
    rows.bookmark = {"history": start}
    if start == "999999999999":
        gmail.alter("/history", Given.of_json({"error": {"code": 400, "message": "Invalid value"}}, status=400))

    assert rows.visit() == [letter_id]


def test_a_label_that_is_gone_is_missing(gmail: GmailServer, mailbox: Incoming) -> None:
    label = gmail.mailbox.add_label("Work")
    folder = mailbox.folders()[-1]
    gmail.mailbox.remove_label(label)
    with pytest.raises(FolderMissing):
        Rows(mailbox, folder).visit()


def test_a_letter_that_may_not_be_looked_at_ends_the_listing(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    gmail.mailbox.deliver(RAW)
    gmail.throttled_parts = [(400, "failedPrecondition")]

    with pytest.raises(CommandRefused):
        Rows(mailbox, whole).visit()


def test_a_letter_that_goes_while_it_is_looked_at_is_left_out(gmail: GmailServer, mailbox: Incoming, whole: Folder) -> None:
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(2)]
    listing = {"messages": [{"id": each} for each in [*ids, "18f0000000000fff"]]}
    gmail.alter("/messages", Given.of_json(listing))

    assert Rows(mailbox, whole).visit() == ids


@pytest.mark.parametrize(
    ("path", "given", "kind"),
    [
        ("/messages", Given(200, b"<html>Sign in to the network</html>", {"Content-Type": "text/html"}), ProtocolViolation),
        ("/messages", Given(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}), ServerUnavailable),
        ("/messages", Given(200, b'{"messages": [', {}), ProtocolViolation),
        ("/messages", Given(200, b'{"messages": []}' * 10, {}, cut_to=20), ConnectionLost),
        ("/messages", Given.of_json({"messages": [], "nextPageToken": "7"}), ProtocolViolation),
        ("/messages", Given.of_json({"messages": [{}]}), ProtocolViolation),
        ("/messages", Given.of_json({"messages": "x"}), ProtocolViolation),
        ("/profile", Given.of_json([]), ProtocolViolation),
        ("/messages", Given.of_json({"error": {"code": 403, "message": "No."}}, status=403), CommandRefused),
        ("/messages", Given(403, b"<html>Forbidden</html>"), CommandRefused),
        ("/history", Given.of_json({"error": {"code": 403, "message": "No."}}, status=403), CommandRefused),
        ("/history", Given.of_json({"history": [{"messagesAdded": [{}]}]}), ProtocolViolation),
        ("/labels", Given.of_json({}, status=500), ServerUnavailable),
    ],
)
def test_answers_that_are_none_become_errors(
    gmail: GmailServer, mailbox: Incoming, whole: Folder, path: str, given: Given, kind: type[MailError]
) -> None:
    gmail.mailbox.deliver(RAW)
    gmail.alter(path, given)
    rows = Rows(mailbox, whole)
    if path == "/history":
        rows.bookmark = {"history": "1000"}

    with pytest.raises(kind):
        rows.visit()


@pytest.mark.parametrize("label", ["INBOX", "Label_1"])
def test_a_label_that_may_not_be_looked_at_is_refused(gmail: GmailServer, mailbox: Incoming, label: str) -> None:
    gmail.alter(f"/labels/{label}", Given.of_json({"error": {"message": "No."}}, status=403))

    with pytest.raises(CommandRefused):
        Rows(mailbox, Folder(path=label, wire_name=label)).visit()


@pytest.mark.parametrize("date", ["99999999999999999", "", "soon", None, "0"])
def test_a_time_that_is_none_is_unknown(gmail: GmailServer, mailbox: Incoming, whole: Folder, date: str | None) -> None:
    letter_id = gmail.mailbox.deliver(RAW)
    body = json.dumps({"id": letter_id, "labelIds": [], "internalDate": date}).encode()
    part = (
        b"--b\r\nContent-Type: application/http\r\nContent-ID: <response-0>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + body + b"\r\n--b--"
    )
    gmail.alter("/batch/gmail/v1", Given(200, part, {"Content-Type": "multipart/mixed; boundary=b"}))
    rows = Rows(mailbox, whole)

    assert rows.visit() == [letter_id]
    assert rows.listed[letter_id].received_at is None
