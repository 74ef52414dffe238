"""Archiving a whole mailbox durably (fetched, parsed, matched, stored, searchable) against mbsync, and mbsync with notmuch.

All contestants pull the same mailbox from the same server, in turn, each from nothing.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from pathlib import Path

from bench.mailbox_server import USER, authority_file, mailbox_of, mbsync_command, notmuch_commands
from bench.measuring import Cost, cost_of, table
from servers.dovecot import PASSWORD, Dovecot
from testdata import FOLDER

OURS, DURABLE, QUICK, INDEXED = "Mooring, durable", "mbsync (default, fsync)", "mbsync, FSync no", "mbsync + notmuch new"


def main(arguments: list[str]) -> None:
    """Rounds in turn; prints one table for each yardstick, and what a second scan costs."""
    parser = argparse.ArgumentParser(prog="./run bench archiving", description=__doc__)
    parser.add_argument("--letters", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with mailbox_of(options.letters, folder) as server:
            rows, again = _rounds(options.rounds, server, folder)
    for yardstick in (DURABLE, QUICK, INDEXED):
        print(f"\n{table(rows, yardstick=yardstick)}")
    print(f"\nMooring, a second scan with nothing new: {again.cpu_seconds:.2f} CPU s in all, the start of Python included")


def _rounds(count: int, server: Dovecot, folder: Path) -> tuple[dict[str, list[Cost]], Cost]:
    rows: dict[str, list[Cost]] = {OURS: [], DURABLE: [], QUICK: [], INDEXED: []}
    again = Cost(0, 0, 0)
    for _ in range(count):
        program = _Program(folder / "data", server)
        rows[OURS].append(program.scan())
        again = program.scan()
        for name, does_fsync in ((DURABLE, True), (QUICK, False)):
            rows[name].append(cost_of(mbsync_command(server, folder / "pulled", does_fsync=does_fsync)))
        pulled = rows[QUICK][-1]
        rows[INDEXED].append(sum((cost_of(command) for command in notmuch_commands(folder / "pulled")), start=pulled))
    return rows, again


class _Program:
    """A new installation with the account, and customers to match; only `scan` is measured."""

    def __init__(self, data: Path, server: Dovecot) -> None:
        shutil.rmtree(data, ignore_errors=True)
        self._log = data.with_suffix(".log")
        self._environment = {
            "MOORING_DATA": str(data),
            "MOORING_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MOORING_ADMIN_PASSWORD": PASSWORD,
            "MOORING_MAIL_PASSWORD": PASSWORD,
            "SSL_CERT_FILE": str(authority_file(server.folder.parent)),
        }
        self._run("init", "--admin-email", "alice@bench.example", "--admin-name", "Alice")
        self._run("customers", "import", str(_customers(data)))
        self._run(
            *("accounts", "add", "alice@bench.example", "--owner", "alice@bench.example", "--main", "--user-name", USER),
            *("--host", "localhost", "--port", str(server.imaps_port), "--folder", "INBOX"),
        )

    def scan(self) -> Cost:
        """One pass over everything."""
        return self._run("scan", "--quiet")

    def _run(self, *arguments: str) -> Cost:
        return cost_of([sys.executable, "-m", "mooring", *arguments], environment=self._environment, log=self._log)


def _customers(folder: Path) -> Path:
    """The customers of the collected threads, so that matching has something to find."""
    target = folder / "customers.csv"
    with (FOLDER / "crm" / "customers.csv").open(newline="") as source, target.open("w", newline="") as copy:
        csv.writer(copy).writerows(csv.reader(source))
    return target


if __name__ == "__main__":
    main(sys.argv[1:])
