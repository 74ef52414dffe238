"""`mooring scan`: visit mailboxes once, now, in this process."""

from __future__ import annotations

import click

from mooring.config.commands.chosen import account_named, accounts_in_use
from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date


@click.command()
@click.argument("account", required=False)
@click.option("--quiet", is_flag=True, help="Only how it ended.")
def scan(account: str | None, quiet: bool) -> None:
    """Visit every mail account, or only ACCOUNT (number or address), until nothing is left to do there.

    Ends with status 1 if a mailbox could not be read, or letters in it could not be archived.
    """
    start_up_to_date()
    from mooring.config.visiting import scan_account
    from mooring.sync.engine import Engine

    chosen = [account_named(account)] if account else [each for each in accounts_in_use() if each.is_scanned]
    if not chosen:
        click.echo("No mail account is scanned yet. “mooring accounts add” adds one.")
        return
    engine = Engine.of_installation()
    try:
        well = [scan_account(each, engine=engine, clock=current_time, say=click.echo, is_quiet=quiet) for each in chosen]
    finally:
        engine.close()
    if not all(well):
        raise UnableToRun(f"{well.count(False)} of {len(chosen)} mail accounts were not read completely.")
