"""A real installation in a folder of the test's own, and the command run in it as a person would: as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PASSWORD = "following-seas-2026"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    said: str
    complained: str


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the environment that makes it an installation."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, given: bytes = b"", **environment: str) -> Ended:
        """Run `mooring` with these arguments; what is `given` stands at its standard input."""
        done = subprocess.run(
            [sys.executable, "-m", "mooring", *arguments],
            input=given,
            capture_output=True,
            env=self.surroundings(**environment),
            cwd="/",
            timeout=240,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `mooring` with these arguments without waiting for its end; whoever begins it also ends it."""
        command = [sys.executable, "-m", "mooring", *arguments]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, env=self.surroundings(), stdin=nowhere, stdout=nowhere, stderr=nowhere, cwd="/")

    def surroundings(self, **environment: str) -> dict[str, str]:
        """The environment without anything that the tests' own installation left there."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("MOORING_", "DJANGO_"))}
        return {**bare, "MOORING_DATA": str(self.data), **self.environment, **environment}

    def init(self) -> Ended:
        """Make it ready, with alice as its administrator."""
        return self.run("init", "--admin-email", "alice@example.com", "--admin-name", "Alice", MOORING_ADMIN_PASSWORD=PASSWORD)
