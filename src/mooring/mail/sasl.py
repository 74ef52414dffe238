"""How to prove who we are: the SASL mechanisms, without knowing the protocol that carries them (RFC 4422).

A mechanism is a conversation: `first` is sent at once where the protocol allows it, `answer` replies to a challenge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import ClassVar, Protocol, TypeAlias

from mooring.mail.errors import UnusableName
from mooring.mail.ntlm import Ntlm
from mooring.mail.token_login import OAuthBearer, XOAuth2
from mooring.mail.types import Login, Secret, Server


class Mechanism(Protocol):
    """One log-in, used once."""

    name: ClassVar[str]

    def first(self) -> bytes | None:
        """The response sent before any challenge; None where the server speaks first."""
        ...

    def answer(self, challenge: bytes) -> bytes | None:
        """The response to a challenge; None when there is nothing left to say, so the log-in must be broken off.

        Raises ProtocolViolation for a challenge that the mechanism does not have.
        """
        ...


class Plain:
    """RFC 4616."""

    name: ClassVar[str] = "PLAIN"

    def __init__(self, user_name: str, password: Secret) -> None:
        self._response = b"\0".join((b"", _utf8(user_name, "user name"), _utf8(password.reveal(), "password")))

    def first(self) -> bytes | None:
        """Everything at once."""
        return self._response

    def answer(self, challenge: bytes) -> bytes | None:
        """A server that cannot take the response at once sends one empty challenge."""
        return self._response if not challenge else None


class Prompted:
    """The LOGIN mechanism of old servers: the user name and the password, each on request; never standardised."""

    name: ClassVar[str] = "LOGIN"

    def __init__(self, user_name: str, password: Secret) -> None:
        self._left = [_utf8(user_name, "user name"), _utf8(password.reveal(), "password")]

    def first(self) -> bytes | None:
        """The server speaks first."""
        return None

    def answer(self, challenge: bytes) -> bytes | None:  # noqa: ARG002 - the contract has it
        """Servers word their prompts as they like, so only the order counts."""
        return self._left.pop(0) if self._left else None


_Maker: TypeAlias = Callable[[Server], Mechanism]

_WAYS: dict[Login, Mapping[str, _Maker]] = {
    Login.PASSWORD: {
        Plain.name: lambda server: Plain(server.user_name, server.password),
        Prompted.name: lambda server: Prompted(server.user_name, server.password),
    },
    Login.SPA: {Ntlm.name: Ntlm},
    Login.SPA_OLD: {Ntlm.name: lambda server: Ntlm(server, is_old=True)},
    Login.TOKEN: {XOAuth2.name: XOAuth2, OAuthBearer.name: OAuthBearer},
    Login.NONE: {},
}
"""By the account's way to log in: the mechanisms for it, the best one first."""


def choose_mechanism(*, server: Server, offered: Collection[str]) -> Mechanism | None:
    """The best mechanism for the account's way to log in among those offered (upper case names), or None.

    Never one of another way: an account that wants SPA does not fall back to showing its password.
    """
    for name, maker in _WAYS[server.login].items():
        if name in offered:
            return maker(server)
    return None


def _utf8(text: str, what: str) -> bytes:
    if "\0" in text:
        raise UnusableName(what=what)
    return text.encode()
