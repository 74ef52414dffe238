"""Every page of lists, cards, search and reports at a large number of records: time on the server and number of queries.

The first figures to look at are the queries and the ratio between the two sizes: pages must not grow with the data.
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
from typing import Any

from bench.filling import NOW, Size, fill

PASSWORD = "harbour-wall"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one page took."""

    median_ms: float
    p95_ms: float
    queries: int


def main(arguments: list[str]) -> None:
    """Fill an empty database, ask every page, print the table."""
    parser = argparse.ArgumentParser(prog="./run bench pages", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--letters", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--postgres", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options = parser.parse_args(arguments)
    with _database(is_postgres=options.postgres):
        started = time.monotonic()
        ask = _Reader(Size(options.customers, options.letters))
        print(f"filled in {time.monotonic() - started:.0f} s: {options.customers:,} customers, {options.letters:,} letters")
        print(f"{'page':44}{'median ms':>10}{'p95 ms':>9}{'queries':>9}")
        for name, path in ask.pages().items():
            figure = ask.measure(path, options.rounds)
            print(f"{name:44}{figure.median_ms:10.1f}{figure.p95_ms:9.1f}{figure.queries:9d}", flush=True)


@contextmanager
def _database(*, is_postgres: bool) -> Iterator[None]:
    if not is_postgres:
        _set_up()
        yield
        return
    from servers.postgresql import running_cluster

    with running_cluster({"shared_buffers": "512MB", "work_mem": "32MB"}) as cluster:
        os.environ["MOORING_TEST_DATABASE"] = cluster.url
        _set_up()
        yield


def _set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings_for_tests"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


class _Reader:
    """Bob, who sells and sees half of the customers, and Alice, who administers and sees all."""

    def __init__(self, size: Size) -> None:
        from django.test import Client

        from mooring.customers.models import Customer
        from mooring.letters.models import Folder, MailAccount
        from mooring.users.journal import Actor
        from mooring.users.staff import add_user

        command = Actor(None, "command")
        people = [
            add_user(email=f"{name}@bench.example", name=name.title(), role=role, password=PASSWORD, by=command, now=NOW)
            for name, role in (("alice", "administrator"), ("bob", "sales_person"))
        ]
        account = MailAccount.objects.create(
            owner=people[1], your_name="Bob", address="bob@bench.example", is_main=True, created_at=NOW, changed_at=NOW
        )
        folder = Folder.objects.create(account=account, path="INBOX", wire_name="INBOX")
        fill(size, owners=[person.pk for person in people], account_id=account.pk, folder_id=folder.pk)
        self._analyse()
        self._folder = folder
        self._account = account
        self._customers = Customer.objects.unscoped("measured").order_by("pk")
        self._size = size
        self._clients = {}
        for person in people:
            client = Client()
            client.force_login(person)
            self._clients[person.name.lower()] = client

    def pages(self) -> dict[str, str]:
        """Name -> "who path"."""
        busy, quiet = self._customers[1].pk, self._customers[self._size.customers // 2 | 1].pk
        pages = {
            "customers, first page": "/customers/",
            "customers, newest": "/customers/?sort=-created",
            "customers, of one owner": "/customers/?owner=me",
            "customers, search common word": "/customers/?q=ba",
            "customers, search rare word": "/customers/?q=c77777.example",
            "palette, two letters": "/search/?q=ba",
            "card": f"/customers/{quiet}/",
            "card, emails of a busy customer": f"/customers/{busy}/emails/",
            "report of synced emails": "/reports/synced-emails/",
            "report, not linked": "/reports/synced-emails/?linked=no",
            "report, one account": f"/reports/synced-emails/?account={self._account.pk}",
            "report, one rule": "/reports/synced-emails/?rule=customer_email",
            "report, common word": "/reports/synced-emails/?text=baba",
            "report, rare word": "/reports/synced-emails/?text=zozozozo",
            "report, no hit": "/reports/synced-emails/?text=nothinglikethis",
            "report, two words": "/reports/synced-emails/?text=baba+zozo",
            "report, word of an address": "/reports/synced-emails/?text=from:c5.example",
        }
        found = {f"{who}: {name}": f"{who} {path}" for name, path in pages.items() for who in ("alice", "bob")}
        found["bob: email, all mailboxes"] = "bob /email/"
        found["bob: email, unread of a folder"] = f"bob /email/folders/{self._folder.pk}/?unread=1"
        return found

    def measure(self, path: str, rounds: int) -> Figure:
        """Ask a page again and again; the first answer warms caches and counts the queries."""
        who, _space, address = path.partition(" ")
        queries = self._count_queries(who, address)
        times = sorted(self._seconds(who, address) for _ in range(rounds))
        return Figure(statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000, queries)

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

    def _seconds(self, who: str, address: str) -> float:
        started = time.perf_counter()
        answer = self._clients[who].get(address)
        passed = time.perf_counter() - started
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
        return passed

    @staticmethod
    def _analyse() -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(sys.argv[1:])
