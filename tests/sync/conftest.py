"""An engine on throw-away folders, mailboxes of every kind, and a clock that tests wind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import making
from mooring.customers.models import Contact
from mooring.letters.models import MailAccount
from mooring.letters.originals import Originals
from mooring.mail.parser_process import Parser
from mooring.sync import intake
from mooring.sync.engine import Engine
from mooring.sync.visit import Visited
from mooring.users.models import User
from servers.certificates import Authority
from servers.scripted_imap import FakeLetter, ScriptedImap
from servers.scripted_smtp import ScriptedSmtp
from sync.mailboxes import Clock, account_of, make_letter, policy_for, visit


@pytest.fixture
def clock() -> Clock:
    return Clock(making.NOW)


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few hundred letters make several portions."""
    monkeypatch.setattr(intake, "MOST_LETTERS", 100)


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    with Parser(child_count=2) as shared:
        yield shared


@pytest.fixture
def engine(tmp_path: Path, parser: Parser, authority: Authority) -> Iterator[Engine]:
    originals = Originals(tmp_path / "originals")
    yield Engine(originals=originals, parser=parser, policy=policy_for(authority), chance=lambda: 0.5, owner="tests")
    originals.close()


@pytest.fixture
def owner(bob: User) -> User:
    return bob


@pytest.fixture
def scan(engine: Engine, clock: Clock) -> Callable[..., Visited]:
    """scan(account) visits the account once, as the worker would."""
    return lambda account, **changes: visit(account, engine=engine, clock=clock, **changes)


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    return tmp_path / "Maildir"


@pytest.fixture
def fake(carol: Contact) -> Iterator[ScriptedImap]:
    """A scripted server with three letters of Carol."""
    server = ScriptedImap(letters=[FakeLetter(uid, make_letter(subject=f"Letter {uid}")) for uid in (1, 2, 3)]).start()
    with server.stopping():
        yield server


@pytest.fixture
def account(owner: User, fake: ScriptedImap, engine: Engine) -> MailAccount:
    """An account on the scripted server."""
    return account_of(owner, fake.server(), engine.policy)


@pytest.fixture
def smtp() -> Iterator[ScriptedSmtp]:
    """A scripted server that takes letters."""
    server = ScriptedSmtp().start()
    yield server
    server.stop()
