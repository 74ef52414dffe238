"""`mooring accounts`: mail accounts as an administrator scripts them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mooring.config.commands.chosen import account_named, accounts_in_use, colleague_named
from mooring.config.commands.scanning import scan
from mooring.config.commands.staff import ask_password
from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date

if TYPE_CHECKING:
    from mooring.letters.accounts import AccountData
    from mooring.mail.types import Secret
    from mooring.sync.check import TestResult
    from mooring.users.models import User

MARKS = {"good": "ok", "bad": "wrong", "idle": "-"}


@click.group()
def accounts() -> None:
    """Add, test, list and scan mail accounts."""


@accounts.command("add")
@click.argument("address")
@click.option("--owner", required=True, metavar="EMAIL", help="The member of staff whose account it is.")
@click.option("--your-name", metavar="NAME", help="Name under which letters are sent; the owner's unless given.")
@click.option("--protocol", type=click.Choice(["imap", "files"]), default="imap", show_default=True)
@click.option("--host", default="", help="IMAP server.")
@click.option("--port", type=click.IntRange(1, 65535), help="993, or 143 for other encryptions than tls.")
@click.option("--encryption", type=click.Choice(["tls", "starttls", "none"]), default="tls", show_default=True)
@click.option("--plain-login-allowed", is_flag=True, help="Log in even though the connection is not encrypted.")
@click.option("--user-name", default="", help="Only if it is not the address.")
@click.option("--path", type=click.Path(exists=True, path_type=Path), help="mbox file, Maildir or folder of .eml files.")
@click.option("--folder", "folders", multiple=True, help="Read only these folders; can be given several times.")
@click.option("--main", "is_main", is_flag=True, help="Keep every letter and show it in the module Email.")
@click.option("--sync-clients/--no-sync-clients", default=True, help="Link letters to customers.")
@click.option("--sync-leads/--no-sync-leads", default=True, help="Link letters to leads.")
@click.option("--first-scan-days", type=click.IntRange(1), help="How far back the first scan goes; everything unless given.")
def add(address: str, owner: str, path: Path | None, folders: tuple[str, ...], **entered: Any) -> None:
    """Add the mail account ADDRESS, after it was tested with exactly these settings.

    The password is asked for, or read from MOORING_MAIL_PASSWORD.
    """
    start_up_to_date()
    from mooring.letters.accounts import add_account, server_described_by
    from mooring.mail.types import Secret
    from mooring.sync.check import test_account
    from mooring.users.journal import Actor

    user = colleague_named(owner)
    data = _account_data(address, user, path, entered)
    password = Secret("") if data.protocol == "files" else _password()
    tested = test_account(server_described_by(data, password=password))
    _tell(tested)
    account = add_account(
        owner=user,
        data=data,
        password=password,
        folders=_choices(tested, folders),
        by=Actor(user=None, source="command"),
        now=current_time(),
    )
    click.echo(f"Added mail account {account.pk}, {account.address}. Scan it with: mooring scan {account.pk}")


@accounts.command("test")
@click.argument("account")
def test(account: str) -> None:
    """Connect to ACCOUNT (number or address), log in and list its folders; say in words what is wrong."""
    start_up_to_date()
    from mooring.sync.check import test_account
    from mooring.sync.reaching import egress_policy
    from mooring.sync.servers import incoming_server

    _tell(test_account(incoming_server(account_named(account), policy=egress_policy(), clock=current_time)))


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


def _password() -> Secret:
    from mooring.mail.types import Secret

    return Secret(os.environ.get("MOORING_MAIL_PASSWORD") or ask_password("MOORING_MAIL_PASSWORD"))


def _account_data(address: str, owner: User, path: Path | None, entered: dict[str, Any]) -> AccountData:
    from mooring.letters.accounts import AccountData

    return AccountData(
        your_name=entered["your_name"] or owner.name,
        address=address,
        protocol=entered["protocol"],
        host=entered["host"],
        port=entered["port"] or (993 if entered["encryption"] == "tls" else 143),
        encryption=entered["encryption"],
        plain_login_allowed=entered["plain_login_allowed"],
        user_name=entered["user_name"],
        path=str(path.resolve()) if path else "",
        is_main=entered["is_main"],
        syncs_customers=entered["sync_clients"],
        syncs_leads=entered["sync_leads"],
        first_scan_days=entered["first_scan_days"],
    )


def _choices(tested: TestResult, wanted: tuple[str, ...]) -> list[Any]:
    """The folders to read. Raises UnableToRun for a name that the server does not list."""
    from mooring.letters.folders import FolderChoice, default_choices

    if not wanted:
        return default_choices(tested.folders)
    unknown = set(wanted) - {folder.path for folder in tested.folders}
    if unknown:
        raise UnableToRun(f"The mailbox has no folder “{sorted(unknown)[0]}”.")
    return [FolderChoice(folder, folder.path in wanted) for folder in tested.folders]


def _tell(tested: TestResult) -> None:
    """A line per step. Raises UnableToRun when one failed."""
    for step in tested.steps:
        click.echo(f"{MARKS[step.light]:<6} {step.label}{': ' if step.detail else ''}{step.detail}", err=not tested.is_ok)
        if step.quoted:
            click.echo(f"       The server said: {step.quoted}", err=True)
    if not tested.is_ok:
        raise UnableToRun("The mailbox cannot be read with these settings.")
