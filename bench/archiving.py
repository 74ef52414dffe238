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
from bench.second_scan import second_scan
from bench.slow_disk import slow_fsync
from servers.dovecot import PASSWORD, Dovecot
from testdata import FOLDER

OURS, DURABLE, QUICK, INDEXED = "Mooring, durable", "mbsync (default, fsync)", "mbsync, FSync no", "mbsync + notmuch new"


def main(arguments: list[str]) -> None:
    """Rounds in turn; prints one table for each yardstick, and what a second scan costs."""
    parser = argparse.ArgumentParser(prog="./run bench archiving", description=__doc__)
    parser.add_argument("--letters", type=int, default=5_000)
    parser.add_argument("--mean-kb", type=float, default=0, help="add files until letters are so large on the average")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fsync-ms", type=float, default=0, help="let every fsync of every contestant wait so long")
    parser.add_argument("--folder", type=Path, help="where everything is kept; a temporary folder otherwise")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mooring-bench-", dir=options.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        disk = slow_fsync(options.fsync_ms, folder)
        with mailbox_of(options.letters, folder, mean_kb=options.mean_kb) as server:
            rows, program = _rounds(options, server, folder, disk)
            for yardstick in (DURABLE, QUICK, INDEXED):
                print(f"\n{table(rows, yardstick=yardstick)}")
            print(f"\n{second_scan(program.environment, server, USER)}")


def _rounds(
    options: argparse.Namespace, server: Dovecot, folder: Path, disk: dict[str, str]
) -> tuple[dict[str, list[Cost]], _Program]:
    rows: dict[str, list[Cost]] = {OURS: [], DURABLE: [], QUICK: [], INDEXED: []}
    pulled_to = folder / "pulled"
    for _ in range(options.rounds):
        program = _Program(folder / "data", server)
        rows[OURS].append(program.scan(disk))
        for name, does_fsync in ((DURABLE, True), (QUICK, False)):
            rows[name].append(cost_of(mbsync_command(server, pulled_to, does_fsync=does_fsync), environment=disk))
            _check_all_pulled(pulled_to, options.letters)
        pulled = rows[QUICK][-1]
        commands = notmuch_commands(pulled_to)
        rows[INDEXED].append(sum((cost_of(command, environment=disk) for command in commands), start=pulled))
    return rows, program


def _check_all_pulled(folder: Path, letter_count: int) -> None:
    """Raises SystemExit where the yardstick did less than it should; it ends with success all the same."""
    count = sum(1 for path in (folder / "mail" / "INBOX").glob("[cn]*/*"))
    if count < letter_count * 0.99:
        raise SystemExit(f"mbsync pulled {count} of {letter_count} letters only")


class _Program:
    """A new installation with the account, and customers to match; only `scan` is measured."""

    def __init__(self, data: Path, server: Dovecot) -> None:
        shutil.rmtree(data, ignore_errors=True)
        self._log = data.with_suffix(".log")
        # An installed program keeps its compiled files, whatever the environment of this one says.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(server.folder.parent / "compiled")}
        self.environment = compiled | {
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

    def scan(self, disk: dict[str, str]) -> Cost:
        """One pass over everything."""
        return self._run("scan", "--quiet", **disk)

    def _run(self, *arguments: str, **disk: str) -> Cost:
        return cost_of([sys.executable, "-m", "mooring", *arguments], environment=self.environment | disk, log=self._log)


def _customers(folder: Path) -> Path:
    """The customers of the collected threads, so that matching has something to find."""
    target = folder / "customers.csv"
    with (FOLDER / "crm" / "customers.csv").open(newline="") as source, target.open("w", newline="") as copy:
        csv.writer(copy).writerows(csv.reader(source))
    return target


if __name__ == "__main__":
    main(sys.argv[1:])
