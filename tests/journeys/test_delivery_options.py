"""Accounts with every delivery option over simulated weeks, while the worker is killed again and again in its visits.

What is removed from the server is exactly what should be, and never a letter that is not archived, whatever is killed when.
MOORING_KILLS says how often it is killed in all (6). The seed of the random moments is printed; MOORING_KILL_SEED repeats it.
Needs no browser in spite of its folder.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from journeys.installation import Installation
from servers.dovecot import Dovecot
from sync.mailboxes import make_letter

PROGRAM = Path(__file__).parent / "visiting_process.py"
SEED = int(os.environ.get("MOORING_KILL_SEED", "0")) or secrets.randbelow(1 << 31)
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OPTIONS: dict[str, dict[str, Any]] = {
    "keeping": {},
    "emptying": {"leaves_copy": False},
    "weekly": {"removes_after_days": 7},
    "mirroring": {"removes_when_deleted": True, "is_main": True},
    "both": {"removes_after_days": 10, "removes_when_deleted": True, "is_main": True},
}
"""By the name of the account; "both" and "mirroring" keep every letter."""
STEP = timedelta(days=2)
STEPS = 8
KILLS = int(os.environ.get("MOORING_KILLS", "6"))
LARGE = "too large"


@dataclass
class Account:
    """What a person who looks at the mailbox from outside expects of it."""

    name: str
    user: str
    seen_at: dict[str, datetime] = field(default_factory=dict)
    """By subject: at which step the letter came."""
    deleted: set[str] = field(default_factory=set)

    @property
    def options(self) -> dict[str, Any]:
        return OPTIONS[self.name]

    def is_archived(self, subject: str) -> bool:
        """Whether such a letter is archived whole."""
        return LARGE not in subject and ("Harbour" in subject or bool(self.options.get("is_main")))

    def expected(self, now: datetime) -> set[str]:
        """What lies on the server after a visit that was not disturbed."""
        return {subject for subject in self.seen_at if not (self.is_archived(subject) and self._is_to_go(subject, now))}

    def _is_to_go(self, subject: str, now: datetime) -> bool:
        days = self.options.get("removes_after_days")
        is_over = days is not None and now - self.seen_at[subject] >= timedelta(days=days)
        is_deleted = bool(self.options.get("removes_when_deleted")) and subject in self.deleted
        return is_over or is_deleted or not self.options.get("leaves_copy", True)


class World:
    """The server, the installation, and the time."""

    def __init__(self, folder: Path, dovecot: Dovecot, chance: random.Random) -> None:
        self.now = BEGIN
        self._dovecot = dovecot
        self._chance = chance
        self.installation = Installation(folder)
        self.accounts = [Account(name, dovecot.new_user()) for name in OPTIONS]
        self._letter_count = 0
        self._usual_steps = 0
        described = json.dumps({account.user: account.options for account in self.accounts})
        self._call("prepare", self.now.isoformat(), str(dovecot.pop3_port), described)

    def deliver(self) -> None:
        """Every mailbox gets a customer's letter, a stranger's, and sometimes one that is too large."""
        for account in self.accounts:
            self._arrives(account, f"Harbour {self._next()}", "carol@harbour.example", "Good morning")
            self._arrives(account, f"Elsewhere {self._next()}", "someone@elsewhere.example", "Good evening")
            if self._chance.random() < 0.3:
                self._arrives(account, f"Harbour {self._next()} {LARGE}", "carol@harbour.example", "x\r\n" * 400_000)

    def _next(self) -> int:
        self._letter_count += 1
        return self._letter_count

    def _arrives(self, account: Account, subject: str, sender: str, body: str) -> None:
        self._dovecot.deliver(account.user, [make_letter(sender, subject=subject, body=body)])
        account.seen_at[subject] = self.now

    def delete_some(self) -> None:
        """Somebody deletes a letter here in every mailbox that has one in it."""
        for account in self.accounts:
            left = sorted(subject for subject in self.on_server(account) if account.is_archived(subject))
            if left and account.options.get("is_main"):
                subject = self._chance.choice(left)
                self._call("delete", self.now.isoformat(), account.user, subject)
                account.deleted.add(subject)

    def on_server(self, account: Account) -> set[str]:
        said = self._dovecot.doveadm("-f", "tab", "fetch", "-u", account.user, "hdr.subject", "mailbox", "INBOX", "all")
        return set(said.decode().splitlines()[1:])

    def visit(self) -> None:
        """A visit that nothing disturbs."""
        lines = self._call("visit", self.now.isoformat(), "0").decode().split("\n")
        outcomes = {line.split()[1] for line in lines if " " in line}
        assert outcomes == {"done"}
        self._usual_steps = int(lines[-2])

    def visit_and_die(self) -> None:
        """A visit whose process is killed at a random step; its leases run out before the next one."""
        step = self._chance.randrange(1, max(self._usual_steps, 400))
        command = [sys.executable, str(PROGRAM), "visit", self.now.isoformat(), str(step)]
        subprocess.run(command, env=self.installation.environment, stdout=subprocess.DEVNULL, check=False, timeout=120)
        self.now += timedelta(minutes=10)

    def archived(self) -> dict[str, set[str]]:
        """By user the subjects of what is archived whole; every one of them was read back."""
        found = json.loads(self._call("look"))
        assert found["gone"] == 0, "a letter removed by an option is still shown"
        return {user: set(subjects) for user, subjects in found["archived"].items()}

    def _call(self, *arguments: str) -> bytes:
        return self.installation.call(*arguments, program=PROGRAM)

    def assert_nothing_is_lost(self) -> None:
        """Every letter that ever came lies on the server or is archived."""
        archived = self.archived()
        for account in self.accounts:
            missing = set(account.seen_at) - self.on_server(account)
            assert missing <= archived.get(account.user, set()), account.name

    def assert_exactly_what_should_is_left(self) -> None:
        for account in self.accounts:
            assert self.on_server(account) == account.expected(self.now), account.name


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_exactly_what_should_be_is_removed_whatever_is_killed_when(tmp_path: Path, new_dovecot: Any) -> None:
    print(f"MOORING_KILL_SEED={SEED}")  # noqa: T201 - whoever repeats a failure needs it
    world = World(tmp_path / "data", new_dovecot(settings="disable_plaintext_auth = no"), random.Random(SEED))
    for number in range(STEPS):
        world.deliver()
        for _kill in range(number * KILLS // STEPS, (number + 1) * KILLS // STEPS):
            world.visit_and_die()
            world.assert_nothing_is_lost()
        world.visit()
        world.assert_nothing_is_lost()
        world.assert_exactly_what_should_is_left()
        world.delete_some()
        world.now += STEP
    assert any(account.deleted for account in world.accounts)
