"""`mooring accounts`: mail accounts as an administrator scripts them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mooring.config.commands.account_options import data_of, describing_an_account, team_of
from mooring.config.commands.chosen import account_named, accounts_in_use, colleague_named
from mooring.config.commands.scanning import scan
from mooring.config.commands.staff import ask_password
from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date

if TYPE_CHECKING:
    from mooring.letters.accounts import AccountData
    from mooring.mail.types import Folder, Secret
    from mooring.sync.check import TestResult

MARKS = {"good": "ok", "bad": "wrong", "idle": "-"}


@click.group()
def accounts() -> None:
    """Add, test, list and scan mail accounts."""


@accounts.command("add")
@click.argument("address")
@describing_an_account
def add(address: str, **entered: Any) -> None:
    """Add the mail account ADDRESS of somebody or of a team, after it was tested with exactly these settings.

    The password is asked for, or read from MOORING_MAIL_PASSWORD; that of --smtp-login own from MOORING_MAIL_OUTGOING_PASSWORD.
    """
    start_up_to_date()
    from mooring.letters.accounts import add_account
    from mooring.users.journal import Actor

    team = team_of(entered)
    if bool(entered["owner"]) == bool(team):
        raise UnableToRun("Say whose account it is: --owner EMAIL, or --team GROUP.")
    owner = colleague_named(entered["owner"]) if entered["owner"] else None
    data = data_of(address, owner.name if owner else address, entered)
    password, outgoing = _passwords(data)
    folders = _tried(data, password, outgoing)
    account = add_account(
        owner=owner,
        team=team,
        data=data,
        password=password,
        outgoing_password=outgoing,
        folders=_choices(folders, entered["folders"]),
        by=Actor(user=None, source="command"),
        now=current_time(),
    )
    click.echo(f"Added mail account {account.pk}, {account.address}. Scan it with: mooring scan {account.pk}")


@accounts.command("test")
@click.argument("account")
def test(account: str) -> None:
    """Connect to ACCOUNT (number or address), log in, list its folders, ask its outgoing server; say in words what is wrong."""
    start_up_to_date()
    from mooring.sync.check import test_account, test_sending
    from mooring.sync.reaching import egress_policy
    from mooring.sync.servers import incoming_server, outgoing_server

    found, policy = account_named(account), egress_policy()
    _tell(test_account(incoming_server(found, policy=policy, clock=current_time)))
    if found.outgoing_protocol:
        server = outgoing_server(found, policy=policy, clock=current_time)
        _tell(test_sending(server, sender=found.address), what="No letters can be sent with these settings.")


@accounts.command("list")
def list_accounts() -> None:
    """Print number, address, owner, protocol and how it goes, one account a line, separated by tabs."""
    start_up_to_date()
    from mooring.sync.health import health_of_accounts

    found = accounts_in_use()
    health = health_of_accounts(found, now=current_time())
    for account in found:
        state = health[account.pk]
        cells = (
            str(account.pk),
            account.address,
            account.owner.email if account.owner else "team",
            account.protocol,
            state.light,
            state.summary,
        )
        click.echo("\t".join(cells))


accounts.add_command(scan)


def _passwords(data: AccountData) -> tuple[Secret, Secret]:
    """For receiving, and of its own for sending; empty where none is needed."""
    from mooring.letters.account_data import needs_outgoing_password, needs_password
    from mooring.mail.types import Secret

    wanted = (
        (needs_password(data), "MOORING_MAIL_PASSWORD"),
        (needs_outgoing_password(data), "MOORING_MAIL_OUTGOING_PASSWORD"),
    )
    incoming, outgoing = (
        Secret(os.environ.get(name) or ask_password(name)) if is_needed else Secret("") for is_needed, name in wanted
    )
    return incoming, outgoing


def _tried(data: AccountData, password: Secret, outgoing: Secret) -> Sequence[Folder]:
    """Try both directions; the folders of the mailbox. Raises UnableToRun."""
    from mooring.letters.accounts import outgoing_server_described_by, server_described_by
    from mooring.sync.check import test_account, test_sending

    tested = test_account(server_described_by(data, password=password))
    _tell(tested)
    server = outgoing_server_described_by(data, password=password, outgoing_password=outgoing)
    if server is not None:
        _tell(test_sending(server, sender=data.address), what="No letters can be sent with these settings.")
    return tested.folders


def _choices(listed: Sequence[Folder], wanted: tuple[str, ...]) -> list[Any]:
    """The folders to read. Raises UnableToRun for a name that the server does not list."""
    from mooring.letters.folders import FolderChoice, default_choices

    if not wanted:
        return default_choices(listed)
    unknown = set(wanted) - {folder.path for folder in listed}
    if unknown:
        raise UnableToRun(f"The mailbox has no folder “{sorted(unknown)[0]}”.")
    return [FolderChoice(folder, folder.path in wanted) for folder in listed]


def _tell(tested: TestResult, *, what: str = "The mailbox cannot be read with these settings.") -> None:
    """A line per step. Raises UnableToRun when one failed."""
    for step in tested.steps:
        click.echo(f"{MARKS[step.light]:<6} {step.label}{': ' if step.detail else ''}{step.detail}", err=not tested.is_ok)
        if step.quoted:
            click.echo(f"       The server said: {step.quoted}", err=True)
    if not tested.is_ok:
        raise UnableToRun(what)
