"""`mooring customers`, `leads` and `contacts`: what comes in from tables."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import ExitStack
from io import TextIOWrapper
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

import click

from mooring.config.commands.chosen import colleague_named
from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date

if TYPE_CHECKING:
    from mooring.transfer.columns import Kind
    from mooring.transfer.orders import Summary

MOST_TOLD: Final = 50
_SHARED: Final = (
    "name, number (or id), email, further emails, phone, website, note, owner (address of a member of staff), street, "
)
_SHARED_END: Final = "postcode, city, region, country"
_COLUMNS: Final[dict[Kind, str]] = {
    "customers": f"{_SHARED}{_SHARED_END}, kind (company or person), domains (*.example.com: the hosts below it too)",
    "leads": f"{_SHARED}{_SHARED_END}, company",
    "contacts": "name (or first name and last name), email, further emails, phone, job title, note, and where the contact is: "
    "parent id (the number of a customer or lead), parent kind (customer or lead)",
}


@click.group()
def customers() -> None:
    """Import customers."""


@click.group()
def leads() -> None:
    """Import leads."""


@click.group()
def contacts() -> None:
    """Import contacts of customers and leads."""


def _importing(group: click.Group, kind: Kind) -> None:
    """Give the group its command `import`."""

    @group.command("import", help=f"Create {kind} from FILE, a CSV table as spreadsheets save it.\n\nColumns: {_COLUMNS[kind]}.")
    @click.argument("file", type=click.File("rb"))
    @click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
    @click.option(
        "--on-duplicate",
        type=click.Choice(["skip", "update", "create"]),
        default="skip",
        show_default=True,
        help="What becomes of a row whose record is known by its number or address.",
    )
    @click.option(
        "--on-bad-value",
        type=click.Choice(["leave-out", "refuse"]),
        default="leave-out",
        show_default=True,
        help="Whether a value that is no good is left out and told, or its whole row.",
    )
    @click.option("--report", type=click.File("wb"), help="Write all that was left out into this CSV file.")
    @click.option("--owner", metavar="EMAIL", help="Owner of the records for which the file names nobody.")
    def import_file(file: BinaryIO, report: BinaryIO | None, dry_run: bool, owner: str | None, **chosen: str) -> None:
        start_up_to_date()
        with ExitStack() as opened:
            # A table ends its lines itself: those within its cells stay as they are.
            table = TextIOWrapper(report, "utf-8-sig", newline="") if report else None
            settle = _report_into(table) if table else None
            if table:
                opened.callback(table.detach)  # written out, and open still where it is the terminal
            summary = _import(file, kind, dry_run=dry_run, owner=owner, settle=settle, **chosen)
        _tell(summary, kind, dry_run=dry_run)


_importing(customers, "customers")
_importing(leads, "leads")
_importing(contacts, "contacts")


def _import(
    file: BinaryIO,
    kind: Kind,
    *,
    dry_run: bool,
    on_duplicate: str,
    owner: str | None,
    on_bad_value: str = "leave-out",
    settle: Callable[[Summary], None] | None = None,
) -> Summary:
    from mooring.transfer.importing import import_records
    from mooring.transfer.orders import OnBadValue, OnDuplicate, Order
    from mooring.users.journal import Actor

    order = Order(
        kind=kind,
        by=Actor(user=None, source="command"),
        now=current_time(),
        on_duplicate=OnDuplicate(on_duplicate),
        on_bad_value=OnBadValue(on_bad_value.replace("-", "_")),
        owner=colleague_named(owner) if owner else None,
        is_dry_run=dry_run,
    )
    return import_records(file=file, order=order, settle=settle)


def _report_into(file: TextIO) -> Callable[[Summary], None]:
    """Writes down after every batch what it left out."""
    from mooring.desk.csv_export import safe_cell
    from mooring.transfer.orders import MOST_PROBLEMS

    writer, written = csv.writer(file), 0
    writer.writerow(("line", "left out", "column", "value", "reason"))

    def settle(summary: Summary) -> None:
        nonlocal written
        for each in summary.problems[written:]:
            what = "value" if each.value else "row"
            writer.writerow([each.line, what, *map(safe_cell, (each.column, each.value, each.text))])
        written = min(len(summary.problems), MOST_PROBLEMS)

    return settle


def _tell(summary: Summary, kind: Kind, *, dry_run: bool) -> None:
    """What happened. Raises UnableToRun if rows were left out."""
    from mooring.customers.checking import line

    def complain(text: str) -> None:
        """On one line: what stands in a file must neither look like an outcome nor steer the terminal."""
        click.echo(line(text), err=True)

    for problem in summary.problems[:MOST_TOLD]:
        if problem.value:
            complain(f"line {problem.line}, {problem.column}: {problem.text} Left out: {problem.value[:100]}")
        else:
            complain(f"line {problem.line}: {problem.text} The row was left out.")
    if summary.ignored_columns:
        complain(f"Columns that were not understood: {', '.join(summary.ignored_columns)}.")
    would = "Nothing was changed; this would have been the outcome. " if dry_run else ""
    counts = f"{summary.created} created, {summary.updated} changed, {summary.skipped} known already"
    incomplete = f", {summary.incomplete} without a value that was no good" if summary.incomplete else ""
    click.echo(f"{would}{kind}: {counts}, {summary.failed} left out{incomplete}.")
    if summary.failed:
        raise UnableToRun(f"{summary.failed} rows could not be used.")
