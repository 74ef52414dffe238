"""An SMTP connection from the greeting to being logged in.

States: connected -> greeted -> (secured) -> introduced -> (logged in).
Promises: no password before TLS unless the account insists; whatever a server said before TLS is forgotten.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress

from mooring.mail.egress import Connection
from mooring.mail.errors import CommandRefused, LoginDisabled, MailError, PlainLoginRefused, ProtocolViolation, StartTlsMissing
from mooring.mail.protocols.smtp.replies import Reply, going_away, login_error, read_reply
from mooring.mail.protocols.stream import Stream
from mooring.mail.sasl import Mechanism, choose_mechanism
from mooring.mail.token_login import log_in_with_token
from mooring.mail.types import Encryption, Server

_CHALLENGE_CAP = 10


class Session:
    """The steps in which a connection becomes useful, to be taken in this order."""

    def __init__(self, connection: Connection, *, timeout: float) -> None:
        self._connection = connection
        self.stream = Stream(connection, timeout=timeout)
        self.extensions: dict[str, str] = {}
        """What the server can do, upper case, with what it says about it."""

    def patient_stream(self, seconds: float) -> Stream:
        """The same connection, waited for longer. Nothing may be left unread on the usual stream."""
        return Stream(self._connection, timeout=seconds)

    def greet(self) -> None:
        """Read the greeting. Raises ServerUnavailable, ServerBusy or ProtocolViolation."""
        reply = read_reply(self.stream)
        if reply.code != 220:
            raise going_away(reply, host=self.stream.host)

    def introduce(self) -> None:
        """Say who we are and learn what the server can do. Raises CommandRefused."""
        name = _own_name(self._connection)
        reply = self.do(f"EHLO {name}")
        if reply.is_yes:
            self.extensions = _extensions_in(reply)
            return
        if self.do(f"HELO {name}").code != 250:
            raise CommandRefused(reply.text, command="EHLO")
        self.extensions = {}

    def start_tls(self) -> None:
        """Move to TLS and forget everything heard before. Raises StartTlsMissing and the errors of TLS."""
        host, port = self.stream.host, str(self.stream.port)
        if "STARTTLS" not in self.extensions:
            raise StartTlsMissing(host=host, port=port)
        reply = self.do("STARTTLS")
        if reply.code != 220:
            raise StartTlsMissing(reply.text, host=host, port=port)
        self.stream.start_tls()
        self.extensions = {}
        self.introduce()

    def log_in(self, server: Server) -> None:
        """Prove who we are. Raises PlainLoginRefused, LoginRefused, LoginDisabled, SignInAgain, ServerBusy, ServerUnavailable."""
        insists = server.plain_login_allowed and server.encryption is Encryption.NONE
        if not self.stream.is_encrypted and not insists:
            raise PlainLoginRefused(host=server.host)
        log_in_with_token(server, self._log_in_once)

    def _log_in_once(self, server: Server) -> None:
        offered = self.extensions.get("AUTH", "").upper().split()
        mechanism = choose_mechanism(server=server, offered=offered)
        if mechanism is None:
            raise LoginDisabled(offered=", ".join(offered) or "-")
        reply = self._authenticate(mechanism)
        if reply.code != 235:
            raise login_error(reply, host=server.host, user=server.user_name)

    def _authenticate(self, mechanism: Mechanism) -> Reply:
        first = mechanism.first()
        command = f"AUTH {mechanism.name}"
        if first is not None:
            command += f" {base64.b64encode(first).decode('ascii') or '='}"
        reply = self.do(command)
        for _ in range(_CHALLENGE_CAP):
            if reply.code != 334:
                return reply
            answer = mechanism.answer(_challenge_in(reply))
            reply = self.do("*" if answer is None else base64.b64encode(answer).decode("ascii"))
        raise ProtocolViolation(expected=f"at most {_CHALLENGE_CAP} challenges")

    def do(self, command: str) -> Reply:
        """One command and its reply."""
        self.stream.send(command.encode() + b"\r\n")
        return read_reply(self.stream)

    def quit(self) -> None:
        """Say goodbye if anybody listens, and close; never raises."""
        with suppress(MailError):
            self.do("QUIT")
        self.close()

    def close(self) -> None:
        """Close without a word: within a letter every word would belong to it."""
        self._connection.close()


def _own_name(connection: Connection) -> str:
    """Our address as a literal (RFC 5321, 4.1.4): true, never a name that leaks, and never one that does not resolve."""
    address = str(connection.sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _extensions_in(reply: Reply) -> dict[str, str]:
    """Old servers write AUTH=PLAIN; several lines about AUTH are taken together."""
    found: dict[str, str] = {}
    for line in reply.lines[1:]:
        name, _, rest = line.replace("AUTH=", "AUTH ", 1).partition(" ")
        name = name.upper()
        found[name] = f"{found.get(name, '')} {rest}".strip()
    return found


def _challenge_in(reply: Reply) -> bytes:
    try:
        return base64.b64decode(reply.lines[0], validate=True)
    except binascii.Error:
        return reply.lines[0].encode()
