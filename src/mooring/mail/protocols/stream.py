"""Bytes from and to a server: one reused buffer, lines and counted blocks cut out of it, optional deflate.

Every read waits at most `timeout` for the next bytes, and a whole response has a deadline that grows with the size it
announces, so neither silence nor one byte per minute can hold a worker. Errors of sockets become errors of the mail room.
"""

from __future__ import annotations

import select
import ssl
import zlib
from io import BytesIO
from time import monotonic
from typing import Protocol

from mooring.mail.egress import Connection
from mooring.mail.errors import ConnectionLost, NoAnswer, ProtocolViolation

_BUFFER_SIZE = 131_072
LINE_CAP = 16_777_216
_AT_ONCE = 2_097_152
_SENT_AT_ONCE = 65_536
_SLOWEST_BYTES_PER_SECOND = 2_048


class _Source(Protocol):
    def recv_into(self, buffer: memoryview, /) -> int: ...


class Stream:
    """Used by one thread. After any error the stream is dead and is only good for `close`."""

    def __init__(self, connection: Connection, *, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._source: _Source = connection.sock
        self._inflater: _Inflater | None = None
        self._deflater: zlib._Compress | None = None
        self._buffer = bytearray(_BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._deadline = 0.0
        connection.sock.settimeout(timeout)

    @property
    def host(self) -> str:
        """The host name we are connected to, for messages."""
        return self._connection.host

    @property
    def port(self) -> int:
        """The port we are connected to."""
        return self._connection.port

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS protects what is sent."""
        return self._connection.is_encrypted

    @property
    def has_buffered(self) -> bool:
        """Whether bytes have come in that nobody has read yet."""
        return self._end > self._start

    def start_response(self) -> None:
        """A new response begins: its deadline starts to run."""
        self._deadline = monotonic() + 2 * self._timeout

    def line(self) -> bytes:
        """The next line without its line end. Raises ProtocolViolation when it is longer than LINE_CAP."""
        pieces: list[bytes] = []
        size = 0
        while True:
            place = self._buffer.find(b"\n", self._start, self._end)
            if place >= 0:
                pieces.append(bytes(self._view[self._start : place]))
                self._start = place + 1
                line = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                return line[:-1] if line.endswith(b"\r") else line
            if self._end == _BUFFER_SIZE:
                size += self._set_aside(pieces)
                if size > LINE_CAP:
                    raise ProtocolViolation(expected=f"a line of at most {LINE_CAP} bytes")
            self._fill()

    def _set_aside(self, pieces: list[bytes]) -> int:
        pieces.append(bytes(self._view[self._start : self._end]))
        size = self._end - self._start
        self._start = self._end = 0
        return size

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes. Memory grows with what really arrives, not with what was announced."""
        if count <= self._end - self._start:
            self._start += count
            return bytes(self._view[self._start - count : self._start])
        self._deadline += count / _SLOWEST_BYTES_PER_SECOND
        if count > _AT_ONCE:
            return b"".join(self.exactly(min(_AT_ONCE, count - done)) for done in range(0, count, _AT_ONCE))
        # Received straight into what is handed on: BytesIO gives its own memory away without copying it.
        block = BytesIO()
        block.seek(count - 1)
        block.write(b"\0")
        with block.getbuffer() as view:
            done = self._end - self._start
            view[:done] = self._view[self._start : self._end]
            self._start = self._end = 0
            while done < count:
                done += self._receive(view[done:])
        return block.getvalue()

    def has_next(self, expected: bytes) -> bool:
        """Whether exactly these bytes come next; they are taken out then."""
        while self._end - self._start < len(expected) and expected.startswith(bytes(self._view[self._start : self._end])):
            self._make_room()
            self._fill()
        is_next = self._view[self._start : self._start + len(expected)] == expected
        if is_next:
            self._start += len(expected)
        return is_next

    def until(self, end: bytes, *, cap: int) -> bytes:
        """All bytes up to and with `end`, however the lines before it end. Raises ProtocolViolation for more than `cap` bytes."""
        pieces: list[bytes] = []
        size = 0
        while True:
            place = self._buffer.find(end, self._start, self._end)
            if place >= 0:
                pieces.append(bytes(self._view[self._start : place + len(end)]))
                self._start = place + len(end)
                return b"".join(pieces)
            ready = max(0, self._end - self._start - len(end) + 1)
            size += ready
            if size > cap:
                raise ProtocolViolation(expected=f"at most {cap} bytes")
            pieces.append(bytes(self._view[self._start : self._start + ready]))
            self._deadline += ready / _SLOWEST_BYTES_PER_SECOND
            self._start += ready
            self._make_room()
            self._fill()

    def _make_room(self) -> None:
        """Move what is not read yet to the beginning of the buffer."""
        rest = bytes(self._view[self._start : self._end])
        self._view[: len(rest)] = rest
        self._start, self._end = 0, len(rest)

    def _fill(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        self._end += self._receive(self._view[self._end :])

    def _receive(self, target: memoryview) -> int:
        try:
            count = self._source.recv_into(target)
        except TimeoutError as error:
            raise self._no_answer() from error
        except (OSError, zlib.error) as error:
            raise ConnectionLost(host=self.host) from error
        if not count:
            raise ConnectionLost(host=self.host)
        if monotonic() > self._deadline:
            raise self._no_answer()
        return count

    def _no_answer(self) -> NoAnswer:
        return NoAnswer(host=self.host, port=str(self.port), seconds=f"{self._timeout:g}")

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        if self._deflater is not None:
            data = self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        try:
            for start in range(0, len(data), _SENT_AT_ONCE):  # a socket's timeout is about the whole of what it is given
                self._connection.sock.sendall(data[start : start + _SENT_AT_ONCE])
        except TimeoutError as error:
            raise self._no_answer() from error
        except OSError as error:
            raise ConnectionLost(host=self.host) from error

    def waits_readable(self, seconds: float) -> bool:
        """Whether something to read comes within `seconds`."""
        if self.has_buffered or (self._inflater is not None and self._inflater.holds_more):
            return True
        sock = self._connection.sock
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def start_tls(self) -> None:
        """Agree on TLS. Raises ProtocolViolation when the server already said something beyond its consent."""
        if self.has_buffered:
            raise ProtocolViolation(expected="nothing between the consent to STARTTLS and TLS")
        self._connection.start_tls()
        self._connection.sock.settimeout(self._timeout)
        self._source = self._connection.sock

    def start_deflate(self) -> None:
        """Compress from here on, both ways (RFC 4978)."""
        self._inflater = _Inflater(self._source, bytes(self._view[self._start : self._end]))
        self._start = self._end = 0
        self._source = self._inflater
        self._deflater = zlib.compressobj(6, zlib.DEFLATED, -15)

    def close(self) -> None:
        """Close the connection; never raises."""
        self._connection.close()


class _Inflater:
    """Raw deflate between the socket and the buffer; at most a buffer is inflated at a time."""

    def __init__(self, source: _Source, first: bytes) -> None:
        self._source = source
        self._inflate = zlib.decompressobj(-15)
        self._raw = bytearray(65_536)
        self._tail = first
        self.holds_more = bool(first)

    def recv_into(self, buffer: memoryview, /) -> int:
        """Inflated bytes; 0 at the end of the connection."""
        while True:
            if not self.holds_more:
                count = self._source.recv_into(memoryview(self._raw))
                if not count:
                    return 0
                self._tail = bytes(self._raw[:count])
            data = self._inflate.decompress(self._tail, len(buffer))
            self._tail = self._inflate.unconsumed_tail
            self.holds_more = bool(self._tail) or len(data) == len(buffer)
            if data:
                buffer[: len(data)] = data
                return len(data)
            if self._inflate.eof:
                return 0
