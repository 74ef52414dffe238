"""A POP3 connection from the greeting to being logged in.

States: connected -> greeted -> (secured) -> logged in.
Promises: no password before TLS unless the account insists, and then by APOP where the server can do that; whatever a server said
before TLS is forgotten; a log-in is tried once, another way only where the server does not know the first one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection

from mooring.mail.errors import LoginDisabled, PlainLoginRefused, ProtocolViolation, StartTlsMissing, UnusableName
from mooring.mail.protocols.pop3.exchange import Exchange, Reply
from mooring.mail.protocols.pop3.refusals import greeting_error, login_error
from mooring.mail.sasl import Mechanism, choose_mechanism
from mooring.mail.token_login import log_in_with_token
from mooring.mail.types import Encryption, Login, Server

_CHALLENGE_CAP = 10
_TIMESTAMP = re.compile(rb"<[^<>@\s]+@[^<>@\s]*>")


class Session(Exchange):
    """The steps in which a connection becomes useful, to be taken in this order."""

    _timestamp = b""
    """What APOP digests the password with; empty for servers that do not offer it."""

    def greet(self) -> None:
        """Read the greeting. Raises ServerBusy, ServerUnavailable or ProtocolViolation."""
        greeting = self.reply()
        if not greeting.kind:
            raise ProtocolViolation(expected="a greeting")
        if not greeting.is_ok:
            raise greeting_error(greeting, host=self.stream.host)
        stamp = _TIMESTAMP.search(greeting.raw)
        self._timestamp = stamp[0] if stamp else b""
        self._learn_capabilities()

    def start_tls(self) -> None:
        """Move to TLS and forget everything heard before. Raises StartTlsMissing and the errors of TLS."""
        host, port = self.stream.host, str(self.stream.port)
        if self.capabilities and "STLS" not in self.capabilities:
            raise StartTlsMissing(host=host, port=port)
        reply = self.ask(b"STLS")
        if not reply.is_ok:
            raise StartTlsMissing(reply.text, host=host, port=port)
        self.stream.start_tls()
        self._timestamp = b""
        self._learn_capabilities()

    def _learn_capabilities(self) -> None:
        """CAPA (RFC 2449). Servers from before it refuse, which says nothing about what they can do."""
        _, lines = self.ask_for_lines(b"CAPA")
        words = [line.decode("ascii", "replace").upper().split() for line in lines]
        self.capabilities = {line[0]: tuple(line[1:]) for line in words if line}

    def log_in(self, server: Server) -> None:
        """Prove who we are. Raises PlainLoginRefused, LoginRefused, LoginDisabled, SignInAgain, ServerBusy, ServerUnavailable."""
        insists = server.plain_login_allowed and server.encryption is Encryption.NONE
        if not self.stream.is_encrypted and not insists:
            raise PlainLoginRefused(host=server.host)
        log_in_with_token(server, self._log_in_once)
        if self.capabilities:
            self._learn_capabilities()

    def _log_in_once(self, server: Server) -> None:
        reply = self._proven(server)
        if not reply.is_ok:
            raise login_error(reply, host=server.host, user=server.user_name)

    def _proven(self, server: Server) -> Reply:
        is_by_password = server.login is Login.PASSWORD
        if is_by_password and self._timestamp and not self.stream.is_encrypted:
            return self._log_in_by_digest(server)
        offered = self._offered(server)
        mechanism = choose_mechanism(server=server, offered=offered)
        if mechanism is not None:
            return self._authenticate(mechanism)
        if not is_by_password:
            raise LoginDisabled(offered=", ".join(sorted(offered)) or "USER")
        if self._timestamp and self.capabilities and "USER" not in self.capabilities:
            return self._log_in_by_digest(server)
        return self._log_in_plainly(server)

    def _offered(self, server: Server) -> Collection[str]:
        """The mechanisms; Exchange names them only when asked by AUTH alone ([MS-POP3], 2.2.1)."""
        if "SASL" in self.capabilities or server.login is Login.PASSWORD:
            return self.capabilities.get("SASL", ())
        _, lines = self.ask_for_lines(b"AUTH")
        return {line.decode("ascii", "replace").strip().upper() for line in lines}

    def _log_in_by_digest(self, server: Server) -> Reply:
        """APOP (RFC 1939, section 7): the password itself is not sent."""
        digest = hashlib.md5(self._timestamp + _clean(server.password.reveal(), "password"), usedforsecurity=False).hexdigest()
        return self.ask(b"APOP", _clean(server.user_name, "user name"), digest.encode("ascii"))

    def _log_in_plainly(self, server: Server) -> Reply:
        user, password = _clean(server.user_name, "user name"), _clean(server.password.reveal(), "password")
        reply = self.ask(b"USER", user)
        return self.ask(b"PASS", password) if reply.is_ok else reply

    def _authenticate(self, mechanism: Mechanism) -> Reply:
        """RFC 5034. The first response waits for the server: sent with the command it would have to fit into 255 bytes."""
        self.send(b"AUTH", mechanism.name.encode("ascii"))
        first = mechanism.first()
        for _ in range(_CHALLENGE_CAP):
            reply = self.answer().reply
            if reply.kind:
                return reply
            self.expect_more()
            response, first = (first or mechanism.answer(_challenge_in(reply))), None
            self.say(b"*" if response is None else base64.b64encode(response))
        raise ProtocolViolation(expected=f"at most {_CHALLENGE_CAP} challenges")


def _clean(text: str, what: str) -> bytes:
    if any(sign in text for sign in "\r\n\0"):
        raise UnusableName(what=what)
    return text.encode()


def _challenge_in(reply: Reply) -> bytes:
    try:
        return base64.b64decode(reply.raw, validate=True)
    except binascii.Error:
        return reply.raw
