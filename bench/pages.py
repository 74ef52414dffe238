"""Every page of lists, cards, search and reports at a large number of records: time on the server and number of queries.

The first figures to look at are the queries and the ratio between two sizes: pages must not grow with the data. CPU is that
of this process: all there is with SQLite; PostgreSQL does its own part elsewhere.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What one page took."""

    median_ms: float
    p95_ms: float
    cpu_ms: float
    queries: int


def main(arguments: list[str]) -> None:
    """Fill an empty database, ask every page, print the table."""
    options = _options(arguments)
    with database(url=options.url or "", is_postgres=options.postgres, folder=options.folder):
        from bench.filling import Size, fill, is_filled

        size = Size(options.customers, options.letters)
        if not is_filled(size):
            started = time.monotonic()
            fill(size)
            print(f"filled in {time.monotonic() - started:.0f} s: {size.customers:,} customers, {size.letters:,} letters")
        print(f"load of the machine: {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        print(f"{'page':56}{'median ms':>10}{'p95 ms':>9}{'CPU ms':>9}{'queries':>9}", flush=True)
        _measure_all(options)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench pages", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--letters", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--postgres", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    parser.add_argument("--folder", type=Path, help="keeps the SQLite database there, and uses it again if it is filled")
    parser.add_argument("--url", help="keeps the rows in this empty PostgreSQL database, and uses them again")
    return parser.parse_args(arguments)


@contextmanager
def database(*, url: str = "", is_postgres: bool = False, folder: Path | None = None) -> Iterator[None]:
    """Migrated: the one at `url`, a throw-away PostgreSQL, or SQLite in the folder or in memory."""
    if url or not is_postgres:
        _set_up(url=url, folder=folder)
        yield
        return
    from servers.postgresql import running_cluster

    with running_cluster({"shared_buffers": "512MB", "work_mem": "32MB"}) as cluster:
        _set_up(url=cluster.url)
        yield


def _set_up(*, url: str, folder: Path | None = None) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings_for_tests"
    os.environ["MOORING_TEST_DATABASE"] = url
    import django
    from django.conf import settings
    from django.core.management import call_command

    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        settings.DATABASES["default"]["NAME"] = str(folder / "mooring.sqlite3")
    django.setup()
    call_command("migrate", verbosity=0)


def _measure_all(options: argparse.Namespace) -> None:
    from bench.page_addresses import page_addresses

    readers = Readers()
    for name, (who, address) in page_addresses().items():
        if options.only in name:
            figure = readers.measure(who, address, options.rounds)
            times = f"{figure.median_ms:10.1f}{figure.p95_ms:9.1f}{figure.cpu_ms:9.1f}{figure.queries:9d}"
            print(f"{name:56}{times}", flush=True)


class Readers:
    """The browsers of the members of staff, signed in."""

    def __init__(self) -> None:
        from django.test import Client

        from mooring.users.models import User

        self._clients = {}
        for person in User.objects.all():
            client = Client()
            client.force_login(person)
            self._clients[person.name.lower()] = client

    def measure(self, who: str, address: str, rounds: int) -> Figure:
        """Ask a page again and again; the first answer warms caches and counts the queries."""
        queries = self._count_queries(who, address)
        times, cpu = zip(*(self._seconds(who, address) for _ in range(rounds)), strict=True)
        p95 = sorted(times)[int(len(times) * 0.95)]
        return Figure(statistics.median(times) * 1000, p95 * 1000, statistics.median(cpu) * 1000, queries)

    def _count_queries(self, who: str, address: str) -> int:
        from django.db import connection

        count = 0

        def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            self._seconds(who, address)
        return count

    def _seconds(self, who: str, address: str) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = self._clients[who].get(address)
        passed = time.perf_counter() - wall, time.process_time() - cpu
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
        return passed


if __name__ == "__main__":
    main(sys.argv[1:])
