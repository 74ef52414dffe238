"""What a server's refusal means: response codes (RFC 5530 and others) first, the habits of big providers second."""

from __future__ import annotations

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
from mooring.mail.protocols.refusal_words import passing_trouble, wants_app_password

_BUSY_CODES = frozenset({"LIMIT", "INUSE", "OVERQUOTA", "THROTTLED"})
_UNAVAILABLE_CODES = frozenset({"UNAVAILABLE", "SERVERBUG", "CORRUPTION"})
_REFUSED_CODES = frozenset({"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "CONTACTADMIN", "NOPERM"})
_MISSING_CODES = frozenset({"NONEXISTENT", "TRYCREATE", "NOPERM", "CANNOT"})


def login_error(response: Response, *, user: str) -> MailError:
    """Why a log-in was refused. Only a plain "no" counts as a wrong password: being busy must not cost the account."""
    said = response.text
    if wants_app_password(said):
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
    return passing_trouble(said)
