"""`mooring customers`, `leads` and `contacts`: what comes in from tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

import click

from mooring.config.commands.chosen import colleague_named
from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date

if TYPE_CHECKING:
    from mooring.transfer.columns import Kind
    from mooring.transfer.importing import Summary

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
    @click.option("--owner", metavar="EMAIL", help="Owner of the records for which the file names nobody.")
    def import_file(file: BinaryIO, dry_run: bool, on_duplicate: str, owner: str | None) -> None:
        start_up_to_date()
        summary = _import(file, kind, dry_run=dry_run, on_duplicate=on_duplicate, owner=owner)
        _tell(summary, kind, dry_run=dry_run)


_importing(customers, "customers")
_importing(leads, "leads")
_importing(contacts, "contacts")


def _import(file: BinaryIO, kind: Kind, *, dry_run: bool, on_duplicate: str, owner: str | None) -> Summary:
    from mooring.transfer.importing import OnDuplicate, Order, import_records
    from mooring.users.journal import Actor

    order = Order(
        kind=kind,
        by=Actor(user=None, source="command"),
        now=current_time(),
        on_duplicate=OnDuplicate(on_duplicate),
        owner=colleague_named(owner) if owner else None,
        is_dry_run=dry_run,
    )
    return import_records(file=file, order=order)


def _tell(summary: Summary, kind: Kind, *, dry_run: bool) -> None:
    """What happened. Raises UnableToRun if rows were left out."""
    for problem in summary.problems[:MOST_TOLD]:
        click.echo(f"line {problem.line}: {problem.text}", err=True)
    if summary.ignored_columns:
        click.echo(f"Columns that were not understood: {', '.join(summary.ignored_columns)}.", err=True)
    would = "Nothing was changed; this would have been the outcome. " if dry_run else ""
    counts = f"{summary.created} created, {summary.updated} changed, {summary.skipped} known already"
    click.echo(f"{would}{kind}: {counts}, {summary.failed} left out.")
    if summary.failed:
        raise UnableToRun(f"{summary.failed} rows could not be used.")
