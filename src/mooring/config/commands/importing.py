"""`mooring customers`, `leads` and `contacts`: what comes in from tables."""

from __future__ import annotations

from typing import BinaryIO

import click

from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date

MOST_TOLD = 50


@click.group()
def customers() -> None:
    """Import customers."""


@click.group()
def leads() -> None:
    """Import leads."""


@click.group()
def contacts() -> None:
    """Import contacts of customers and leads."""


def _importing(group: click.Group, kind: str, columns: str) -> None:
    """Give the group its command `import`."""

    @group.command("import", help=f"Create {group.name} from FILE, a CSV table as spreadsheets save it.\n\n{columns}")
    @click.argument("file", type=click.File("rb"))
    @click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
    def import_file(file: BinaryIO, dry_run: bool) -> None:
        _import(file, kind=kind, called=str(group.name), dry_run=dry_run)


_importing(
    customers,
    "customer",
    "Columns: name, number (or id), email, further emails, domains, kind (company or person), phone, website, note, owner "
    "(address of a member of staff), street, postcode, city, region, country. A customer whose number is known is left alone.",
)
_importing(
    leads,
    "lead",
    "Columns: name, number (or id), email, further emails, company, phone, website, note, owner, street, postcode, city, "
    "region, country. A lead whose number is known is left alone.",
)
_importing(
    contacts,
    "contact",
    "Columns: name, email, further emails, phone, job title, note, and where the contact is: customer or lead (number or "
    "name), or parent kind with parent id. A contact of the same name at the same place is left alone.",
)


def _import(file: BinaryIO, *, kind: str, called: str, dry_run: bool) -> None:
    start_up_to_date()
    from mooring.transfer.formats.csv import read_table
    from mooring.transfer.importing import import_table
    from mooring.users.journal import Actor

    outcome = import_table(
        table=read_table(file.read()),
        kind=kind,
        by=Actor(user=None, source="command"),
        now=current_time(),
        is_rehearsal=dry_run,
    )
    for line, text in outcome.problems[:MOST_TOLD]:
        click.echo(f"line {line}: {text}", err=True)
    if outcome.ignored_columns:
        click.echo(f"Columns that were not understood: {', '.join(outcome.ignored_columns)}.", err=True)
    verb = "would be created" if dry_run else "created"
    click.echo(f"{called}: {outcome.created_count} {verb}, {outcome.known_count} known already.")
    if outcome.problems:
        raise UnableToRun(f"{len(outcome.problems)} rows were left out.")
