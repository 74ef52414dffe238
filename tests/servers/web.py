"""A web server on loopback for tests: what it answers is a function, and it can misbehave below HTTP, too."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. The names of `headers` are lower case; `path` is without its query, percent signs as they came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer. `cut_to` closes the connection after so many bytes of the body; `hangs` says nothing until the end."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_to: int | None = None
    hangs: bool = False

    @classmethod
    def of_json(cls, found: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        """An answer in JSON."""
        return cls(status, json.dumps(found).encode(), {"Content-Type": "application/json", **(headers or {})})


class WebServer:
    """Start with `start()`; `asked` holds every request in the order of arrival."""

    def __init__(self, answer: Callable[[Asked], Given], *, certificate: Path | None = None) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.connection_count = 0
        self.at_once = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._server = _Listening(("127.0.0.1", 0), _Handler)
        self._server.web = self
        self._scheme = "http"
        if certificate is not None:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/", *, host: str = "localhost") -> str:
        """The address of a page."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, and let go of those who hang."""
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Started, and stopped at the end."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def given(self, asked: Asked) -> Given:
        """What is answered, counted."""
        with self._lock:
            self.asked.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(asked)
        finally:
            with self._lock:
                self.at_once -= 1

    def hang(self) -> None:
        """Wait until the server is stopped."""
        self._stopped.wait(60)


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    web: WebServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away early are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listening

    def setup(self) -> None:
        super().setup()
        self.server.web.connection_count += 1

    def handle_one(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        self._give(self.server.web.given(asked))

    def _give(self, given: Given) -> None:
        if given.hangs:
            self.server.web.hang()
            self.close_connection = True
            return
        self.send_response(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in given.headers:
            self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        self.wfile.write(given.body if given.cut_to is None else given.body[: given.cut_to])
        if given.cut_to is not None:
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Tests are quiet."""


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler.handle_one)
