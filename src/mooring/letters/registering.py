"""Registering this installation with sign-in providers: what an administrator copies over from Google, Microsoft or another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.letters.models import Grant, ProviderKind, SignInProvider
from mooring.letters.providers import described
from mooring.letters.token_sealing import open_secret, seal_secret
from mooring.mail.sign_in_providers import ALL_TENANTS, Registration
from mooring.mail.types import Secret
from mooring.users.journal import Actor, changes_between, record
from mooring.users.permissions import Action, Module, may

_URLS: Final = ("authorize_url", "token_url", "device_url", "userinfo_url", "revoke_url")
_TENANT_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


class UnableToRegister(Exception):
    """The provider was not saved or removed. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class ProviderData:
    """What an administrator enters; the client secret travels apart. Addresses count for other providers only."""

    kind: str
    title: str = ""
    client_id: str = ""
    tenant: str = ALL_TENANTS
    authorize_url: str = ""
    token_url: str = ""
    device_url: str = ""
    userinfo_url: str = ""
    revoke_url: str = ""
    scopes: str = ""
    mail_hosts: str = ""
    extra_parameters: str = ""
    offers_device_code: bool = False

    @classmethod
    def of(cls, provider: SignInProvider) -> ProviderData:
        """What is stored about a provider."""
        return cls(**{name: getattr(provider, name) for name in cls.__dataclass_fields__})


def registration_of(provider: SignInProvider) -> Registration:
    """This installation as the provider knows it, its secret opened. Raises credentials.UnableToUnseal."""
    return Registration(described(provider), provider.client_id, open_secret(provider, "client_secret_sealed"))


def add_provider(*, data: ProviderData, secret: Secret, by: Actor, now: datetime) -> SignInProvider:
    """Register with a provider. Raises UnableToRegister."""
    data = _named(data)
    with transaction.atomic():
        _check(data, by=by)
        provider = SignInProvider(created_at=now, changed_at=now, **asdict(data))
        provider.save(force_insert=True)
        _store_secret(provider, secret)
        _note(provider, "added", changes_between({}, asdict(data)), by=by, now=now)
    return provider


def change_provider(
    *, provider: SignInProvider, data: ProviderData, secret: Secret | None = None, by: Actor, now: datetime
) -> SignInProvider:
    """Change a registration. `secret` None keeps the stored one, which is possible only while its host stays the same.

    Where tokens come from another host than before, everybody has to sign in again. Raises UnableToRegister.
    """
    data = _named(data)
    with transaction.atomic():
        _check(data, by=by, provider=provider)
        before, host = ProviderData.of(provider), described(provider).host
        for name, value in asdict(data).items():
            setattr(provider, name, value)
        is_elsewhere = described(provider).host != host
        if is_elsewhere and secret is None and provider.client_secret_sealed:
            said = _("The token address leads to another host. Please enter the client secret again.")
            raise UnableToRegister({"client_secret": said})
        provider.changed_at = now
        provider.save()
        changes: dict[str, Any] = changes_between(asdict(before), asdict(data))
        if secret is not None:
            _store_secret(provider, secret)
            changes["secret_was_entered"] = True
        if is_elsewhere:
            Grant.objects.filter(provider=provider, gone_at=None).update(gone_at=now)
        if changes:
            _note(provider, "changed", changes, by=by, now=now)
    return provider


def remove_provider(*, provider: SignInProvider, by: Actor, now: datetime) -> None:
    """Forget a registration that no account uses. Raises UnableToRegister."""
    with transaction.atomic():
        _demand_right(by)
        used = Grant.objects.filter(provider=provider).exclude(account=None)
        count = used.filter(account__removed_at=None).count()
        if count:
            said = _("Mailboxes still sign in with %(provider)s: %(count)d. Change them first.")
            raise UnableToRegister({"": said % {"provider": provider, "count": count}})
        _note(provider, "removed", {}, by=by, now=now)
        Grant.objects.filter(provider=provider).delete()
        provider.delete()


def _named(data: ProviderData) -> ProviderData:
    if data.kind == ProviderKind.OTHER:
        return replace(data, mail_hosts=data.mail_hosts.lower(), tenant=ALL_TENANTS)
    bare = dict.fromkeys((*_URLS, "scopes", "mail_hosts", "extra_parameters"), "")
    is_google = data.kind == ProviderKind.GOOGLE
    offers = data.offers_device_code and not is_google
    tenant = ALL_TENANTS if is_google else data.tenant.strip().lower() or ALL_TENANTS
    return replace(data, title=str(ProviderKind(data.kind).label), tenant=tenant, offers_device_code=offers, **bare)


def _check(data: ProviderData, *, by: Actor, provider: SignInProvider | None = None) -> None:
    _demand_right(by)
    problems = dict(_problems(data))
    others = SignInProvider.objects.exclude(pk=provider.pk) if provider else SignInProvider.objects.all()
    if others.filter(title__iexact=data.title).exists():
        problems["title"] = _("There is a provider of this name already.")
    if problems:
        raise UnableToRegister(problems)


def _demand_right(by: Actor) -> None:
    if by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToRegister({"": _("Only an administrator may do this.")})


def _problems(data: ProviderData) -> list[tuple[str, str]]:
    problems = []
    if not data.client_id.strip():
        problems.append(("client_id", _("Please enter the client ID.")))
    if not set(data.tenant) <= _TENANT_SIGNS:
        problems.append(("tenant", _("A tenant is an ID or a domain, such as example.com.")))
    if data.kind != ProviderKind.OTHER:
        return problems
    needed = {
        "title": _("Please enter a name."),
        "authorize_url": _("Please enter an address."),
        "token_url": _("Please enter an address."),
        "scopes": _("Please enter the scopes that allow reading mail."),
        "mail_hosts": _("Please name the mail servers that take these sign-ins."),
    }
    problems += [(name, said) for name, said in needed.items() if not getattr(data, name).strip()]
    if data.offers_device_code and not data.device_url:
        problems.append(("device_url", _("Please enter an address.")))
    problems += [(name, _("An address here begins with https://.")) for name in _URLS if not _is_usable(getattr(data, name))]
    return problems


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not url or (parts.scheme == "https" and bool(parts.hostname) and parts.username is None)


def _store_secret(provider: SignInProvider, secret: Secret) -> None:
    provider.client_secret_sealed = seal_secret(secret, row=provider, field="client_secret_sealed")
    provider.save(update_fields=["client_secret_sealed"])


def _note(provider: SignInProvider, action: str, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="provider", record_id=provider.pk, name=provider.title, changes=changes, now=now)
