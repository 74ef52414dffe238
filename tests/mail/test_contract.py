"""What every protocol that receives mail must do, the same tests over all of them (mail/contract.py).

A protocol takes part by a `Place`: how its server gets and loses letters. It needs no other test to be trusted by `sync`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from mail.places import LETTERS, PLACES, WITH_FOLDERS, Place
from mooring.mail.connect import incoming_protocols, open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import FolderMissing
from mooring.mail.types import Bookmark, Changes, Folder


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](request, tmp_path)


@pytest.fixture
def opened(place: Place) -> Iterator[Callable[[], Incoming]]:
    """opened() is a connection made now: some servers (POP3) show the mailbox as it was then."""
    running: list[Incoming] = []

    def open_now() -> Incoming:
        server, policy = place.server()
        running.append(open_incoming(server, policy=policy))
        return running[-1]

    yield open_now
    for mailbox in running:
        mailbox.close()


@pytest.fixture
def mailbox(opened: Callable[[], Incoming]) -> Incoming:
    return opened()


def folder_under_test(mailbox: Incoming) -> Folder:
    """The one called so, or the inbox where there is no other."""
    folders = mailbox.folders()
    return next((folder for folder in folders if folder.path.endswith("Tested")), folders[0])


class Rows:
    """The rows that an archive keeps of one folder."""

    def __init__(self) -> None:
        self.by_epoch: dict[str, dict[str, int]] = {}
        self.bookmark: Bookmark | None = None
        self.epoch = ""

    def known(self, epoch: str) -> list[str]:
        rows = self.by_epoch.get(epoch, {})
        return sorted(rows, key=lambda server_id: rows[server_id])

    def take(self, changes: Changes) -> None:
        rows = self.by_epoch.setdefault(changes.epoch, {})
        for page in changes.pages:
            assert len(page.arrived) + len(page.flagged) + len(page.vanished) <= 5_000
            rows.update({listed.server_id: listed.rank for listed in page.arrived})
            for server_id in page.vanished:
                rows.pop(server_id, None)
        self.epoch, self.bookmark = changes.epoch, changes.bookmark

    def visit(self, mailbox: Incoming, *, is_full: bool = False) -> list[str]:
        self.take(mailbox.changes(folder_under_test(mailbox), self.bookmark, known=self.known, is_full=is_full))
        return self.known(self.epoch)


def letters(mailbox: Incoming, ids: Sequence[str]) -> dict[str, bytes]:
    return {letter.server_id: letter.raw for letter in mailbox.fetch(folder_under_test(mailbox), ids)}


def test_every_protocol_that_can_be_opened_takes_part() -> None:
    assert {name.partition(" ")[0] for name in PLACES} == set(incoming_protocols())


def test_the_inbox_comes_first_and_folders_are_named_once(mailbox: Incoming) -> None:
    folders = mailbox.folders()

    assert (folders[0].path, folders[0].special_use) == ("INBOX", "inbox")
    assert len({folder.wire_name for folder in folders}) == len(folders)


def test_letters_are_listed_in_the_order_of_their_ranks_and_fetched_byte_for_byte(
    place: Place, opened: Callable[[], Incoming]
) -> None:
    place.deliver(LETTERS)
    mailbox = opened()
    ids = Rows().visit(mailbox)
    found = letters(mailbox, ids)

    assert [found[server_id] for server_id in ids] == LETTERS


def test_headers_are_the_letters_up_to_the_empty_line(place: Place, opened: Callable[[], Incoming]) -> None:
    place.deliver(LETTERS)
    mailbox = opened()
    ids = Rows().visit(mailbox)
    found = {header.server_id: header.raw for header in mailbox.headers(folder_under_test(mailbox), ids)}

    assert [found[server_id] for server_id in ids] == [raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for raw in LETTERS]


def test_new_letters_are_found_and_ids_stay_what_they_are(place: Place, opened: Callable[[], Incoming]) -> None:
    rows = Rows()
    place.deliver(LETTERS[:3])
    mailbox = opened()
    before = rows.visit(mailbox)
    place.deliver(LETTERS[3:5])

    after = rows.visit(mailbox)

    assert after[:3] == before
    assert [letters(mailbox, after)[server_id] for server_id in after] == LETTERS[:5]


@pytest.mark.parametrize("is_full", [False, True])
def test_deleted_letters_are_found_and_others_stay(place: Place, opened: Callable[[], Incoming], is_full: bool) -> None:
    rows = Rows()
    place.deliver(LETTERS[:5])
    mailbox = opened()
    before = rows.visit(mailbox)
    place.remove(2)
    place.remove(5)

    after = rows.visit(mailbox, is_full=is_full)

    assert after == [before[0], before[2], before[3]]


def test_the_same_bookmark_can_be_used_again(place: Place, opened: Callable[[], Incoming]) -> None:
    rows = Rows()
    place.deliver(LETTERS[:2])
    mailbox = opened()
    rows.visit(mailbox)
    bookmark = rows.bookmark
    place.deliver(LETTERS[2:4])
    first = rows.visit(mailbox)
    rows.bookmark = bookmark

    assert rows.visit(mailbox) == first


def test_bookmarks_outlive_the_connection(place: Place, opened: Callable[[], Incoming]) -> None:
    rows = Rows()
    place.deliver(LETTERS[:2])
    mailbox = opened()
    rows.visit(mailbox)
    place.deliver(LETTERS[2:3])
    server, policy = place.server()

    with open_incoming(server, policy=policy) as again:
        ids = rows.visit(again)
        assert [letters(again, ids)[server_id] for server_id in ids] == LETTERS[:3]


@pytest.mark.parametrize("damage", [{}, {"nonsense": 1}, {"uidvalidity": -1}, {"uidvalidity": None}])
def test_a_damaged_bookmark_loses_nothing(place: Place, opened: Callable[[], Incoming], damage: Bookmark) -> None:
    rows = Rows()
    place.deliver(LETTERS[:3])
    mailbox = opened()
    before = rows.visit(mailbox)
    rows.bookmark = damage

    assert rows.visit(mailbox) == before


def test_ids_that_are_gone_or_nonsense_are_left_out(place: Place, opened: Callable[[], Incoming]) -> None:
    place.deliver(LETTERS[:2])
    mailbox = opened()
    ids = Rows().visit(mailbox)
    place.remove(1)
    Rows().visit(mailbox)  # a session that shows the mailbox as of its beginning may hand the letter out until then
    wanted = [*ids, "", "nonsense", "../../etc/passwd", "1.999999"]

    assert letters(mailbox, wanted) == {ids[1]: LETTERS[1]}
    assert [header.server_id for header in mailbox.headers(folder_under_test(mailbox), wanted)] == [ids[1]]


@pytest.mark.parametrize("place", WITH_FOLDERS, indirect=True)
def test_a_folder_that_is_gone_is_missing(place: Place, mailbox: Incoming) -> None:
    folder = folder_under_test(mailbox)
    place.remove_folder()
    mailbox.folders()

    with pytest.raises(FolderMissing):
        list(mailbox.changes(folder, None, known=lambda epoch: []).pages)


def test_looking_changes_nothing(place: Place, opened: Callable[[], Incoming]) -> None:
    place.deliver(LETTERS[:3])
    mailbox = opened()
    rows = Rows()
    ids = rows.visit(mailbox)
    letters(mailbox, ids)
    list(mailbox.headers(folder_under_test(mailbox), ids))
    server, policy = place.server()

    with open_incoming(server, policy=policy) as other:
        pages = list(other.changes(folder_under_test(other), None, known=lambda epoch: []).pages)
    assert not any("\\Seen" in listed.flags for page in pages for listed in page.arrived)


def test_watching_ends_when_it_is_told_to(mailbox: Incoming) -> None:
    stopped = threading.Event()
    stopped.set()

    assert not mailbox.watch(folder_under_test(mailbox), stop=stopped, timeout=timedelta(seconds=20))


def test_closing_twice_is_harmless(mailbox: Incoming) -> None:
    mailbox.close()
    mailbox.close()
