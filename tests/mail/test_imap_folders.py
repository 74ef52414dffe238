"""Which folders a server has and what they are for; Gmail's labels, and ids that survive moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mail.imap_fakes import ALL, INBOX, THREE, arrivals, knowing
from mooring.mail.contract import Incoming
from mooring.mail.errors import (
    CommandRefused,
    FolderMissing,
    MailError,
    ProtocolViolation,
    ServerUnavailable,
    UnusableName,
)
from mooring.mail.types import Folder
from servers.scripted_imap import FakeLetter, ScriptedImap

# -- folders -------------------------------------------------------------------------------------------------------------


def folders_of(
    opened: Callable[[ScriptedImap], Incoming], *lines: str, capabilities: str = "IMAP4rev1 AUTH=PLAIN"
) -> list[Folder]:
    answers: dict[str, bytes] = {"AUTHENTICATE": b"TAG OK in\r\n"}
    return list(
        opened(ScriptedImap(folders=list(lines), capabilities=capabilities + " SASL-IR", answers=dict(answers))).folders()
    )


def test_inbox_comes_first_whatever_its_case(opened: Callable[[ScriptedImap], Incoming]) -> None:
    folders = folders_of(opened, '() "." b', '() "." Inbox', '() "." a')

    assert [(folder.path, folder.wire_name) for folder in folders] == [("INBOX", "Inbox"), ("b", "b"), ("a", "a")]


def test_what_a_server_says_unasked_among_its_folders_is_passed_over(opened: Callable[[ScriptedImap], Incoming]) -> None:
    chatty = b'* 3 EXISTS\r\n* LIST () "/" INBOX\r\n* FLAGS (\\Seen)\r\nTAG OK done\r\n'
    fake = ScriptedImap(capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR", answers={"AUTHENTICATE": b"TAG OK in\r\n", "LIST": chatty})
    assert [folder.path for folder in opened(fake).folders()] == ["INBOX"]


def test_names_that_could_never_be_sent_back_are_left_out(opened: Callable[[ScriptedImap], Incoming]) -> None:
    folders = folders_of(opened, '() "/" {9}\r\nX\r\nA1 BAD', '() "/" ""', '() "/" {3}\r\na\0b', '() "/" {3}\r\nok?')

    assert [folder.wire_name for folder in folders] == ["ok?"]


def test_a_folder_name_made_up_to_break_out_is_refused(opened: Callable[[ScriptedImap], Incoming]) -> None:
    mailbox = opened(ScriptedImap(THREE))
    with pytest.raises(UnusableName):
        mailbox.changes(Folder(path="evil", wire_name='x"\r\nA1 DELETE INBOX'), None, known=knowing())


def test_containers_cannot_be_opened_and_flat_servers_have_no_delimiter(opened: Callable[[ScriptedImap], Incoming]) -> None:
    folders = folders_of(opened, '(\\Noselect) "/" Top', "() NIL Flat", '(\\NonExistent) "/" Gone')

    assert [(folder.is_selectable, folder.delimiter) for folder in folders] == [(False, "/"), (True, ""), (False, "/")]


def test_roles_come_from_attributes_then_from_names_once_each(opened: Callable[[ScriptedImap], Incoming]) -> None:
    folders = folders_of(
        opened, '(\\Sent) "/" Outgoing', '() "/" "Sent Items"', '() "/" Kosz', '() "/" Trash', '(\\Noselect) "/" Spam'
    )

    assert [folder.special_use for folder in folders] == ["sent", "", "trash", "", ""]


def test_old_gmail_style_servers_tell_roles_by_xlist(opened: Callable[[ScriptedImap], Incoming]) -> None:
    folders = folders_of(opened, '(\\AllMail) "/" Alles', '(\\Starred) "/" S', capabilities="IMAP4rev1 AUTH=PLAIN XLIST")

    assert [folder.special_use for folder in folders] == ["all", "flagged"]


@pytest.mark.parametrize("line", ["nonsense", "() NIL", '() () "x"', '(()) "/" x', '() "/" ()'])
def test_lists_that_are_none_are_refused(opened: Callable[[ScriptedImap], Incoming], line: str) -> None:
    with pytest.raises(ProtocolViolation):
        folders_of(opened, line)


def test_a_server_with_endless_folders_is_refused(
    opened: Callable[[ScriptedImap], Incoming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mooring.mail.protocols.imap.folders.FOLDER_CAP", 5)
    with pytest.raises(ProtocolViolation):
        folders_of(opened, *(f'() "/" f{number}' for number in range(9)))


@pytest.mark.parametrize(
    ("status", "is_used"),
    [
        ("STATUS INBOX (UIDVALIDITY 77 UIDNEXT 10 MESSAGES 3 HIGHESTMODSEQ 50)", True),
        ("STATUS INBOX (UIDVALIDITY 77 UIDNEXT 10 MESSAGES 3 HIGHESTMODSEQ 51)", False),
        ("STATUS INBOX (MESSAGES 3)", False),
    ],
)
def test_a_status_in_the_list_saves_opening_the_folder(
    opened: Callable[[ScriptedImap], Incoming], status: str, is_used: bool
) -> None:
    answer = f'* LIST () "/" INBOX\r\n* {status}\r\nTAG OK\r\n'.encode()
    fake = ScriptedImap(THREE, capabilities=ALL + " LIST-EXTENDED LIST-STATUS", modseq="50", answers={"LIST": answer})
    mailbox = opened(fake)
    mailbox.folders()
    bookmark = {"uidvalidity": 77, "uidnext": 10, "messages": 3, "modseq": 50, "since": 50}

    assert list(mailbox.changes(INBOX, bookmark, known=knowing()).pages) == []
    assert any(line.startswith(b"EXAMINE") for line in fake.lines) is not is_used


def test_a_status_that_is_none_is_refused(opened: Callable[[ScriptedImap], Incoming]) -> None:
    for status in (b"* STATUS INBOX\r\n", b"* STATUS INBOX (MESSAGES ())\r\n"):
        with pytest.raises(ProtocolViolation):
            opened(ScriptedImap(answers={"LIST": status + b"TAG OK\r\n"})).folders()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"TAG NO [NONEXISTENT] gone\r\n", FolderMissing),
        (b"TAG NO no such mailbox\r\n", FolderMissing),
        (b"TAG NO [UNAVAILABLE] later\r\n", ServerUnavailable),
        (b"TAG BAD what\r\n", CommandRefused),
        (b"TAG OK opened\r\n", ProtocolViolation),
    ],
)
def test_folders_that_cannot_be_opened(opened: Callable[[ScriptedImap], Incoming], answer: bytes, error: type[MailError]) -> None:
    mailbox = opened(ScriptedImap(answers={"EXAMINE": answer}))
    with pytest.raises(error):
        mailbox.changes(INBOX, None, known=knowing())


# -- Gmail, and servers with object ids ----------------------------------------------------------------------------------

GMAIL = "IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE CONDSTORE ESEARCH X-GM-EXT-1"
GMAIL_FOLDERS = [
    '() "/" INBOX',
    '(\\Noselect) "/" [Gmail]',
    '(\\All) "/" "[Gmail]/All Mail"',
    '(\\Junk) "/" "[Gmail]/Spam"',
    '(\\Trash) "/" "[Gmail]/Trash"',
    '(\\Sent) "/" "[Gmail]/Sent Mail"',
    '() "/" Work',
]


def test_gmails_labels_are_flags_and_only_the_places_of_letters_are_opened(opened: Callable[[ScriptedImap], Incoming]) -> None:
    more = 'X-GM-MSGID 1278455344230334865 X-GM-LABELS ("\\\\Inbox" "Wys&AUI-ane" Work)'
    mailbox = opened(ScriptedImap([FakeLetter(3, b"a\r\n\r\n", "\\Seen", more)], capabilities=GMAIL, folders=GMAIL_FOLDERS))
    folders = mailbox.folders()

    assert [folder.special_use for folder in folders if folder.is_selectable] == ["all", "junk", "trash"]
    (listed,) = arrivals(mailbox.changes(folders[2], None, known=knowing()))
    assert listed.remote_id == "1278455344230334865"
    assert listed.flags == {"\\Seen", "label:\\Inbox", "label:Wysłane", "label:Work"}


def test_gmail_with_all_mail_hidden_keeps_its_labels_open(opened: Callable[[ScriptedImap], Incoming]) -> None:
    lines = [line for line in GMAIL_FOLDERS if "All" not in line]
    folders = opened(ScriptedImap(capabilities=GMAIL, folders=lines)).folders()

    assert next(folder.path for folder in folders if folder.is_selectable) == "INBOX"


def test_each_change_is_asked_of_gmail_twice_since_it_may_show_late(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap([FakeLetter(3, b"a\r\n\r\n")], capabilities=GMAIL, modseq="50")
    mailbox = opened(fake)
    bookmark = mailbox.changes(INBOX, None, known=knowing()).bookmark
    fake.modseq = "60"
    bookmark = mailbox.changes(INBOX, bookmark, known=knowing("77.3")).bookmark
    fake.letters[0] = FakeLetter(3, b"a\r\n\r\n", "\\Seen", modseq=60)

    changes = mailbox.changes(INBOX, bookmark, known=knowing("77.3"))

    assert [one.flags for page in changes.pages for one in page.flagged] == [{"\\Seen"}]
    assert list(mailbox.changes(INBOX, changes.bookmark, known=knowing("77.3")).pages) == []


@pytest.mark.parametrize(
    ("more", "remote_id"),
    [("EMAILID (Me1f00)", "Me1f00"), ("EMAILID NIL", ""), ("EMAILID ()", ""), ("EMAILID M1", "M1"), ("", "")],
)
def test_object_ids_survive_moves(opened: Callable[[ScriptedImap], Incoming], more: str, remote_id: str) -> None:
    fake = ScriptedImap([FakeLetter(3, b"a\r\n\r\n", more=more)], capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR OBJECTID")
    (listed,) = arrivals(opened(fake).changes(INBOX, None, known=knowing()))

    assert listed.remote_id == remote_id


def test_extended_lists_without_anything_to_tell_are_asked_for_plainly(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED")

    assert opened(fake).folders()
    assert b'LIST "" "*"' in fake.lines


def test_roles_are_asked_for_where_the_server_keeps_them(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED SPECIAL-USE")

    assert opened(fake).folders()
    assert b'LIST "" "*" RETURN (SPECIAL-USE)' in fake.lines
