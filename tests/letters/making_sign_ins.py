"""Sign-in providers, permissions and sign-ins for the tests of all rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import making
from mooring.letters.grants import create_grant, give_grant
from mooring.letters.models import Grant, MailAccount, ProviderKind, SignInProvider
from mooring.letters.registering import ProviderData, add_provider
from mooring.mail.oauth import Tokens
from mooring.mail.types import Secret
from mooring.users.journal import Actor
from mooring.users.models import User
from servers.authorization import Token
from servers.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

LIGHTHOUSE = ProviderData(
    kind=ProviderKind.OTHER,
    title="Lighthouse",
    client_id=CLIENT_ID,
    authorize_url="https://id.lighthouse.example/authorize",
    token_url="https://id.lighthouse.example/token",
    scopes="openid email mail",
    mail_hosts="imap.mooring.example localhost",
)


def make_provider(*, secret: str = CLIENT_SECRET, **data: Any) -> SignInProvider:
    """A provider that nobody asks."""
    return add_provider(data=replace(LIGHTHOUSE, **data), secret=Secret(secret), by=making.BY_COMMAND, now=making.NOW)


def register(provider: IdentityProvider, **data: Any) -> SignInProvider:
    """Mooring registered with a provider that runs."""
    urls = {f"{name}_url": provider.url(name) for name in ("authorize", "token", "device", "userinfo", "revoke")}
    return make_provider(offers_device_code=True, **urls, **data)


def tokens(access: str = "canary-access", refresh: str = "canary-refresh", *, expires_at: datetime | None = None) -> Tokens:
    return Tokens(Secret(access), Secret(refresh), expires_at)


def make_grant(account: MailAccount | None, provider: SignInProvider, granted: Tokens, *, user: User | None = None) -> Grant:
    """What the owner of an account permitted."""
    user = user or (account.owner if account else making.make_user())
    grant = create_grant(
        provider=provider, tokens=granted, scopes=("openid", "email", "mail"), identity="", user=user, now=making.NOW
    )
    if account is not None:
        give_grant(account=account, grant=grant, by=Actor(user, "desk"), now=making.NOW)
        grant.refresh_from_db()
    return grant


def granted_at(provider: IdentityProvider, person: str, *, now: datetime, lasts: timedelta = timedelta(hours=1)) -> Tokens:
    """Tokens that the running provider knows."""
    token: Token = provider.authorization.issue(person, scope="openid email mail")
    return tokens(token.access, token.refresh, expires_at=now + lasts)
