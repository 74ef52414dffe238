"""Which protocol a name stands for, how a mailbox is opened, and how a connection is tried out step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from mooring.mail.contract import Incoming, Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import MailError, UnusableName
from mooring.mail.protocols.files import FilesMailbox
from mooring.mail.protocols.imap import ImapMailbox
from mooring.mail.types import Folder, Server, Step


class _Opening(Incoming, Protocol):
    """A mailbox that is opened in stages."""

    def stages(self) -> Sequence[Stage]:
        """The steps that make it usable, in their order."""
        ...


_Maker: TypeAlias = Callable[[Server, EgressPolicy], _Opening]

_INCOMING: dict[str, _Maker] = {
    "imap": lambda server, policy: ImapMailbox(server, policy=policy),
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


class ConnectionTest:
    """A connection tried out: iterate over its steps, then read `folders` and `error`.

    It ends with the first step that fails. Nothing on the server is changed. It can be gone through once.
    """

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self.folders: tuple[Folder, ...] = ()
        self.error: MailError | None = None
        self._server = server
        self._policy = policy

    def __iter__(self) -> Iterator[Step]:
        mailbox = _made(self._server, self._policy)
        stages = (*mailbox.stages(), Stage("list_folders", lambda: self._list_folders(mailbox)))
        try:
            for stage in stages:
                step = self._taken(stage)
                yield step
                if step.error:
                    return
        finally:
            mailbox.close()

    def _taken(self, stage: Stage) -> Step:
        try:
            return Step(stage.code, details=stage.run())
        except MailError as error:
            self.error = error
            said = {"server_said": error.server_said} if error.server_said else {}
            return Step(stage.code, error.code, {**error.details, **said})

    def _list_folders(self, mailbox: Incoming) -> dict[str, str]:
        self.folders = tuple(mailbox.folders())
        return {"count": str(len(self.folders))}


def test_incoming(server: Server, *, policy: EgressPolicy) -> ConnectionTest:
    """Try out a connection: resolve, connect, encrypt, log_in, list_folders, as far as the protocol has them."""
    return ConnectionTest(server, policy=policy)


def _made(server: Server, policy: EgressPolicy) -> _Opening:
    maker = _INCOMING.get(server.protocol)
    if maker is None:
        raise UnusableName(what=server.protocol)
    return maker(server, policy)
