"""A PostgreSQL of the tests' own: a fresh cluster on a free loopback port that is gone when the tests are.

As a command it runs another command with MOORING_TEST_DATABASE naming such a server:

    python tests/servers/postgresql.py pytest -n 2

What an earlier run left behind because it was killed is stopped and removed first. PostgreSQL refuses to run as root; there
its own user "postgres" runs it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LEFT_BEHIND = Path(__file__).resolve().parents[2] / ".cache" / "test-postgresql"
"""One file per running cluster, named for the process that started it, holding the cluster's folder."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # the cluster is thrown away: a power cut would cost nothing
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # its statistics, of whatever rows it met, would make plans of queries differ from run to run
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server. Everybody on this machine may connect to it: it holds nothing but what tests make up."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def crash(self) -> None:
        """Restart at once, without an orderly end: every connection breaks, and what was under way is rolled back."""
        log, data = self.folder / "log", self.folder / "data"
        _postgresql("pg_ctl", "restart", "--mode=immediate", "--wait", f"--pgdata={data}", f"--log={log}")


@contextmanager
def running_cluster(settings: dict[str, str] | None = None) -> Iterator[Cluster]:
    """Start a cluster and remove it afterwards; `settings` are added to SETTINGS."""
    remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix="mooring-postgresql-", dir="/tmp"))
    note = LEFT_BEHIND / f"{os.getpid()}-{folder.name}"
    LEFT_BEHIND.mkdir(parents=True, exist_ok=True)
    note.write_text(str(folder), encoding="utf-8")
    try:
        yield _start(folder, SETTINGS | (settings or {}))
    finally:
        _stop_and_remove(folder)
        note.unlink(missing_ok=True)


def remove_left_behind() -> None:
    """Stop and remove the clusters of test runs that no longer run."""
    for note in LEFT_BEHIND.glob("*"):
        if not _is_running(int(note.name.partition("-")[0])):
            _stop_and_remove(Path(note.read_text(encoding="utf-8")))
            note.unlink(missing_ok=True)


def _start(folder: Path, settings: dict[str, str]) -> Cluster:
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    _postgresql("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", f"--pgdata={data}")
    port = _free_port()
    options = {**settings, "unix_socket_directories": str(folder)}
    words = " ".join(f"-c {name}={value}" for name, value in options.items())
    log = folder / "log"
    _postgresql("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={log}", "-o", f"-p {port} {words}")
    return Cluster(folder, port)


def _stop_and_remove(folder: Path) -> None:
    if (folder / "data" / "postmaster.pid").exists():
        _postgresql("pg_ctl", "stop", "--mode=immediate", "--wait", f"--pgdata={folder / 'data'}", check=False)
    shutil.rmtree(folder, ignore_errors=True)


def _postgresql(program: str, *arguments: str, check: bool = True) -> None:
    """What starts and stops a server belongs to the user whom it runs as."""
    run_program(program, *arguments, user="postgres" if os.geteuid() == 0 else None, check=check)


def run_program(program: str, *arguments: str, user: str | None = None, check: bool = True) -> bool:
    """Run a program of the newest PostgreSQL on this machine, as `user` if one is named; returns whether it did its work."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    name = str(found[-1]) if found else shutil.which(program)
    if name is None:
        raise FileNotFoundError(f"{program} of PostgreSQL is not installed: apt-get install postgresql")
    done = subprocess.run(
        (name, *arguments), user=user, group=user, extra_groups=None if user is None else (),
        cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if check and done.returncode != 0:
        raise RuntimeError(f"{program} failed:\n{done.stdout}")
    return done.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(command: Sequence[str]) -> int:
    """Run `command` beside a cluster; a signal to end also ends the cluster."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with running_cluster() as cluster:
        environment = {**os.environ, "MOORING_TEST_DATABASE": cluster.url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
