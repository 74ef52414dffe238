"""What a POP3 server's refusal means: response codes (RFC 2449, 3206) first, the habits of servers without them second."""

from __future__ import annotations

import re

from mooring.mail.errors import (
    AppPasswordNeeded,
    CommandRefused,
    LoginRefused,
    MailboxBroken,
    MailboxInUse,
    MailError,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.protocols.pop3.exchange import Reply
from mooring.mail.protocols.refusal_words import passing_trouble, wants_app_password

_LOCK_WORDS = re.compile(r"\block(ed)?\b|in use|already (logged|open)|another (session|pop)|maildrop busy", re.IGNORECASE)


def login_error(reply: Reply, *, host: str, user: str) -> MailError:
    """Why a log-in was refused. Only a plain "no" counts as a wrong password: being busy must not cost the account."""
    said = reply.text
    if wants_app_password(said):
        return AppPasswordNeeded(said, user=user)
    if reply.code == "AUTH":
        return LoginRefused(said, user=user)
    return _by_code(reply, host) or _in_use_by_words(said, host) or passing_trouble(said) or LoginRefused(said, user=user)


def command_error(reply: Reply, *, host: str, command: str) -> MailError:
    """Why a command was refused."""
    return _by_code(reply, host) or passing_trouble(reply.text) or CommandRefused(reply.text, command=command)


def greeting_error(reply: Reply, *, host: str) -> MailError:
    """Why the server does not even want to talk."""
    return _by_code(reply, host) or passing_trouble(reply.text) or ServerUnavailable(reply.text, host=host)


def _by_code(reply: Reply, host: str) -> MailError | None:
    if reply.code == "IN-USE":
        return MailboxInUse(reply.text, host=host, reason=reply.code)
    if reply.code == "LOGIN-DELAY":
        return ServerBusy(reply.text, reason=reply.code)
    if reply.code == "SYS/PERM":
        return MailboxBroken(reply.text, host=host)
    if reply.code.startswith("SYS"):
        return ServerUnavailable(reply.text, host=host)
    return None


def _in_use_by_words(said: str, host: str) -> MailError | None:
    return MailboxInUse(said, host=host, reason="locked") if _LOCK_WORDS.search(said) else None
