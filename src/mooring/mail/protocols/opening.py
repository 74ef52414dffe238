"""From a host name to a logged-in session, in the stages that a test shows, for servers that begin with a greeting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from mooring.mail.contract import Stage
from mooring.mail.egress import Connection, EgressPolicy
from mooring.mail.errors import ConnectionLost
from mooring.mail.networks import Address
from mooring.mail.protocols.stream import Stream
from mooring.mail.types import Encryption, Server

_CONNECT_TIMEOUT = 20.0


class Greeted(Protocol):
    """A session as far as opening knows it."""

    def greet(self) -> None:
        """Read the greeting."""
        ...

    def start_tls(self) -> None:
        """Move to TLS."""
        ...

    def log_in(self, server: Server) -> None:
        """Prove who we are."""
        ...


SessionT = TypeVar("SessionT", bound=Greeted)


class Opening(Generic[SessionT]):
    """One connection, not made yet. `make` makes a session of the stream of bytes."""

    def __init__(self, server: Server, *, policy: EgressPolicy, make: Callable[[Stream], SessionT]) -> None:
        self._server = server
        self._policy = policy
        self._make = make
        self._timeout = server.timeout.total_seconds()
        self._addresses: tuple[Address, ...] = ()
        self._connection: Connection | None = None
        self._made: SessionT | None = None

    def stages(self) -> tuple[Stage, ...]:
        """The steps, each of which may raise a MailError: resolve, connect, encrypt, log_in."""
        stages = [Stage("resolve", self._resolve), Stage("connect", self._connect)]
        if self._server.encryption is not Encryption.NONE:
            stages.append(Stage("encrypt", self._encrypt))
        return (*stages, Stage("log_in", self._log_in))

    @property
    def session(self) -> SessionT:
        """The session. Raises ConnectionLost when there is none, or none any more."""
        if self._made is None:
            raise ConnectionLost(host=self._server.host)
        return self._made

    def close(self) -> None:
        """Close the connection without a word; never raises."""
        if self._connection is not None:
            self._connection.close()
        self._made = None

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
            self._greet(self._connection)
        return {}

    def _encrypt(self) -> dict[str, str]:
        if self._server.encryption is Encryption.STARTTLS:
            self.session.start_tls()
        else:
            assert self._connection is not None
            self._connection.start_tls()
            self._greet(self._connection)
        return {}

    def _greet(self, connection: Connection) -> None:
        self._made = self._make(Stream(connection, timeout=self._timeout))
        self._made.greet()

    def _log_in(self) -> dict[str, str]:
        self.session.log_in(self._server)
        return {}
