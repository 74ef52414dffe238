"""Every page of lists, cards, search and reports at a large number of records: time on the server and number of queries.

The first figures to look at are the queries and the ratio between two sizes: pages must not grow with the data. CPU is that
of this process, which is all there is with SQLite; of PostgreSQL the server process that answers is measured beside it.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADER = f"{'page':56}{'median ms':>10}{'p95 ms':>9}{'CPU ms':>9}{'p95':>9}{'database':>10}{'queries':>9}"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one page took: by the clock, of CPU, of CPU in the server process of PostgreSQL (its mean)."""

    median_ms: float
    p95_ms: float
    cpu_ms: float
    cpu_p95_ms: float
    database_ms: float
    queries: int

    def __str__(self) -> str:
        cpu = f"{self.cpu_ms:9.1f}{self.cpu_p95_ms:9.1f}{self.database_ms:10.1f}"
        return f"{self.median_ms:10.1f}{self.p95_ms:9.1f}{cpu}{self.queries:9d}"


def main(arguments: list[str]) -> None:
    """Fill an empty database, ask every page, print the table."""
    options = _options(arguments)
    with database(url=options.url or "", is_postgres=options.postgres, folder=options.folder):
        from bench.filling import NOW, Size, fill, is_filled
        from mooring.customers.counts import count_customers

        size = Size(options.customers, options.letters)
        if not is_filled(size):
            started = time.monotonic()
            fill(size)
            print(f"filled in {time.monotonic() - started:.0f} s: {size.customers:,} customers, {size.letters:,} letters")
        count_customers(now=NOW)  # as the engine does every hour
        print(f"load of the machine: {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        print(HEADER, flush=True)
        _measure_all(options)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench pages", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--letters", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", nargs="+", default=[""], help="pages whose name holds one of these")
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
    from bench.page_addresses import page_addresses, posted_paths

    readers, addresses = Readers(posted_paths()), page_addresses()
    gc.collect()
    gc.freeze()  # what putting them together left behind is no part of a page
    for name, (who, address) in addresses.items():
        if any(part in name for part in options.only):
            print(f"{name:56}{readers.measure(who, address, options.rounds)}", flush=True)


class Readers:
    """The browsers of the members of staff, signed in. To paths that are `posted` the query of an address goes as a form."""

    def __init__(self, posted: Collection[str] = ()) -> None:
        from django.test import Client

        from mooring.users.models import User

        self.posted = posted
        self._clients = {}
        for person in User.objects.all():
            client = Client()
            client.force_login(person)
            self._clients[person.name.lower()] = client

    def measure(self, who: str, address: str, rounds: int) -> Figure:
        """Ask a page again and again; the first answer warms caches and counts the queries."""
        queries = self._count_queries(who, address)
        before = _database_seconds()
        times, cpu = zip(*(self._seconds(who, address) for _ in range(rounds)), strict=True)
        return Figure(
            median_ms=statistics.median(times) * 1000,
            p95_ms=_p95(times) * 1000,
            cpu_ms=statistics.median(cpu) * 1000,
            cpu_p95_ms=_p95(cpu) * 1000,
            database_ms=(_database_seconds() - before) * 1000 / rounds,
            queries=queries,
        )

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
        path, _, query = address.partition("?")
        wall, cpu = time.perf_counter(), time.process_time()
        if path in self.posted:
            answer = self._clients[who].post(path, query, content_type="application/x-www-form-urlencoded")
        else:
            answer = self._clients[who].get(address)
        passed = time.perf_counter() - wall, time.process_time() - cpu
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
        return passed


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _database_seconds() -> float:
    """The CPU that PostgreSQL's process for this connection used so far, on this machine; 0 with SQLite."""
    from django.db import connection

    from bench.measuring import cpu_seconds_of

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cpu_seconds_of(cursor.fetchone()[0])


if __name__ == "__main__":
    main(sys.argv[1:])
