"""Sign-in providers as administrators register them: complete, encrypted, their secret bound to where it goes."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import making
from letters.making_letters import make_account
from letters.making_sign_ins import LIGHTHOUSE, make_grant, make_provider, tokens
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.models import Grant, ProviderKind, SignInProvider
from mooring.letters.registering import (
    ProviderData,
    UnableToRegister,
    add_provider,
    change_provider,
    registration_of,
    remove_provider,
)
from mooring.letters.token_sealing import open_secret, rotate_tokens, seal_secret
from mooring.mail.sign_in_providers import google
from mooring.mail.types import Secret
from mooring.users.journal import Actor, entries_of_everything
from mooring.users.models import User

pytestmark = pytest.mark.django_db
GOOGLE = ProviderData(kind=ProviderKind.GOOGLE, client_id="123.apps.example")
MICROSOFT = ProviderData(kind=ProviderKind.MICROSOFT, client_id="456", tenant="Contoso.example")


def added(data: ProviderData, *, by: Actor = making.BY_COMMAND) -> SignInProvider:
    return add_provider(data=data, secret=Secret("canary-secret"), by=by, now=making.NOW)


def changed(provider: SignInProvider, secret: str | None = None, **data: Any) -> SignInProvider:
    new = None if secret is None else Secret(secret)
    return change_provider(
        provider=provider, data=replace(ProviderData.of(provider), **data), secret=new, by=making.BY_COMMAND, now=making.NOW
    )


def test_google_and_microsoft_need_no_addresses(alice: User) -> None:
    registration = registration_of(added(GOOGLE, by=Actor(alice, "desk")))
    assert registration.provider == google()
    assert (registration.client_id, registration.client_secret) == ("123.apps.example", Secret("canary-secret"))
    other = added(replace(MICROSOFT, token_url="https://evil.example/token", mail_hosts="evil.example"))
    assert other.title == "Microsoft"
    described = registration_of(other).provider
    assert "/contoso.example/" in described.token_url
    assert not described.takes("evil.example")


def test_google_has_no_codes_for_mail() -> None:
    assert added(replace(GOOGLE, offers_device_code=True)).offers_device_code is False
    assert added(replace(MICROSOFT, tenant="", offers_device_code=True)).offers_device_code is True


def test_another_provider_is_described_by_its_addresses() -> None:
    row = make_provider(extra_parameters="audience=mail&prompt=login", mail_hosts="IMAP.Example .Example")
    provider = registration_of(row).provider
    assert provider.title == "Lighthouse"
    assert provider.extra_parameters == (("audience", "mail"), ("prompt", "login"))
    assert provider.takes("imap.example")
    assert provider.takes("any.example")
    assert provider.scopes_for("imap") == ("openid", "email", "mail")


def test_the_secret_reaches_neither_journal_nor_repr(alice: User) -> None:
    provider = added(GOOGLE, by=Actor(alice, "desk"))
    changed(provider, secret="canary-other")
    assert registration_of(provider).client_secret == Secret("canary-other")
    assert not any("canary" in str(entry.changes) for entry in entries_of_everything())
    assert "canary" not in repr(registration_of(provider))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"client_id": " "}, "client_id"),
        ({"token_url": ""}, "token_url"),
        ({"token_url": "http://id.example/token"}, "token_url"),
        ({"authorize_url": "https://user@id.example/"}, "authorize_url"),
        ({"authorize_url": "https://[broken"}, "authorize_url"),
        ({"device_url": "javascript:alert(1)"}, "device_url"),
        ({"offers_device_code": True}, "device_url"),
        ({"scopes": ""}, "scopes"),
        ({"mail_hosts": ""}, "mail_hosts"),
    ],
)
def test_what_is_missing_or_unsafe_is_said_at_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(UnableToRegister) as caught:
        make_provider(**change)
    assert set(caught.value.problems) == {field}


def test_a_tenant_cannot_lead_elsewhere() -> None:
    with pytest.raises(UnableToRegister) as caught:
        added(replace(MICROSOFT, tenant="common/../../evil"))
    assert set(caught.value.problems) == {"tenant"}


def test_a_provider_is_registered_once() -> None:
    added(GOOGLE)
    make_provider()
    for again in (GOOGLE, replace(LIGHTHOUSE, title="lighthouse")):
        with pytest.raises(UnableToRegister) as caught:
            added(again)
        assert set(caught.value.problems) == {"title"}


def test_only_administrators_register(bob: User) -> None:
    with pytest.raises(UnableToRegister):
        added(GOOGLE, by=Actor(bob, "desk"))


def test_the_secret_does_not_follow_to_another_host(bob: User) -> None:
    provider = make_provider()
    grant = make_grant(make_account(bob), provider, tokens())
    changed(provider, authorize_url="https://id.lighthouse.example/other")
    changed(provider)
    assert [entry.action for entry in entries_of_everything(kind="provider")] == ["changed", "added"]
    assert registration_of(provider).client_secret == Secret("canary-client-secret")
    with pytest.raises(UnableToRegister) as caught:
        changed(SignInProvider.objects.get(), token_url="https://id.evil.example/token")
    assert set(caught.value.problems) == {"client_secret"}
    SignInProvider.objects.update(token_url="https://id.evil.example/token")
    with pytest.raises(UnableToUnseal):
        registration_of(SignInProvider.objects.get())
    SignInProvider.objects.update(token_url=LIGHTHOUSE.token_url)
    changed(SignInProvider.objects.get(), token_url="https://new.example/token", secret="entered again")
    grant.refresh_from_db()
    assert grant.gone_at == making.NOW


def test_a_provider_in_use_is_not_removed(bob: User) -> None:
    provider, account = make_provider(), make_account(bob)
    make_grant(account, provider, tokens())
    make_grant(None, provider, tokens(), user=bob)
    with pytest.raises(UnableToRegister, match="1"):
        remove_provider(provider=provider, by=making.BY_COMMAND, now=making.NOW)
    Grant.objects.filter(account=account).delete()
    remove_provider(provider=provider, by=making.BY_COMMAND, now=making.NOW)
    assert not SignInProvider.objects.exists()


def test_secrets_are_sealed_anew_with_the_first_key(bob: User, tmp_path: Path, settings: Any) -> None:
    old, new = (f"{name}:{base64.b64encode(name[:1].encode() * 32).decode()}\n" for name in ("old", "new"))
    settings.SEALING_KEYS_FILE = tmp_path / "keys"
    settings.SEALING_KEYS_FILE.write_text(old)
    account = make_account(bob)
    grant = make_grant(account, make_provider(), tokens("one", "two"))
    settings.SEALING_KEYS_FILE.write_text(new + old)
    assert rotate_tokens().resealed_count == 3
    assert rotate_tokens().resealed_count == 0
    settings.SEALING_KEYS_FILE.write_text(new)
    grant.refresh_from_db()
    assert open_secret(grant, "refresh_sealed") == Secret("two")
    Grant.objects.update(access_sealed=b"damaged")
    assert [account_id for account_id, _reason in rotate_tokens().failed] == [account.pk]


def test_a_secret_needs_a_row_to_be_bound_to() -> None:
    with pytest.raises(ValueError, match="save it first"):
        seal_secret(Secret("x"), row=SignInProvider(kind="google"), field="client_secret_sealed")
