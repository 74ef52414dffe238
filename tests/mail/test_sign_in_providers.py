"""The providers that Mooring knows: what they are asked for, whom their tokens are shown to, and who is whom."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from mooring.mail.egress import EgressPolicy
from mooring.mail.oauth import SignInClient, is_identity
from mooring.mail.sign_in_providers import Provider, Registration, google, microsoft, missing_scopes

BACK = "https://mooring.example/back/"
PERSON = "anna@example.org"
SCOPES = ("openid", "email", "mail")


@pytest.mark.parametrize(
    ("address", "identities", "is_same"),
    [
        ("Anna@Example.org", ("anna@example.ORG",), True),
        ("anna@example.org", ("other@example.org", "anna@example.org"), True),
        ("anna@example.org", ("anna@example.org.evil.example",), False),
        ("anna@example.org", (), False),
        ("", ("",), False),
    ],
)
def test_who_is_whom(address: str, identities: tuple[str, ...], is_same: bool) -> None:
    assert is_identity(address, identities) is is_same


def test_google_is_asked_for_what_outlives_an_hour_and_for_one_scope_by_imap() -> None:
    provider = google()
    assert provider.scopes_for("imap") == provider.scopes_for("pop3") == ("openid", "email", "https://mail.google.com/")
    assert provider.scopes_for("gmail")[2:] == (
        "https://www.googleapis.com/auth/gmail.modify",
        "https://www.googleapis.com/auth/gmail.send",
    )
    with SignInClient(Registration(provider, "id"), policy=EgressPolicy()) as client:
        consent = client.consent(redirect_url=BACK, scopes=provider.scopes_for("imap"), address=PERSON)
    assert consent.url.startswith("https://accounts.google.com/")
    assert dict(parse_qsl(urlsplit(consent.url).query)).items() >= {"access_type": "offline", "prompt": "consent"}.items()
    assert provider.device_url == ""


def test_microsoft_has_one_resource_a_token() -> None:
    provider = microsoft("contoso.example")
    assert "https://outlook.office.com/IMAP.AccessAsUser.All" in provider.scopes_for("imap")
    assert "https://outlook.office.com/POP.AccessAsUser.All" in provider.scopes_for("pop3")
    assert "https://graph.microsoft.com/Mail.ReadWrite" in provider.scopes_for("graph")
    assert not any("outlook.office.com" in scope for scope in provider.scopes_for("graph"))
    assert all("offline_access" in provider.scopes_for(protocol) for protocol in ("imap", "pop3", "graph"))
    assert "/contoso.example/" in provider.token_url
    assert provider.host == "login.microsoftonline.com"


@pytest.mark.parametrize(
    ("host", "is_taken"),
    [
        ("imap.gmail.com", True),
        ("IMAP.GMAIL.COM.", True),
        ("gmail.com.evil.example", False),
        ("", False),
    ],
)
def test_tokens_go_to_the_providers_own_servers(host: str, is_taken: bool) -> None:
    assert google().takes(host) is is_taken


def test_all_hosts_below_a_name_can_be_named_at_once() -> None:
    provider = Provider("Test", "", "", mail_hosts=frozenset({".mail.example"}))
    assert provider.takes("imap.mail.example")
    assert not provider.takes("mail.example")
    assert not provider.takes("imap-mail.example")


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ((), ()),
        (("openid", "email", "MAIL"), ()),
        (("mail",), ()),
        (("openid", "email"), ("mail",)),
    ],
)
def test_a_permission_that_was_unticked_is_missed(granted: tuple[str, ...], missing: tuple[str, ...]) -> None:
    assert missing_scopes(asked=SCOPES, granted=granted) == missing
