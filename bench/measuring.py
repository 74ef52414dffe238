"""Whole processes measured from outside: CPU and wall seconds and peak memory as the operating system accounts them."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost. `peak_megabytes` is the sum over the process and its children, sampled 20 times a second."""

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.cpu_seconds + other.cpu_seconds,
            self.wall_seconds + other.wall_seconds,
            max(self.peak_megabytes, other.peak_megabytes),
        )


def cost_of(command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path | None = None) -> Cost:
    """Run a command to its end. Raises SystemExit with the log's tail when it fails."""
    target = log or Path(os.devnull)
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        try:
            os.execvpe(command[0], list(command), {**os.environ, **(environment or {})})
        finally:
            os._exit(127)
    memory = _Memory(pid)
    _, status, usage = os.wait4(pid, 0)
    memory.stop()
    if status:
        tail = target.read_text(errors="replace")[-2000:] if log else ""
        raise SystemExit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}\n{tail}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, memory.peak_kilobytes / 1024)


class _Memory:
    """Watches the resident memory of a process and all its children."""

    def __init__(self, pid: int) -> None:
        self.peak_kilobytes = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.peak_kilobytes = max(self.peak_kilobytes, memory_of(self._pid))


def memory_of(pid: int) -> int:
    """The resident memory in KB of a process with all its children."""
    return sum(map(_resident_kilobytes, _family(pid)))


def cpu_seconds_of(pid: int) -> float:
    """What a running process and its running children used so far, in user and in system mode."""
    return sum(map(_ticks, _family(pid))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    """0 for a process that ended meanwhile. The name in brackets may hold blanks, so fields count from its end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _family(pid: int) -> list[int]:
    found = [pid]
    for member in found:
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                found.extend(map(int, (task / "children").read_text().split()))
        except OSError:
            continue
    return found


def _resident_kilobytes(pid: int) -> int:
    """Proportional set size where the kernel tells it, so that pages shared by parent and child count once."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def table(rows: Mapping[str, Sequence[Cost]], *, yardstick: str) -> str:
    """A line per contestant: medians of CPU, wall and memory, and the median of the pairwise ratios to the yardstick."""
    lines = [f"{'':34}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'CPU ratio':>11}{'wall ratio':>12}"]
    for name, costs in rows.items():
        cpu = statistics.median(cost.cpu_seconds for cost in costs)
        wall = statistics.median(cost.wall_seconds for cost in costs)
        peak = max(cost.peak_megabytes for cost in costs)
        pairs = list(zip(costs, rows[yardstick], strict=True))
        cpu_ratio = statistics.median(a.cpu_seconds / b.cpu_seconds for a, b in pairs)
        wall_ratio = statistics.median(a.wall_seconds / b.wall_seconds for a, b in pairs)
        lines.append(f"{name:34}{cpu:9.2f}{wall:9.2f}{peak:9.0f}{cpu_ratio:11.2f}{wall_ratio:12.2f}")
    load = os.getloadavg()[0]
    return "\n".join([*lines, f"yardstick: {yardstick}; load at the end {load:.1f}"])
