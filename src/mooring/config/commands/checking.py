"""`mooring check`: what is wrong with this installation, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from mooring.config.checking import (
    Finding,
    Level,
    check_addresses,
    check_database,
    check_engine,
    check_files,
    check_pages,
    check_staff,
    check_sums,
)
from mooring.config.commands.starting import current_time, in_words, reach_database, start_django, waiting_migrations
from mooring.config.installation import Installation, read_installation

COLOURS = {Level.FINE: "green", Level.WARNING: "yellow", Level.WRONG: "red"}


@click.command()
@click.option("--quiet", is_flag=True, help="Only what is not well.")
def check(quiet: bool) -> None:
    """Say what is wrong with this installation and what to do.

    Ends with status 1 if something is wrong; warnings alone end with 0.
    """
    sys.exit(show_findings(read_installation(), quiet=quiet, is_running=True))


def show_findings(installation: Installation, *, quiet: bool, is_running: bool = False) -> bool:
    """Print what was looked at; whether something is wrong. `is_running`: the engine should be at work."""
    findings = list(_findings(installation, is_running=is_running))
    for finding in findings:
        if not quiet or finding.level is not Level.FINE:
            click.echo(f"{click.style(finding.level.value.ljust(8), fg=COLOURS[finding.level])} {finding.what}")
            if finding.advice:
                click.echo(f"{'':8} {finding.advice}")
    return any(finding.level is Level.WRONG for finding in findings)


def _findings(installation: Installation, *, is_running: bool) -> Iterator[Finding]:
    """What does not need the database first; without keys there is no use in going on."""
    files = list(check_files(installation=installation))
    yield from files
    yield from check_addresses(installation=installation)
    if any(finding.level is Level.WRONG for finding in files):
        return
    start_django()
    yield from check_pages()
    yield from _findings_in_database(is_running=is_running)


def _findings_in_database(*, is_running: bool) -> Iterator[Finding]:
    try:
        reach_database()
        waiting = waiting_migrations()
        yield from check_database(waiting_migrations=waiting)
        if not waiting:
            yield from check_staff()
            if is_running:
                yield from check_engine(now=current_time())
            yield from check_sums()
    except Exception as error:
        told = in_words(error, hint="")
        if told is None:
            raise
        yield Finding(Level.WRONG, told.message, "Look at MOORING_DATABASE_URL, and whether the database server runs.")
