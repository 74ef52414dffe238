"""Mail files as a mailbox: every letter byte for byte, new ones found, nothing written, no way out of the folder."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mooring.mail.connect import open_incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import FilesMissing, FolderMissing
from mooring.mail.protocols.files import FilesMailbox
from mooring.mail.types import Changes, Folder, KnownIds, Listed, Server
from testdata import FOLDER, needs_testdata

LETTER = b"From: bob@example.org\r\nSubject: One\r\nDate: Tue, 3 Mar 2020 10:00:00 +0100\r\n\r\nHello\r\n"
FROM = b"From bob@example.org Tue Mar  3 10:00:00 2020\n"


def mailbox_at(path: Path) -> FilesMailbox:
    mailbox = open_incoming(Server(protocol="files", path=str(path)), policy=EgressPolicy())
    assert isinstance(mailbox, FilesMailbox)
    return mailbox


def knowing(ids: Sequence[str] = ()) -> KnownIds:
    return {"1": ids}.__getitem__


def rows_are_not_read(epoch: str) -> Iterable[str]:
    pytest.fail(f"the rows of epoch {epoch} were read")


def read(changes: Changes) -> tuple[list[Listed], list[str]]:
    pages = list(changes.pages)
    return [one for page in pages for one in page.arrived], [one for page in pages for one in page.vanished]


def letters_of(mailbox: FilesMailbox, folder: Folder) -> list[bytes]:
    arrived, _ = read(mailbox.changes(folder, None, known=knowing()))
    by_id = {letter.server_id: letter.raw for letter in mailbox.fetch(folder, [one.server_id for one in arrived])}
    assert {one.server_id: one.size for one in arrived} == {server_id: len(raw) for server_id, raw in by_id.items()}
    return [by_id[one.server_id] for one in sorted(arrived, key=lambda one: one.rank)]


def mbox(tmp_path: Path, content: bytes) -> tuple[FilesMailbox, Folder]:
    (tmp_path / "box.mbox").write_bytes(content)
    mailbox = mailbox_at(tmp_path / "box.mbox")
    return mailbox, mailbox.folders()[0]


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("", ".Sent", ".Wys&AUI-ane.2020"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / name / part).mkdir(parents=True)
    (tmp_path / "cur" / "1.a.host:2,S").write_bytes(LETTER)
    (tmp_path / "new" / "2.b.host").write_bytes(LETTER)
    (tmp_path / "tmp" / "3.c.host").write_bytes(b"half")
    (tmp_path / ".Sent" / "cur" / "4.d.host:2,RFDTP").write_bytes(LETTER)
    return tmp_path


def test_an_mbox_gives_each_letter_byte_for_byte(tmp_path: Path) -> None:
    first, second = b"Subject: a\n\n>From me\nbody\n", b"Subject: b\r\n\r\nbody\r\n"
    mailbox, folder = mbox(tmp_path, FROM + first + b"\n" + FROM + second + b"\r\n")
    assert letters_of(mailbox, folder) == [first, second]


def test_prose_that_begins_with_from_separates_nothing(tmp_path: Path) -> None:
    letter = b"Subject: a\n\nFirst\n\nFrom Russia with love\n\nFrom 1963 on\n"
    mailbox, folder = mbox(tmp_path, FROM + letter)
    assert letters_of(mailbox, folder) == [letter]


def test_an_honest_content_length_protects_a_quoted_from_line(tmp_path: Path) -> None:
    body = b"He wrote:\n\n" + FROM + b"\nEnd\n"
    letter = b"Subject: a\nContent-Length: %d\n\n" % len(body) + body
    mailbox, folder = mbox(tmp_path, FROM + letter + b"\n" + FROM + b"Subject: b\n\n\n")
    assert letters_of(mailbox, folder) == [letter, b"Subject: b\n\n"]


@pytest.mark.parametrize("lie", [1, 3, 999_999])
def test_a_content_length_that_lies_is_ignored(tmp_path: Path, lie: int) -> None:
    letter = b"Subject: a\nContent-Length: %d\n\nbody\n" % lie
    mailbox, folder = mbox(tmp_path, FROM + letter + b"\n" + FROM + b"Subject: b\n\nbody\n")
    assert letters_of(mailbox, folder) == [letter, b"Subject: b\n\nbody\n"]


def test_from_lines_are_found_across_the_blocks_in_which_a_large_mbox_is_read(tmp_path: Path) -> None:
    bodies = [b"Subject: %d\n\n" % number + b"x" * (1 << 20) + b"\n" for number in range(3)]
    bodies.append(b"Subject: pad\n\n" + b"y" * ((1 << 20) - 60) + b"\n")
    mailbox, folder = mbox(tmp_path, b"".join(FROM + body + b"\n" for body in bodies))
    assert letters_of(mailbox, folder) == bodies


def test_empty_letters_and_an_empty_mbox_are_no_trouble(tmp_path: Path) -> None:
    mailbox, folder = mbox(tmp_path, b"")
    assert letters_of(mailbox, folder) == []
    mailbox, folder = mbox(tmp_path, FROM + FROM + b"\n" + FROM + b"Subject: a\n\n\n")
    assert letters_of(mailbox, folder) == [b"", b"", b"Subject: a\n\n"]


@pytest.mark.parametrize("tail", [b"Subject: a\n\nbody", b"Subject: no blank line\n", b"\nonly a body\n"])
def test_a_last_letter_without_a_final_blank_line_is_whole(tmp_path: Path, tail: bytes) -> None:
    mailbox, folder = mbox(tmp_path, FROM + tail)
    assert letters_of(mailbox, folder) == [tail]


def test_letters_added_to_an_mbox_are_listed_alone(tmp_path: Path) -> None:
    mailbox, folder = mbox(tmp_path, FROM + b"Subject: a\n\nbody\n")
    first = mailbox.changes(folder, None, known=knowing())
    old = [one.server_id for one in read(first)[0]]
    with (tmp_path / "box.mbox").open("ab") as file:
        file.write(b"\n" + FROM + b"Subject: b\n\nbody\n")
    second = mailbox.changes(folder, first.bookmark, known=knowing(old))
    arrived, vanished = read(second)
    assert (second.epoch, second.message_count, len(arrived), vanished) == (first.epoch, 2, 1, [])
    assert next(iter(mailbox.fetch(folder, [arrived[0].server_id]))).raw == b"Subject: b\n\nbody\n"


def test_an_untouched_mbox_is_not_read_again(tmp_path: Path) -> None:
    mailbox, folder = mbox(tmp_path, FROM + b"Subject: a\n\nbody\n")
    first = mailbox.changes(folder, None, known=knowing())
    second = mailbox.changes(folder, first.bookmark, known=rows_are_not_read)
    assert (list(second.pages), second.bookmark) == ([], first.bookmark)


@pytest.mark.parametrize(
    "content",
    [b"", FROM + b"Subject: x\n\nbody, and longer than before\n", FROM + b"Subject: a\n\nbody\ngrown\n"],
    ids=["emptied", "rewritten", "last letter grown"],
)
def test_a_rewritten_mbox_has_a_new_epoch(tmp_path: Path, content: bytes) -> None:
    mailbox, folder = mbox(tmp_path, FROM + b"Subject: a\n\nbody\n")
    first = mailbox.changes(folder, None, known=knowing())
    list(first.pages)
    (tmp_path / "box.mbox").write_bytes(content)
    second = mailbox.changes(folder, first.bookmark, known=knowing())
    assert second.epoch != first.epoch
    assert len(read(second)[0]) == bool(content)


def test_a_full_comparison_finds_an_mbox_changed_in_its_middle(tmp_path: Path) -> None:
    content = FROM + b"Subject: a\n\nbody\n\n" + FROM + b"Subject: b\n\nbody\n"
    mailbox, folder = mbox(tmp_path, content)
    first = mailbox.changes(folder, None, known=knowing())
    ids = [one.server_id for one in read(first)[0]]
    same = mailbox.changes(folder, first.bookmark, known=knowing(ids), is_full=True)
    assert (same.epoch, same.is_full, read(same)) == (first.epoch, True, ([], []))
    (tmp_path / "box.mbox").write_bytes(content.replace(b"Subject: a", b"Subject: c"))
    other = mailbox.changes(folder, first.bookmark, known=knowing(ids), is_full=True)
    assert other.epoch != first.epoch
    assert len(read(other)[0]) == 2


def test_an_id_whose_bytes_changed_is_left_out(tmp_path: Path) -> None:
    mailbox, folder = mbox(tmp_path, FROM + b"Subject: a\n\nbody\n")
    arrived, _ = read(mailbox.changes(folder, None, known=knowing()))
    (tmp_path / "box.mbox").write_bytes(FROM + b"Subject: x\n\nbody\n")
    assert list(mailbox.fetch(folder, [arrived[0].server_id, "nonsense", "1-2-3"])) == []


def test_flags_and_times_of_mbox_letters_come_from_their_headers(tmp_path: Path) -> None:
    head = (
        b"Received: from a by b; Wed, 4 Mar 2020 11:00:00 +0000\nDate: Tue, 3 Mar 2020 10:00:00 +0000\nStatus: RO\nX-Status: AF\n"
    )
    mailbox, folder = mbox(tmp_path, FROM + head + b"\nStatus: D\n")
    (one,), _ = read(mailbox.changes(folder, None, known=knowing()))
    assert one.flags == {"\\Seen", "\\Answered", "\\Flagged"}
    assert one.received_at == datetime(2020, 3, 4, 11, tzinfo=UTC)


def test_a_trace_without_a_time_leaves_the_time_to_the_date(tmp_path: Path) -> None:
    head = b"Received: from a by b; some day\nDate: Tue, 3 Mar 2020 10:00:00 +0000\n"
    mailbox, folder = mbox(tmp_path, FROM + head + b"\nHello\n")
    (one,), _ = read(mailbox.changes(folder, None, known=knowing()))
    assert one.received_at == datetime(2020, 3, 3, 10, tzinfo=UTC)


def test_a_maildir_lists_its_folders_with_inbox_first(maildir: Path) -> None:
    folders = mailbox_at(maildir).folders()
    assert [(folder.path, folder.special_use) for folder in folders] == [
        ("INBOX", "inbox"),
        ("Sent", "sent"),
        ("Wysłane.2020", ""),
    ]


def test_a_maildir_gives_letters_of_new_and_cur_but_not_of_tmp(maildir: Path) -> None:
    mailbox = mailbox_at(maildir)
    inbox, sent, _ = mailbox.folders()
    arrived, _ = read(mailbox.changes(inbox, None, known=knowing()))
    assert {one.server_id: one.flags for one in arrived} == {"1.a.host": frozenset({"\\Seen"}), "2.b.host": frozenset()}
    (one,), _ = read(mailbox.changes(sent, None, known=knowing()))
    assert one.flags == {"\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "$Forwarded"}
    assert one.received_at == datetime(2020, 3, 3, 9, tzinfo=UTC)


def test_a_letter_read_meanwhile_keeps_its_id_and_is_still_fetched(maildir: Path) -> None:
    mailbox = mailbox_at(maildir)
    inbox = mailbox.folders()[0]
    first = mailbox.changes(inbox, None, known=knowing())
    read(first)
    (maildir / "new" / "2.b.host").rename(maildir / "cur" / "2.b.host:2,S")
    assert [letter.raw for letter in mailbox.fetch(inbox, ["2.b.host", "gone"])] == [LETTER]
    second = mailbox.changes(inbox, first.bookmark, known=knowing(["1.a.host", "2.b.host", "9.gone"]))
    pages = list(second.pages)
    assert [change.flags for page in pages for change in page.flagged if change.server_id == "2.b.host"] == [{"\\Seen"}]
    assert [one for page in pages for one in page.vanished] == ["9.gone"]


def test_a_folder_is_believed_unchanged_only_after_two_equal_looks(maildir: Path) -> None:
    mailbox = mailbox_at(maildir)
    inbox = mailbox.folders()[0]
    ids = ["1.a.host", "2.b.host"]
    first = mailbox.changes(inbox, None, known=knowing())
    second = mailbox.changes(inbox, first.bookmark, known=knowing(ids))
    assert second.is_full
    third = mailbox.changes(inbox, second.bookmark, known=rows_are_not_read)
    assert (list(third.pages), third.message_count) == ([], 2)
    assert mailbox.changes(inbox, third.bookmark, known=knowing(ids), is_full=True).is_full


def test_a_tree_gives_its_folders_and_their_letter_files(tmp_path: Path) -> None:
    (tmp_path / "A" / "B").mkdir(parents=True)
    (tmp_path / "without letters" / "inside").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.eml").write_bytes(LETTER)
    (tmp_path / "A" / "one.eml").write_bytes(LETTER)
    (tmp_path / "A" / "notes.pdf").write_bytes(b"no letter")
    (tmp_path / "A" / "B" / "two.MSG").write_bytes(LETTER)
    (tmp_path / "A" / "B" / "three.txt").write_bytes(LETTER)
    (tmp_path / "A" / "Sent").write_bytes(FROM + LETTER)
    mailbox = mailbox_at(tmp_path)
    folders = {folder.path: folder for folder in mailbox.folders()}
    assert sorted(folders) == ["A", "A/B", "A/Sent", tmp_path.name]
    assert folders["A/Sent"].special_use == "sent"
    assert {path: len(letters_of(mailbox, folder)) for path, folder in folders.items()} == {
        tmp_path.name: 0,
        "A": 1,
        "A/B": 2,
        "A/Sent": 1,
    }


def test_another_letter_under_an_old_name_is_new(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(LETTER)
    mailbox = mailbox_at(tmp_path)
    folder = mailbox.folders()[0]
    first = mailbox.changes(folder, None, known=knowing())
    old = [one.server_id for one in read(first)[0]]
    (tmp_path / "1.eml").write_bytes(LETTER + b"more\r\n")
    arrived, vanished = read(mailbox.changes(folder, first.bookmark, known=knowing(old), is_full=True))
    assert (len(arrived), vanished) == (1, old)


def test_a_single_letter_file_is_a_mailbox_of_one(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(FROM + LETTER)
    mailbox = mailbox_at(tmp_path / "one.eml")
    assert letters_of(mailbox, mailbox.folders()[0]) == [FROM + LETTER]


def test_names_that_are_no_text_are_listed_and_read(tmp_path: Path) -> None:
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n"))
    place.mkdir()
    (place / os.fsdecode(b"b\xe9.eml")).write_bytes(LETTER)
    (place / ("x" * 220 + ".eml")).write_bytes(LETTER)
    mailbox = mailbox_at(tmp_path)
    folder = next(folder for folder in mailbox.folders() if folder.path.startswith("caf"))
    assert folder.path.isprintable()
    assert folder.wire_name.isascii()
    arrived, _ = read(mailbox.changes(folder, None, known=knowing()))
    assert all(one.server_id.startswith("sha256:") for one in arrived)
    assert letters_of(mailbox, folder) == [LETTER, LETTER]


def test_headers_end_with_the_empty_line(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(LETTER)
    (tmp_path / "2.eml").write_bytes(b"\r\nno header")
    mailbox = mailbox_at(tmp_path)
    folder = mailbox.folders()[0]
    ids = [one.server_id for one in read(mailbox.changes(folder, None, known=knowing()))[0]]
    heads = sorted(header.raw for header in mailbox.headers(folder, ids))
    assert heads == [b"\r\n", LETTER[: LETTER.index(b"\r\n\r\n") + 4]]
    box, box_folder = mbox(tmp_path, FROM + LETTER)
    ids = [one.server_id for one in read(box.changes(box_folder, None, known=knowing()))[0]]
    assert next(header.raw for header in list(box.headers(box_folder, ids))) == heads[1]


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.eml"
    secret.write_bytes(LETTER)
    place = tmp_path / "mail"
    place.mkdir()
    (place / "link.eml").symlink_to(secret)
    (place / "folder").symlink_to(tmp_path)
    os.mkfifo(place / "pipe.eml")
    mailbox = mailbox_at(place)
    (folder,) = mailbox.folders()
    assert letters_of(mailbox, folder) == []
    for wire_name in ("../secret.eml", "/etc", "folder", "%00"):
        with pytest.raises(FolderMissing):
            mailbox.changes(Folder(path="x", wire_name=wire_name), None, known=knowing())


def test_a_file_turned_into_a_pipe_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(LETTER)
    mailbox = mailbox_at(tmp_path)
    folder = mailbox.folders()[0]
    (one,), _ = read(mailbox.changes(folder, None, known=knowing()))
    (tmp_path / "1.eml").unlink()
    os.mkfifo(tmp_path / "1.eml")
    assert list(mailbox.fetch(folder, [one.server_id])) == []


@pytest.mark.parametrize("path", ["", "relative/path", "/nowhere/at/all", "/nowhere\0"])
def test_a_missing_place_is_said_to_be_missing(path: str) -> None:
    with pytest.raises(FilesMissing):
        open_incoming(Server(protocol="files", path=path), policy=EgressPolicy())


def test_an_mbox_that_disappears_while_listed_is_missing(tmp_path: Path) -> None:
    mailbox, folder = mbox(tmp_path, FROM + LETTER)
    changes = mailbox.changes(folder, None, known=knowing())
    (tmp_path / "box.mbox").unlink()
    with pytest.raises(FilesMissing):
        list(changes.pages)
    with pytest.raises(FolderMissing):
        mailbox.changes(folder, None, known=knowing())


def test_a_folder_inside_a_maildir_that_is_a_maildir_is_listed_by_its_path(maildir: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (maildir / "Archive" / part).mkdir(parents=True)
    assert "Archive" in {folder.path for folder in mailbox_at(maildir).folders()}


def test_a_line_that_only_looks_like_a_separator_is_passed_over_in_any_block(tmp_path: Path) -> None:
    prose = b"".join(b"From here to there it is %d miles.\n" % number for number in range(40_000))
    content = FROM + LETTER + prose + b"\n" + FROM + LETTER
    mailbox, folder = mbox(tmp_path, content)
    assert len(letters_of(mailbox, folder)) == 2


def test_files_give_no_hints(tmp_path: Path) -> None:
    with mailbox_at(tmp_path) as mailbox:
        assert not mailbox.watch(mailbox.folders()[0], stop=threading.Event(), timeout=timedelta(hours=1))


@needs_testdata
def test_every_letter_of_the_corpora_comes_out_as_it_went_in() -> None:
    mailbox = mailbox_at(FOLDER / "mail")
    count = 0
    for folder in mailbox.folders():
        place = FOLDER / "mail" / folder.wire_name
        if place.is_dir():
            expected = sorted(path.read_bytes() for path in place.iterdir() if path.suffix in (".eml", ".msg"))
            got = letters_of(mailbox, folder)
            assert not [raw for raw in expected if raw not in set(got)]
            count += len(expected)
    assert count > 500


@needs_testdata
def test_a_real_mbox_is_cut_where_others_cut_it() -> None:
    place = FOLDER / "mail" / "mimekit" / "mbox"
    content = (place / "content-length.mbox.txt").read_bytes()
    offsets = json.loads((place / "content-length.unix-offsets.json").read_text())
    mailbox = mailbox_at(place / "content-length.mbox.txt")
    letters = letters_of(mailbox, mailbox.folders()[0])
    ends = [entry["mboxMarkerOffset"] for entry in offsets[1:]] + [len(content)]
    expected = [content[entry["beginOffset"] : end] for entry, end in zip(offsets, ends, strict=True)]
    assert [raw.rstrip(b"\n") for raw in letters] == [raw.rstrip(b"\n") for raw in expected]


@needs_testdata
def test_a_byte_order_mark_before_an_mbox_is_no_trouble() -> None:
    mailbox = mailbox_at(FOLDER / "mail" / "mimekit" / "mbox" / "unmunged.mbox.txt")
    assert [raw[:28] for raw in letters_of(mailbox, mailbox.folders()[0])] == [b"From: Jeffrey Stedfast <jeff"] * 2
