"""The providers at which people sign in for their mailboxes (OAuth 2): their addresses, scopes and habits. No network here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from mooring.mail.types import Secret

WHO: Final = ("openid", "email")
"""What makes a provider say who signed in (OpenID Connect Core, 5.4)."""
_NOT_ABOUT_MAIL: Final = frozenset({"openid", "email", "profile", "offline_access"})
ALL_TENANTS: Final = "common"


@dataclass(frozen=True, slots=True)
class Provider:
    """How one provider is asked. Its addresses are https; those it does not have are empty."""

    title: str
    authorize_url: str
    token_url: str
    mail_hosts: frozenset[str]
    """The only servers that its tokens are ever shown to, in lower case; “.example.com” stands for all hosts below it."""
    device_url: str = ""
    userinfo_url: str = ""
    revoke_url: str = ""
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the account's protocol; "" is for those not named."""
    extra_parameters: tuple[tuple[str, str], ...] = ()
    """Added to the address of the consent page."""
    shows_secret_in_body: bool = False
    """The client's secret goes into the form instead of the Authorization header (RFC 6749, 2.3.1)."""
    repeats_scopes: bool = False
    """A renewal names the scopes again."""

    def scopes_for(self, protocol: str) -> tuple[str, ...]:
        """What is asked for so that an account of this protocol can receive and send."""
        return self.scopes.get(protocol, self.scopes.get("", ()))

    def takes(self, host: str) -> bool:
        """Whether its tokens may be shown to this mail server."""
        name = host.lower().rstrip(".")
        return any(name == each or (each.startswith(".") and name.endswith(each)) for each in self.mail_hosts)

    @property
    def host(self) -> str:
        """Where tokens come from, which is what they are sealed for."""
        return urlsplit(self.token_url).hostname or ""


@dataclass(frozen=True, slots=True)
class Registration:
    """This installation as the provider knows it. A public client has no secret."""

    provider: Provider
    client_id: str
    client_secret: Secret = Secret("")


def missing_scopes(*, asked: Collection[str], granted: Collection[str]) -> tuple[str, ...]:
    """What concerns mail and was asked for but not granted: people can untick it. `granted` empty means all (RFC 6749, 5.1)."""
    given = {scope.lower() for scope in granted}
    return tuple(each for each in asked if granted and each not in _NOT_ABOUT_MAIL and each.lower() not in given)


def google() -> Provider:
    """Gmail and Google Workspace. IMAP, POP and SMTP know one scope, which opens the whole mailbox.

    Without `access_type` there is no refresh token, without `prompt` none the second time. Its device flow has no scope for
    mail, so it is not offered.
    """
    return Provider(
        title="Google",
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        userinfo_url="https://openidconnect.googleapis.com/v1/userinfo",
        revoke_url="https://oauth2.googleapis.com/revoke",
        mail_hosts=frozenset({"imap.gmail.com", "pop.gmail.com", "smtp.gmail.com", "gmail.googleapis.com"})
        | {"imap.googlemail.com", "pop.googlemail.com", "smtp.googlemail.com", "www.googleapis.com"},
        scopes={
            "": (*WHO, "https://mail.google.com/"),
            "gmail": (
                *WHO,
                "https://www.googleapis.com/auth/gmail.modify",
                "https://www.googleapis.com/auth/gmail.send",
            ),
        },
        extra_parameters=(("access_type", "offline"), ("prompt", "consent")),
        shows_secret_in_body=True,
    )


def microsoft(tenant: str = ALL_TENANTS) -> Provider:
    """Outlook.com and Microsoft 365; `tenant` limits it to one organisation.

    The scopes of IMAP, POP and SMTP belong to another resource than those of Graph, and one token serves one resource.
    """
    base = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
    outlook, who = "https://outlook.office.com/", (*WHO, "profile", "offline_access")
    return Provider(
        title="Microsoft",
        authorize_url=f"{base}/authorize",
        token_url=f"{base}/token",
        device_url=f"{base}/devicecode",
        mail_hosts=frozenset({"outlook.office365.com", "outlook.office.com", "smtp.office365.com", "graph.microsoft.com"})
        | {"smtp-mail.outlook.com", "imap-mail.outlook.com", "pop-mail.outlook.com", "partner.outlook.cn"},
        scopes={
            "": (*who, f"{outlook}IMAP.AccessAsUser.All", f"{outlook}SMTP.Send"),
            "pop3": (*who, f"{outlook}POP.AccessAsUser.All", f"{outlook}SMTP.Send"),
            "graph": (*who, "https://graph.microsoft.com/Mail.ReadWrite", "https://graph.microsoft.com/Mail.Send"),
        },
        extra_parameters=(("prompt", "select_account"),),
        shows_secret_in_body=True,
        repeats_scopes=True,
    )
