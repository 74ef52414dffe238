"""Pages for signing in with a provider: the way there and back, what goes wrong in plain words, and whose answer counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

import making
from desk.world import client_of
from letters.making_letters import make_account
from letters.making_sign_ins import granted_at, make_grant, register, tokens
from mooring.letters.grants import grant_of
from mooring.letters.models import Grant, MailAccount, SignIn, SignInProvider
from mooring.letters.registering import registration_of
from mooring.mail.types import Secret
from mooring.sync.models import AccountState
from mooring.users.models import User
from servers.certificates import Authority
from servers.identity_provider import IdentityProvider

pytestmark = [pytest.mark.django_db, pytest.mark.server]
FORM = {"address": "bob@mooring.example", "your_name": "Bob", "protocol": "imap", "password": "canary"}
BACK = "/profile/email/new/"


@pytest.fixture
def idp(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityProvider]:
    """A provider whose certificate the operating system trusts."""
    (tmp_path / "authority.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    running = IdentityProvider(authority).start()
    running.client.redirect_urls.add(f"{settings.BASE_URL}/sign-ins/return/other/")
    yield running
    running.stop()


@pytest.fixture
def lighthouse(idp: IdentityProvider) -> SignInProvider:
    return register(idp)


@pytest.fixture
def browser(bob: User) -> Client:
    return client_of(bob)


def begun(browser: Client, lighthouse: SignInProvider, **changes: str) -> SignIn:
    """Bob pressed the button in the form of a new account."""
    answer = browser.post("/sign-ins/", {**FORM, "back": BACK, "sign_in_with": str(lighthouse.pk), **changes})
    sign_in = SignIn.objects.latest("pk")
    assert answer.headers["Location"] == f"/sign-ins/{sign_in.pk}/"
    return sign_in


def came_back(browser: Client, idp: IdentityProvider, sign_in: SignIn, **answer: Any) -> Any:
    back = idp.consented(sign_in.consent_url, **answer)
    return browser.get("/sign-ins/return/other/", back)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


# -- over the provider's page --------------------------------------------------------------------------------------------


def test_the_way_to_the_provider_and_back_to_the_form(idp: IdentityProvider, browser: Client, lighthouse: SignInProvider) -> None:
    sign_in = begun(browser, lighthouse)
    page = browser.get(f"/sign-ins/{sign_in.pk}/").content.decode()
    assert "bob@mooring.example" in page
    assert idp.url("authorize") in page
    answer = came_back(browser, idp, sign_in)
    assert answer.headers["Location"] == f"/profile/email/new/?sign_in={sign_in.pk}"
    assert Grant.objects.get().identity == "bob@mooring.example"
    assert browser.get(f"/sign-ins/{sign_in.pk}/").headers["Location"] == answer.headers["Location"]


def test_what_was_typed_is_kept_but_no_password(browser: Client, lighthouse: SignInProvider) -> None:
    sign_in = begun(browser, lighthouse)
    assert sign_in.form == {"address": ["bob@mooring.example"], "your_name": ["Bob"], "protocol": ["imap"]}


def test_another_person_or_browser_cannot_answer(
    idp: IdentityProvider, browser: Client, lighthouse: SignInProvider, bob: User, alice: User
) -> None:
    sign_in = begun(browser, lighthouse)
    for stranger in (client_of(alice), client_of(bob)):
        answer = came_back(stranger, idp, sign_in)
        assert answer.headers["Location"] == "/profile/email/"
        assert stranger.get(f"/sign-ins/{sign_in.pk}/").status_code == 404
    assert not Grant.objects.exists()
    assert not [each for each in idp.requests if each.path == "/token"]


def test_an_invented_state_is_refused(idp: IdentityProvider, browser: Client, lighthouse: SignInProvider) -> None:
    begun(browser, lighthouse)
    answer = browser.get("/sign-ins/return/other/", {"state": "invented", "code": "x"})
    assert "not begun here" in said(answer)


def test_a_return_is_used_once(idp: IdentityProvider, browser: Client, lighthouse: SignInProvider) -> None:
    sign_in = begun(browser, lighthouse)
    back = idp.consented(sign_in.consent_url)
    browser.get("/sign-ins/return/other/", back)
    assert "over" in said(browser.get("/sign-ins/return/other/", back))


def test_the_way_back_leads_to_forms_of_accounts_only(browser: Client, lighthouse: SignInProvider) -> None:
    for back in (
        "https://evil.example/",
        "//evil.example",
        "/accounts/logout/",
        "",
        "nonsense",
        "/profile/email/new/?next=//evil",
    ):
        assert begun(browser, lighthouse, back=back).back_url == reverse("profile_email")


def test_a_user_name_that_is_an_address_says_who_signs_in(browser: Client, lighthouse: SignInProvider) -> None:
    assert begun(browser, lighthouse, user_name="shared@mooring.example").address == "shared@mooring.example"
    assert begun(browser, lighthouse, user_name="bob").address == "bob@mooring.example"


def test_without_an_address_nobody_is_sent_away(browser: Client, lighthouse: SignInProvider) -> None:
    answer = browser.post("/sign-ins/", {**FORM, "back": BACK, "sign_in_with": str(lighthouse.pk), "address": ""})
    assert answer.headers["Location"] == "/profile/email/new/"
    assert "address first" in said(answer)
    assert browser.post("/sign-ins/", {**FORM, "back": BACK, "sign_in_with": "x"}).status_code == 404


def test_the_redirect_address_is_the_configured_one_whatever_is_claimed(browser: Client, lighthouse: SignInProvider) -> None:
    headers = {"X-Forwarded-Host": "evil.example"}
    browser.post("/sign-ins/", {**FORM, "back": BACK, "sign_in_with": str(lighthouse.pk)}, headers=headers)
    assert "evil.example" not in SignIn.objects.get().consent_url


# -- an account signs in again -------------------------------------------------------------------------------------------


@pytest.fixture
def account(bob: User, lighthouse: SignInProvider) -> MailAccount:
    """Its permission is gone."""
    account = make_account(bob, address="bob@mooring.example", login="token")
    make_grant(account, lighthouse, tokens("old"))
    Grant.objects.update(gone_at=making.NOW)
    AccountState.objects.create(account=account, next_visit_at=making.NOW, is_stopped=True, error_code="sign_in_again")
    return account


def test_signing_in_again_starts_the_account_anew(idp: IdentityProvider, browser: Client, account: MailAccount) -> None:
    page = browser.get(f"/mail-accounts/{account.pk}/").content.decode()
    assert f"/mail-accounts/{account.pk}/sign-in/" in page
    browser.post(f"/mail-accounts/{account.pk}/sign-in/")
    answer = came_back(browser, idp, SignIn.objects.get())
    assert answer.headers["Location"] == f"/mail-accounts/{account.pk}/"
    assert "Signed in" in said(answer)
    grant = grant_of(account)
    assert grant is not None
    assert grant.gone_at is None
    state = AccountState.objects.get(account=account)
    assert not state.is_stopped
    assert state.wanted_at is not None


def test_signing_in_again_as_somebody_else_changes_nothing(idp: IdentityProvider, browser: Client, account: MailAccount) -> None:
    browser.post(f"/mail-accounts/{account.pk}/sign-in/")
    answer = came_back(browser, idp, SignIn.objects.get(), person="eve@else.example")
    assert "eve@else.example" in said(answer)
    assert Grant.objects.get().gone_at == making.NOW


def test_an_account_that_is_not_scanned_is_signed_in_all_the_same(
    idp: IdentityProvider, browser: Client, account: MailAccount
) -> None:
    MailAccount.objects.unscoped("a test changes it").update(is_scanned=False)
    browser.post(f"/mail-accounts/{account.pk}/sign-in/")
    assert "switched off" in said(came_back(browser, idp, SignIn.objects.get()))
    assert Grant.objects.get().gone_at is None


def test_an_account_without_a_permission_is_set_up_in_its_form(browser: Client, bob: User) -> None:
    account = make_account(bob)
    assert browser.post(f"/mail-accounts/{account.pk}/sign-in/").headers["Location"] == f"/mail-accounts/{account.pk}/edit/"


def test_removing_a_mailbox_gives_its_permission_back(
    idp: IdentityProvider, browser: Client, bob: User, lighthouse: SignInProvider
) -> None:
    account = make_account(bob, address="bob@mooring.example", login="token")
    make_grant(account, lighthouse, granted_at(idp, "bob@mooring.example", now=making.NOW))
    browser.post(f"/mail-accounts/{account.pk}/remove/")
    assert idp.authorization.tokens[-1].is_gone
    assert not Grant.objects.exists()


# -- with a code ---------------------------------------------------------------------------------------------------------


def test_a_code_instead_of_the_page(idp: IdentityProvider, browser: Client, lighthouse: SignInProvider) -> None:
    first = begun(browser, lighthouse)
    browser.post(f"/sign-ins/{first.pk}/code/")
    code = SignIn.objects.latest("pk")
    page = browser.get(f"/sign-ins/{code.pk}/").content.decode()
    assert code.user_code in page
    assert idp.url("activate") in page
    assert bytes(code.device_code_sealed) not in page.encode()
    SignIn.objects.update(next_ask_at=making.NOW)
    waiting = browser.post(f"/sign-ins/{code.pk}/ask/", headers={"HX-Request": "true"})
    assert waiting.status_code == 200
    assert "<html" not in waiting.content.decode()
    idp.allow_device(code.user_code, "bob@mooring.example")
    SignIn.objects.update(next_ask_at=making.NOW)
    answer = browser.post(f"/sign-ins/{code.pk}/ask/")
    assert answer.headers["Location"] == f"/profile/email/new/?sign_in={code.pk}"
    assert Grant.objects.get().identity == "bob@mooring.example"


def test_where_no_provider_can_send_people_back_a_code_comes_first(
    idp: IdentityProvider, browser: Client, lighthouse: SignInProvider, settings: Any
) -> None:
    settings.BASE_URL = "http://mooring.lan"
    assert begun(browser, lighthouse).user_code
    settings.BASE_URL = "http://192.168.1.7"
    assert begun(browser, lighthouse).user_code
    for url in ("http://localhost:8000", "http://[::1]:8000", "https://mooring.lan"):
        settings.BASE_URL = url
        assert not begun(browser, lighthouse).user_code


def test_a_provider_that_gives_no_code_is_not_the_end(idp: IdentityProvider, browser: Client, lighthouse: SignInProvider) -> None:
    first = begun(browser, lighthouse)
    idp.outage = "/device"
    answer = browser.post(f"/sign-ins/{first.pk}/code/")
    assert "out of order" in said(answer)
    assert urlsplit(answer.headers["Location"]).path == "/profile/email/new/"


# -- Setup > Email > Providers -------------------------------------------------------------------------------------------


def test_an_administrator_registers_google(alice: User) -> None:
    browser = client_of(alice)
    page = browser.get("/setup/email/providers/new/google/").content.decode()
    assert f"{settings.BASE_URL}/sign-ins/return/google/" in page
    assert "seven days" in page
    sent = {"client_id": "123.apps.example", "client_secret": "canary-secret"}
    answer = browser.post("/setup/email/providers/new/google/", sent)
    assert answer.headers["Location"] == "/setup/email/providers/"
    provider = SignInProvider.objects.get()
    assert registration_of(provider).client_secret == Secret("canary-secret")
    listed = browser.get("/setup/email/providers/").content.decode()
    assert "123.apps.example" in listed
    assert "/new/google/" not in listed
    page = browser.get(f"/setup/email/providers/{provider.pk}/").content.decode()
    assert "canary" not in page + listed


def test_a_registration_is_changed_without_its_secret_and_removed(alice: User) -> None:
    browser = client_of(alice)
    browser.post("/setup/email/providers/new/microsoft/", {"client_id": "1", "client_secret": "s", "tenant": "common"})
    provider = SignInProvider.objects.get()
    sent = {"client_id": "2", "client_secret": "", "tenant": "contoso.example", "offers_device_code": "on"}
    browser.post(f"/setup/email/providers/{provider.pk}/", sent)
    provider.refresh_from_db()
    assert (provider.client_id, provider.tenant, provider.offers_device_code) == ("2", "contoso.example", True)
    assert registration_of(provider).client_secret == Secret("s")
    browser.post(f"/setup/email/providers/{provider.pk}/remove/")
    assert not SignInProvider.objects.exists()


def test_what_is_wrong_is_said_at_its_field_and_what_is_used_is_not_removed(
    alice: User, lighthouse: SignInProvider, account: MailAccount
) -> None:
    browser = client_of(alice)
    assert browser.get("/setup/email/providers/new/unknown/").status_code == 404
    sent = {"title": "Other", "client_id": "1", "authorize_url": "http://id.example", "token_url": "https://id.example/token"}
    answer = browser.post("/setup/email/providers/new/other/", {**sent, "scopes": "mail", "mail_hosts": "imap.example"})
    assert answer.status_code == 422
    assert "begins with https://" in answer.content.decode()
    elsewhere = browser.post(f"/setup/email/providers/{lighthouse.pk}/", {**sent, "title": "Lighthouse"})
    assert elsewhere.status_code == 422
    answer = browser.post(f"/setup/email/providers/{lighthouse.pk}/remove/")
    assert "still sign in" in said(answer)


@pytest.mark.parametrize("kind", ["google", "microsoft", "other"])
def test_an_address_without_https_is_warned_of(alice: User, settings: Any, kind: str) -> None:
    settings.BASE_URL = "http://mooring.lan"
    assert "MOORING_BASE_URL" in client_of(alice).get(f"/setup/email/providers/new/{kind}/").content.decode()
