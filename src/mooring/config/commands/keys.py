"""`mooring keys`: the keys that seal the passwords and tokens of mail accounts."""

from __future__ import annotations

import secrets

import click

from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date
from mooring.config.installing import add_sealing_key, forget_old_sealing_keys


@click.group()
def keys() -> None:
    """Look after the keys that seal the passwords and tokens of mail accounts."""


@keys.command()
@click.option("--forget-old", is_flag=True, help="Also remove the old keys; older backups can then no longer open passwords.")
def rotate(forget_old: bool) -> None:
    """Make a new key and seal every stored password and token with it. Can be run while Mooring serves."""
    installation = start_up_to_date()
    from mooring.letters.code_sealing import rotate_codes as seal_codes_anew
    from mooring.letters.credentials import rotate as seal_passwords_anew
    from mooring.letters.token_sealing import rotate_tokens as seal_tokens_anew

    key_id = f"k{current_time():%Y%m%d}{secrets.token_hex(2)}"
    add_sealing_key(installation=installation, sealing_key=secrets.token_bytes(32), key_id=key_id)
    click.echo(f"The key {key_id} seals from now on. Keep a copy of {installation.sealing_keys_file}.")
    passwords, tokens, codes = seal_passwords_anew(), seal_tokens_anew(), seal_codes_anew()
    click.echo(f"Passwords sealed anew: {passwords.resealed_count}. Secrets of sign-ins: {tokens.resealed_count}.")
    if codes.resealed_count:
        click.echo(f"Secrets of two-step sign-in: {codes.resealed_count}.")
    failed = passwords.failed + tokens.failed + codes.failed
    for account_id, reason in failed:
        click.echo(f"account {account_id}: {reason}" if account_id else reason, err=True)
    if failed:
        raise UnableToRun(f"{len(failed)} secrets could not be opened; the old keys are kept.")
    if forget_old:
        click.echo(f"Old keys forgotten: {forget_old_sealing_keys(installation=installation)}.")
