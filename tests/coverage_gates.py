"""How much of each room the tests must reach, lines and branches together; run after a suite that measured it.

`python tests/coverage_gates.py` reads the .coverage files and ends with status 1 when a room lies below its gate.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

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


def failures(measured: Iterable[tuple[str, int, int]]) -> list[str]:
    """A line per gate that is not met. `measured` holds (path, what there is, what was reached)."""
    sums: dict[tuple[str, int], list[int]] = {}
    for path, there, reached in measured:
        entry = sums.setdefault(gate_of(path), [0, 0])
        entry[0] += there
        entry[1] += reached
    found = []
    for (room, gate), (there, reached) in sorted(sums.items()):
        percent = 100 * reached / there if there else 100.0
        met = reached * 100 >= gate * there
        sys.stdout.write(f"{'ok  ' if met else 'LOW '} {room:<24} {percent:6.2f} % of {there:>6}, gate {gate} %\n")
        if not met:
            found.append(room)
    return found


def measure() -> list[tuple[str, int, int]]:
    """(path, lines and branches, those reached) of every file of the program."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    sums = [(path, file["summary"]) for path, file in files.items()]
    return [
        (path, one["num_statements"] + one["num_branches"], one["covered_lines"] + one["covered_branches"]) for path, one in sums
    ]


def main() -> int:
    try:
        low = failures(measure())
    except NoDataError:
        sys.stdout.write("Nothing was measured: run the suite with --cov first.\n")
        return 1
    if low:
        sys.stdout.write(f"Below their gates: {', '.join(low)}. “coverage report” names the lines.\n")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
