"""Commands and their answers on one IMAP connection, whatever they are about.

Promises: every command gets its own tag and only its own answer; BYE is an error wherever it comes; a consumer that stops
listening in the middle does no harm, because the rest is read before the next command.
"""

from __future__ import annotations

from collections.abc import Generator

from mooring.mail.errors import ConnectionLost, MailError, ProtocolViolation
from mooring.mail.protocols.imap.refusals import command_error, goodbye_error
from mooring.mail.protocols.imap.wire import Argument, Response, encode_command, read_response
from mooring.mail.protocols.stream import Stream

CHATTER_CAP = 10_000
"""How many responses that nobody asked for a server may send in a row."""

_HINTS = frozenset({b"EXISTS", b"EXPUNGE", b"VANISHED"})


class Exchange:
    """Used by one thread. After an error of the connection or the protocol only `close` is of use."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.capabilities: frozenset[str] = frozenset()
        self.is_stirred = False
        """Since this was last set to False, the server hinted at a change in the examined folder."""
        self.is_idle = False
        """Nothing was asked for, so that FETCH is a hint too."""
        self._number = 0
        self._open_tag = b""
        self._is_over = False

    def do(self, *arguments: Argument) -> None:
        """Run a command whose untagged responses do not matter. Raises as `run`."""
        for _ in self.run(*arguments):
            pass

    def run(self, *arguments: Argument) -> Generator[Response, None, None]:
        """Run a command and hand on its untagged responses.

        Sent with the first step of the iterator. Raises CommandRefused, ServerBusy or ServerUnavailable when the
        server says no, and the errors of the connection.
        """
        end = yield from self.run_to_end(*arguments)
        if end.kind != b"OK":
            raise command_error(end, command=arguments[0].raw.decode("ascii"))

    def run_to_end(self, *arguments: Argument) -> Generator[Response, None, Response]:
        """Like `run`, but the tagged answer is the value of the generator, whatever it says."""
        self._drain()
        self.send_command(*arguments)
        while True:
            response = self.read()
            if response.tag == b"*":
                yield response
            else:
                return self.accept_end(response)

    def finish(self, *arguments: Argument) -> Response:
        """Run a command whose untagged responses do not matter; its tagged answer, whatever it says."""
        run = self.run_to_end(*arguments)
        while True:
            try:
                next(run)
            except StopIteration as stop:
                end: Response = stop.value
                return end

    def send_command(self, *arguments: Argument) -> None:
        """Send a command under a new tag; literals wait for the server's consent unless it takes them at once."""
        self._number += 1
        self._open_tag = b"M%d" % self._number
        blocks = encode_command(self._open_tag, arguments, has_literal_plus="LITERAL+" in self.capabilities)
        for block in blocks[:-1]:
            self.stream.send(block)
            self._await_consent(arguments[0].raw.decode("ascii"))
        self.stream.send(blocks[-1])

    def _await_consent(self, command: str) -> None:
        response = self.read_beyond_chatter()
        if response.tag == b"+":
            return
        self.accept_end(response)
        if response.kind == b"OK":
            raise ProtocolViolation(expected="consent to a literal")
        raise command_error(response, command=command)

    def read_beyond_chatter(self) -> Response:
        """The next response that is tagged or a continuation."""
        for _ in range(CHATTER_CAP):
            response = self.read()
            if response.tag != b"*":
                return response
        raise ProtocolViolation(expected="an answer")

    def read(self) -> Response:
        """The next response of any kind. Raises the goodbye of the server as an error."""
        if self._is_over:
            raise ConnectionLost(host=self.stream.host)
        try:
            response = read_response(self.stream)
        except MailError:
            self._is_over = True
            raise
        if response.tag == b"*":
            self._note(response)
        return response

    def _note(self, response: Response) -> None:
        if response.kind == b"BYE":
            self._is_over = True
            raise goodbye_error(response, host=self.stream.host)
        if response.kind in _HINTS or (self.is_idle and response.kind == b"FETCH"):
            self.is_stirred = True
        elif response.kind == b"CAPABILITY":
            self._learn(response.pieces[0])
        elif response.is_status and response.code == "CAPABILITY":
            self._learn(response.code_argument)

    def _learn(self, names: bytes) -> None:
        self.capabilities = frozenset(names.decode("ascii", "replace").upper().split())

    def accept_end(self, response: Response) -> Response:
        """Check that a response ends the command under way."""
        if response.tag != self._open_tag or not response.is_status:
            self._is_over = True
            raise ProtocolViolation(expected="the answer to the command")
        self._open_tag = b""
        if response.code == "CAPABILITY":
            self._learn(response.code_argument)
        return response

    def _drain(self) -> None:
        while self._open_tag:
            response = self.read()
            if response.tag != b"*":
                self.accept_end(response)

    def close(self) -> None:
        """Log out politely if nothing is under way, then close; never raises."""
        if not self._open_tag and not self._is_over:
            try:
                self.stream.send(b"BYE LOGOUT\r\n")
            except MailError:
                self._is_over = True
        self._is_over = True
        self.stream.close()
