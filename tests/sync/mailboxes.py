"""Mail accounts for tests of the engine, letters to put into them, and questions about what became of these."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import making
from mooring.letters.accounts import AccountData, add_account
from mooring.letters.folders import default_choices
from mooring.letters.models import Delivery, Letter, Link, MailAccount
from mooring.letters.originals import Originals
from mooring.mail.connect import open_incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Server
from mooring.sync.engine import Engine
from mooring.sync.models import AccountState, Item
from mooring.sync.visit import Visited, visit_account
from mooring.users.models import User
from servers.certificates import Authority
from servers.dovecot import Dovecot

_numbers = count(1)
WHY = "a test looks at everything"


class Clock:
    """A clock that stands still until a test winds it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wind(self, **by: float) -> None:
        self.now += timedelta(**by)


def policy_for(authority: Authority) -> EgressPolicy:
    """Loopback is open, and the certificates of the test servers are trusted."""
    return EgressPolicy.opening(["127.0.0.0/8", "::1/128"], extra_authorities=authority.pem)


def make_letter(
    sender: str = "carol@harbour.example",
    *,
    to: str = "bob@mooring.example",
    subject: str = "",
    body: str = "Good morning",
    date: str = "Mon, 02 Mar 2026 08:00:00 +0000",
    headers: str = "",
) -> bytes:
    """A letter like no other."""
    number = next(_numbers)
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject or f'Letter {number}'}\r\nDate: {date}\r\n"
    return f"{head}Message-ID: <{number}@tests.example>\r\n{headers}\r\n{body}\r\n".encode()


def files_account(owner: User, path: Path, **data: Any) -> MailAccount:
    """An account that reads mail files; by default everything, however old."""
    return account_of(owner, Server(protocol="files", path=str(path)), EgressPolicy(), **data)


def account_of(owner: User, server: Server, policy: EgressPolicy, **data: Any) -> MailAccount:
    """An account for a server that is really there, with the folders that it lists."""
    with open_incoming(server, policy=policy) as incoming:
        choices = default_choices(incoming.folders())
    return add_account(
        owner=owner,
        data=replace(_data_of(server), **{"first_scan_days": None, **data}),
        password=server.password,
        folders=choices,
        by=making.BY_COMMAND,
        now=making.NOW,
    )


def _data_of(server: Server) -> AccountData:
    return AccountData(
        your_name="Bob",
        address="bob@mooring.example",
        protocol=server.protocol,
        host=server.host,
        port=server.port or 993,
        encryption=server.encryption.value,
        user_name=server.user_name,
        plain_login_allowed=server.plain_login_allowed,
        path=server.path,
        timeout_seconds=20,
    )


def visit(account: MailAccount, *, engine: Engine, clock: Clock, **changes: Any) -> Visited:
    """One visit of the account."""
    return visit_account(account.pk, engine=replace(engine, **changes), clock=clock, stop=threading.Event())


def deliver(maildir: Path, *letters: bytes, folder: str = "", flags: str = "") -> list[str]:
    """Letters arrive in a Maildir; their names."""
    part = maildir / folder / ("cur" if flags else "new")
    for each in ("cur", "new", "tmp"):
        (maildir / folder / each).mkdir(parents=True, exist_ok=True)
    names = []
    for raw in letters:
        name = f"{next(_numbers)}.tests.example"
        (part / (f"{name}:2,{flags}" if flags else name)).write_bytes(raw)
        names.append(name)
    return names


def state_of(account: MailAccount) -> AccountState:
    return AccountState.objects.get(account=account)


def item_states(account: MailAccount) -> Counter[str]:
    return Counter(Item.objects.filter(folder__account=account).values_list("state", flat=True))


def stored(originals: Originals) -> Counter[str]:
    """The SHA-256 of every letter in the archive, counted, each read back byte for byte."""
    letters = Letter.objects.unscoped(WHY).select_related("original")
    return Counter(hashlib.sha256(originals.read(letter.original)).hexdigest() for letter in letters)


def digests(letters: Iterable[bytes]) -> Counter[str]:
    return Counter(hashlib.sha256(raw).hexdigest() for raw in letters)


def subjects() -> list[str]:
    return sorted(Letter.objects.unscoped(WHY).values_list("subject", flat=True))


def live_places(account: MailAccount) -> Counter[str]:
    return Counter(Delivery.objects.filter(account=account, gone_since=None).values_list("folder_path", flat=True))


def links() -> set[tuple[str, str]]:
    """(subject, rule) of every link."""
    return set(Link.objects.values_list("letter__subject", "rule"))


def fill(dovecot: Dovecot, user: str, letters: Sequence[bytes], *, folder: str = "INBOX") -> None:
    """Many letters are put into a folder with one command. Other folders come before INBOX."""
    source = dovecot.folder / f"source{next(_numbers)}"
    for part in ("cur", "new", "tmp"):
        (source / part).mkdir(parents=True)
        (source / part).chmod(0o777)
    source.chmod(0o777)
    for number, raw in enumerate(letters):
        name = source / "cur" / f"{1_700_000_000 + number}.{number}.tests:2,"
        name.write_bytes(raw)
        name.chmod(0o666)
    dovecot.doveadm("import", "-u", user, f"maildir:{source}", "", "all")
    if folder != "INBOX":
        dovecot.create(user, folder)
        dovecot.doveadm("move", "-u", user, folder, "mailbox", "INBOX", "all")


def with_crlf(raw: bytes) -> bytes:
    """The letter as servers send it, whatever its line ends in a file are."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
