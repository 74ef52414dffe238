"""Which mail servers answered this process of late: the worker gives those that do not only a small part of its threads.

Nothing of it is written down. After a start a server is unknown until the first connection to it succeeds or fails.
"""

from __future__ import annotations

from typing import Final

from mooring.mail.contract import Incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    ConnectionLost,
    MailError,
    NameNotFound,
    NoAnswer,
    PortClosed,
    ServerUnavailable,
    TlsFailed,
)
from mooring.mail.types import Server
from mooring.sync.engine import Connect
from mooring.sync.schedule import Hosts

_SILENCE: Final = (NameNotFound, PortClosed, NoAnswer, ConnectionLost, TlsFailed, ServerUnavailable)
"""Troubles of the server itself. A refused login is an answer."""


class HostMemory:
    """What the last connection to each host was worth. Threads may share it: each note is one assignment."""

    def __init__(self) -> None:
        self._has_answered: dict[str, bool] = {}

    def connecting(self, connect: Connect) -> Connect:
        """The same way of opening mailboxes, with its outcome remembered."""

        def connect_and_remember(server: Server, *, policy: EgressPolicy) -> Incoming:
            try:
                incoming = connect(server, policy=policy)
            except MailError as error:
                self._has_answered[host_of(server.host, server.url)] = not isinstance(error, _SILENCE)
                raise
            self._has_answered[host_of(server.host, server.url)] = True
            return incoming

        return connect_and_remember

    def seen(self) -> Hosts:
        """What is known at this moment."""
        known = self._has_answered.copy()
        answered = frozenset(host for host, has_answered in known.items() if has_answered)
        return Hosts(answered=answered, silent=known.keys() - answered)


def host_of(host: str, url: str) -> str:
    """What accounts of one server have in common. Empty for mail files, and for providers with one address for everybody."""
    return host or url
