"""How letters come from a POP3 server, byte for byte, and how they are removed from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mail.pop3_fakes import NO_IDS, NO_TOP, THREE, Seen, letter, mailbox_on, raws
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import ConnectionLost, FolderMissing, MailError, ProtocolViolation, ServerUnavailable
from mooring.mail.protocols.pop3 import Pop3Mailbox
from mooring.mail.protocols.pop3.mailbox import INBOX
from mooring.mail.types import Folder
from servers.dovecot import Dovecot
from servers.scripted import LOOPBACK
from servers.scripted_pop3 import PopLetter, ScriptedPop3

Opened = Callable[[ScriptedPop3], Incoming]
SENT_FOLDER = Folder(path="Sent", wire_name="Sent")


# -- bytes ---------------------------------------------------------------------------------------------------------------

AWKWARD = [
    b"",
    b".",
    b"\r\n",
    b".\r\n",
    b"..\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.end\r\n",
    b"Subject: no end of line\r\n\r\nlast",
    b"Subject: dot at the end\r\n\r\n.",
    b"Subject: bare\r\n\r\none\ntwo\n.\nthree\r.\rfour\r\n",
    b"Subject: eight bits\r\n\r\n\x00\xff\xfe\x80\r\n",
    b"Subject: long\r\n\r\n" + b"x" * 300_000 + b"\r\n",
    b"Subject: many lines\r\n\r\n" + b".line\r\n" * 50_000,
]


@pytest.mark.parametrize("capabilities", [("UIDL", "TOP"), ("UIDL", "TOP", "PIPELINING")])
def test_letters_come_byte_for_byte(opened: Opened, capabilities: tuple[str, ...]) -> None:
    fake = ScriptedPop3(letters=[PopLetter(raw, f"n{number}") for number, raw in enumerate(AWKWARD)], capabilities=capabilities)
    mailbox = mailbox_on(opened, fake)

    assert raws(mailbox, Seen().look(mailbox)) == AWKWARD


@pytest.mark.server
def test_dovecot_hands_letters_out_as_they_lie(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    letters = [raw for raw in AWKWARD if b"Subject" in raw and b"\0" not in raw and b"bare" not in raw]
    dovecot.deliver(user, letters)
    with open_incoming(dovecot.server(user, protocol="pop3"), policy=dovecot.policy) as mailbox:
        assert raws(mailbox, Seen().look(mailbox)) == letters


def test_a_size_that_is_a_guess_changes_nothing(opened: Opened) -> None:
    fake = ScriptedPop3(letters=[letter(1, uid="a", size=7), letter(2, uid="b", size=10**6)])
    mailbox = mailbox_on(opened, fake)

    assert raws(mailbox, Seen().look(mailbox)) == [each.raw for each in fake.letters]


def test_headers_end_at_the_empty_line_however_much_is_sent(opened: Opened) -> None:
    whole = letter(1, uid="a")
    fake = ScriptedPop3(letters=[whole, PopLetter(b"Subject: nothing else\r\n", "b")])
    fake.answers = {"TOP 1": b"+OK\r\n" + whole.raw + b".\r\n", "TOP 2": b"+OK\r\nSubject: nothing else\r\n.\r\n"}
    headers = {header.server_id: header.raw for header in mailbox_on(opened, fake).headers(INBOX, ["u:a", "u:b", "u:c"])}

    assert headers == {"u:a": b"Message-ID: <1@tests.example>\r\n\r\n", "u:b": b"Subject: nothing else\r\n"}


def test_a_letter_that_is_refused_is_left_out_and_a_passing_trouble_is_not(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE), answers={"RETR 2": b"-ERR no such message\r\n", "TOP 3": b"-ERR no\r\n"})
    mailbox = mailbox_on(opened, fake)
    ids = Seen().look(mailbox)
    assert raws(mailbox, ids) == [THREE[0].raw, THREE[2].raw]
    assert [header.server_id for header in mailbox.headers(INBOX, ids)] == ids[:2]
    fake.answers = {"RETR 2": b"-ERR [SYS/TEMP] disk\r\n"}
    with pytest.raises(ServerUnavailable):
        raws(mailbox, ids)


def test_an_empty_answer_for_a_letter_that_is_none_is_an_error(opened: Opened) -> None:
    mailbox = mailbox_on(opened, ScriptedPop3(letters=list(THREE), answers={"RETR 1": b"+OK\r\n.\r\n"}))
    with pytest.raises(ProtocolViolation):
        raws(mailbox, Seen().look(mailbox))


def test_answers_that_nobody_waited_for_are_read_before_the_next_command(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox = mailbox_on(opened, fake)
    ids = Seen().look(mailbox)
    next(iter(mailbox.fetch(INBOX, ids)))

    assert raws(mailbox, [ids[2], ids[0]]) == [THREE[2].raw, THREE[0].raw]


def test_there_is_no_folder_but_the_inbox(opened: Opened) -> None:
    mailbox = mailbox_on(opened, ScriptedPop3(letters=list(THREE)))
    with pytest.raises(FolderMissing):
        mailbox.changes(SENT_FOLDER, None, known=lambda epoch: [])
    for look in (mailbox.headers, mailbox.fetch):
        with pytest.raises(FolderMissing):
            list(look(SENT_FOLDER, ["u:id1"]))
    with pytest.raises(FolderMissing):
        mailbox.remove(SENT_FOLDER, ["u:id1"])


# -- removing ------------------------------------------------------------------------------------------------------------


def test_letters_are_removed_by_the_end_of_the_session_alone(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox = mailbox_on(opened, fake)
    ids = Seen().look(mailbox)

    assert mailbox.remove(INBOX, [ids[0], ids[2], "u:gone"]) == ["u:gone", ids[0], ids[2]]
    assert fake.letters == [THREE[1]]
    assert fake.lines[-3:] == [b"DELE 1", b"DELE 3", b"QUIT"]
    with pytest.raises(ConnectionLost):
        raws(mailbox, ids)
    assert Seen().look(mailbox) == [ids[1]]


@pytest.mark.parametrize(
    ("answers", "gone"),
    [
        ({"QUIT": b"-ERR some deleted messages not removed\r\n"}, []),
        ({"DELE 1": b"-ERR no\r\n"}, ["u:id2"]),
        ({"DELE": b"-ERR read-only\r\n"}, []),
    ],
)
def test_only_what_the_server_consented_to_counts(opened: Opened, answers: dict[str, bytes], gone: list[str]) -> None:
    mailbox = mailbox_on(opened, ScriptedPop3(letters=list(THREE), answers=dict(answers)))

    assert mailbox.remove(INBOX, ["u:id1", "u:id2"]) == gone


@pytest.mark.parametrize(
    ("answers", "error"),
    [({"DELE 2": b""}, MailError), ({"DELE 2": b"nonsense\r\n"}, ProtocolViolation), ({"QUIT": b""}, MailError)],
)
def test_a_removal_that_breaks_off_ends_without_a_goodbye(answers: dict[str, bytes], error: type[MailError]) -> None:
    fake = ScriptedPop3(letters=list(THREE), answers=dict(answers), capabilities=("UIDL",))
    with fake.start().stopping():
        mailbox = open_incoming(fake.server(seconds=0.2), policy=LOOPBACK)
        assert isinstance(mailbox, Pop3Mailbox)
        with pytest.raises(error):
            mailbox.remove(INBOX, ["u:id1", "u:id2"])
        mailbox.close()
        assert fake.is_left(within=5)
    assert fake.lines.count(b"QUIT") == ("QUIT" in answers)


@pytest.mark.parametrize(
    ("letters", "answers", "absent"),
    [
        (
            [letter(1, uid="a")],
            {},
            {"u:x": True, "s:x.1": True, "t:x.1": False, "c:x": False, "x": False, "u:": False},
        ),
        ([letter(1, uid="a"), letter(2, uid="a")], {}, {"u:a": False, "u:b": True, "t:x.1": False}),
        ([letter(1)], NO_IDS, {"u:1": False, "t:x.1": True, "c:x": False}),
        ([letter(1)], NO_TOP, {"u:1": False, "t:x.1": False, "c:x": True}),
    ],
)
def test_only_ids_that_the_listing_would_show_are_known_to_be_gone(
    opened: Opened, letters: list[PopLetter], answers: dict[str, bytes], absent: dict[str, bool]
) -> None:
    fake = ScriptedPop3(letters=letters, capabilities=(), answers=dict(answers))

    assert mailbox_on(opened, fake).remove(INBOX, list(absent)) == [server_id for server_id, is_gone in absent.items() if is_gone]
    assert not any(line.startswith(b"DELE") for line in fake.lines)


@pytest.mark.parametrize(("expire", "goodbyes"), [("EXPIRE 0", 1), ("EXPIRE NEVER", 2)])
def test_a_server_that_removes_what_was_read_hears_no_goodbye_after_it(opened: Opened, expire: str, goodbyes: int) -> None:
    fake = ScriptedPop3(letters=list(THREE), capabilities=("UIDL", "TOP", expire))
    mailbox = mailbox_on(opened, fake)
    ids = Seen().look(mailbox)
    raws(mailbox, ids)
    assert mailbox.remove(INBOX, ids[:1]) == ids[:1]
    Seen().look(mailbox)
    raws(mailbox, ids)
    mailbox.close()

    assert fake.lines.count(b"QUIT") == goodbyes
    assert fake.letters == THREE[1:]
