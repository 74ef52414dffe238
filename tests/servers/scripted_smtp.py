"""A fake SMTP server for what real ones do not do on demand: refusals, cuts, delays, nonsense.

`ScriptedSmtp` answers like a modest submission server and keeps the letters it accepted; a test replaces answers by command,
cuts the connection at a command, or lets it hang there. It records every byte that the client sent.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mooring.mail.types import Encryption, Login, Secret, Server

Answer = Callable[[bytes], bytes | None] | bytes
DOT = "."
"""The name under which the answer to a whole letter is found."""


@dataclass(frozen=True, slots=True)
class TakenLetter:
    """What the server accepted, dots unstuffed."""

    sender: bytes
    recipients: tuple[bytes, ...]
    raw: bytes


@dataclass
class ScriptedSmtp:
    """Start with `start()`, reach it with `server()`. Serves connections one after the other."""

    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 10000000", "8BITMIME", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES")
    greeting: bytes = b"220 fake ready\r\n"
    answers: dict[str, Answer] = field(default_factory=dict)
    """By the beginning of a command in upper case, the longest first, or DOT."""
    cuts_at: str = ""
    """Close the connection when this command comes, or DOT, without an answer."""
    accepts_before_cut: bool = False
    """At a cut in place of the answer to DOT the letter was accepted all the same."""
    hangs_at: str = ""
    certificate: Path | None = None
    is_tls_at_once: bool = False
    chatter_with_consent: bytes = b""
    """Said right behind the consent to STARTTLS, before TLS."""
    received: bytearray = field(default_factory=bytearray)
    taken: list[TakenLetter] = field(default_factory=list)
    connection_count: int = 0

    def start(self) -> ScriptedSmtp:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(10)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def server(self, *, seconds: float = 5.0, encryption: Encryption = Encryption.NONE, login: Login = Login.NONE) -> Server:
        """What an account needs to know."""
        return Server(
            "smtp",
            host="127.0.0.1",
            port=self.port,
            encryption=encryption,
            user_name="bob",
            password=Secret("harbour-wall"),
            timeout=timedelta(seconds=seconds),
            plain_login_allowed=True,
            login=login,
        )

    def commands(self) -> list[str]:
        """The lines that the client sent, letters included."""
        return self.received.decode("utf-8", "replace").split("\r\n")[:-1]

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connection_count += 1
            self._open.append(sock)
            with contextlib.suppress(OSError):
                _Talk(self, sock).run()
            with contextlib.suppress(OSError):
                sock.close()


class _Ended(Exception):
    pass


class _Talk:
    def __init__(self, fake: ScriptedSmtp, sock: socket.socket) -> None:
        self._fake = fake
        self._sock = sock
        self._waiting = b""
        self._sender = b""
        self._recipients: list[bytes] = []

    def run(self) -> None:
        if self._fake.is_tls_at_once:
            self._wrap()
        self._sock.sendall(self._fake.greeting)
        with contextlib.suppress(_Ended):
            while True:
                self._serve(self._line())

    def _wrap(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self._fake.certificate is not None
        context.load_cert_chain(self._fake.certificate)
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._fake._open.append(self._sock)
        self._waiting = b""

    def _line(self) -> bytes:
        while b"\r\n" not in self._waiting:
            data = self._sock.recv(65_536)
            if not data:
                raise _Ended
            self._fake.received += data
            self._waiting += data
        line, _, self._waiting = self._waiting.partition(b"\r\n")
        return line

    def _serve(self, line: bytes) -> None:
        verb = line[:4].upper().decode("ascii", "replace")
        answer = self._answer_to(line.decode("utf-8", "replace").upper(), line)
        if answer is None:
            answer = getattr(self, f"_{verb.lower()}", self._unknown)(line)
        self._sock.sendall(answer)
        self._remember(verb, line, answer)
        if verb == "QUIT":
            raise _Ended
        if verb == "STAR" and answer.startswith(b"220"):
            self._wrap()
        if verb == "DATA" and answer.startswith(b"354"):
            self._take_letter()

    def _remember(self, verb: str, line: bytes, answer: bytes) -> None:
        if verb == "MAIL" and answer.startswith(b"250"):
            self._sender, self._recipients = _address_in(line), []
        if verb == "RCPT" and answer.startswith(b"25"):
            self._recipients.append(_address_in(line))

    def _answer_to(self, name: str, line: bytes) -> bytes | None:
        fake = self._fake
        if fake.cuts_at and name.startswith(fake.cuts_at):
            raise _Ended
        if fake.hangs_at and name.startswith(fake.hangs_at):
            fake._stop.wait(30)
            raise _Ended
        for beginning in sorted(fake.answers, key=len, reverse=True):
            if name.startswith(beginning):
                answer = fake.answers[beginning]
                return answer if isinstance(answer, bytes) else answer(line)
        return None

    def _take_letter(self) -> None:
        lines = []
        while (line := self._line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        letter = TakenLetter(self._sender, tuple(self._recipients), b"".join(line + b"\r\n" for line in lines))
        try:
            answer = self._answer_to(DOT, b"") or b"250 2.0.0 queued as 42\r\n"
        except _Ended:
            if self._fake.accepts_before_cut:
                self._fake.taken.append(letter)
            raise
        if answer.startswith(b"250"):
            self._fake.taken.append(letter)
        self._sock.sendall(answer)

    def _ehlo(self, line: bytes) -> bytes:
        lines = ["fake", *self._fake.extensions]
        return "".join(f"250{' ' if each == lines[-1] else '-'}{each}\r\n" for each in lines).encode()

    def _helo(self, line: bytes) -> bytes:
        return b"250 fake\r\n"

    def _auth(self, line: bytes) -> bytes:
        if line.upper() == b"AUTH LOGIN":
            for prompt in (b"Username:", b"Password:"):
                self._sock.sendall(b"334 " + base64.b64encode(prompt) + b"\r\n")
                self._line()
        return b"235 2.7.0 welcome\r\n"

    def _star(self, line: bytes) -> bytes:
        return b"220 go on\r\n" + self._fake.chatter_with_consent

    def _mail(self, line: bytes) -> bytes:
        return b"250 2.1.0 ok\r\n"

    _rcpt = _rset = _mail

    def _data(self, line: bytes) -> bytes:
        return b"354 go on\r\n"

    def _quit(self, line: bytes) -> bytes:
        return b"221 bye\r\n"

    def _unknown(self, line: bytes) -> bytes:
        return b"502 5.5.1 unknown\r\n"


def _address_in(line: bytes) -> bytes:
    return line.partition(b"<")[2].partition(b">")[0]
