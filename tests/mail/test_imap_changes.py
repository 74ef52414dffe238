"""What changed in a folder, against a real Dovecot: with QRESYNC, with CONDSTORE only, with neither, and with nothing at all.

An archive follows the changes of random visits; after each it must hold exactly what the server holds.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import FolderMissing
from mooring.mail.protocols.imap import examining, looking
from mooring.mail.types import Bookmark, Changes, Folder
from servers.dovecot import Dovecot

pytestmark = pytest.mark.server

_MODEST = "IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS"
CAPABILITIES = {
    "everything": "",
    "condstore": f"imap_capability = {_MODEST} ENABLE CONDSTORE ESEARCH IDLE LIST-EXTENDED LIST-STATUS SPECIAL-USE",
    "condstore without enable": f"imap_capability = {_MODEST} CONDSTORE",
    "esearch": f"imap_capability = {_MODEST} ESEARCH LIST-EXTENDED LIST-STATUS",
    "nothing": f"imap_capability = {_MODEST}",
}


def letter(number: int, size: int = 100) -> bytes:
    return b"Subject: letter %d\r\nMessage-ID: <%d@example.org>\r\n\r\n" % (number, number) + b"x" * size + b"\r\n"


@dataclass
class Archive:
    """What an archive of one folder would keep."""

    epoch: str = ""
    bookmark: Bookmark | None = None
    rows: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)

    def known(self, epoch: str) -> list[str]:
        return sorted(self.rows.get(epoch, {}), key=lambda server_id: int(server_id.split(".")[1]))

    def take(self, changes: Changes) -> Changes:
        rows = self.rows.setdefault(changes.epoch, {})
        for page in changes.pages:
            for listed in page.arrived:
                rows[listed.server_id] = listed.flags
            for flagged in page.flagged:
                if flagged.server_id in rows:
                    rows[flagged.server_id] = flagged.flags
            for server_id in page.vanished:
                rows.pop(server_id, None)
        self.epoch, self.bookmark = changes.epoch, changes.bookmark
        return changes

    def visit(self, mailbox: Incoming, folder: Folder, *, is_full: bool = False) -> Changes:
        return self.take(mailbox.changes(folder, self.bookmark, known=self.known, is_full=is_full))

    @property
    def flags(self) -> dict[int, frozenset[str]]:
        return {int(server_id.split(".")[1]): flags for server_id, flags in self.rows[self.epoch].items()}


@pytest.fixture(scope="session", params=list(CAPABILITIES))
def any_dovecot(request: pytest.FixtureRequest, dovecot: Dovecot, new_dovecot: Callable[..., Dovecot]) -> Dovecot:
    settings = CAPABILITIES[request.param]
    return new_dovecot(settings=settings) if settings else dovecot


@pytest.fixture
def user(any_dovecot: Dovecot) -> str:
    return any_dovecot.new_user()


@pytest.fixture
def mailbox(any_dovecot: Dovecot, user: str) -> Iterator[Incoming]:
    with open_incoming(any_dovecot.server(user), policy=any_dovecot.policy) as opened:
        yield opened


def inbox_of(mailbox: Incoming) -> Folder:
    return mailbox.folders()[0]


def on_server(dovecot: Dovecot, user: str, folder: str = "INBOX") -> dict[int, frozenset[str]]:
    lines = dovecot.doveadm("-f", "tab", "fetch", "-u", user, "uid flags", "mailbox", folder).decode().splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return {int(uid): frozenset(flags.split()) - {"\\Recent"} for uid, flags in rows}


def test_the_first_visit_lists_everything(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(number, 50 * number) for number in range(1, 5)])
    archive = Archive()

    changes = archive.visit(mailbox, inbox_of(mailbox))

    assert changes.message_count == 4
    assert changes.is_full
    assert archive.flags == on_server(any_dovecot, user)


def test_an_empty_folder_has_nothing_to_tell(mailbox: Incoming) -> None:
    archive = Archive()
    for is_full in (False, False, True):
        assert list(archive.visit(mailbox, inbox_of(mailbox), is_full=is_full).pages) == []
    assert archive.rows[archive.epoch] == {}


def test_listings_tell_rank_size_date_and_ids_that_fetch(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1, 500)])
    inbox = inbox_of(mailbox)
    (page,) = mailbox.changes(inbox, None, known=lambda epoch: []).pages
    (listed,) = page.arrived

    assert (listed.rank, listed.size) == (1, len(letter(1, 500)))
    assert listed.received_at is not None
    assert listed.received_at.utcoffset() == timedelta(0)
    assert [found.raw for found in mailbox.fetch(inbox, [listed.server_id])] == [letter(1, 500)]
    assert [found.raw for found in mailbox.headers(inbox, [listed.server_id])] == [letter(1).partition(b"xx")[0]]


def test_arrivals_flags_and_deletions_between_visits(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(number) for number in range(1, 9)])
    archive = Archive()
    archive.visit(mailbox, inbox_of(mailbox))

    any_dovecot.flag(user, "\\Flagged", [2, 3])
    any_dovecot.expunge(user, [4, 5, 8])
    any_dovecot.deliver(user, [letter(9), letter(10)])
    archive.visit(mailbox, inbox_of(mailbox))

    assert archive.flags == on_server(any_dovecot, user)
    assert sorted(archive.flags) == [1, 2, 3, 6, 7, 9, 10]


def test_only_arrivals(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    archive = Archive()
    for number in range(1, 4):
        any_dovecot.deliver(user, [letter(number)])
        archive.visit(mailbox, inbox_of(mailbox))
        assert sorted(archive.flags) == list(range(1, number + 1))


def test_only_flags(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2)])
    archive = Archive()
    inbox = inbox_of(mailbox)
    archive.visit(mailbox, inbox)
    any_dovecot.flag(user, "\\Answered", [1])

    archive.visit(mailbox, inbox)

    assert archive.flags == {1: frozenset({"\\Answered"}), 2: frozenset()}


def test_only_deletions(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2), letter(3)])
    archive = Archive()
    for gone in (2, 3, 1):
        archive.visit(mailbox, inbox_of(mailbox))
        any_dovecot.expunge(user, [gone])
    archive.visit(mailbox, inbox_of(mailbox))

    assert archive.flags == {}


def test_another_connection_goes_on_where_the_last_one_ended(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2)])
    archive = Archive()
    archive.visit(mailbox, inbox_of(mailbox))
    mailbox.close()
    any_dovecot.flag(user, "\\Seen", [2])
    for _ in range(2):
        with open_incoming(any_dovecot.server(user), policy=any_dovecot.policy) as again:
            archive.visit(again, inbox_of(again))
        assert archive.flags == {1: frozenset(), 2: frozenset({"\\Seen"})}


def test_as_many_arrivals_as_deletions_do_not_hide_each_other(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2)])
    archive = Archive()
    archive.visit(mailbox, inbox_of(mailbox))
    any_dovecot.expunge(user, [1])
    any_dovecot.deliver(user, [letter(3)])

    archive.visit(mailbox, inbox_of(mailbox))

    assert sorted(archive.flags) == [2, 3]


def test_random_histories_are_followed_exactly(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    chance = random.Random(20261121)
    archive = Archive()
    number = 0
    for _ in range(12):
        for _ in range(chance.randrange(3)):
            number += 1
            any_dovecot.deliver(user, [letter(number)])
        present = sorted(on_server(any_dovecot, user))
        for uid in chance.sample(present, k=min(len(present), chance.randrange(3))):
            if chance.random() < 0.5:
                any_dovecot.expunge(user, [uid])
            else:
                any_dovecot.flag(user, chance.choice(["\\Seen", "\\Flagged"]), [uid])
        archive.visit(mailbox, inbox_of(mailbox), is_full=chance.random() < 0.2)
        assert archive.flags == on_server(any_dovecot, user)


def test_a_folder_made_anew_is_listed_anew_under_another_epoch(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.create(user, "Projects")
    any_dovecot.deliver(user, [letter(1), letter(2)], folder="Projects")
    folder = next(folder for folder in mailbox.folders() if folder.path == "Projects")
    archive = Archive()
    archive.visit(mailbox, folder)
    old_epoch, old_ids = archive.epoch, archive.known(archive.epoch)
    any_dovecot.recreate(user, "Projects")
    any_dovecot.deliver(user, [letter(3)], folder="Projects")

    mailbox.folders()
    archive.visit(mailbox, folder)

    assert archive.epoch != old_epoch
    assert sorted(archive.flags) == [1]
    assert list(mailbox.fetch(folder, old_ids)) == []
    assert [found.raw for found in mailbox.fetch(folder, archive.known(archive.epoch))] == [letter(3)]


def test_a_folder_that_is_gone_is_missing(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.create(user, "Short lived")
    folder = next(folder for folder in mailbox.folders() if folder.path == "Short lived")
    any_dovecot.delete(user, "Short lived")

    with pytest.raises(FolderMissing):
        mailbox.changes(replace(folder, wire_name="Never there"), None, known=lambda epoch: [])
    assert inbox_of(mailbox).path == "INBOX"


def test_a_lost_bookmark_costs_a_comparison_and_no_letters(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2), letter(3)])
    archive = Archive()
    archive.visit(mailbox, inbox_of(mailbox))
    any_dovecot.expunge(user, [2])
    for damage in (None, {}, {"uidvalidity": "x"}, {"what": 1}):
        archive.bookmark = damage
        archive.visit(mailbox, inbox_of(mailbox))
        assert sorted(archive.flags) == [1, 3]


def test_nothing_is_ever_marked_as_read(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2, 1_500_000)])
    archive = Archive()
    inbox = inbox_of(mailbox)
    archive.visit(mailbox, inbox)
    ids = archive.known(archive.epoch)

    assert len(list(mailbox.headers(inbox, ids))) == len(list(mailbox.fetch(inbox, ids))) == 2

    assert on_server(any_dovecot, user) == {1: frozenset(), 2: frozenset()}


@pytest.mark.parametrize("size", [1_048_576, 1_048_577, 3_145_728, 5_000_001])
def test_long_letters_come_in_parts_and_arrive_whole(dovecot: Dovecot, size: int) -> None:
    user = dovecot.new_user()
    raw = (b"Subject: long\r\n\r\n" + b"0123456789abcdefghijklmnopqrstuvwxyz 0123456789abcdefghijklmnopqrstuvwxyz.\r\n" * 70_000)[
        :size
    ]
    raw = raw[:-2] + b"\r\n" if not raw.endswith(b"\r") else raw[:-3] + b"x\r\n"
    dovecot.deliver(user, [letter(1), raw, letter(2)])
    with open_incoming(dovecot.server(user), policy=dovecot.policy) as mailbox:
        archive = Archive()
        inbox = inbox_of(mailbox)
        archive.visit(mailbox, inbox)
        found = {one.server_id: one.raw for one in mailbox.fetch(inbox, archive.known(archive.epoch))}

    assert [found[server_id] for server_id in archive.known(archive.epoch)] == [letter(1), raw, letter(2)]


def test_letters_that_are_gone_are_left_out(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(1), letter(2)])
    archive = Archive()
    inbox = inbox_of(mailbox)
    archive.visit(mailbox, inbox)
    any_dovecot.expunge(user, [1])

    ids = archive.known(archive.epoch)
    assert [one.raw for one in mailbox.fetch(inbox, [*ids, "nonsense", "1.1"])] == [letter(2)]
    assert list(mailbox.fetch(inbox, [])) == []


def test_stopping_in_the_middle_does_not_disturb_what_follows(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    any_dovecot.deliver(user, [letter(number) for number in range(6)])
    archive = Archive()
    inbox = inbox_of(mailbox)
    archive.visit(mailbox, inbox)
    ids = archive.known(archive.epoch)

    next(mailbox.fetch(inbox, ids))
    next(mailbox.headers(inbox, ids))

    assert len(list(mailbox.fetch(inbox, ids))) == 6


def test_pages_are_small_and_sets_of_uids_are_sent_in_short_lines(
    any_dovecot: Dovecot, user: str, mailbox: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_dovecot.deliver(user, [letter(number) for number in range(20)])
    any_dovecot.expunge(user, range(2, 20, 2))
    monkeypatch.setattr(looking, "PAGE_SIZE", 3)
    monkeypatch.setattr(looking, "SET_CAP", 8)
    monkeypatch.setattr(examining, "_ONE_LINE_SEARCH", 5)
    archive = Archive()
    inbox = inbox_of(mailbox)
    pages = list(mailbox.changes(inbox, None, known=archive.known).pages)
    archive.visit(mailbox, inbox)
    assert max(len(page.arrived) for page in pages) == 3
    assert archive.flags == on_server(any_dovecot, user)

    any_dovecot.expunge(user, [1, 3, 5, 7, 9])
    any_dovecot.flag(user, "\\Seen", [11, 13, 15, 17])
    pages = list(mailbox.changes(inbox, archive.bookmark, known=archive.known).pages)
    assert all(len(page.arrived) + len(page.flagged) + len(page.vanished) <= 3 for page in pages)
    archive.visit(mailbox, inbox)
    assert archive.flags == on_server(any_dovecot, user)


def test_an_unchanged_folder_costs_no_command_of_its_own(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, [letter(1)])
    with open_incoming(dovecot.server(user), policy=dovecot.policy) as mailbox:
        bookmark = mailbox.changes(inbox_of(mailbox), None, known=lambda epoch: []).bookmark
    with open_incoming(dovecot.server(user), policy=dovecot.policy) as mailbox:
        inbox = inbox_of(mailbox)
        monkeypatch.setattr("mooring.mail.protocols.imap.mailbox.examine", None)
        changes = mailbox.changes(inbox, bookmark, known=lambda epoch: pytest.fail("rows were read"))
        assert list(changes.pages) == []
        assert changes.message_count == 1


# -- watching ------------------------------------------------------------------------------------------------------------


def test_watching_returns_when_a_letter_arrives(any_dovecot: Dovecot, user: str, mailbox: Incoming, quick_turns: None) -> None:
    inbox = inbox_of(mailbox)
    Archive().visit(mailbox, inbox)
    delivery = threading.Timer(0.1, any_dovecot.deliver, (user, [letter(1)]))
    delivery.start()

    assert mailbox.watch(inbox, stop=threading.Event(), timeout=timedelta(seconds=15))

    delivery.join()


def test_what_arrived_before_watching_is_noticed_at_once(any_dovecot: Dovecot, user: str, mailbox: Incoming) -> None:
    inbox = inbox_of(mailbox)
    Archive().visit(mailbox, inbox)
    any_dovecot.deliver(user, [letter(1)])

    assert mailbox.watch(inbox, stop=threading.Event(), timeout=timedelta(seconds=15))


def test_watching_ends_with_its_time_or_when_told_to(mailbox: Incoming, quick_turns: None) -> None:
    inbox = inbox_of(mailbox)
    Archive().visit(mailbox, inbox)
    stopped = threading.Event()
    stopped.set()

    assert not mailbox.watch(inbox, stop=stopped, timeout=timedelta(seconds=15))
    assert not mailbox.watch(inbox, stop=threading.Event(), timeout=timedelta(seconds=0.3))
    assert not mailbox.watch(inbox, stop=threading.Event(), timeout=timedelta(0))
    assert mailbox.folders()


@pytest.fixture
def quick_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.imap.idling._TURN", 0.05)
    monkeypatch.setattr("mooring.mail.protocols.imap.idling._LOOKED_AGAIN_AFTER", 0.05)
    monkeypatch.setattr("mooring.mail.protocols.imap.idling._RENEWED_AFTER", 0.1)


# -- names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Zażółć gęślą", 'with "quotes"', "back\\slash", "a & b", "{3}", "Ä/Ö/Ü", "%", "(x)"])
def test_folders_of_any_name_are_opened(any_dovecot: Dovecot, user: str, mailbox: Incoming, name: str) -> None:
    any_dovecot.create(user, name)
    any_dovecot.deliver(user, [letter(1)], folder=name)
    folder = next(folder for folder in mailbox.folders() if folder.path == name)
    archive = Archive()

    archive.visit(mailbox, folder)

    assert sorted(archive.flags) == [1]
