"""What a person enters about a mail account, whether it can be so, and the servers that it describes. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mooring.letters.models import Encryption, Login, MailAccount, OutgoingLoginOf, OutgoingProtocol, Protocol
from mooring.letters.models.account import OVER_HTTP
from mooring.mail.addresses import match_key
from mooring.mail.types import Encryption as WireEncryption
from mooring.mail.types import Login as WireLogin
from mooring.mail.types import Secret, Server, TokenSource

USUAL_PORTS: Final[dict[tuple[str, str], int]] = {
    ("imap", "tls"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
    ("pop3", "tls"): 995,
    ("pop3", "starttls"): 110,
    ("pop3", "none"): 110,
    ("smtp", "tls"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "none"): 25,
}
"""(protocol, encryption) -> the port that “use defaults” stands for."""
WITH_HOST: Final = frozenset({Protocol.IMAP, Protocol.POP3})
KEEPS_OR_REMOVES: Final = frozenset({Protocol.IMAP, Protocol.POP3, *OVER_HTTP})
"""Protocols whose mailbox can lose letters because the account says so."""
LONGEST_KEPT_DAYS: Final = 3_650
_LONGEST_SIGNATURE: Final = 20_000
_NO_SECRET: Final = Secret("")


@dataclass(frozen=True, slots=True)
class AccountData:
    """What a person enters about an account; passwords travel apart."""

    your_name: str
    address: str
    organization: str = ""
    reply_address: str = ""
    protocol: str = Protocol.IMAP
    host: str = ""
    port: int = 993
    encryption: str = Encryption.TLS
    plain_login_allowed: bool = False
    user_name: str = ""
    login: str = Login.PASSWORD
    remembers_password: bool = True
    timeout_seconds: int = 60
    path: str = ""
    url: str = ""
    outgoing_protocol: str = OutgoingProtocol.NOTHING
    outgoing_host: str = ""
    outgoing_port: int = 465
    outgoing_encryption: str = Encryption.TLS
    outgoing_plain_login_allowed: bool = False
    outgoing_login_of: str = OutgoingLoginOf.SAME
    outgoing_login: str = Login.PASSWORD
    outgoing_user_name: str = ""
    leaves_copy: bool = True
    removes_after_days: int | None = None
    removes_when_deleted: bool = False
    is_scanned: bool = True
    syncs_customers: bool = True
    syncs_leads: bool = True
    is_main: bool = False
    marks_incoming_private: bool = False
    marks_outgoing_private: bool = False
    first_scan_days: int | None = 365
    signature: str = ""

    @classmethod
    def of(cls, account: MailAccount) -> AccountData:
        """What is stored about an account."""
        return cls(**{name: getattr(account, name) for name in cls.__dataclass_fields__})


def server_described_by(data: AccountData, *, password: Secret, token: TokenSource | None = None) -> Server:
    """The server that letters are received from; `token` where the logon is with the provider."""
    return Server(
        protocol=data.protocol,
        host=data.host,
        port=data.port,
        encryption=WireEncryption(data.encryption),
        user_name=data.user_name or data.address,
        password=password,
        timeout=timedelta(seconds=data.timeout_seconds),
        plain_login_allowed=data.plain_login_allowed,
        path=data.path,
        login=WireLogin(data.login),
        token=token,
        url=data.url,
    )


def outgoing_server_described_by(
    data: AccountData, *, password: Secret, outgoing_password: Secret = _NO_SECRET, token: TokenSource | None = None
) -> Server | None:
    """The server that takes letters, None where nothing is sent. `password` and `token` are those for receiving."""
    incoming = server_described_by(data, password=password, token=token)
    if data.outgoing_protocol == OutgoingProtocol.NOTHING:
        return None
    if data.outgoing_protocol == OutgoingProtocol.SAME:
        return incoming
    user_name, secret, login, source = _outgoing_login(data, incoming, outgoing_password)
    return Server(
        protocol=OutgoingProtocol.SMTP.value,
        host=data.outgoing_host,
        port=data.outgoing_port,
        encryption=WireEncryption(data.outgoing_encryption),
        user_name=user_name,
        password=secret,
        timeout=incoming.timeout,
        plain_login_allowed=data.outgoing_plain_login_allowed,
        login=login,
        token=source,
    )


def needs_password(data: AccountData) -> bool:
    """Whether a password for receiving is entered at all."""
    return data.protocol != Protocol.FILES and data.login != Login.TOKEN


def needs_outgoing_password(data: AccountData) -> bool:
    """Whether sending has a password of its own."""
    return data.outgoing_protocol == OutgoingProtocol.SMTP and data.outgoing_login_of == OutgoingLoginOf.OWN


def leads_elsewhere(before: AccountData, after: AccountData) -> bool:
    """Whether the stored password would be sent to another server, or less well protected than before."""
    if not needs_password(after):
        return False
    servers = [(server_described_by(each, password=_NO_SECRET), _sends_with_password(each)) for each in (before, after)]
    (was, was_sending), (will_be, will_be_sending) = servers
    if _is_less_safe(was, will_be):
        return True
    return will_be_sending is not None and (was_sending is None or _is_less_safe(was_sending, will_be_sending))


def outgoing_leads_elsewhere(before: AccountData, after: AccountData) -> bool:
    """The same of the password that sending has of its own."""
    was, will_be = (outgoing_server_described_by(each, password=_NO_SECRET) for each in (before, after))
    if not needs_outgoing_password(after) or will_be is None:
        return False
    return was is None or not needs_outgoing_password(before) or _is_less_safe(was, will_be)


def problems_of(data: AccountData) -> Iterator[tuple[str, str]]:
    """(field, text fit for the user) for everything that cannot be saved."""
    if not data.your_name.strip():
        yield "your_name", _("Please enter your name.")
    if not match_key(data.address):
        yield "address", _("This is not an email address.")
    if data.reply_address and not match_key(data.reply_address):
        yield "reply_address", _("This is not an email address.")
    if not 5 <= data.timeout_seconds <= 600:
        yield "timeout_seconds", _("The server timeout is a number of seconds from 5 to 600.")
    if len(data.signature) > _LONGEST_SIGNATURE:
        yield "signature", _("The signature may have at most 20,000 characters, formatting included.")
    yield from _incoming_problems(data)
    yield from _outgoing_problems(data)
    yield from _delivery_problems(data)


def _incoming_problems(data: AccountData) -> Iterator[tuple[str, str]]:
    if data.protocol == Protocol.FILES and not data.path:
        yield "path", _("Please enter the folder of mail files.")
    if data.protocol in WITH_HOST and not data.host:
        yield "host", _("Please enter the incoming server.")
    if not 0 < data.port < 65_536:
        yield "port", _("A port is a number from 1 to 65535.")
    if data.protocol == Protocol.JMAP and not data.url:
        yield "url", _("Please enter the address of the interface, such as https://mail.example.com/.well-known/jmap.")
    if data.url and not _is_web_address(data.url):
        yield "url", _("The address begins with https:// and names a server.")
    if data.protocol in (Protocol.GRAPH, Protocol.GMAIL) and data.login != Login.TOKEN:
        yield "login", _("This provider is signed in to with OAuth 2 only.")
    if data.protocol not in WITH_HOST and data.login in (Login.SPA, Login.SPA_OLD):
        yield "login", _("Secure password authentication exists for IMAP and POP3 only.")


def _outgoing_problems(data: AccountData) -> Iterator[tuple[str, str]]:
    if data.outgoing_protocol == OutgoingProtocol.SAME and data.protocol not in OVER_HTTP:
        yield "outgoing_protocol", _("Only servers reached over HTTP take letters, too. Please choose SMTP.")
    if data.outgoing_protocol != OutgoingProtocol.SMTP:
        return
    if not data.outgoing_host:
        yield "outgoing_host", _("Please enter the outgoing server.")
    if not 0 < data.outgoing_port < 65_536:
        yield "outgoing_port", _("A port is a number from 1 to 65535.")
    if needs_outgoing_password(data) and not data.outgoing_user_name:
        yield "outgoing_user_name", _("Please enter the user name at the outgoing server.")
    if needs_outgoing_password(data) and data.outgoing_login == Login.TOKEN:
        yield "outgoing_login", _("To sign in with the provider, choose the same settings as the incoming server.")
    if data.outgoing_login_of == OutgoingLoginOf.SAME and data.protocol == Protocol.FILES:
        yield "outgoing_login_of", _("Mail files have no user name and password. Please enter those of the outgoing server.")


def _delivery_problems(data: AccountData) -> Iterator[tuple[str, str]]:
    removes = not data.leaves_copy or data.removes_when_deleted or data.removes_after_days is not None
    if removes and data.protocol not in KEEPS_OR_REMOVES:
        yield "leaves_copy", _("Mail files are never changed. Letters cannot be removed from them.")
    if data.removes_after_days is not None and not 0 < data.removes_after_days <= LONGEST_KEPT_DAYS:
        yield "removes_after_days", _("Letters are removed after 1 to 3,650 days.")


def _outgoing_login(data: AccountData, incoming: Server, own: Secret) -> tuple[str, Secret, WireLogin, TokenSource | None]:
    if data.outgoing_login_of == OutgoingLoginOf.OWN:
        return data.outgoing_user_name, own, WireLogin(data.outgoing_login), None
    if data.outgoing_login_of == OutgoingLoginOf.NOBODY:
        return "", _NO_SECRET, WireLogin.NONE, None
    return incoming.user_name, incoming.password, incoming.login, incoming.token


def _sends_with_password(data: AccountData) -> Server | None:
    """The outgoing server that gets to know the password for receiving."""
    uses_it = data.outgoing_protocol == OutgoingProtocol.SMTP and data.outgoing_login_of == OutgoingLoginOf.SAME
    return outgoing_server_described_by(data, password=_NO_SECRET) if uses_it else None


def _is_less_safe(was: Server, will_be: Server) -> bool:
    if (was.protocol, was.host.lower(), was.url) != (will_be.protocol, will_be.host.lower(), will_be.url):
        return True
    loses_encryption = will_be.encryption == WireEncryption.NONE != was.encryption
    goes_in_the_clear = will_be.plain_login_allowed and not was.plain_login_allowed and will_be.encryption == WireEncryption.NONE
    return loses_encryption or goes_in_the_clear or will_be.login == WireLogin.SPA_OLD != was.login


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.username is None
