"""The options with which `mooring accounts add` describes an account, one for each setting of the form.

Graph and Gmail are left out: somebody has to sign in on the provider's page, which a terminal cannot show.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mooring.config.commands.starting import UnableToRun

if TYPE_CHECKING:
    from mooring.letters.accounts import AccountData, TeamRight

_ENCRYPTIONS: Final = click.Choice(["tls", "starttls", "none"])
_PORT: Final = click.IntRange(1, 65535)
_SPA: Final = "Secure password authentication (NTLM version 2)."
_SPA_OLD: Final = "NTLM version 1, for very old servers only."

_WHOSE: Final = (
    click.option("--owner", default="", metavar="EMAIL", help="The member of staff whose account it is."),
    click.option("--team", "teams", multiple=True, metavar="GROUP", help="A group that reads and writes; can be repeated."),
    click.option("--team-reads", multiple=True, metavar="GROUP", help="A group that only reads; can be repeated."),
    click.option("--your-name", default="", metavar="NAME", help="Name under which letters are sent; the owner's unless given."),
    click.option("--organization", default="", help="Organization under which letters are sent."),
    click.option("--reply-address", default="", metavar="EMAIL", help="Where answers go, unless to the default account."),
)
_RECEIVING: Final = (
    click.option("--protocol", type=click.Choice(["imap", "pop3", "jmap", "files"]), default="imap", show_default=True),
    click.option("--host", default="", help="IMAP or POP3 server."),
    click.option("--port", type=_PORT, help="The usual one unless given."),
    click.option("--encryption", type=_ENCRYPTIONS, default="tls", show_default=True),
    click.option("--plain-login-allowed", is_flag=True, help="Log in even though the connection is not encrypted."),
    click.option("--url", default="", help="Address of the JMAP interface."),
    click.option("--path", type=click.Path(exists=True, path_type=Path), help="mbox file, Maildir or folder of .eml files."),
    click.option("--user-name", default="", help="Only if it is not the address."),
    click.option("--spa", is_flag=True, help=_SPA),
    click.option("--spa-old", is_flag=True, help=_SPA_OLD),
    click.option("--timeout-seconds", type=click.IntRange(5, 600), default=60, show_default=True),
)
_SENDING: Final = (
    click.option("--smtp-host", default="", help="Outgoing server; nothing is sent unless given. JMAP sends by itself."),
    click.option("--smtp-port", type=_PORT, help="The usual one unless given."),
    click.option("--smtp-encryption", type=_ENCRYPTIONS, default="tls", show_default=True),
    click.option("--smtp-plain-login-allowed", is_flag=True, help="Log in even though the connection is not encrypted."),
    click.option(
        "--smtp-login",
        type=click.Choice(["same", "own", "none"]),
        default="same",
        show_default=True,
        help="Log in as for receiving, with another user name and password, or not at all.",
    ),
    click.option("--smtp-user-name", default="", help="With --smtp-login own."),
    click.option("--smtp-spa", is_flag=True, help=_SPA),
    click.option("--smtp-spa-old", is_flag=True, help=_SPA_OLD),
)
_KEEPING: Final = (
    click.option("--leave-copy/--no-leave-copy", default=True, help="Leave letters on the server once they are archived."),
    click.option("--remove-after-days", type=click.IntRange(1, 3650), help="Remove letters from the server after so many days."),
    click.option("--remove-when-deleted", is_flag=True, help="Remove letters from the server when deleted in Mooring."),
    click.option("--folder", "folders", multiple=True, help="Read only these folders; can be given several times."),
    click.option("--scan/--no-scan", default=True, help="Visit the mailbox regularly."),
    click.option("--main", "is_main", is_flag=True, help="Keep every letter and show it in the module Email."),
    click.option("--sync-clients/--no-sync-clients", default=True, help="Link letters to customers."),
    click.option("--sync-leads/--no-sync-leads", default=True, help="Link letters to leads."),
    click.option("--private-incoming", is_flag=True, help="Mark incoming emails as private."),
    click.option("--private-outgoing", is_flag=True, help="Mark outgoing emails as private."),
    click.option("--first-scan-days", type=click.IntRange(1), help="How far back the first scan goes; everything unless given."),
)


def describing_an_account(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command all options that describe an account, in their order."""
    for option in reversed((*_WHOSE, *_RECEIVING, *_SENDING, *_KEEPING)):
        command = option(command)
    return command


def data_of(address: str, name: str, entered: dict[str, Any]) -> AccountData:
    """The settings that the options say; `name` where none was given."""
    from mooring.letters.account_data import USUAL_PORTS
    from mooring.letters.accounts import AccountData

    protocol, encryption, smtp_encryption = entered["protocol"], entered["encryption"], entered["smtp_encryption"]
    return AccountData(
        your_name=entered["your_name"] or name,
        address=address,
        organization=entered["organization"],
        reply_address=entered["reply_address"],
        protocol=protocol,
        host=entered["host"],
        port=entered["port"] or USUAL_PORTS.get((protocol, encryption), 443),
        encryption=encryption,
        plain_login_allowed=entered["plain_login_allowed"],
        url=entered["url"],
        path=str(entered["path"].resolve()) if entered["path"] else "",
        user_name=entered["user_name"],
        login=_login(entered, ""),
        timeout_seconds=entered["timeout_seconds"],
        outgoing_protocol="smtp" if entered["smtp_host"] else "same" if protocol == "jmap" else "",
        outgoing_host=entered["smtp_host"],
        outgoing_port=entered["smtp_port"] or USUAL_PORTS["smtp", smtp_encryption],
        outgoing_encryption=smtp_encryption,
        outgoing_plain_login_allowed=entered["smtp_plain_login_allowed"],
        outgoing_login_of=entered["smtp_login"],
        outgoing_login=_login(entered, "smtp_"),
        outgoing_user_name=entered["smtp_user_name"],
        leaves_copy=entered["leave_copy"],
        removes_after_days=entered["remove_after_days"],
        removes_when_deleted=entered["remove_when_deleted"],
        is_scanned=entered["scan"],
        is_main=entered["is_main"],
        syncs_customers=entered["sync_clients"],
        syncs_leads=entered["sync_leads"],
        marks_incoming_private=entered["private_incoming"],
        marks_outgoing_private=entered["private_outgoing"],
        first_scan_days=entered["first_scan_days"],
    )


def team_of(entered: dict[str, Any]) -> list[TeamRight]:
    """The groups that were named. Raises UnableToRun for a name that no group, or more than one, has."""
    from mooring.letters.accounts import TeamRight
    from mooring.users.models import Group

    rights = []
    for name, may_write in (*((each, True) for each in entered["teams"]), *((each, False) for each in entered["team_reads"])):
        found = list(Group.objects.filter(name__iexact=name)[:2])
        if len(found) != 1:
            raise UnableToRun(f"{'No group is' if not found else 'Several groups are'} called “{name}”.")
        rights.append(TeamRight(found[0], may_write))
    return rights


def _login(entered: dict[str, Any], prefix: str) -> str:
    if entered[f"{prefix}spa_old"]:
        return "spa_old"
    return "spa" if entered[f"{prefix}spa"] else "password"
