"""A whole Mooring for journeys that end its worker in the middle, or take its database away."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from databases import put_tables

PROGRAM = Path(__file__).parent / "worker_process.py"
LEASE_SECONDS = 780
"""The worker's clock is put forward so far after each death, so that nobody waits for leases and back-off, at its longest
and latest 12 minutes."""


class Installation:
    """A Mooring in a folder of its own, whose worker runs as a process of its own."""

    def __init__(self, folder: Path, *, database_url: str = "") -> None:
        keys = folder / "keys"
        keys.mkdir(parents=True)
        (keys / "secret_key").write_text(secrets.token_urlsafe(48))
        (keys / "sealing_keys").write_text(f"test:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
        put_tables(folder / "mooring.sqlite3", url=database_url)
        self._clock = folder / "clock"
        self._ahead = 0
        self._log = (folder / "worker.log").open("ab")
        self.environment = os.environ | {
            "MOORING_DATA": str(folder),
            "MOORING_KEYS": str(keys),
            "MOORING_DATABASE_URL": database_url,
            "MOORING_ALLOWED_NETWORKS": "127.0.0.0/8",
            "DJANGO_SETTINGS_MODULE": "mooring.config.settings",
        }
        self.put_clock_forward(0)

    def put_clock_forward(self, seconds: int = LEASE_SECONDS) -> None:
        self._ahead += seconds
        part = self._clock.with_suffix(".new")
        part.write_text(str(self._ahead))
        part.replace(self._clock)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(PROGRAM), "work", str(self._clock)]
        return subprocess.Popen(command, env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True)

    def call(self, *arguments: str, program: Path = PROGRAM) -> bytes:
        command = [sys.executable, str(program), *arguments]
        return subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=True, timeout=120).stdout

    def look(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.call("look"))
        return found
