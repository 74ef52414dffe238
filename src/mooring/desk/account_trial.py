"""The servers that a form describes, tried out before they are saved; and the proof that travels with the form.

Stored passwords are opened for servers that they were entered for and for no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from mooring.desk.forms.accounts import AccountForm
from mooring.letters.account_data import needs_outgoing_password, needs_password
from mooring.letters.accounts import (
    AccountData,
    UnableToSaveAccount,
    is_proven,
    leads_elsewhere,
    outgoing_leads_elsewhere,
    outgoing_server_described_by,
    proof_of,
    server_described_by,
)
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.grants import Clock
from mooring.letters.models import Grant, MailAccount
from mooring.letters.passwords import outgoing_password_of, password_of
from mooring.mail.errors import PasswordNotRemembered, SignInAgain, TokenNotForServer
from mooring.mail.types import Folder, Login, Secret, Server
from mooring.sync.check import StepResult, test_account, test_sending
from mooring.sync.reaching import egress_policy
from mooring.sync.servers import with_tokens
from mooring.sync.troubles import trouble_of

_NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class Servers:
    """Both directions as a form describes them; `outgoing` is None where nothing is sent."""

    incoming: Server
    outgoing: Server | None
    sender: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test: the steps of both directions, and the folders when everything worked."""

    receiving: tuple[StepResult, ...]
    sending: tuple[StepResult, ...]
    folders: tuple[Folder, ...]
    is_ok: bool


@sensitive_variables("password", "outgoing")
def servers_entered(form: AccountForm, account: MailAccount | None, *, grant: Grant | None, clock: Clock) -> Servers:
    """With the passwords that were typed, or else those stored, or with the tokens of a grant.

    Raises UnableToSaveAccount where none may be used.
    """
    data = form.data_entered()
    password, outgoing = form.password_entered(), form.password_entered("outgoing_password")
    if account is not None:
        before = AccountData.of(account)
        if password is None and needs_password(data):
            password = _stored(account, "password", leads_elsewhere(before, data))
        if outgoing is None and needs_outgoing_password(data):
            outgoing = _stored(account, "outgoing_password", outgoing_leads_elsewhere(before, data))
    password, outgoing = password or _NO_SECRET, outgoing or _NO_SECRET
    sending = outgoing_server_described_by(data, password=password, outgoing_password=outgoing)
    return Servers(
        _signed_in(server_described_by(data, password=password), grant, field="host", clock=clock),
        _signed_in(sending, grant, field="outgoing_host", clock=clock) if sending is not None else None,
        data.address,
    )


def _signed_in(server: Server, grant: Grant | None, *, field: str, clock: Clock) -> Server:
    if server.login is not Login.TOKEN:
        return server
    try:
        return with_tokens(server, grant, policy=egress_policy(), clock=clock)
    except SignInAgain:
        raise UnableToSaveAccount({"login_by": _("Please sign in with the provider first.")}) from None
    except TokenNotForServer as error:
        raise UnableToSaveAccount({field: str(trouble_of(error.code, error.details))}) from None


def reach_the_same(before: AccountData, after: AccountData) -> bool:
    """Whether nothing changed that a test tries out."""
    return _described(before) == _described(after) and before.address == after.address


def tried(servers: Servers) -> Trial:
    """Connect, log in, list folders, ask about the sender; nothing on a server is changed. Takes as long as the servers do."""
    receiving = test_account(servers.incoming)
    sending = test_sending(servers.outgoing, sender=servers.sender) if servers.outgoing is not None else None
    is_ok = receiving.is_ok and (sending is None or sending.is_ok)
    return Trial(receiving.steps, sending.steps if sending else (), receiving.folders if is_ok else (), is_ok)


def proof_for(servers: Servers, *, now: datetime) -> str:
    """That these were just tested with success."""
    return proof_of(servers.incoming, servers.outgoing, now=now)


def is_proof_sent(request: HttpRequest, servers: Servers, *, now: datetime) -> bool:
    """Whether the form carries the proof for exactly these."""
    return is_proven(servers.incoming, request.POST.get("proof", ""), outgoing=servers.outgoing, now=now)


def _described(data: AccountData) -> tuple[Server, Server | None]:
    return (
        server_described_by(data, password=_NO_SECRET),
        outgoing_server_described_by(data, password=_NO_SECRET),
    )


def _stored(account: MailAccount, field: str, leads_elsewhere: bool) -> Secret:
    if leads_elsewhere:
        raise UnableToSaveAccount({field: _("The server has changed. Please enter the password again.")})
    try:
        return password_of(account) if field == "password" else outgoing_password_of(account)
    except PasswordNotRemembered:
        raise UnableToSaveAccount({field: _("The password is not remembered. Please enter it.")}) from None
    except UnableToUnseal:
        said = _("The stored password cannot be read any more, because its key is gone. Please enter it again.")
        raise UnableToSaveAccount({field: said}) from None
