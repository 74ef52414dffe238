"""`mooring sums`: the kept sums of forecasts, made anew where something broke them."""

from __future__ import annotations

import click

from mooring.config.commands.starting import start_up_to_date


@click.command()
def sums() -> None:
    """Reckon the kept sums of forecasts anew from the opportunities.

    The database keeps them right by itself; this is for what was changed without it. “mooring check” says when it is needed.
    """
    start_up_to_date()
    from mooring.sales.kept_sums import make_anew

    count = make_anew()
    click.echo(f"{count} kept sums were wrong; all are right now." if count else "All kept sums were right.")
