"""Very many accounts on one machine: whether visits keep their interval, what an idle one costs, what dead servers do to others.

A real Dovecot, a real `mooring worker` on SQLite. First nothing is scanned, then half of the accounts, then all, then accounts
on silent servers and on a closed port come on top. Late is how long after the moment written down for it a visit was through.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.many_accounts import add_dead, add_healthy, installation, silent_servers, switch_on
from bench.measuring import cpu_seconds_of, memory_of
from servers.programs import free_ports

_LOOK_SECONDS = 0.5
_LOOK_BACK = timedelta(seconds=30)
_BEGUN_SECONDS = 8
_HEADINGS = (
    "visits/min",
    "late: median s",
    "p95 s",
    "most s",
    "never visited",
    "failed",
    "CPU ms/visit",
    "MB",
    "handles",
    "dead tried",
)


def main(arguments: list[str]) -> None:
    """Print one line for each phase, then memory for each idle account."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name, silent_servers() as silent:
        folder = Path(name)
        folder.chmod(0o755)
        with installation(folder) as server:
            healthy = add_healthy(server, options.accounts)
            dead = add_dead(silent, free_ports(1)[0], options.dead)
            _change_interval(options.interval)
            with _worker(folder / "worker.log") as process_id:
                _measure(process_id, healthy, dead, options)
    print(f"load at the end {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, interval {options.interval} min")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench accounts", description=__doc__)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--dead", type=int, default=20, help="accounts whose server is silent or away")
    parser.add_argument("--interval", type=int, default=5, help="minutes between two visits of an account")
    parser.add_argument("--minutes", type=float, default=2.0, help="length of each of the three phases with accounts")
    return parser.parse_args(arguments)


@dataclass(slots=True)
class _Phase:
    """What was seen of the visits during one phase, and what the worker was at its end."""

    began_at: float = field(default_factory=time.monotonic)
    late_seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    """Of accounts that are well, by code: they are tried again later, which counts as late."""
    dead_tries: int = 0
    unvisited: int = 0
    cpu_seconds: float = 0
    megabytes: float = 0
    handles: int = 0


def _measure(process_id: int, healthy: Sequence[int], dead: Sequence[int], options: argparse.Namespace) -> None:
    half = len(healthy) // 2
    print(f"{'':30}{''.join(f'{heading:>15}' for heading in _HEADINGS)}", flush=True)
    watching, interval, megabytes = _Watching(process_id, frozenset(dead)), timedelta(minutes=options.interval), []
    phases: list[tuple[str, Sequence[int], float]] = [
        ("nothing", (), _BEGUN_SECONDS),
        (f"{half:,} accounts", healthy[:half], options.minutes * 60),
        (f"{len(healthy):,} accounts", healthy[half:], options.minutes * 60),
        (f"and {len(dead)} on dead servers", dead, options.minutes * 60),
    ]
    for name, new, seconds in phases:
        switch_on(new, interval=timedelta() if new is dead else interval, now=datetime.now(UTC))
        phase = watching.phase(seconds)
        megabytes.append(phase.megabytes)
        print(f"{name:30}{''.join(f'{cell:>15}' for cell in _cells(phase))}", *phase.failures, flush=True)
    for count, grown in ((half, megabytes[1]), (len(healthy), megabytes[2])):
        print(f"memory for each of {count:,} idle accounts: {(grown - megabytes[0]) * 1024 / max(1, count):.1f} KB")


def _cells(phase: _Phase) -> Iterator[str]:
    late = sorted(phase.late_seconds)
    yield f"{len(late) * 60 / (time.monotonic() - phase.began_at):.0f}"
    yield f"{statistics.median(late):.1f}" if late else "-"
    yield f"{late[int(len(late) * 0.95)]:.1f}" if late else "-"
    yield f"{late[-1]:.1f}" if late else "-"
    yield str(phase.unvisited)
    yield str(phase.failures.total())
    yield f"{phase.cpu_seconds * 1000 / len(late):.0f}" if late else "-"
    yield f"{phase.megabytes:.1f}"
    yield str(phase.handles)
    yield str(phase.dead_tries)


class _Watching:
    """Looks from outside at what the worker writes down about its visits."""

    def __init__(self, process_id: int, dead: Collection[int]) -> None:
        self._process_id = process_id
        self._dead = dead
        self._wanted: dict[int, datetime] = {}
        self._seen: dict[int, datetime] = {}
        self._seen_until = datetime.now(UTC)

    def phase(self, seconds: float) -> _Phase:
        """Look for so long."""
        phase, cpu = _Phase(), cpu_seconds_of(self._process_id)
        while time.monotonic() - phase.began_at < seconds:
            time.sleep(_LOOK_SECONDS)
            self._look(phase)
        phase.unvisited = self._overdue_unvisited()
        phase.cpu_seconds = cpu_seconds_of(self._process_id) - cpu
        phase.megabytes = memory_of(self._process_id) / 1024
        phase.handles = len(os.listdir(f"/proc/{self._process_id}/fd"))
        return phase

    def _look(self, phase: _Phase) -> None:
        from mooring.sync.models import AccountState

        waiting = AccountState.objects.filter(last_visit_at=None).values_list("account_id", "next_visit_at")
        # An end that was written down earlier than another may be committed after it: look back, and count each once.
        visited = AccountState.objects.filter(last_visit_at__gt=self._seen_until - _LOOK_BACK)
        ended = list(visited.values_list("account_id", "last_visit_at", "next_visit_at", "error_code"))
        for account_id, ended_at, next_at, error_code in ended:
            if ended_at is None or self._seen.get(account_id) == ended_at:
                continue
            self._seen[account_id] = ended_at
            wanted = self._wanted.get(account_id)
            if account_id in self._dead:
                phase.dead_tries += 1
            elif wanted is not None:
                phase.late_seconds.append((ended_at - wanted).total_seconds())
                phase.failures.update([error_code] if error_code else [])
            self._wanted[account_id] = next_at
            self._seen_until = max(self._seen_until, ended_at)
        self._wanted.update(waiting)

    def _overdue_unvisited(self) -> int:
        """Healthy accounts whose first visit is more than ten seconds overdue."""
        from mooring.sync.models import AccountState

        overdue = datetime.now(UTC) - timedelta(seconds=10)
        late = AccountState.objects.filter(account__is_scanned=True, last_visit_at=None, next_visit_at__lt=overdue)
        return late.exclude(account_id__in=self._dead).count()


@contextmanager
def _worker(log: Path) -> Iterator[int]:
    """A running `mooring worker`; its number."""
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "mooring", "worker"], stdout=output, stderr=output)
        try:
            yield process.pid
            if process.poll() is not None:
                raise SystemExit(f"the worker ended:\n{log.read_text(errors='replace')[-2000:]}")
        finally:
            process.terminate()
            process.wait(90)


def _change_interval(minutes: int) -> None:
    from mooring.options.values import change
    from mooring.sync.options import VISIT_INTERVAL_MINUTES
    from mooring.users.journal import Actor

    change(VISIT_INTERVAL_MINUTES, minutes, by=Actor(None, "command"), now=datetime.now(UTC))


if __name__ == "__main__":
    main(sys.argv[1:])
