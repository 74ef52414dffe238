"""`mooring keys`: the keys that seal the passwords of mail accounts."""

from __future__ import annotations

import secrets

import click

from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date
from mooring.config.installing import add_sealing_key, forget_old_sealing_keys


@click.group()
def keys() -> None:
    """Look after the keys that seal the passwords of mail accounts."""


@keys.command()
@click.option("--forget-old", is_flag=True, help="Also remove the old keys; older backups can then no longer open passwords.")
def rotate(forget_old: bool) -> None:
    """Make a new key and seal every stored password with it. Can be run while Mooring serves."""
    installation = start_up_to_date()
    from mooring.letters.credentials import rotate as seal_anew

    key_id = f"k{current_time():%Y%m%d}{secrets.token_hex(2)}"
    add_sealing_key(installation=installation, sealing_key=secrets.token_bytes(32), key_id=key_id)
    click.echo(f"The key {key_id} seals from now on. Keep a copy of {installation.sealing_keys_file}.")
    outcome = seal_anew()
    click.echo(f"Passwords sealed anew: {outcome.resealed_count}.")
    for account_id, reason in outcome.failed:
        click.echo(f"account {account_id}: {reason}", err=True)
    if outcome.failed:
        raise UnableToRun(f"{len(outcome.failed)} passwords could not be opened; the old keys are kept.")
    if forget_old:
        click.echo(f"Old keys forgotten: {forget_old_sealing_keys(installation=installation)}.")
