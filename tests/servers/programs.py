"""Programs that tests run beside themselves: on free loopback ports, some from packages that are not installed."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_START_SECONDS = 20.0
_PORTS = range(15_000, 32_000)
"""Below those from which connections, and servers that leave the choice to the system, get theirs (ip_local_port_range)."""


class ProgramMissing(Exception):
    """The program cannot be run here; the text says why."""


def unpacked(*, variable: str, packages: Sequence[str], needed: Sequence[str]) -> Path:
    """The folder with Debian's `packages`, fetched once into the folder that the environment's `variable` names.

    They are unpacked without being installed. They are there when the files `needed` are; without the variable nothing is
    fetched. Raises ProgramMissing.
    """
    if variable not in os.environ:
        raise ProgramMissing(f"{variable} names no folder to keep its packages in")
    cache = Path(os.environ[variable])
    root = cache / "root"
    if all((root / name).exists() for name in needed):
        return root
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise ProgramMissing("packages of Debian are needed to run it")
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o755)  # whoever it runs as must get there, whatever the umask of whoever fetched it
    done = subprocess.run(["apt-get", "download", *packages], cwd=cache, capture_output=True, timeout=120)
    if done.returncode:
        raise ProgramMissing(done.stderr.decode(errors="replace")[-500:])
    for package in cache.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(root)], check=True, timeout=60)
    return root


class Program:
    """A server that runs from `run` to `stop`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: Sequence[str], *, greeting: Sequence[int], env: Mapping[str, str] | None = None, **user: Any) -> None:
        """Start it, and wait until it greets on all these ports. `user` is for Popen. Raises ProgramMissing."""
        self._process = subprocess.Popen(
            command,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # some kill their process group at their end, in which other test processes' servers run
            **user,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not all(greets(port) for port in greeting):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise ProgramMissing(f"It does not start here. {self.log()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it, sessions included."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def log(self) -> str:
        """What it wrote to its log."""
        return ""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, of those that the system gives to nobody else before a server takes them."""
    found: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, 1_000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return found
    raise ProgramMissing("Hardly a port is free.")


def greets(port: int) -> bool:
    """Whether a server on this port says something."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.settimeout(5)
            return bool(connection.recv(1))
    except OSError:
        return False
