"""Which server is opened for an account, with the token that it is shown: what visits, watchers and senders begin with.

Tokens are renewed from here, for only `sync` asks anybody over the network. They are shown to the provider's own mail servers
alone, whatever host the settings of an account name.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from mooring.letters.accounts import outgoing_server_of, server_of
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.grants import Clock, GrantTokens, grant_of
from mooring.letters.models import Grant, MailAccount
from mooring.letters.providers import described
from mooring.letters.registering import registration_of
from mooring.letters.token_sealing import open_secret
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import MailError, SignInAgain, TokenNotForServer
from mooring.mail.oauth import SignInClient, Tokens
from mooring.mail.sign_in_providers import Registration
from mooring.mail.types import Login, Secret, Server

_SOON: Final = timedelta(seconds=5)
"""Nobody waits longer for a provider to hear that it is not needed any more."""
_PUBLIC_HOSTS: Final = {"graph": "graph.microsoft.com", "gmail": "gmail.googleapis.com"}
"""Where protocols go that have one address for everybody."""


def incoming_server(account: MailAccount, *, policy: EgressPolicy, clock: Clock) -> Server:
    """How the account's mailbox is reached, with its tokens where it signs in with a provider.

    Raises UnableToUnseal, SignInAgain, TokenNotForServer, PasswordNotRemembered.
    """
    server = server_of(account)
    return with_tokens(server, grant_of(account), policy=policy, clock=clock) if server.login is Login.TOKEN else server


def outgoing_server(account: MailAccount, *, policy: EgressPolicy, clock: Clock) -> Server:
    """How the server that takes the account's letters is reached. Raises as `incoming_server` does, and UnableToSend."""
    server = outgoing_server_of(account)
    return with_tokens(server, grant_of(account), policy=policy, clock=clock) if server.login is Login.TOKEN else server


def with_tokens(server: Server, grant: Grant | None, *, policy: EgressPolicy, clock: Clock) -> Server:
    """The server with the tokens of a grant. Raises SignInAgain, TokenNotForServer."""
    if grant is None:
        raise SignInAgain(provider=server.host)
    host = server.host or urlsplit(server.url).hostname or _PUBLIC_HOSTS.get(server.protocol, "")
    if not described(grant.provider).takes(host):
        raise TokenNotForServer(provider=grant.provider.title, host=host)
    return replace(server, token=GrantTokens(grant, renew=RenewingAtProvider(policy, clock), clock=clock))


@dataclass(frozen=True, slots=True)
class RenewingAtProvider:
    """How `letters.grants` gets other tokens."""

    policy: EgressPolicy
    clock: Clock

    def __call__(self, registration: Registration, refresh: Secret, scopes: tuple[str, ...]) -> Tokens:
        """Ask the provider. Raises SignInAgain, ProviderRefused, or a network's MailError."""
        with SignInClient(registration, policy=self.policy) as client:
            return client.renew(refresh, scopes=scopes, now=self.clock())


def give_back(account: MailAccount, *, policy: EgressPolicy) -> None:
    """Tell the provider that the account's permission is not needed any more, where it can be told. Nothing depends on it."""
    grant = grant_of(account)
    if grant is None or grant.gone_at is not None:
        return
    with suppress(MailError, UnableToUnseal):
        registration = registration_of(grant.provider)
        with SignInClient(registration, policy=policy, timeout=_SOON) as client:
            client.give_back(open_secret(grant, "refresh_sealed"))
