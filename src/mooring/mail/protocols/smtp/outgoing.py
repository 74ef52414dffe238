"""A server that takes letters by SMTP: `contract.Outgoing`.

Made unconnected: run the `stages` in their order, then use it. A session that ended within a letter is closed without another
word, for every word would belong to the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from mooring.mail.contract import Stage
from mooring.mail.egress import Connection, EgressPolicy
from mooring.mail.errors import ConnectionLost
from mooring.mail.networks import Address
from mooring.mail.protocols.smtp.replies import letter_error
from mooring.mail.protocols.smtp.session import Session
from mooring.mail.protocols.smtp.transaction import Transaction
from mooring.mail.types import Encryption, Envelope, Login, Sent, Server
from mooring.mail.writing import wire_address

_CONNECT_TIMEOUT = 20.0
_KEEP_A_COPY = frozenset(
    {"smtp.gmail.com", "smtp.googlemail.com", "smtp-relay.gmail.com", "smtp.office365.com", "smtp-mail.outlook.com"}
)
"""Hosts that put what they send into the Sent folder themselves (observed and documented by Google and Microsoft)."""


class SmtpOutgoing:
    """Not yet connected."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._server = server
        self._policy = policy
        self._timeout = server.timeout.total_seconds()
        self._addresses: tuple[Address, ...] = ()
        self._connection: Connection | None = None
        self._open: Session | None = None
        self._needs_reset = False
        self.keeps_sent_copy = server.host.lower() in _KEEP_A_COPY

    # -- opening -----------------------------------------------------------------------------------------------------

    def stages(self) -> tuple[Stage, ...]:
        """The steps of opening, each of which may raise a MailError."""
        stages = [Stage("resolve", self._resolve), Stage("connect", self._connect)]
        if self._server.encryption is not Encryption.NONE:
            stages.append(Stage("encrypt", self._encrypt))
        if self._server.login is not Login.NONE:
            stages.append(Stage("log_in", self._log_in))
        return tuple(stages)

    def _resolve(self) -> dict[str, str]:
        self._addresses = self._policy.resolve(host=self._server.host, port=self._server.port)
        return {"addresses": ", ".join(map(str, self._addresses))}

    def _connect(self) -> dict[str, str]:
        self._connection = self._policy.connect(
            host=self._server.host,
            port=self._server.port,
            timeout=min(self._timeout, _CONNECT_TIMEOUT),
            addresses=self._addresses,
            trusted_certificate=self._server.trusted_certificate,
        )
        if self._server.encryption is not Encryption.TLS:
            self._session_on(self._connection)
        return {}

    def _encrypt(self) -> dict[str, str]:
        if self._server.encryption is Encryption.STARTTLS:
            self._session.start_tls()
        else:
            connection = self._connected
            connection.start_tls()
            self._session_on(connection)
        return {}

    def _session_on(self, connection: Connection) -> None:
        self._open = Session(connection, timeout=self._timeout)
        self._open.greet()
        self._open.introduce()

    def _log_in(self) -> dict[str, str]:
        self._session.log_in(self._server)
        return {}

    @property
    def _connected(self) -> Connection:
        if self._connection is None:
            raise ConnectionLost(host=self._server.host)
        return self._connection

    @property
    def _session(self) -> Session:
        if self._open is None:
            raise ConnectionLost(host=self._server.host)
        return self._open

    # -- contract.Outgoing -------------------------------------------------------------------------------------------

    def check_sender(self, address: str) -> None:
        """Ask whether letters from this address are taken, without sending one. Raises a MailError."""
        reply = self._session.do(f"MAIL FROM:<{wire_address(address)}>")
        self._session.do("RSET")
        if not reply.is_yes:
            raise letter_error(reply, host=self._server.host, user=self._server.user_name)

    def send(self, envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
        """Hand a letter over (contract.Outgoing.send)."""
        session = self._session
        if self._needs_reset:
            session.do("RSET")
        self._needs_reset = True
        transaction = Transaction(session, user=self._server.user_name)
        try:
            return transaction.send(envelope, raw, before_data=before_data)
        finally:
            if transaction.is_within_letter:
                self._drop()

    def _drop(self) -> None:
        self._session.close()
        self._open = self._connection = None

    def close(self) -> None:
        """Say goodbye and close; never raises."""
        if self._open is not None:
            self._open.quit()
        elif self._connection is not None:
            self._connection.close()
        self._open = self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
