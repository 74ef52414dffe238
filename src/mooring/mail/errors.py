"""Everything that can go wrong with a mail server, as one closed family.

Each error knows whether trying again helps and how long to wait. `code` is stable and is what upper rooms translate into
words for people; `details` fill the placeholders of those words. `server_said` is the server's own text: shown only quoted,
escaped and shortened, never as our words. Neither holds control characters, which would steer a terminal and which no
database takes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final, Self

from mooring.mail.types import Refusal

LONGEST_WAIT: Final = timedelta(days=1)
"""A server that names a longer time is asked again after this one."""


class MailError(Exception):
    """The root of the family; never raised itself."""

    code: ClassVar[str] = "mail_error"
    retry_after: timedelta | None = timedelta(minutes=1)
    """How long to wait at least before the next try; None when only a person can help. An instance knows better than its class
    where the server named a time (`asked_to_wait`)."""
    needs_person: ClassVar[bool] = False

    def __init__(self, server_said: str = "", **details: str) -> None:
        super().__init__(self.code)
        self.server_said = _printable(server_said[:500])
        self.details = {name: _printable(value) for name, value in details.items()}

    def asked_to_wait(self, wait: timedelta | None) -> Self:
        """This error, with the time that the server asked for instead of our own; None leaves everything as it is."""
        if wait is not None:
            self.retry_after = min(max(wait, timedelta(0)), LONGEST_WAIT)
        return self

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.details.items())
        said = f"; the server said: {self.server_said!r}" if self.server_said else ""
        return f"{self.code}({facts}){said}"


def _printable(text: str) -> str:
    """Blanks for line ends and tabs, U+FFFD for what steers (categories Cc, Cf, Cs and the like)."""
    if text.isprintable():
        return text
    return "".join(" " if each.isspace() else "\ufffd" if unicodedata.category(each)[0] == "C" else each for each in text)


class NameNotFound(MailError):
    """The host name has no address in the DNS. details: host."""

    code = "name_not_found"
    retry_after = timedelta(minutes=10)


class AddressNotAllowed(MailError):
    """The host lies in a network that this installation does not let accounts reach. details: host."""

    code = "address_not_allowed"
    retry_after = None
    needs_person = True


class PortClosed(MailError):
    """Nothing listens there. details: host, port."""

    code = "port_closed"
    retry_after = timedelta(minutes=5)


class NoAnswer(MailError):
    """The server did not answer in time. details: host, port, seconds."""

    code = "no_answer"
    retry_after = timedelta(minutes=5)


class CertificateNotTrusted(MailError):
    """TLS failed its checks. details: host, reason, names (those the certificate is made out to, comma separated)."""

    code = "certificate_not_trusted"
    retry_after = timedelta(hours=1)
    needs_person = True


class TlsFailed(MailError):
    """No TLS could be agreed on, often a plain port taken for a TLS one. details: host, port, reason."""

    code = "tls_failed"
    retry_after = timedelta(minutes=10)


class StartTlsMissing(MailError):
    """STARTTLS was asked for and the server does not offer it; nothing secret was sent. details: host, port."""

    code = "starttls_missing"
    retry_after = None
    needs_person = True


class PlainLoginRefused(MailError):
    """We do not send a password over an unencrypted connection unless the account insists. details: host."""

    code = "plain_login_refused"
    retry_after = None
    needs_person = True


class LoginRefused(MailError):
    """User name or password is wrong. details: user."""

    code = "login_refused"
    retry_after = timedelta(hours=1)
    needs_person = True


class AppPasswordNeeded(LoginRefused):
    """The provider wants a password made for programs, not the person's own. details: user."""

    code = "app_password_needed"


class TokenRefused(LoginRefused):
    """The server refuses the token of a sign-in that its provider has just renewed: another mailbox, or no right to it.
    details: user."""

    code = "token_refused"


class LoginDisabled(MailError):
    """The server accepts no login of a kind that we can do. details: offered."""

    code = "login_disabled"
    retry_after = None
    needs_person = True


class SendingNotOffered(MailError):
    """The server that letters are received from takes none, at least not from this person. details: none."""

    code = "sending_not_offered"
    retry_after = None
    needs_person = True


class ServerBusy(MailError):
    """Too many connections, over quota, in use: the server asks us to come back later. details: reason."""

    code = "server_busy"
    retry_after = timedelta(minutes=15)


class MailboxInUse(ServerBusy):
    """Another program has the mailbox open, and the server lets in one at a time (RFC 2449 IN-USE). details: host."""

    code = "mailbox_in_use"
    retry_after = timedelta(minutes=10)


class MailboxBroken(MailError):
    """The server says that the mailbox is out of order until somebody repairs it (RFC 3206 SYS/PERM). details: host."""

    code = "mailbox_broken"
    retry_after = None
    needs_person = True


class ServerUnavailable(MailError):
    """The server says that it is temporarily out of order (RFC 5530 UNAVAILABLE, BYE). details: host."""

    code = "server_unavailable"
    retry_after = timedelta(minutes=5)


class ConnectionLost(MailError):
    """The connection broke in the middle. Nothing that was not complete is handed on. details: host."""

    code = "connection_lost"
    retry_after = timedelta(seconds=30)


class ProtocolViolation(MailError):
    """The server answered something that makes no sense in its protocol. details: expected."""

    code = "protocol_violation"
    retry_after = timedelta(minutes=10)


class CommandRefused(MailError):
    """The server refused a command that should have worked. details: command (its name only)."""

    code = "command_refused"
    retry_after = timedelta(minutes=5)


class RemovalNotOffered(MailError):
    """The server cannot remove single letters without touching others, or cannot tell them apart. details: host."""

    code = "removal_not_offered"
    retry_after = None
    needs_person = True


class FolderMissing(MailError):
    """The folder is not there (any more) or cannot be opened. details: folder."""

    code = "folder_missing"
    retry_after = timedelta(hours=6)


class UnusableName(MailError):
    """A folder or user name holds characters that must never reach a server (CR, LF, NUL). details: what."""

    code = "unusable_name"
    retry_after = None
    needs_person = True


class FilesMissing(MailError):
    """The folder or file of stored mail is not there or may not be read. details: path, reason."""

    code = "files_missing"
    retry_after = timedelta(hours=1)
    needs_person = True


class SignInAgain(MailError):
    """The grant of an OAuth 2 account is gone: its person has to sign in with the provider again. details: provider."""

    code = "sign_in_again"
    retry_after = None
    needs_person = True


class ProviderRefused(MailError):
    """The sign-in provider refuses what this installation asks: its registration there is wrong. details: provider, error."""

    code = "provider_refused"
    retry_after = timedelta(hours=1)
    needs_person = True


class TokenNotForServer(MailError):
    """The tokens of this provider are shown to its own mail servers only, and this is none of them. details: provider, host."""

    code = "token_not_for_server"
    retry_after = None
    needs_person = True


class PasswordNotRemembered(MailError):
    """The account's password is kept in memory only, and this process has not been told it. details: user."""

    code = "password_not_remembered"
    retry_after = None
    needs_person = True


class LetterRefused(MailError):
    """The server answered that it does not take this letter, for now or for good. details: reply_code, status."""

    code = "letter_refused"
    retry_after = timedelta(minutes=1)

    def __init__(self, server_said: str = "", *, is_permanent: bool = False, **details: str) -> None:
        super().__init__(server_said, **details)
        self.is_permanent = is_permanent


class AllRecipientsRefused(LetterRefused):
    """No recipient was accepted, so nothing was sent. `refused` says why for each."""

    code = "all_recipients_refused"

    def __init__(self, refused: Sequence[Refusal]) -> None:
        super().__init__(refused[0].server_said if refused else "", is_permanent=all(each.is_permanent for each in refused))
        self.refused = tuple(refused)


class FateUnknown(MailError):
    """The connection ended when the server may have accepted the letter already; sending it again may double it. details: host"""

    code = "fate_unknown"
    retry_after = None
    needs_person = True
