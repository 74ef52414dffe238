"""Removing letters from an IMAP server, putting letters in, and finding them: with servers that lack, refuse or claim things."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mail.imap_fakes import INBOX, THREE
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import CommandRefused, FolderMissing, MailError, RemovalNotOffered, ServerBusy, UnusableName
from mooring.mail.protocols.imap import ImapMailbox
from servers.dovecot import Dovecot
from servers.scripted_imap import FakeLetter, ScriptedImap

UIDPLUS = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS LITERAL+"
LETTER = b"Message-ID: <kept@tests.example>\r\n\r\nkept\r\n"
Opened = Callable[[ScriptedImap], Incoming]


def mailbox_on(opened: Opened, fake: ScriptedImap) -> ImapMailbox:
    mailbox = opened(fake)
    assert isinstance(mailbox, ImapMailbox)
    return mailbox


def forgetting(fake: ScriptedImap, uid: int) -> Callable[[bytes, bytes], bytes]:
    """An EXPUNGE that removes one letter, whatever it was asked."""

    def expunge(tag: bytes, command: bytes) -> bytes:
        fake.letters = [letter for letter in fake.letters if letter.uid != uid]
        return tag + b" OK done\r\n"

    return expunge


@pytest.mark.server
def test_what_others_marked_as_deleted_stays(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, [letter.raw for letter in THREE])
    dovecot.flag(user, "\\Deleted", [1])
    with open_incoming(dovecot.server(user), policy=dovecot.policy) as mailbox:
        assert isinstance(mailbox, ImapMailbox)
        page = next(iter(mailbox.changes(INBOX, None, known=lambda epoch: []).pages))
        by_rank = {listed.rank: listed.server_id for listed in page.arrived}
        assert mailbox.remove(INBOX, [by_rank[2]]) == [by_rank[2]]
        assert len(list(mailbox.fetch(INBOX, list(by_rank.values())))) == 2
    assert sum("\\Deleted" in flags for flags in dovecot.flags(user)) == 1


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN SASL-IR", "IMAP4rev1 AUTH=PLAIN SASL-IR MOVE"])
def test_without_uidplus_nothing_is_touched(opened: Opened, capabilities: str) -> None:
    fake = ScriptedImap(list(THREE), capabilities=capabilities)
    with pytest.raises(RemovalNotOffered):
        mailbox_on(opened, fake).remove(INBOX, ["77.3"])
    assert not any(b"STORE" in line or b"EXPUNGE" in line for line in fake.lines)


def test_the_newer_protocol_can_remove_single_letters_too(opened: Opened) -> None:
    fake = ScriptedImap(list(THREE), capabilities="IMAP4rev2 AUTH=PLAIN SASL-IR")
    fake.answers["UID EXPUNGE"] = forgetting(fake, 3)

    assert mailbox_on(opened, fake).remove(INBOX, ["77.3"]) == ["77.3"]


def test_what_a_server_only_claims_to_have_removed_does_not_count(opened: Opened) -> None:
    fake = ScriptedImap(list(THREE), capabilities=UIDPLUS)
    fake.answers["UID EXPUNGE"] = forgetting(fake, 5)

    assert mailbox_on(opened, fake).remove(INBOX, ["77.3", "77.5"]) == ["77.5"]
    assert b"UID STORE 3,5 +FLAGS.SILENT (\\Deleted)" in fake.lines
    assert b"UID EXPUNGE 3,5" in fake.lines


def test_ids_of_another_numbering_remove_nothing(opened: Opened) -> None:
    fake = ScriptedImap(list(THREE), capabilities=UIDPLUS)

    assert mailbox_on(opened, fake).remove(INBOX, ["76.3", "nonsense"]) == []
    assert not any(b"STORE" in line for line in fake.lines)


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("SELECT", b"TAG NO [NONEXISTENT] gone\r\n", FolderMissing),
        ("UID STORE", b"TAG NO [READ-ONLY] no\r\n", CommandRefused),
        ("UID EXPUNGE", b"TAG BAD no\r\n", CommandRefused),
        ("UID FETCH", b"TAG NO [INUSE] no\r\n", ServerBusy),
    ],
)
def test_refusals_count_nothing_as_removed(opened: Opened, command: str, answer: bytes, error: type[MailError]) -> None:
    fake = ScriptedImap(list(THREE), capabilities=UIDPLUS, answers={command: answer})
    with pytest.raises(error):
        mailbox_on(opened, fake).remove(INBOX, ["77.3"])


def test_after_removing_the_folder_is_only_examined_again(opened: Opened) -> None:
    fake = ScriptedImap(list(THREE), capabilities=UIDPLUS)
    mailbox = mailbox_on(opened, fake)
    mailbox.remove(INBOX, ["77.3"])
    list(mailbox.fetch(INBOX, ["77.5"]))

    opening = [line.split()[0] for line in fake.lines if line.startswith((b"SELECT", b"EXAMINE"))]
    assert opening == [b"SELECT", b"EXAMINE"]


def test_the_number_that_the_server_gave_is_believed(opened: Opened) -> None:
    fake = ScriptedImap(capabilities=UIDPLUS, answers={"APPEND": b"* 1 EXISTS\r\nTAG OK [APPENDUID 77 12] kept\r\n"})

    assert mailbox_on(opened, fake).keep(INBOX, LETTER) == "77.12"
    assert b'APPEND "INBOX" (\\Seen) {%d+}\r\n' % len(LETTER) + LETTER in bytes(fake.received)


def test_a_server_that_gives_no_number_is_asked_by_message_id(opened: Opened) -> None:
    fake = ScriptedImap(list(THREE), capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR", answers={"APPEND": b"TAG OK kept\r\n"})
    fake.letters.append(FakeLetter(12, LETTER))
    fake.answers["UID SEARCH HEADER"] = b"* 12 EXISTS\r\n* SEARCH 3 12\r\nTAG OK\r\n"
    mailbox = mailbox_on(opened, fake)

    assert mailbox.keep(INBOX, LETTER, is_seen=False) == "77.12"
    assert b'UID SEARCH HEADER Message-ID "kept@tests.example"' in fake.lines
    fake.letters.append(FakeLetter(13, LETTER))
    fake.answers["UID SEARCH HEADER"] = b"* SEARCH 12 13\r\nTAG OK\r\n"
    assert mailbox.keep(INBOX, LETTER) == ""


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"EXAMINE": b"TAG NO [NONEXISTENT] gone\r\n"}, FolderMissing),
        ({"APPEND": b"TAG NO [OVERQUOTA] full\r\n"}, ServerBusy),
        ({"APPEND": b"TAG NO too large\r\n"}, CommandRefused),
    ],
)
def test_a_letter_that_is_not_taken_is_an_error(opened: Opened, answers: dict[str, bytes], error: type[MailError]) -> None:
    fake = ScriptedImap(capabilities=UIDPLUS, answers=dict(answers))
    with pytest.raises(error):
        mailbox_on(opened, fake).keep(INBOX, LETTER)


def test_message_ids_in_other_alphabets_are_searched_for_as_they_are(opened: Opened) -> None:
    raw = "Message-ID: <łódź@tests.example>\r\n\r\n".encode()
    fake = ScriptedImap([FakeLetter(4, raw)], capabilities=UIDPLUS)
    fake.answers["UID SEARCH CHARSET UTF-8 HEADER"] = b"* SEARCH 4\r\nTAG OK\r\n"

    assert mailbox_on(opened, fake).find(INBOX, "łódź@tests.example") == ["77.4"]


def test_a_message_id_never_becomes_a_command(opened: Opened) -> None:
    with pytest.raises(UnusableName):
        mailbox_on(opened, ScriptedImap(capabilities=UIDPLUS)).find(INBOX, "a\r\nM9 DELETE INBOX")
