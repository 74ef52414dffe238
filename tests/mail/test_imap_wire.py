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

from mooring.mail.egress import Connection, EgressPolicy
from mooring.mail.errors import ConnectionLost, MailError, NoAnswer, ProtocolViolation, UnusableName
from mooring.mail.protocols import stream as stream_module
from mooring.mail.protocols.imap.letters import items_in
from mooring.mail.protocols.imap.wire import (
    Argument,
    Response,
    astring,
    encode_command,
    parse_values,
    plain,
    read_response,
)
from mooring.mail.protocols.stream import Stream
from servers.certificates import Authority
from servers.scripted_imap import LOOPBACK, ScriptedImap


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


def test_deflate_that_yields_nothing_yet_waits_for_more() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    compressed = deflate.compress(b"* OK hello\r\n") + deflate.flush(zlib.Z_SYNC_FLUSH)
    source = _Blocks([compressed[:1], compressed[1:]])
    target = bytearray(100)
    count = stream_module._Inflater(source, b"").recv_into(memoryview(target))

    assert bytes(target[:count]) == b"* OK hello\r\n"


class _Blocks:
    """A socket that hands out these blocks, one per call."""

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks = blocks

    def recv_into(self, buffer: memoryview, /) -> int:
        block = self._blocks.pop(0)
        buffer[: len(block)] = block
        return len(block)


def test_what_tls_has_already_decrypted_counts_as_readable(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "_BUFFER_SIZE", 32)
    greeting = b"* OK " + b"x" * 25 + b"\r\n" + b"* 1 EXISTS\r\n"
    fake = ScriptedImap(greeting=greeting, certificate=authority.issue("localhost"), is_tls_at_once=True)
    with fake.start().stopping():
        policy = EgressPolicy(LOOPBACK.allowed_networks, extra_authorities=authority.pem)
        connection = policy.connect(host="localhost", port=fake.port, timeout=5)
        connection.start_tls()
        stream = Stream(connection, timeout=5)
        assert read_response(stream).kind == b"OK"
        assert not stream.has_buffered
        assert stream.waits_readable(0)
        assert read_response(stream).kind == b"EXISTS"
        assert not stream.waits_readable(0)
        stream.close()
