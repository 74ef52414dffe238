"""How much of each room the tests must reach, lines and branches together; run after a suite that measured it.

`python tests/coverage_gates.py` reads the .coverage files and ends with status 1 when a room lies below its gate.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage import Coverage
from coverage.exceptions import NoDataError

GATES = (
    ("letters.matching", 100),
    ("sync.schedule", 100),
    ("customers.address_book", 100),
    ("mail", 100),
    ("desk", 85),
    ("portal", 85),
    ("api", 85),
    ("config", 85),
    ("", 95),
)
"""The first prefix that fits a module decides; rooms not named are those below the pages."""


def gate_of(path: str) -> tuple[str, int]:
    """The prefix and the percentage that decide for a file such as "src/mooring/mail/types.py"."""
    module = path.rpartition("src/mooring/")[2].removesuffix(".py").replace("/", ".")
    for prefix, percent in GATES:
        if not prefix or module == prefix or module.startswith(f"{prefix}."):
            return prefix or module.partition(".")[0], percent
    raise AssertionError("the last gate fits everything")


@dataclass(frozen=True)
class Measured:
    """One file: how many lines and branches there are and were reached, and where the others begin."""

    path: str
    there: int
    reached: int
    missed: tuple[int, ...]


def failures(measured: Iterable[Measured]) -> list[str]:
    """The rooms whose gate is not met, after a line for each room and one for each file that misses something there."""
    rooms: dict[tuple[str, int], list[Measured]] = {}
    for file in measured:
        rooms.setdefault(gate_of(file.path), []).append(file)
    found = []
    for (room, gate), files in sorted(rooms.items()):
        there, reached = sum(file.there for file in files), sum(file.reached for file in files)
        percent = 100 * reached / there if there else 100.0
        met = reached * 100 >= gate * there
        sys.stdout.write(f"{'ok  ' if met else 'LOW '} {room:<24} {percent:6.2f} % of {there:>6}, gate {gate} %\n")
        if not met:
            found.append(room)
            for file in files:
                if file.missed:
                    sys.stdout.write(f"       {file.path}: {', '.join(map(str, file.missed))}\n")
    return found


def measure() -> list[Measured]:
    """Every file of the program."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    return [_measured(path, file) for path, file in sorted(files.items())]


def _measured(path: str, file: dict[str, Any]) -> Measured:
    told = file["summary"]
    return Measured(
        path=path,
        there=told["num_statements"] + told["num_branches"],
        reached=told["covered_lines"] + told["covered_branches"],
        missed=tuple(sorted({*file["missing_lines"], *(abs(start) for start, _ in file["missing_branches"])})),
    )


def main() -> int:
    try:
        low = failures(measure())
    except NoDataError:
        sys.stdout.write("Nothing was measured: run the suite with --cov first.\n")
        return 1
    if low:
        sys.stdout.write(f"Below their gates: {', '.join(low)}.\n")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
