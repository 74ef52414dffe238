"""What the fakes of mail servers share: connections that are cut, hang or turn to TLS, and a record of what the client sent."""

from __future__ import annotations

import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mooring.mail.egress import EgressPolicy

LOOPBACK = EgressPolicy.opening(["127.0.0.0/8", "::1/128"])
"""A policy that reaches the fakes."""


class Cut(Exception):
    """The connection is over."""


@dataclass(kw_only=True)
class ScriptedServer(ABC):
    """Start with `start()`; a thread for every connection."""

    greeting: bytes = b""
    cut_after: int | None = None
    """Close the connection after so many bytes in all."""
    hangs_at: str = ""
    """Say nothing more when this command comes."""
    certificate: Path | None = None
    is_tls_at_once: bool = False
    received: bytearray = field(default_factory=bytearray)
    sent_count: int = 0

    @abstractmethod
    def serve_command(self, connection: socket.socket) -> bool:
        """Read one command and answer it; False when the connection is to end."""

    def start(self) -> Self:
        """Listen; the threads end with `stop`."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._serving: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close everything."""
        self._listener.close()
        for connection in self._connections:
            connection.close()

    @contextmanager
    def stopping(self) -> Iterator[Self]:
        """Stop at the end of a block."""
        try:
            yield self
        finally:
            self.stop()

    def is_left(self, *, within: float) -> bool:
        """Whether every client has closed its connection, or does so within these seconds."""
        for thread in self._serving:
            thread.join(within)
        return not any(thread.is_alive() for thread in self._serving)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def is_hanging_at(self, words: bytes, connection: socket.socket) -> bool:
        """Whether this is the command at which nothing more is said; waits until the client gives up then."""
        if not self.hangs_at or not words.startswith(self.hangs_at.encode()):
            return False
        while connection.recv(1_000):
            pass
        return True

    def continue_encrypted(self, connection: socket.socket) -> bool:
        """Go on over TLS until the connection ends."""
        encrypted = self._encrypted(connection)
        while self.serve_command(encrypted):
            pass
        return False

    def receive(self, connection: socket.socket, size: int) -> bytes:
        """Bytes of the client, written down."""
        block = connection.recv(size)
        if not block:
            raise Cut
        self.received += block
        return block

    def send(self, connection: socket.socket, data: bytes) -> None:
        """Bytes for the client, as many as may be sent."""
        if self.cut_after is not None:
            data = data[: max(0, self.cut_after - self.sent_count)]
        self.sent_count += len(data)
        connection.sendall(data)
        if self.cut_after is not None and self.sent_count >= self.cut_after:
            raise Cut

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._serving.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.is_tls_at_once:
                connection = self._encrypted(connection)
            self.send(connection, self.greeting)
            while self.serve_command(connection):
                pass
        except (OSError, ssl.SSLError, Cut):
            pass
        finally:
            connection.close()

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self.certificate))
        encrypted = context.wrap_socket(connection, server_side=True)
        self._connections.append(encrypted)
        return encrypted
