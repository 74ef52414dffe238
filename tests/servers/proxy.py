"""A small TCP proxy between a client and a server that tests make slow, cut, or count."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_BLOCK = 8_192


class Proxy:
    """Listens on a free loopback port. `bytes_per_second` limits what the server sends; `cut` breaks all connections."""

    def __init__(self, port: int, *, bytes_per_second: int = 0) -> None:
        self._target = port
        self._rate = bytes_per_second
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._passed = 0
        self._flow = threading.Condition()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def wait_for(self, byte_count: int, *, timeout: float) -> bool:
        """Wait until the server has sent so many bytes more, at most so many seconds; whether it did."""
        with self._flow:
            goal = self._passed + byte_count
            return self._flow.wait_for(lambda: self._passed >= goal, timeout)

    def _count(self, byte_count: int) -> None:
        with self._flow:
            self._passed += byte_count
            self._flow.notify_all()

    def cut(self) -> None:
        """Break all connections at once, with a reset, wherever they are."""
        with self._lock:
            for pair in self._pairs:
                for sock in pair:
                    with contextlib.suppress(OSError):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        sock.shutdown(socket.SHUT_RDWR)
            self._pairs.clear()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                with self._lock:
                    self._pairs.append((client, server))
                threading.Thread(target=self._pump, args=(client, server, 0), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, self._rate), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, rate: int) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(_BLOCK):
                if rate:
                    self._count(len(block))
                    self._ended.wait(len(block) / rate)
                sink.sendall(block)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
