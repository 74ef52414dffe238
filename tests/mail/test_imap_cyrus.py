"""The same promises on a second real server, which does things its own way: compression, object ids, "." as delimiter."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mail.imap_fakes import arrivals, knowing
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.protocols.imap import ImapMailbox
from mooring.mail.protocols.imap.wire import Argument, plain
from servers.certificates import Authority
from servers.cyrus import Cyrus, unpacked_cyrus
from servers.programs import greets
from servers.scripted_imap import LOOPBACK

pytestmark = pytest.mark.server

LETTERS = [b"Subject: letter %d\r\nFrom: bob@example.org\r\n\r\n" % number + b"text\r\n" * number for number in range(1, 121)]


class OtherClient:
    """Somebody else's mail program at work in the same mailbox."""

    def __init__(self, mailbox: Incoming) -> None:
        assert isinstance(mailbox, ImapMailbox)
        self._session = mailbox._session
        self._session.do(plain(b"SELECT INBOX"))

    def append(self, letters: list[bytes]) -> None:
        for raw in letters:
            self._session.do(plain(b"APPEND INBOX"), Argument(raw, is_literal=True))

    def expunge(self, uids: str) -> None:
        self._session.do(plain(b"UID STORE %s +FLAGS (\\Deleted)" % uids.encode()))
        self._session.do(plain(b"EXPUNGE"))

    def flag(self, uids: str, flag: str) -> None:
        self._session.do(plain(b"UID STORE %s +FLAGS (%s)" % (uids.encode(), flag.encode())))


def test_a_server_that_is_stopped_leaves_those_of_other_test_processes_alone(
    cyrus: Cyrus, server_folder: Path, authority: Authority
) -> None:
    folder = server_folder / "cyrus-stopped"
    folder.mkdir()
    other = Cyrus(folder, root=unpacked_cyrus(), authority=authority)
    other.start()
    other.stop()
    assert (greets(other.port), greets(cyrus.port)) == (False, True)


@pytest.fixture
def user(cyrus: Cyrus) -> str:
    return cyrus.new_user()


@pytest.fixture
def mailbox(cyrus: Cyrus, user: str) -> Iterator[Incoming]:
    with open_incoming(cyrus.server(user), policy=LOOPBACK) as opened:
        yield opened


@pytest.fixture
def other(cyrus: Cyrus, user: str) -> Iterator[OtherClient]:
    with open_incoming(cyrus.server(user), policy=LOOPBACK) as opened:
        yield OtherClient(opened)


def test_roles_are_told_in_lower_case(mailbox: Incoming) -> None:
    roles = {folder.path: folder.special_use for folder in mailbox.folders()}

    assert roles["INBOX"] == "inbox"
    assert {"sent", "drafts", "trash", "junk", "archive"} <= set(roles.values())
    assert {folder.delimiter for folder in mailbox.folders()} == {"."}


def test_letters_and_compressed_headers_come_in_byte_for_byte(mailbox: Incoming, other: OtherClient) -> None:
    other.append(LETTERS)
    inbox = mailbox.folders()[0]
    ids = [listed.server_id for listed in arrivals(mailbox.changes(inbox, None, known=knowing()))]

    assert {letter.raw for letter in mailbox.fetch(inbox, ids)} == set(LETTERS)
    headers = {header.raw for header in mailbox.headers(inbox, ids)}
    assert headers == {raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for raw in LETTERS}
    assert {letter.raw for letter in mailbox.fetch(inbox, ids)} == set(LETTERS)


def test_changes_are_told_by_the_server(mailbox: Incoming, other: OtherClient) -> None:
    other.append(LETTERS[:6])
    inbox = mailbox.folders()[0]
    first = mailbox.changes(inbox, None, known=knowing())
    listed = arrivals(first)
    other.expunge("2,4")
    other.flag("3", "\\Flagged")
    other.append(LETTERS[6:7])
    mailbox.folders()

    changes = mailbox.changes(inbox, first.bookmark, known=knowing(*(one.server_id for one in listed)))
    pages = list(changes.pages)

    assert not changes.is_full
    assert [one.rank for page in pages for one in page.arrived] == [7]
    assert [server_id.partition(".")[2] for page in pages for server_id in page.vanished] == ["2", "4"]
    assert {"\\Flagged"} in [set(one.flags) for page in pages for one in page.flagged]
    assert all(one.remote_id for one in listed)


def test_an_arrival_ends_the_watch(mailbox: Incoming, other: OtherClient) -> None:
    inbox = mailbox.folders()[0]
    list(mailbox.changes(inbox, None, known=knowing()).pages)
    delivery = threading.Timer(0.1, other.append, (LETTERS[:1],))
    delivery.start()

    assert mailbox.watch(inbox, stop=threading.Event(), timeout=timedelta(seconds=20))

    delivery.join()
