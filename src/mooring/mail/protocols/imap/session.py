"""An IMAP connection from the greeting to being logged in.

States: connected -> greeted -> (secured) -> logged in -> settled.
Promises: no password before TLS unless the account insists; whatever a server said before TLS is forgotten; PREAUTH is
refused, for it would skip TLS.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from importlib.metadata import version

from mooring.mail.errors import (
    CommandRefused,
    LoginDisabled,
    PlainLoginRefused,
    ProtocolViolation,
    StartTlsMissing,
)
from mooring.mail.protocols.imap.exchange import Exchange
from mooring.mail.protocols.imap.refusals import login_error
from mooring.mail.protocols.imap.wire import Argument, Response, astring, plain
from mooring.mail.sasl import Mechanism, choose_mechanism
from mooring.mail.token_login import log_in_with_token
from mooring.mail.types import Encryption, Login, Server

_CHALLENGE_CAP = 10


class Session(Exchange):
    """The steps in which a connection becomes useful, to be taken in this order."""

    enabled: frozenset[str] = frozenset()
    """The extensions that are switched on: CONDSTORE, or QRESYNC with it."""

    def greet(self) -> None:
        """Read the greeting. Raises ServerUnavailable, ServerBusy or ProtocolViolation."""
        greeting = self.read()
        if greeting.tag != b"*" or greeting.kind != b"OK":
            raise ProtocolViolation(expected="a greeting that asks to log in")

    def start_tls(self) -> None:
        """Move to TLS and forget everything heard before. Raises StartTlsMissing and the errors of TLS."""
        host, port = self.stream.host, str(self.stream.port)
        self._know_capabilities()
        if "STARTTLS" not in self.capabilities:
            raise StartTlsMissing(host=host, port=port)
        try:
            self.do(plain(b"STARTTLS"))
        except CommandRefused as error:
            raise StartTlsMissing(error.server_said, host=host, port=port) from error
        self.stream.start_tls()
        self.capabilities = frozenset()
        self.is_stirred = False

    def log_in(self, server: Server) -> None:
        """Prove who we are. Raises PlainLoginRefused, LoginRefused, LoginDisabled, SignInAgain, ServerBusy, ServerUnavailable."""
        insists = server.plain_login_allowed and server.encryption is Encryption.NONE
        if not self.stream.is_encrypted and not insists:
            raise PlainLoginRefused(host=server.host)
        self._know_capabilities()
        log_in_with_token(server, self._log_in_once)

    def _log_in_once(self, server: Server) -> None:
        offered = {name[5:] for name in self.capabilities if name.startswith("AUTH=")}
        mechanism = choose_mechanism(server=server, offered=offered)
        if mechanism is not None:
            end = self._authenticate(mechanism)
        elif server.login is not Login.PASSWORD or "LOGINDISABLED" in self.capabilities:
            raise LoginDisabled(offered=", ".join(sorted(offered)) or "LOGIN")
        else:
            end = self._log_in_plainly(server)
        if end.kind != b"OK":
            raise login_error(end, user=server.user_name)
        if end.code != "CAPABILITY":
            self.capabilities = frozenset()

    def _log_in_plainly(self, server: Server) -> Response:
        user = astring(server.user_name.encode(), what="user name")
        password = astring(server.password.reveal().encode(), what="password")
        self.send_command(plain(b"LOGIN"), user, password)
        return self.accept_end(self.read_beyond_chatter())

    def _authenticate(self, mechanism: Mechanism) -> Response:
        command = b"AUTHENTICATE " + mechanism.name.encode("ascii")
        first = mechanism.first() if "SASL-IR" in self.capabilities else None
        if first is not None:
            command += b" " + base64.b64encode(first)
        self.send_command(plain(command))
        for _ in range(_CHALLENGE_CAP):
            response = self.read_beyond_chatter()
            if response.tag != b"+":
                return self.accept_end(response)
            answer = mechanism.answer(_challenge_in(response))
            self.stream.send((b"*" if answer is None else base64.b64encode(answer)) + b"\r\n")
        raise ProtocolViolation(expected=f"at most {_CHALLENGE_CAP} challenges")

    def settle(self) -> None:
        """After the log-in: say which program this is, and switch on the best tracking of changes."""
        self._know_capabilities()
        if "ID" in self.capabilities:
            name = b'("name" "Mooring" "version" "%s")' % version("mooring").encode("ascii")
            self._attempt(plain(b"ID"), plain(name))
        if "ENABLE" in self.capabilities:
            for extension in ("QRESYNC", "CONDSTORE"):
                if extension in self.capabilities:
                    self._enable(extension)
                    break

    def _enable(self, extension: str) -> None:
        try:
            for response in self.run(plain(b"ENABLE " + extension.encode("ascii"))):
                if response.kind == b"ENABLED":
                    self.enabled = frozenset(response.pieces[0].decode("ascii", "replace").upper().split())
        except CommandRefused:
            self.enabled = frozenset()

    def start_deflate(self) -> None:
        """Compress from here on, where the server offers it (RFC 4978); harmless to ask twice."""
        if "COMPRESS=DEFLATE" not in self.capabilities:
            return
        self.capabilities -= {"COMPRESS=DEFLATE"}
        with suppress(CommandRefused):
            self.do(plain(b"COMPRESS DEFLATE"))
            self.stream.start_deflate()

    def _attempt(self, *arguments: Argument) -> None:
        with suppress(CommandRefused):
            self.do(*arguments)

    def _know_capabilities(self) -> None:
        if not self.capabilities:
            self.do(plain(b"CAPABILITY"))


def _challenge_in(response: Response) -> bytes:
    try:
        return base64.b64decode(response.pieces[0], validate=True)
    except binascii.Error:
        return response.pieces[0]
