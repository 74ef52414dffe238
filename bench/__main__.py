"""python -m bench fetching | archiving | pages | accounts | sales | importing: the measurements of bench/README.md."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

MEASUREMENTS = ("fetching", "archiving", "pages", "accounts", "sales", "importing")


def main() -> None:
    """Run the measurement that the first argument names with the rest as its arguments."""
    sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("src", "tests")]
    if len(sys.argv) < 2 or sys.argv[1] not in MEASUREMENTS:
        raise SystemExit(f"usage: ./run bench {'|'.join(MEASUREMENTS)} [--help]")
    importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    main()
