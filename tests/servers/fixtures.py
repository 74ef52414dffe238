"""Fixtures of real mail servers, a pytest plugin."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from servers.certificates import Authority
from servers.cyrus import Cyrus, unpacked_cyrus
from servers.dovecot import Dovecot, is_installed
from servers.exim import Exim, unpacked_exim
from servers.gmail import GmailServer
from servers.graph import GraphServer
from servers.identity_provider import IdentityProvider
from servers.jmap import ScriptedJmap
from servers.postfix import Postfix, unpacked_postfix
from servers.programs import ProgramMissing
from servers.scripted import LOOPBACK
from servers.scripted_imap import ScriptedImap
from servers.scripted_pop3 import ScriptedPop3
from servers.web import Asked, Given, WebServer


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder with a short path, since sockets lie in it, that mail processes may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="mooring-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def authority(server_folder: Path) -> Authority:
    """The certificate authority of all test servers."""
    return Authority(server_folder)


@pytest.fixture(scope="session")
def new_dovecot(server_folder: Path, authority: Authority) -> Iterator[Callable[..., Dovecot]]:
    """new_dovecot(settings="...") starts a Dovecot with further settings; all are stopped at the end."""
    if not is_installed():
        pytest.skip("Dovecot is not installed on this machine")
    running: list[Dovecot] = []

    def start(*, settings: str = "", introspection_url: str = "") -> Dovecot:
        folder = server_folder / f"dovecot{os.getpid()}-{len(running)}"
        folder.mkdir()
        dovecot = Dovecot(folder, authority=authority, settings=settings, introspection_url=introspection_url)
        running.append(dovecot)
        dovecot.start()
        return dovecot

    yield start
    for dovecot in running:
        dovecot.stop()


@pytest.fixture(scope="session")
def dovecot(new_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """A Dovecot with all it can do: QRESYNC, ESEARCH, LIST-STATUS, IDLE."""
    return new_dovecot()


@pytest.fixture(scope="session")
def provider(authority: Authority) -> Iterator[IdentityProvider]:
    """A sign-in provider; tests take people of their own so that they do not meet."""
    running = IdentityProvider(authority).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def token_dovecot(new_dovecot: Callable[..., Dovecot], provider: IdentityProvider) -> Dovecot:
    """A Dovecot that also takes the tokens of `provider`."""
    return new_dovecot(introspection_url=provider.introspection_url)


@pytest.fixture
def opened() -> Iterator[Callable[[ScriptedImap | ScriptedPop3], Incoming]]:
    """opened(fake) is a mailbox on a running fake; both are closed at the end."""
    running: list[ScriptedImap | ScriptedPop3] = []
    mailboxes: list[Incoming] = []

    def open_on(fake: ScriptedImap | ScriptedPop3, *, seconds: float = 5.0) -> Incoming:
        running.append(fake.start())
        mailboxes.append(open_incoming(fake.server(seconds=seconds), policy=LOOPBACK))
        return mailboxes[-1]

    yield open_on
    for mailbox in mailboxes:
        mailbox.close()
    for fake in running:
        fake.stop()


@pytest.fixture(scope="session")
def cyrus(server_folder: Path, authority: Authority) -> Iterator[Cyrus]:
    """A Cyrus IMAP: COMPRESS, OBJECTID, lower-case attributes, and "." between folders."""
    folder = server_folder / f"cyrus{os.getpid()}"
    folder.mkdir()
    try:
        server = Cyrus(folder, root=unpacked_cyrus(), authority=authority)
        server.start()
    except ProgramMissing as reason:
        pytest.skip(f"Cyrus IMAP cannot be run here: {reason}")
    yield server
    server.stop()


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    """Microsoft Graph with an empty mailbox and pages of three."""
    server = GraphServer(page_cap=3)
    with server.web.running():
        yield server


@pytest.fixture
def gmail() -> Iterator[GmailServer]:
    """The Gmail API with an empty mailbox and pages of three."""
    server = GmailServer(page_cap=3)
    with server.web.running():
        yield server


@pytest.fixture
def jmap() -> Iterator[ScriptedJmap]:
    """A JMAP server with an empty mailbox."""
    server = ScriptedJmap()
    with server.web.running():
        yield server


@pytest.fixture
def tls_web(authority: Authority) -> Iterator[Callable[[Callable[[Asked], Given]], tuple[WebServer, str]]]:
    """tls_web(answer) is a running web server with a certificate for localhost, and the authority to trust."""
    with ExitStack() as stack:
        certificate = authority.issue("localhost")

        def start(answer: Callable[[Asked], Given]) -> tuple[WebServer, str]:
            return stack.enter_context(WebServer(answer, certificate=certificate).running()), authority.pem

        yield start


@contextmanager
def _readable_by_all() -> Iterator[None]:
    """Files made inside can be read by the user whom a server runs as, whatever the umask of whoever runs the tests."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="session")
def postfix(server_folder: Path, authority: Authority) -> Iterator[Postfix]:
    """A Postfix that takes letters for harbour.example."""
    folder = server_folder / f"postfix{os.getpid()}"
    with _readable_by_all():
        folder.mkdir()
        try:
            server = Postfix(folder, root=unpacked_postfix(), authority=authority)
            server.start()
        except ProgramMissing as reason:
            pytest.skip(f"Postfix cannot be run here: {reason}")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def exim(server_folder: Path) -> Iterator[Exim]:
    """An Exim that lets in by NTLM version 1 and queues what it accepts."""
    folder = server_folder / f"exim{os.getpid()}"
    folder.mkdir()
    try:
        server = Exim(folder, root=unpacked_exim())
        server.start()
    except ProgramMissing as reason:
        pytest.skip(f"Exim cannot be run here: {reason}")
    yield server
    server.stop()
