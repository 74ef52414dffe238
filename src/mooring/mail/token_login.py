"""Logging in with an OAuth 2 access token: the mechanisms XOAUTH2 and OAUTHBEARER, and the second try with a renewed token.

XOAUTH2 is Google's and Microsoft's own, OAUTHBEARER is RFC 7628. Either sends everything at once; a server that refuses the
token says so in a challenge, which wants an empty answer before the refusal itself comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final, TypeVar

from mooring.mail.errors import LoginRefused, SignInAgain, TokenRefused, UnusableName
from mooring.mail.types import Login, Secret, Server

Result = TypeVar("Result")

_END: Final = "\1"
"""Parts it; so no part may hold it."""


class XOAuth2:
    """The mechanism of Gmail and Outlook (developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""

    name: ClassVar[str] = "XOAUTH2"

    def __init__(self, server: Server) -> None:
        user, token = _clean(server.user_name, "user name"), token_of(server).reveal()
        self._response = f"user={user}{_END}auth=Bearer {token}{_END}{_END}".encode()

    def first(self) -> bytes | None:
        """Everything at once."""
        return self._response

    def answer(self, challenge: bytes) -> bytes | None:
        """To an empty challenge everything; to the report of an error nothing, after which the server refuses."""
        return b"" if challenge else self._response


class OAuthBearer:
    """RFC 7628; the user name is the authorization identity of the GS2 header, where “,” and “=” are written otherwise."""

    name: ClassVar[str] = "OAUTHBEARER"

    def __init__(self, server: Server) -> None:
        user = _clean(server.user_name, "user name").replace("=", "=3D").replace(",", "=2C")
        fields = (f"n,a={user},", f"host={server.host}", f"port={server.port}", f"auth=Bearer {token_of(server).reveal()}")
        self._response = (_END.join(fields) + _END + _END).encode()

    def first(self) -> bytes | None:
        """Everything at once."""
        return self._response

    def answer(self, challenge: bytes) -> bytes | None:
        """To an empty challenge everything; to the report of an error the one octet that RFC 7628, 3.2.3 asks for."""
        return _END.encode() if challenge else self._response


def log_in_with_token(server: Server, log_in: Callable[[Server], Result]) -> Result:
    """Log in with the account's token; where the server refuses it, once more with a renewed one.

    `log_in` raises LoginRefused when the server says no, and can be called twice on one connection; accounts that log in
    otherwise call it once. Raises SignInAgain, TokenRefused when the renewed token is refused too, and what `log_in` raises.
    """
    if server.login is not Login.TOKEN:
        return log_in(server)
    source = server.token
    if source is None:
        raise SignInAgain(provider=server.host)
    token = source.current()
    try:
        return log_in(replace(server, token=GivenToken(token)))
    except LoginRefused:
        token = source.renewed(token)
    try:
        return log_in(replace(server, token=GivenToken(token)))
    except LoginRefused as error:
        raise TokenRefused(error.server_said, **error.details) from error


def token_of(server: Server) -> Secret:
    """The token to show now. Raises SignInAgain where the account has none."""
    if server.token is None:
        raise SignInAgain(provider=server.host)
    return server.token.current()


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token source that knows one token only."""

    token: Secret

    def current(self) -> Secret:
        """The token."""
        return self.token

    def renewed(self, refused: Secret) -> Secret:  # noqa: ARG002 - the contract has it
        """There is no other, so the person has to sign in."""
        raise SignInAgain(provider="")


def _clean(text: str, what: str) -> str:
    if any(ord(sign) < 32 for sign in text):
        raise UnusableName(what=what)
    return text
