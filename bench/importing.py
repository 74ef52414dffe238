"""Importing customers from CSV with the command line, duplicates found, against the plainest program that does the same work.

That program reads the same file, keeps customers and their addresses in two tables with unique indexes and passes over those
that it knows: no rights, no journal, no search, no check of what it reads.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sqlite3
import sys
import tempfile
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

from bench.measuring import Cost, cost_of, table
from servers.postgresql import running_cluster

BATCH = 500
WANTED = 5_000
"""Rows for each CPU second."""
ODOO = 23
"""Records that Odoo creates in a second, one after the other: 44 ms each, of 100,000 customers on PostgreSQL and two workers."""
PASSWORD = "harbour-wall"
PLAIN = "csv and sqlite3, nothing else"
_SYLLABLES = [first + second for first in "bdfghklmnprstvwz" for second in "aeio"]
_CITIES = ("Gdynia", "Bergen", "Rostock", "Galway", "Trieste")


def main(arguments: list[str]) -> None:
    """Both in turn, each into an empty database; prints the table and the rows for each CPU second."""
    parser = argparse.ArgumentParser(prog="./run bench importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="into a throw-away PostgreSQL, whose own work is not counted")
    parser.add_argument("--plain", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.plain:
        import_plainly(options.plain)
        return
    costs: dict[str, list[Cost]] = {"Mooring": [], PLAIN: []}
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        file = Path(name) / "customers.csv"
        _write_customers(file, options.rows)
        for number in range(options.rounds):
            with running_cluster({"shared_buffers": "512MB"}) if options.postgres else nullcontext() as cluster:
                costs["Mooring"].append(_import(file, Path(name) / f"data-{number}", cluster.url if cluster else ""))
            costs[PLAIN].append(cost_of([sys.executable, "-m", "bench", "importing", "--plain", str(file)]))
            file.with_suffix(".sqlite3").unlink()
    print(table(costs, yardstick=PLAIN))
    for who, rounds in costs.items():
        rows = options.rows * len(rounds)
        by_cpu, by_wall = (rows / sum(getattr(cost, each) for cost in rounds) for each in ("cpu_seconds", "wall_seconds"))
        peak = max(cost.peak_megabytes for cost in rounds)
        print(f"{who}: {by_cpu:,.0f} rows for each CPU second, {by_wall:,.0f} for each second, {peak:,.0f} MB at most")
    print(f"wanted: {WANTED:,} rows for each CPU second; a peer, Odoo: {ODOO} records created in a second")


def _write_customers(file: Path, rows: int) -> None:
    """Every fiftieth comes twice, the second time under another name."""
    chance = random.Random(7)
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(["Number", "Name", "E-mail", "Phone", "Street", "City", "Domains"])
        for number in range(rows):
            known = number - 1 if number % 50 == 49 else number
            name = " ".join("".join(chance.choices(_SYLLABLES, k=3)).title() for _ in range(2))
            phone = f"+48 600 {known // 1000 % 1000:03} {known % 1000:03}"
            place = (f"Quay {known % 90}", chance.choice(_CITIES))
            writer.writerow((f"C{known}", f"{name} Ltd", f"office@c{known}.example", phone, *place, f"c{known}.example"))


def _import(file: Path, data: Path, url: str) -> Cost:
    """The command of a new installation, its start included; setting it up is not."""
    # An installed program keeps its compiled files, whatever the environment of this one says.
    environment = {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(file.parent / "compiled"),
        "MOORING_DATA": str(data),
        "MOORING_DATABASE_URL": url,
        "MOORING_ADMIN_PASSWORD": PASSWORD,
    }
    program, log = [sys.executable, "-m", "mooring"], data.with_suffix(".log")
    cost_of([*program, "init", "--admin-email", "alice@bench.example", "--admin-name", "Alice"], environment=environment, log=log)
    cost = cost_of([*program, "customers", "import", str(file)], environment=environment, log=log)
    print(log.read_text().splitlines()[-1], f"(load {os.getloadavg()[0]:.1f})", flush=True)
    return cost


def import_plainly(file: Path) -> None:
    """Keep the customers of the file in a database beside it, in transactions as large as Mooring's."""
    database = sqlite3.connect(file.with_suffix(".sqlite3"))
    database.executescript(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, number TEXT UNIQUE,"
        " name TEXT, phone TEXT, street TEXT, city TEXT, domain TEXT);"
        "CREATE TABLE address (customer INTEGER, address TEXT UNIQUE);"
    )
    with file.open(newline="", encoding="utf-8") as source:
        rows = csv.reader(source)
        next(rows)
        first = 1
        while batch := list(islice(rows, BATCH)):
            with database:
                numbered = list(enumerate(batch, first))
                database.executemany(
                    "INSERT OR IGNORE INTO customer VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [(key, row[0], row[1], *row[3:]) for key, row in numbered],
                )
                database.executemany("INSERT OR IGNORE INTO address VALUES (?, ?)", [(key, row[2]) for key, row in numbered])
            first += len(batch)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
