"""`mooring demo`: an invented company with a year of mail, to look around in."""

from __future__ import annotations

import shutil

import click

from mooring.config.commands.installing import make_first_administrator, make_ready
from mooring.config.commands.starting import UnableToRun
from mooring.config.demo.company import PASSWORD, STAFF
from mooring.config.installation import Installation, read_installation


@click.command()
@click.option("--reset", is_flag=True, help="Throw away what was changed in the demo and make it anew.")
def demo(reset: bool) -> None:
    """Fill an empty data folder with an invented company, its customers and a year of their letters.

    Never touches a data folder that holds anything else.
    """
    installation = read_installation()
    _demand_own_folder(installation)
    mark = installation.demo_mark
    if reset or (mark.exists() and mark.read_text() != "complete"):
        _empty(installation)
    if not mark.exists():
        installation.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.write_text("")
    make_ready(installation, say=lambda _text: None)
    if mark.read_text() != "complete":
        _fill(installation)
        mark.write_text("complete")
    _tell(installation)


def _fill(installation: Installation) -> None:
    from mooring.config.demo.filling import fill

    alice = STAFF[0]
    make_first_administrator(alice.address, alice.name, PASSWORD)
    fill(mail_folder=installation.data / "mail", say=click.echo)


def _demand_own_folder(installation: Installation) -> None:
    is_strange = installation.data.exists() and any(installation.data.iterdir()) and not installation.demo_mark.exists()
    if is_strange or installation.database_url:
        raise UnableToRun(
            f"The data folder {installation.data} holds an installation that is no demo. "
            "Set MOORING_DATA to a folder that does not exist yet, and leave MOORING_DATABASE_URL out."
        )


def _empty(installation: Installation) -> None:
    """Everything but the mark, which says that the folder is a demo even when this is interrupted."""
    installation.demo_mark.write_text("")
    for entry in installation.data.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry != installation.demo_mark:
            entry.unlink()


def _tell(installation: Installation) -> None:
    click.echo("\nSign in as one of these, with the password " + click.style(PASSWORD, bold=True))
    for colleague in STAFF:
        if not colleague.has_left:
            click.echo(f"  {colleague.address:<24} {colleague.name}, {colleague.role.replace('_', ' ')}")
    click.echo(f"Letters that you send arrive nowhere: they become files in {installation.demo_sent}.\n")
