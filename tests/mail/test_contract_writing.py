"""What protocols that change a mailbox must do: exactly what they were told, and only what the server confirmed counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail.places import KEEPING, LETTERS, PLACES, REMOVING, Place
from mail.test_contract import Rows, folder_under_test, letters
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming, Keeping, Removing


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](request, tmp_path)


def opened_on(place: Place) -> Incoming:
    server, policy = place.server()
    return open_incoming(server, policy=policy)


def removing(mailbox: Incoming) -> Removing:
    assert isinstance(mailbox, Removing)
    return mailbox


def keeping(mailbox: Incoming) -> Keeping:
    assert isinstance(mailbox, Keeping)
    return mailbox


def test_who_takes_part_says_so() -> None:
    assert set(REMOVING) | set(KEEPING) <= set(PLACES)


@pytest.mark.parametrize("place", REMOVING, indirect=True)
def test_exactly_the_letters_named_are_removed(place: Place) -> None:
    place.deliver(LETTERS)
    rows = Rows()
    with opened_on(place) as mailbox:
        ids = rows.visit(mailbox)
        gone = removing(mailbox).remove(folder_under_test(mailbox), [ids[1], ids[4]])
    assert set(gone) == {ids[1], ids[4]}
    with opened_on(place) as mailbox:
        left = rows.visit(mailbox)
        assert left == [server_id for server_id in ids if server_id not in gone]
        assert sorted(letters(mailbox, left).values()) == sorted(raw for place, raw in enumerate(LETTERS) if place not in (1, 4))


@pytest.mark.parametrize("place", REMOVING, indirect=True)
def test_letters_that_are_gone_already_count_as_removed_and_nonsense_does_no_harm(place: Place) -> None:
    place.deliver(LETTERS[:3])
    with opened_on(place) as mailbox:
        ids = Rows().visit(mailbox)
    place.remove(2)
    with opened_on(place) as mailbox:
        folder = folder_under_test(mailbox)
        assert set(removing(mailbox).remove(folder, [ids[1], "nonsense", "", "1.999999"])) & {*ids, ""} == {ids[1]}
    with opened_on(place) as mailbox:
        assert Rows().visit(mailbox) == [ids[0], ids[2]]


@pytest.mark.parametrize("place", REMOVING, indirect=True)
def test_removing_nothing_is_harmless(place: Place) -> None:
    place.deliver(LETTERS[:1])
    with opened_on(place) as mailbox:
        assert not removing(mailbox).remove(folder_under_test(mailbox), [])
    with opened_on(place) as mailbox:
        assert len(Rows().visit(mailbox)) == 1


@pytest.mark.parametrize("place", KEEPING, indirect=True)
@pytest.mark.parametrize("is_seen", [False, True])
def test_a_letter_is_kept_byte_for_byte_and_found_by_its_message_id(place: Place, is_seen: bool) -> None:
    place.deliver(LETTERS[:1])
    raw = LETTERS[4] + "zażółć\r\n".encode() + b"x" * 100_000 + b"\r\n"
    with opened_on(place) as mailbox:
        folder = folder_under_test(mailbox)
        server_id = keeping(mailbox).keep(folder, raw, is_seen=is_seen)

        assert letters(mailbox, [server_id]) == {server_id: raw}
        assert keeping(mailbox).find(folder, "5@example.org") == [server_id]
        assert not keeping(mailbox).find(folder, "@example.org")
        assert not keeping(mailbox).find(folder, "")
        changes = mailbox.changes(folder, None, known=lambda epoch: [])
        flags = {listed.server_id: listed.flags for page in changes.pages for listed in page.arrived}
        assert ("\\Seen" in flags[server_id]) is is_seen
