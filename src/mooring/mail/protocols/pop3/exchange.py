"""Commands and their answers on one POP3 connection, whatever they are about (RFC 1939, section 3).

Promises: an argument never holds what could end the command; an answer of several lines ends with CRLF.CRLF alone, so that a
letter with bare line feeds is neither cut nor changed; answers that a consumer left unread are read before the next command.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mooring.mail.errors import ConnectionLost, MailError, ProtocolViolation, UnusableName
from mooring.mail.protocols.stream import Stream

LETTER_CAP = 268_435_456
LISTING_CAP = 134_217_728
_AHEAD = 50
"""So many commands are sent before their answers are read, where the server can do that (PIPELINING)."""
_END = b"\r\n.\r\n"
_CODE = re.compile(rb"\[([A-Za-z0-9\-/]+)(?: [^\]]*)?\] ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """The first line of an answer. `kind` is "OK", "ERR", or "" for a challenge, whose `raw` is then still encoded."""

    kind: str
    raw: bytes

    @property
    def is_ok(self) -> bool:
        """The command was carried out."""
        return self.kind == "OK"

    @property
    def code(self) -> str:
        """The response code in upper case, such as "IN-USE"; empty when there is none (RFC 2449, section 8)."""
        match = _CODE.match(self.raw)
        return match[1].decode("ascii").upper() if match else ""

    @property
    def text(self) -> str:
        """The server's own words."""
        match = _CODE.match(self.raw)
        return (match[2] if match else self.raw).decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its further lines, the dots at their beginnings undone; empty where there are none."""

    reply: Reply
    block: bytes = b""


class Exchange:
    """Used by one thread. After an error of the connection or the protocol only `close` is of use."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.capabilities: dict[str, tuple[str, ...]] = {}
        """By their names in upper case; empty for servers without CAPA."""
        self._owed: deque[int] = deque()
        """For every answer not read yet the most bytes it may have behind its first line; 0 for one line only."""
        self._is_over = False

    def ask(self, *words: bytes) -> Reply:
        """A command whose answer is one line."""
        self.send(*words)
        return self.answer().reply

    def ask_for_lines(self, *words: bytes) -> tuple[Reply, list[bytes]]:
        """A command whose answer is a listing; no lines when the server refuses."""
        self.send(*words, cap=LISTING_CAP)
        answer = self.answer()
        return answer.reply, answer.block.split(b"\r\n")[:-1]

    def run(self, commands: Iterable[Sequence[bytes]], *, cap: int = 0) -> Iterator[Answer]:
        """The answers to many commands in their order, several under way at once where the server can do that."""
        ahead = _AHEAD if "PIPELINING" in self.capabilities else 1
        self._settle()
        waiting = deque(commands)
        while waiting or self._owed:
            while waiting and len(self._owed) < ahead:
                self._put(waiting.popleft(), cap)
            yield self.answer()

    def send(self, *words: bytes, cap: int = 0) -> None:
        """Send a command; `answer` then reads what the server says to it."""
        self._settle()
        self._put(words, cap)

    def _put(self, words: Sequence[bytes], cap: int) -> None:
        line = b" ".join(words)
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise UnusableName(what=words[0].decode("ascii"))
        self.say(line)
        self._owed.append(cap)

    def say(self, line: bytes) -> None:
        """Send a line as it is: a command, or what answers a challenge."""
        if self._is_over:
            raise ConnectionLost(host=self.stream.host)
        self.stream.send(line + b"\r\n")

    def answer(self) -> Answer:
        """The next answer, complete. Raises the errors of the connection and ProtocolViolation."""
        cap = self._owed.popleft()
        reply = self.reply()
        if not cap or not reply.is_ok:
            return Answer(reply)
        with self._guarded():
            return Answer(reply, self._block(cap))

    def reply(self) -> Reply:
        """The next first line."""
        with self._guarded():
            return self._read_reply()

    def expect_more(self) -> None:
        """What came was a challenge: the answer to the command is still to come."""
        self._owed.appendleft(0)

    def _read_reply(self) -> Reply:
        self.stream.start_response()
        line = self.stream.line()
        for start, kind in ((b"+OK", "OK"), (b"-ERR", "ERR"), (b"+", "")):
            if line[: len(start)].upper() == start and line[len(start) : len(start) + 1] in (b"", b" ", b"\t"):
                return Reply(kind, line[len(start) :].strip())
        raise ProtocolViolation(expected="+OK or -ERR")

    def _block(self, cap: int) -> bytes:
        """The lines up to the one with nothing but a dot. A dot before other dots was put there for the way (section 3)."""
        if self.stream.has_next(b".\r\n"):
            return b""
        raw = self.stream.until(_END, cap=cap)[:-3]
        if raw.startswith(b".."):
            raw = raw[1:]
        return raw.replace(b"\r\n..", b"\r\n.") if b"\r\n.." in raw else raw

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self._is_over:
            raise ConnectionLost(host=self.stream.host)
        try:
            yield
        except MailError:
            self._is_over = True
            raise

    def _settle(self) -> None:
        while self._owed:
            self.answer()

    @property
    def is_settled(self) -> bool:
        """Nothing is under way, so that a command would be answered next."""
        return not self._owed and not self._is_over
