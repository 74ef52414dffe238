"""How to prove who we are: the SASL mechanisms, without knowing the protocol that carries them (RFC 4422).

A mechanism is a conversation: `first` is sent at once where the protocol allows it, `answer` replies to a challenge.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Protocol

from mooring.mail.errors import UnusableName
from mooring.mail.types import Secret


class Mechanism(Protocol):
    """One log-in, used once."""

    name: ClassVar[str]

    def first(self) -> bytes | None:
        """The response sent before any challenge; None where the server speaks first."""
        ...

    def answer(self, challenge: bytes) -> bytes | None:
        """The response to a challenge; None when there is nothing left to say, so the log-in must be broken off."""
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


class Login:
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


_BY_PREFERENCE: tuple[type[Plain] | type[Login], ...] = (Plain, Login)


def choose_mechanism(*, offered: Collection[str], user_name: str, password: Secret) -> Mechanism | None:
    """The best mechanism we can do among those offered (upper case names), or None."""
    for mechanism in _BY_PREFERENCE:
        if mechanism.name in offered:
            return mechanism(user_name, password)
    return None


def _utf8(text: str, what: str) -> bytes:
    if "\0" in text:
        raise UnusableName(what=what)
    return text.encode()
