"""What all visits of one process share: where originals are kept, who reads letters, how servers are reached."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, Self

from django.conf import settings

from mooring.letters.originals import Originals
from mooring.letters.shaping import SHAPER
from mooring.mail.connect import open_incoming, open_outgoing
from mooring.mail.contract import Incoming, Outgoing
from mooring.mail.egress import EgressPolicy
from mooring.mail.parser_process import Parser
from mooring.mail.types import Server
from mooring.sync.innocence import Innocents
from mooring.sync.leases import owner_name
from mooring.sync.pressure import Space, space_of_installation
from mooring.sync.reaching import egress_policy

SLICE = timedelta(seconds=60)
"""So long one account is worked on before the others have their turn."""


class Connect(Protocol):
    """Opens a mailbox: mail.connect.open_incoming, or what a test puts in its place."""

    def __call__(self, server: Server, *, policy: EgressPolicy) -> Incoming: ...


class ConnectOutgoing(Protocol):
    """Opens a server that takes letters: mail.connect.open_outgoing, or what a test puts in its place."""

    def __call__(self, server: Server, *, policy: EgressPolicy) -> Outgoing: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """One per process; safe to share between threads."""

    originals: Originals
    parser: Parser
    policy: EgressPolicy
    connect: Connect = open_incoming
    connect_outgoing: ConnectOutgoing = open_outgoing
    chance: Callable[[], float] = secrets.SystemRandom().random
    """A number from 0 to 1 for spreading visits."""
    space: Callable[[], Space] = space_of_installation
    owner: str = ""
    """Who holds the leases of this process."""
    innocents: Innocents = field(default_factory=Innocents)
    """Letters in work when the database stopped answering."""

    @classmethod
    def of_installation(cls, *, reader_count: int = 2) -> Self:
        """The engine that the settings describe; `reader_count` child processes read letters."""
        return cls(
            originals=Originals(settings.ORIGINALS_FOLDER),
            parser=Parser(child_count=reader_count, shaper=SHAPER),
            policy=egress_policy(),
            owner=owner_name(host=socket.gethostname(), process_id=os.getpid(), token=secrets.token_hex(4)),
        )

    def close(self) -> None:
        """End the child processes and let go of the files."""
        self.parser.close()
        self.originals.close()
