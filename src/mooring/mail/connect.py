"""Which protocol a name stands for, how a mailbox is opened, and how a connection is tried out step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeAlias, runtime_checkable

from mooring.mail.contract import Incoming, Outgoing, Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import MailError, UnusableName
from mooring.mail.protocols.files import FilesMailbox
from mooring.mail.protocols.gmail import GmailMailbox, GmailSender
from mooring.mail.protocols.graph import GraphMailbox, GraphSender
from mooring.mail.protocols.imap import ImapMailbox
from mooring.mail.protocols.jmap import JmapMailbox, JmapSender
from mooring.mail.protocols.pop3 import Pop3Mailbox
from mooring.mail.protocols.smtp import SmtpOutgoing
from mooring.mail.types import Folder, Server, Step


class _Opening(Incoming, Protocol):
    """A mailbox that is opened in stages."""

    def stages(self) -> Sequence[Stage]:
        """The steps that make it usable, in their order."""
        ...


_Maker: TypeAlias = Callable[[Server, EgressPolicy], _Opening]

_INCOMING: dict[str, _Maker] = {
    "imap": lambda server, policy: ImapMailbox(server, policy=policy),
    "jmap": lambda server, policy: JmapMailbox(server, policy=policy),
    "graph": lambda server, policy: GraphMailbox(server, policy=policy),
    "pop3": lambda server, policy: Pop3Mailbox(server, policy=policy),
    "gmail": lambda server, policy: GmailMailbox(server, policy=policy),
    "files": lambda server, policy: FilesMailbox(server),  # noqa: ARG005 - no network to be let into
}


def incoming_protocols() -> tuple[str, ...]:
    """The names that `Server.protocol` may have for receiving."""
    return tuple(_INCOMING)


def open_incoming(server: Server, *, policy: EgressPolicy) -> Incoming:
    """A mailbox ready for use. Raises a MailError; nothing stays open then."""
    mailbox = _made(server, policy)
    try:
        for stage in mailbox.stages():
            stage.run()
    except BaseException:
        mailbox.close()
        raise
    return mailbox


class _OpeningOutgoing(Outgoing, Protocol):
    """A server that takes letters, opened in stages."""

    def stages(self) -> Sequence[Stage]:
        """The steps that make it usable, in their order."""
        ...


@runtime_checkable
class _AsksAboutSender(Protocol):
    def check_sender(self, address: str) -> None: ...


_OUTGOING: dict[str, Callable[[Server, EgressPolicy], _OpeningOutgoing]] = {
    "smtp": lambda server, policy: SmtpOutgoing(server, policy=policy),
    "jmap": lambda server, policy: JmapSender(server, policy=policy),
    "graph": lambda server, policy: GraphSender(server, policy=policy),
    "gmail": lambda server, policy: GmailSender(server, policy=policy),
}


def outgoing_protocols() -> tuple[str, ...]:
    """The names that `Server.protocol` may have for sending."""
    return tuple(_OUTGOING)


def open_outgoing(server: Server, *, policy: EgressPolicy) -> Outgoing:
    """A server ready to take letters. Raises a MailError; nothing stays open then."""
    outgoing = _made_outgoing(server, policy)
    try:
        for stage in outgoing.stages():
            stage.run()
    except BaseException:
        outgoing.close()
        raise
    return outgoing


class _Test:
    """A connection tried out: iterate over its steps, then read `error`.

    It ends with the first step that fails. Nothing on the server is changed. It can be gone through once.
    """

    def __init__(self) -> None:
        self.error: MailError | None = None

    def _tried(self, stages: Iterable[Stage], close: Callable[[], None]) -> Iterator[Step]:
        try:
            for stage in stages:
                step = self._taken(stage)
                yield step
                if step.error:
                    return
        finally:
            close()

    def _taken(self, stage: Stage) -> Step:
        try:
            return Step(stage.code, details=stage.run())
        except MailError as error:
            self.error = error
            said = {"server_said": error.server_said} if error.server_said else {}
            return Step(stage.code, error.code, {**error.details, **said})


class ConnectionTest(_Test):
    """How receiving goes; afterwards `folders` are those of the mailbox."""

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        super().__init__()
        self.folders: tuple[Folder, ...] = ()
        self._server = server
        self._policy = policy

    def __iter__(self) -> Iterator[Step]:
        mailbox = _made(self._server, self._policy)
        stages = (*mailbox.stages(), Stage("list_folders", lambda: self._list_folders(mailbox)))
        yield from self._tried(stages, mailbox.close)

    def _list_folders(self, mailbox: Incoming) -> dict[str, str]:
        self.folders = tuple(mailbox.folders())
        return {"count": str(len(self.folders))}


class OutgoingTest(_Test):
    """How sending goes, as far as it can be tried without sending a letter."""

    def __init__(self, server: Server, *, policy: EgressPolicy, sender: str = "") -> None:
        super().__init__()
        self._server = server
        self._policy = policy
        self._sender = sender

    def __iter__(self) -> Iterator[Step]:
        outgoing = _made_outgoing(self._server, self._policy)
        stages = [*outgoing.stages()]
        if self._sender and isinstance(outgoing, _AsksAboutSender):
            stages.append(Stage("check_sender", partial(_checked, outgoing, self._sender)))
        yield from self._tried(stages, outgoing.close)


def _checked(outgoing: _AsksAboutSender, sender: str) -> dict[str, str]:
    outgoing.check_sender(sender)
    return {"sender": sender}


def test_incoming(server: Server, *, policy: EgressPolicy) -> ConnectionTest:
    """Try out receiving: resolve, connect, encrypt, log_in, list_folders, as far as the protocol has them."""
    return ConnectionTest(server, policy=policy)


def test_outgoing(server: Server, *, policy: EgressPolicy, sender: str) -> OutgoingTest:
    """Try out sending: resolve, connect, encrypt, log_in, check_sender, as far as there are such and `sender` is given."""
    return OutgoingTest(server, policy=policy, sender=sender)


def _made(server: Server, policy: EgressPolicy) -> _Opening:
    maker = _INCOMING.get(server.protocol)
    if maker is None:
        raise UnusableName(what=server.protocol)
    return maker(server, policy)


def _made_outgoing(server: Server, policy: EgressPolicy) -> _OpeningOutgoing:
    maker = _OUTGOING.get(server.protocol)
    if maker is None:
        raise UnusableName(what=server.protocol)
    return maker(server, policy)
