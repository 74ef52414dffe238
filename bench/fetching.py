"""Listing and fetching a whole mailbox over IMAP, nothing else: the own protocol layer against mbsync."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.mailbox_server import USER, authority_file, mailbox_of, mbsync_command
from bench.measuring import Cost, cost_of, table
from servers.dovecot import PASSWORD

BATCH = 100


def main(arguments: list[str]) -> None:
    """Pairs in turn; prints the table."""
    parser = argparse.ArgumentParser(prog="./run bench fetching", description=__doc__)
    parser.add_argument("--letters", type=int, default=5_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--fetch-from-port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.fetch_from_port:
        fetch_all(options.fetch_from_port)
        return
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with mailbox_of(options.letters, folder) as server:
            rows: dict[str, list[Cost]] = {"own protocol layer": [], "mbsync, FSync no": []}
            for _ in range(options.pairs):
                command = [sys.executable, "-m", "bench", "fetching", "--fetch-from-port", str(server.imaps_port)]
                rows["own protocol layer"].append(cost_of(command, environment={"SSL_CERT_FILE": str(authority_file(folder))}))
                rows["mbsync, FSync no"].append(cost_of(mbsync_command(server, folder / "pulled", does_fsync=False)))
    print(table(rows, yardstick="mbsync, FSync no"))


def fetch_all(port: int) -> None:
    """List INBOX and fetch every letter in batches, newest first; the bytes are counted and dropped."""
    from mooring.mail.connect import open_incoming
    from mooring.mail.egress import EgressPolicy
    from mooring.mail.types import Secret, Server

    server = Server(protocol="imap", host="localhost", port=port, user_name=USER, password=Secret(PASSWORD))
    with open_incoming(server, policy=EgressPolicy.opening(["127.0.0.0/8", "::1/128"])) as incoming:
        inbox = next(folder for folder in incoming.folders() if folder.special_use == "inbox")
        pages = list(incoming.changes(inbox, None, known=lambda _epoch: ()).pages)
        listed = sorted((letter.rank, letter.server_id) for page in pages for letter in page.arrived)
        ids = [server_id for _, server_id in reversed(listed)]
        total = sum(
            len(letter.raw) for start in range(0, len(ids), BATCH) for letter in incoming.fetch(inbox, ids[start : start + BATCH])
        )
    print(f"{len(ids)} letters, {total} bytes")
