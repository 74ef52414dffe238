"""The values of IMAP: dates, flags, ids, sets of UIDs, and the names of folders."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.imap.letters import flags_in, items_in, read_date, uid_of
from mooring.mail.protocols.imap.names import decode_name, encode_name, role_by_attributes, role_by_name
from mooring.mail.protocols.imap.uid_sets import HIGHEST_UID, UidSet
from mooring.mail.protocols.imap.wire import Response, to_number, to_text

# -- values --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, [], b"", b"x", b"-1", b"9" * 20])
def test_what_is_no_number_is_refused(value: bytes | list[bytes] | None) -> None:
    with pytest.raises(ProtocolViolation):
        to_number(value)  # type: ignore[arg-type]


def test_what_is_no_text_is_refused() -> None:
    assert to_text(b"\xe9") == "é"
    with pytest.raises(ProtocolViolation):
        to_text(None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25+00:00"),
        (b" 1-jan-2024 00:00:60 +0100", "2023-12-31T23:00:59+00:00"),
        (b"31-Feb-2024 00:00:00 +0000", None),
        (b"01-Foo-2024 00:00:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +0100", None),
        (b"yesterday", None),
        (None, None),
    ],
)
def test_internal_dates(text: bytes | None, expected: str | None) -> None:
    date = read_date(text)
    assert (date.isoformat() if date else None) == expected


@pytest.mark.parametrize("text", [b"A", b"(A)", b"(A B) C", b"((A) B)"])
def test_what_is_no_list_of_items_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        items_in(Response(b"*", 1, b"FETCH", (text,)))


@pytest.mark.parametrize("flags", [b"x", [[b"x"]]])
def test_what_is_no_list_of_flags_is_refused(flags: bytes | list[list[bytes]]) -> None:
    with pytest.raises(ProtocolViolation):
        flags_in({"FLAGS": flags})  # type: ignore[dict-item]


@pytest.mark.parametrize("letter_id", ["", "5", "6.7", "5.", "5.x", "5.²", "5.-1"])
def test_ids_of_another_numbering_are_nobodys(letter_id: str) -> None:
    assert uid_of(letter_id, uidvalidity=5) == 0
    assert uid_of("5.7", uidvalidity=5) == 7


# -- sets of UIDs --------------------------------------------------------------------------------------------------------

uids = st.sets(st.integers(1, 60), max_size=40)


@given(uids, uids)
def test_sets_of_uids_are_sets(left: set[int], right: set[int]) -> None:
    ours, theirs = UidSet.of(left), UidSet.of(sorted(right))

    assert list(ours) == sorted(left)
    assert len(ours) == len(left)
    assert bool(ours) == bool(left)
    assert set(ours - theirs) == left - right
    assert set(ours & theirs) == left & right
    assert set(ours | theirs) == left | right
    assert all((uid in ours) == (uid in left) for uid in range(62))


@given(uids, st.integers(3, 40))
def test_sets_are_sent_in_short_pieces_and_read_back(numbers: set[int], limit: int) -> None:
    pieces = list(UidSet.of(numbers).wire_chunks(limit=limit))

    assert all(len(piece) <= max(limit, 5) for piece in pieces)
    assert set(UidSet.parse(b",".join(pieces))) == numbers


def test_a_range_may_be_written_backwards() -> None:
    assert UidSet.parse(b"9:7,1").ranges == ((1, 1), (7, 9))
    assert len(UidSet.parse(b"1:%d" % HIGHEST_UID)) == HIGHEST_UID


@pytest.mark.parametrize("text", [b"0", b"*", b"1:*", b"a", b"1:2:3", b"4294967296", b"-1", b"1 2", b":", b"1:"])
def test_what_is_no_set_is_refused(text: bytes) -> None:
    if text == b"1:":
        assert UidSet.parse(text).ranges == ((1, 1),)
        return
    with pytest.raises(ProtocolViolation):
        UidSet.parse(text)


# -- names ---------------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=30))
@example("Żagle & szkutnicy/帆")
def test_names_survive_modified_utf7(name: str) -> None:
    wire_name = encode_name(name)

    assert re.fullmatch(r"[\x20-\x7e]*", wire_name)
    assert decode_name(wire_name) == name


@given(st.binary(max_size=40))
def test_any_name_can_be_shown_and_sent_back(raw: bytes) -> None:
    wire_name = raw.decode("latin-1")

    assert not re.search("[\x00-\x1f\x7f]", decode_name(wire_name))
    assert wire_name.encode("latin-1") == raw


@pytest.mark.parametrize(
    ("wire_name", "path"),
    [
        ("INBOX", "INBOX"),
        ("Wys&AUI-ane", "Wysłane"),
        ("&-", "&"),
        ("R&D", "R&D"),
        ("&!!!-x", "&!!!-x"),
        ("&2D0-x", "&2D0-x"),
        ("&AAo-x", "\ufffdx"),
        ("Entw\xc3\xbcrfe", "Entwürfe"),
        ("Entw\xfcrfe", "Entwürfe"),
        ("&2D3cSA-", "\U0001f448"),
    ],
)
def test_names_as_servers_write_them(wire_name: str, path: str) -> None:
    assert decode_name(wire_name) == path


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("Wysłane", "sent"),
        ("INBOX/Elementy wysłane", "sent"),
        ("GESENDETE ELEMENTE", "sent"),
        ("Deleted Items", "trash"),
        ("Junk-E-Mail", "junk"),
        ("Archiv", "archive"),
        ("Brouillons", "drafts"),
        ("Customers", ""),
    ],
)
def test_roles_are_guessed_from_localised_names(path: str, role: str) -> None:
    assert role_by_name(path, "/") == role
    assert role_by_name(path.rpartition("/")[2], "") == role


def test_roles_are_told_by_attributes_in_any_case() -> None:
    assert role_by_attributes(["\\hasnochildren", "\\sent"]) == "sent"
    assert role_by_attributes(["\\AllMail"]) == "all"
    assert role_by_attributes(["\\Marked"]) == ""
