"""`mooring init`: from nothing, or from an older version, to an installation that can serve."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import click

from mooring.config.commands.starting import (
    UnableToStart,
    current_time,
    start_django,
    waiting_migrations,
)
from mooring.config.installation import Installation, read_installation
from mooring.config.installing import make_folders, make_keys, replace_secret_key
from mooring.config.running import note_running


@click.command()
@click.option("--admin-email", metavar="ADDRESS", help="Address with which the first administrator signs in.")
@click.option("--admin-name", metavar="NAME", help="Name of the first administrator.")
@click.option(
    "--admin-password",
    envvar="MOORING_ADMIN_PASSWORD",
    show_envvar=True,
    help="Password of the first administrator; better given by the environment, which other users cannot list.",
)
@click.option("--new-secret-key", is_flag=True, help="Replace the key that signs sessions and links: everybody is signed out.")
def init(admin_email: str | None, admin_name: str | None, admin_password: str | None, new_secret_key: bool) -> None:
    """Make this installation ready, or bring it up to date.

    Makes the data folder, the keys, the tables of the database and the first administrator. What exists is left alone, so
    that the command can be run again at any time, and must be after each update.
    """
    installation = read_installation()
    note_running(installation.data, makes_it=True)
    make_ready(installation, say=click.echo, new_secret_key=new_secret_key)
    make_first_administrator(admin_email, admin_name, admin_password)
    click.echo(f"Mooring is ready in {installation.data}. Start it with: mooring serve")


def make_ready(installation: Installation, *, say: Callable[[str], object], new_secret_key: bool = False) -> None:
    """Folders, keys and tables; what exists is left alone. `say` is told what was made."""
    make_folders(installation=installation)
    _make_keys(installation, say, new_secret_key=new_secret_key)
    start_django()
    _migrate(say)


def _make_keys(installation: Installation, say: Callable[[str], object], *, new_secret_key: bool) -> None:
    made = make_keys(
        installation=installation,
        secret_key=secrets.token_urlsafe(50),
        sealing_key=secrets.token_bytes(32),
        key_id=f"k{current_time():%Y%m%d}{secrets.token_hex(2)}",
    )
    for path in made:
        say(f"Made the key {path}. Keep a copy apart from the backups of the data.")
    if new_secret_key and installation.secret_key_file not in made:
        replace_secret_key(installation=installation, secret_key=secrets.token_urlsafe(50))
        say(f"Replaced the key {installation.secret_key_file}; everybody is signed out.")


def _migrate(say: Callable[[str], object]) -> None:
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    waiting = waiting_migrations()
    if not waiting:
        return
    call_command("migrate", verbosity=0, interactive=False)
    say(f"Brought the database up to date ({len(waiting)} changes).")


def make_first_administrator(email: str | None, name: str | None, password: str | None) -> None:
    """Unless there is one; what is not given is asked for at a terminal. Raises UnableToStart where there is none."""
    from mooring.users.journal import Actor
    from mooring.users.models import Role, User
    from mooring.users.staff import add_user

    if User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        if email:
            click.echo("There is an administrator already; “mooring staff add” adds further ones.")
        return
    if email is None and not sys.stdin.isatty():
        raise UnableToStart(
            "The first administrator is missing. Give --admin-email and --admin-name and the password in the environment "
            "variable MOORING_ADMIN_PASSWORD, or run “mooring init” at a terminal to be asked."
        )
    email = email or click.prompt("Email address of the first administrator")
    name = name or (click.prompt("Name") if sys.stdin.isatty() else email.partition("@")[0])
    password = password or _ask_password()
    user = add_user(
        email=email,
        name=name,
        role=Role.ADMINISTRATOR,
        password=password,
        by=Actor(user=None, source="command"),
        now=current_time(),
    )
    click.echo(f"{user.email} may sign in as administrator.")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise UnableToStart("Set MOORING_ADMIN_PASSWORD to the password of the first administrator.")
    password: str = click.prompt("Password (10 characters or more)", hide_input=True, confirmation_prompt=True)
    return password
