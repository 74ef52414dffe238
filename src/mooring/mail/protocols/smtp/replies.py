"""What an SMTP server answers, read and understood: three digits (RFC 5321, 4.2) and an enhanced status code (RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mooring.mail.errors import (
    AppPasswordNeeded,
    LetterRefused,
    LoginRefused,
    MailError,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.protocols.stream import Stream
from mooring.mail.types import Refusal

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?\Z", re.DOTALL)
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |\Z)")
_MOST_LINES = 200
_LONGEST_LINE = 4_096
_APP_PASSWORD_WORDS = re.compile(r"app(lication)?[- ]specific password|app[- ]?password|authorization code|授权码", re.IGNORECASE)
_ONLY_FOR_NOW = frozenset({503})
"""Bad sequence of commands: a quarrel of programs, not a judgement about the letter."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `lines` are its texts; the status code is still in them."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines as one."""
        return " ".join(line for line in self.lines if line)

    @property
    def status(self) -> str:
        """The enhanced status code; empty when there is none, or one of another class than the reply's."""
        found = _STATUS.match(self.lines[0])
        return found[1] if found and found[1][0] == str(self.code)[0] else ""

    @property
    def is_yes(self) -> bool:
        return self.code < 300

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500 and self.code not in _ONLY_FOR_NOW


def read_reply(stream: Stream) -> Reply:
    """The next reply. Raises ProtocolViolation for what is none, and the errors of the stream."""
    stream.start_response()
    lines: list[str] = []
    while len(lines) < _MOST_LINES:
        line = stream.line()
        found = _LINE.match(line) if len(line) <= _LONGEST_LINE else None
        if found is None:
            raise ProtocolViolation(expected="a reply of SMTP")
        lines.append((found[3] or b"").decode("utf-8", "replace").strip())
        if found[2] != b"-":
            return Reply(int(found[1]), tuple(lines))
    raise ProtocolViolation(expected=f"a reply of at most {_MOST_LINES} lines")


def letter_error(reply: Reply, *, host: str, user: str) -> MailError:
    """Why a command about the letter as a whole was refused."""
    if reply.code == 421:
        return going_away(reply, host=host)
    if reply.code in (530, 535):
        return LoginRefused(reply.text, user=user)
    return LetterRefused(reply.text, is_permanent=reply.is_permanent, reply_code=str(reply.code), status=reply.status)


def recipient_refusal(address: str, reply: Reply) -> Refusal:
    """Why one recipient was refused. 552 means too many of them, so for now (RFC 5321, 4.5.3.1.10)."""
    is_permanent = reply.is_permanent and reply.code != 552
    return Refusal(address, reply.code, reply.status, reply.text[:500], is_permanent)


def login_error(reply: Reply, *, host: str, user: str) -> MailError:
    """Why a log-in was refused. Only a plain "no" counts as a wrong password."""
    if _APP_PASSWORD_WORDS.search(reply.text):
        return AppPasswordNeeded(reply.text, user=user)
    if reply.code == 421:
        return going_away(reply, host=host)
    if reply.code < 500:
        return ServerUnavailable(reply.text, host=host)
    return LoginRefused(reply.text, user=user)


def going_away(reply: Reply, *, host: str) -> MailError:
    """The server closes the connection, or does not want it: for its own sake (4.3.0) or because of too much traffic."""
    if reply.status.startswith(("4.7.", "4.4.5")) or "too many" in reply.text.lower():
        return ServerBusy(reply.text, reason="too many connections or too much traffic")
    return ServerUnavailable(reply.text, host=host)
