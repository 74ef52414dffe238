"""The grammar of IMAP: what comes in is taken apart or refused, what goes out cannot break out of its argument."""

from __future__ import annotations

import re
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail.egress import Connection
from mooring.mail.errors import ConnectionLost, MailError, NoAnswer, ProtocolViolation, UnusableName
from mooring.mail.protocols.imap import stream as stream_module
from mooring.mail.protocols.imap.letters import flags_in, items_in, read_date, uid_of
from mooring.mail.protocols.imap.names import decode_name, encode_name, role_by_attributes, role_by_name
from mooring.mail.protocols.imap.stream import Stream
from mooring.mail.protocols.imap.uid_sets import HIGHEST_UID, UidSet
from mooring.mail.protocols.imap.wire import (
    Argument,
    Response,
    astring,
    encode_command,
    parse_values,
    plain,
    read_response,
    to_number,
    to_text,
)


@contextmanager
def stream_of(data: bytes, *, timeout: float = 5.0) -> Iterator[Stream]:
    """A stream whose server sent `data` and closed."""
    ours, theirs = socket.socketpair()
    stream = Stream(Connection(ours, "fake", 143), timeout=timeout)
    with ours, theirs:
        theirs.setblocking(False)
        theirs.send(data)
        theirs.close()
        yield stream


def response_from(data: bytes) -> Response:
    with stream_of(data) as stream:
        return read_response(stream)


# -- coming in -----------------------------------------------------------------------------------------------------------


def test_a_response_is_taken_apart() -> None:
    response = response_from(
        b'* 12 fetch (UID 7 FLAGS (\\Seen $Junk) X NIL "q\\"\\\\" BODY[HEADER.FIELDS (DATE)]<0> {3}\r\na)b)\r\n'
    )

    assert (response.tag, response.number, response.kind) == (b"*", 12, b"FETCH")
    assert response.values == [
        [b"UID", b"7", b"FLAGS", [b"\\Seen", b"$Junk"], b"X", None, b'q"\\', b"BODY[HEADER.FIELDS (DATE)]<0>", b"a)b"]
    ]
    assert response.values is response.values


def test_a_status_response_with_its_code() -> None:
    response = response_from(b"A1 NO [authenticationFailed x y] wr\xc3\xb3ng {5}\r\n")

    assert response.is_status
    assert (response.code, response.code_argument, response.text) == ("AUTHENTICATIONFAILED", b"x y", "wróng {5}")


def test_a_status_response_without_a_code() -> None:
    response = response_from(b"A1 OK\r\n")

    assert (response.code, response.code_argument, response.text) == ("", b"", "")


def test_a_continuation_keeps_its_text() -> None:
    response = response_from(b"+ Y2hhbGxlbmdl\r\n")

    assert (response.tag, response.pieces) == (b"+", (b"Y2hhbGxlbmdl",))


@pytest.mark.parametrize(
    "data", [b"\r\n", b"*\r\n", b"* \r\n", b"garbage\r\n", b"* 12345678901234567890 EXISTS\r\n", b" * OK\r\n"]
)
def test_lines_that_are_no_response_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        response_from(data)


@pytest.mark.parametrize("text", [b"(", b")", b"(()", b'"open', b"a{3}b", b"(" * 60 + b")" * 60, b"[open"])
def test_text_that_is_no_list_of_values_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        parse_values([text])


def test_a_literal_announced_larger_than_the_cap_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolViolation):
        response_from(b"* 1 FETCH (BODY[] {99999999}\r\n")


def test_many_literals_together_are_capped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.imap.wire.LITERAL_CAP", 10)
    with pytest.raises(ProtocolViolation):
        response_from(b"* 1 FETCH (A {4}\r\nabcd B {4}\r\nabcd C {4}\r\nabcd)\r\n")


def test_an_endless_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "LINE_CAP", 200_000)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        _Feeding(theirs, b"x" * 300_000)
        stream = Stream(Connection(ours, "fake", 143), timeout=5)
        with pytest.raises(ProtocolViolation):
            read_response(stream)


class _Feeding:
    """Sends a lot from a thread of its own."""

    def __init__(self, sock: socket.socket, data: bytes) -> None:
        self._thread = threading.Thread(target=self._send, args=(sock, data), daemon=True)
        self._thread.start()

    def _send(self, sock: socket.socket, data: bytes) -> None:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def join(self) -> None:
        self._thread.join(10)


@pytest.mark.parametrize("size", [0, 1, 5_000, 131_071, 131_072, 131_073, 400_000, 2_097_152, 5_000_000])
def test_literals_of_every_size_come_in_byte_for_byte(size: int) -> None:
    letter = bytes(range(256)) * (size // 256 + 1)
    letter = letter[:size]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        announced = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % size
        feeding = _Feeding(theirs, announced + letter + b")\r\n" + b"* OK more\r\n")
        stream = Stream(Connection(ours, "fake", 143), timeout=10)
        response = read_response(stream)
        assert response.pieces == [b"(UID 1 BODY[] ", letter, b")"]
        assert read_response(stream).text == "more"
        feeding.join()


def test_a_line_across_the_end_of_the_buffer_stays_whole() -> None:
    data = (b"* LIST () NIL " + b"n" * 50_000 + b"\r\n") * 9
    ours, theirs = socket.socketpair()
    with ours, theirs:
        feeding = _Feeding(theirs, data)
        stream = Stream(Connection(ours, "fake", 143), timeout=10)
        for _ in range(9):
            assert read_response(stream).values == [[], None, b"n" * 50_000]
        feeding.join()


def test_a_connection_that_ends_in_the_middle_is_lost() -> None:
    for data in (b"", b"* OK", b"* 1 FETCH (BODY[] {10}\r\nabc"):
        with pytest.raises(ConnectionLost):
            response_from(data)


def test_silence_is_no_answer() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(NoAnswer):
        read_response(Stream(Connection(ours, "fake", 143), timeout=0.05))


def test_a_response_that_drips_in_too_slowly_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 30))
    monkeypatch.setattr(stream_module, "monotonic", lambda: next(clock))
    with stream_of(b"* OK slow") as stream:
        stream.start_response()
        stream._deadline = 10
        with pytest.raises(NoAnswer):
            stream.line()


@given(st.binary(max_size=300))
def test_whatever_a_server_sends_ends_in_values_or_an_error_of_ours(data: bytes) -> None:
    with stream_of(data + b"\r\n") as stream:
        try:
            response = read_response(stream)
            assert isinstance(response.values, list)
            assert isinstance(response.text, str)
            items_in(response)
        except MailError:
            return


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_what_one_side_encodes_the_other_reads(values: list[bytes]) -> None:
    arguments: list[Argument] = []
    for value in values:
        try:
            arguments.append(astring(value, what="value"))
        except UnusableName:
            assert set(value) & {0, 10, 13}
    blocks = encode_command(b"*", (plain(b"LIST"), *arguments), has_literal_plus=True)
    response = response_from(b"".join(blocks))

    expected = [value for value in values if not set(value) & {0, 10, 13}]
    assert response.values == expected


# -- going out -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), st.booleans())
def test_no_value_from_outside_can_begin_a_command_of_its_own(values: list[bytes], has_literal_plus: bool) -> None:
    try:
        arguments = [astring(value, what="value") for value in values]
    except UnusableName:
        return
    blocks = encode_command(b"A1", (plain(b"X"), *arguments), has_literal_plus=has_literal_plus)
    sent = b"".join(blocks)
    for argument in arguments:
        if argument.is_literal:
            mark = b"{%d%s}\r\n" % (len(argument.raw), b"+" if has_literal_plus else b"")
            assert mark + argument.raw in sent
            sent = sent.replace(mark + argument.raw, b"", 1)
    assert sent.count(b"\r\n") == 1
    assert re.fullmatch(rb"[\x01-\x7f]*\r\n", sent, re.DOTALL)


@pytest.mark.parametrize("evil", ["a\r\nX1 DELETE INBOX", "a\nb", "a\rb", "a\0b"])
def test_line_ends_and_nul_are_refused(evil: str) -> None:
    with pytest.raises(UnusableName):
        astring(evil.encode(), what="folder")
    with pytest.raises(UnusableName):
        plain(evil.encode())


def test_eight_bit_text_is_a_literal_counted_in_bytes() -> None:
    blocks = encode_command(b"A1", (plain(b"LOGIN"), astring("zażółć".encode(), what="user name")), has_literal_plus=False)

    assert blocks == [b"A1 LOGIN {10}\r\n", "zażółć".encode() + b"\r\n"]


def test_quotes_and_backslashes_are_escaped() -> None:
    assert astring(b'a "b" \\c', what="folder").raw == b'"a \\"b\\" \\\\c"'
    assert astring(b"x" * 2_000, what="folder").is_literal


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


# -- compression ---------------------------------------------------------------------------------------------------------


def test_compressed_responses_come_in_whole_and_commands_go_out_compressed() -> None:
    letter = bytes(300_000) + b"end"
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"* 1 FETCH (BODY[] {%d}\r\n%b)\r\nA1 OK done\r\n" % (len(letter), letter)
    compressed = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(compressed)
        stream = Stream(Connection(ours, "fake", 143), timeout=5)
        stream.start_deflate()
        assert read_response(stream).pieces[1] == letter
        assert read_response(stream).text == "done"
        stream.send(b"A2 NOOP\r\n")
        assert zlib.decompressobj(-15).decompress(theirs.recv(1000)) == b"A2 NOOP\r\n"
        assert not stream.waits_readable(0)


def test_compressed_bytes_that_came_before_the_switch_are_not_lost() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    compressed = deflate.compress(b"* OK early\r\n* OK late\r\n") + deflate.flush(zlib.Z_SYNC_FLUSH)
    with stream_of(b"A1 OK go\r\n" + compressed) as stream:
        assert read_response(stream).text == "go"
        stream.start_deflate()
        assert stream.waits_readable(0)
        assert read_response(stream).text == "early"
        assert stream.waits_readable(0)
        assert read_response(stream).text == "late"


@pytest.mark.parametrize("tail", [b"", b"\xff\xff\xff\xff", b"\x03\x00"])
def test_a_compressed_stream_that_ends_or_is_garbage_is_lost(tail: bytes) -> None:
    with stream_of(tail) as stream:
        stream.start_deflate()
        with pytest.raises(ConnectionLost):
            read_response(stream)


def test_a_server_that_does_not_read_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = Stream(Connection(ours, "fake", 143), timeout=0.05)
        with pytest.raises(NoAnswer):
            stream.send(bytes(50_000_000))
        theirs.close()
        with pytest.raises(ConnectionLost):
            stream.send(b"more")
