"""From a sign-in provider as it is stored to what the mail room needs to know about it."""

from __future__ import annotations

from urllib.parse import parse_qsl

from mooring.letters.models import Grant, ProviderKind, SignIn, SignInProvider
from mooring.mail.sign_in_providers import Provider, google, microsoft


def described(provider: SignInProvider) -> Provider:
    """Addresses, scopes and habits of a provider."""
    if provider.kind == ProviderKind.GOOGLE:
        return google()
    if provider.kind == ProviderKind.MICROSOFT:
        return microsoft(provider.tenant)
    return Provider(
        title=provider.title,
        authorize_url=provider.authorize_url,
        token_url=provider.token_url,
        device_url=provider.device_url,
        userinfo_url=provider.userinfo_url,
        revoke_url=provider.revoke_url,
        mail_hosts=frozenset(provider.mail_hosts.lower().split()),
        scopes={"": tuple(provider.scopes.split())},
        extra_parameters=tuple(parse_qsl(provider.extra_parameters)),
    )


def token_host(row: SignInProvider | Grant | SignIn) -> str:
    """The host that the secrets of this row are sealed for."""
    return described(row if isinstance(row, SignInProvider) else row.provider).host
