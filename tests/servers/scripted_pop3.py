"""A fake POP3 server for what real ones do not do on demand: ids that are bad or missing, wrong counts, nonsense, silence.

A test replaces answers by command, cuts the connection after so many bytes, or lets it hang. Letters are removed at QUIT, as they
should be.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from mooring.mail.types import Encryption, Secret, Server
from servers.scripted import ScriptedServer

Answer = Callable[[bytes], bytes]
"""answer(command line) -> all that is sent back."""


@dataclass
class PopLetter:
    """A letter in the fake's mailbox. `size` is what LIST claims where that is not the truth."""

    raw: bytes
    uid: str = ""
    size: int | None = None


@dataclass
class ScriptedPop3(ScriptedServer):
    """One mailbox. Every connection sees it as it was at its beginning."""

    letters: list[PopLetter] = field(default_factory=list)
    capabilities: tuple[str, ...] = ("TOP", "UIDL", "USER", "SASL PLAIN", "PIPELINING", "RESP-CODES")
    """Empty for a server without CAPA."""
    greeting: bytes = field(default=b"+OK fake ready\r\n", kw_only=True)
    answers: dict[str, Answer | bytes] = field(default_factory=dict)
    """By the first words of a command, such as "RETR 2": what is answered instead."""
    login_count: int = 0

    @property
    def lines(self) -> list[bytes]:
        """What the client sent, line by line."""
        return [line for line in bytes(self.received).split(b"\r\n") if line]

    def server(self, *, encryption: Encryption = Encryption.NONE, seconds: float = 5.0) -> Server:
        """How an account would reach it."""
        return Server(
            protocol="pop3",
            host="localhost",
            port=self.port,
            encryption=encryption,
            user_name="alice",
            password=Secret("secret"),
            plain_login_allowed=encryption is Encryption.NONE,
            timeout=timedelta(seconds=seconds),
        )

    def serve_command(self, connection: socket.socket) -> bool:
        """One whole session: numbers and marks belong to it."""
        return _Session(self, connection).serve()


class _Session:
    def __init__(self, server: ScriptedPop3, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection
        self._letters = list(server.letters)
        self._marked: list[PopLetter] = []

    def serve(self) -> bool:
        while True:
            line = b""
            while not line.endswith(b"\r\n"):
                line += self._server.receive(self._connection, 1)
            words = line.strip().upper()
            if self._server.is_hanging_at(words, self._connection):
                return False
            self._server.send(self._connection, self._answer(line.strip()))
            if words == b"STLS" and self._server.certificate is not None and "STLS" not in self._server.answers:
                return self._server.continue_encrypted(self._connection)
            if words == b"QUIT":
                return False

    def _answer(self, line: bytes) -> bytes:
        words = line.upper().decode("latin-1")
        answers = self._server.answers
        for start in sorted(answers, key=len, reverse=True):
            if words == start or words.startswith(f"{start} "):
                answer = answers[start]
                return answer(line) if callable(answer) else answer
        usual = getattr(self, f"_{words.partition(' ')[0].lower()}", None)
        if usual is None:
            return b"+OK\r\n"
        said: bytes = usual(words.split()[1:])
        return said

    def _capa(self, _arguments: list[str]) -> bytes:
        if not self._server.capabilities:
            return b"-ERR what\r\n"
        return listing(self._server.capabilities)

    def _auth(self, _arguments: list[str]) -> bytes:
        return b"+ \r\n"

    def _stat(self, _arguments: list[str]) -> bytes:
        return b"+OK %d %d\r\n" % (len(self._letters), sum(map(_size, self._letters)))

    def _list(self, _arguments: list[str]) -> bytes:
        return listing(f"{number} {_size(letter)}" for number, letter in enumerate(self._letters, 1))

    def _uidl(self, _arguments: list[str]) -> bytes:
        return listing(f"{number} {letter.uid or number}" for number, letter in enumerate(self._letters, 1))

    def _top(self, arguments: list[str]) -> bytes:
        raw = self._letters[int(arguments[0]) - 1].raw
        return block(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")

    def _retr(self, arguments: list[str]) -> bytes:
        return block(self._letters[int(arguments[0]) - 1].raw)

    def _dele(self, arguments: list[str]) -> bytes:
        self._marked.append(self._letters[int(arguments[0]) - 1])
        return b"+OK marked\r\n"

    def _quit(self, _arguments: list[str]) -> bytes:
        self._server.letters = [letter for letter in self._server.letters if letter not in self._marked]
        return b"+OK bye\r\n"


def _size(letter: PopLetter) -> int:
    return len(letter.raw) if letter.size is None else letter.size


def block(raw: bytes) -> bytes:
    """A letter in the form of the wire."""
    stuffed = raw.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    end = b"" if stuffed.endswith(b"\r\n") or not stuffed else b"\r\n"
    return b"+OK here it is\r\n" + stuffed + end + b".\r\n"


def listing(lines: Iterable[str]) -> bytes:
    """A listing in the form of the wire."""
    return b"+OK\r\n" + b"".join(f"{line}\r\n".encode("latin-1") for line in lines) + b".\r\n"
