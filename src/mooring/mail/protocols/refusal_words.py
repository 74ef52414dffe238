"""What servers mean when they refuse without a response code: the habits of big providers, found in their words."""

from __future__ import annotations

import re

from mooring.mail.errors import MailError, ServerBusy, ServerUnavailable

_BUSY_WORDS = re.compile(
    r"too many (simultaneous )?connections|maximum number of connections|bandwidth|throttl|rate limit"
    r"|too many (login|auth)|account is temporarily locked|exceeded",
    re.IGNORECASE,
)
_UNAVAILABLE_WORDS = re.compile(r"temporar|unavailable|try again|internal error|server error|system error|backend", re.IGNORECASE)
_APP_PASSWORD_WORDS = re.compile(r"app(lication)?[- ]specific password|app[- ]?password|authorization code|授权码", re.IGNORECASE)


def wants_app_password(said: str) -> bool:
    """Whether the provider wants a password made for programs."""
    return _APP_PASSWORD_WORDS.search(said) is not None


def passing_trouble(said: str) -> MailError | None:
    """What is no fault of the account's: a busy server, or one out of order. None when the words do not sound like that."""
    if _BUSY_WORDS.search(said):
        return ServerBusy(said, reason="too many connections or too much traffic")
    if _UNAVAILABLE_WORDS.search(said):
        return ServerUnavailable(said)
    return None
