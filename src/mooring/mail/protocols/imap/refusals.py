"""What a server's refusal means: response codes (RFC 5530 and others) first, the habits of big providers second."""

from __future__ import annotations

import re

from mooring.mail.errors import (
    AppPasswordNeeded,
    CommandRefused,
    FolderMissing,
    LoginDisabled,
    LoginRefused,
    MailError,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.protocols.imap.wire import Response

_BUSY_CODES = frozenset({"LIMIT", "INUSE", "OVERQUOTA", "THROTTLED"})
_UNAVAILABLE_CODES = frozenset({"UNAVAILABLE", "SERVERBUG", "CORRUPTION"})
_REFUSED_CODES = frozenset({"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "CONTACTADMIN", "NOPERM"})
_MISSING_CODES = frozenset({"NONEXISTENT", "TRYCREATE", "NOPERM", "CANNOT"})
_BUSY_WORDS = re.compile(
    r"too many (simultaneous )?connections|maximum number of connections|bandwidth|throttl|rate limit"
    r"|too many (login|auth)|account is temporarily locked|exceeded",
    re.IGNORECASE,
)
_UNAVAILABLE_WORDS = re.compile(r"temporar|unavailable|try again|internal error|server error|system error|backend", re.IGNORECASE)
_APP_PASSWORD_WORDS = re.compile(r"app(lication)?[- ]specific password|app[- ]?password|authorization code|授权码", re.IGNORECASE)


def login_error(response: Response, *, user: str) -> MailError:
    """Why a log-in was refused. Only a plain "no" counts as a wrong password: being busy must not cost the account."""
    said = response.text
    if _APP_PASSWORD_WORDS.search(said):
        return AppPasswordNeeded(said, user=user)
    if response.code in _REFUSED_CODES:
        return LoginRefused(said, user=user)
    if response.code == "PRIVACYREQUIRED":
        return LoginDisabled(said, offered=response.code)
    return _busy_or_unavailable(response) or LoginRefused(said, user=user)


def command_error(response: Response, *, command: str) -> MailError:
    """Why a command was refused."""
    error = _busy_or_unavailable(response) if response.kind != b"BAD" else None
    return error or CommandRefused(response.text, command=command)


def folder_error(response: Response, *, folder: str) -> MailError:
    """Why a folder could not be opened. Servers without codes say NO to a folder that is gone."""
    if response.code in _MISSING_CODES:
        return FolderMissing(response.text, folder=folder)
    if response.kind == b"BAD":
        return CommandRefused(response.text, command="EXAMINE")
    return _busy_or_unavailable(response) or FolderMissing(response.text, folder=folder)


def goodbye_error(response: Response, *, host: str) -> MailError:
    """Why the server closes the connection."""
    return _busy_or_unavailable(response) or ServerUnavailable(response.text, host=host)


def _busy_or_unavailable(response: Response) -> MailError | None:
    said = response.text
    if response.code in _BUSY_CODES:
        return ServerBusy(said, reason=response.code)
    if response.code in _UNAVAILABLE_CODES:
        return ServerUnavailable(said)
    if _BUSY_WORDS.search(said):
        return ServerBusy(said, reason="too many connections or too much traffic")
    if _UNAVAILABLE_WORDS.search(said):
        return ServerUnavailable(said)
    return None
