"""Where the engine may connect to, by which protocols, and which servers an address probably has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from mooring.mail.connect import incoming_protocols
from mooring.mail.discovery import Guess, discover
from mooring.mail.egress import EgressPolicy
from mooring.mail.known_providers import LoginKind
from mooring.mail.looking_up import NetworkLookUps

_BEST_FIRST: Final = ("imap", "pop3", "jmap", "graph", "gmail")


@dataclass(frozen=True, slots=True)
class Found:
    """The guess for each direction that is taken, if any, and what else there is for receiving, one of each server type."""

    incoming: Guess | None
    outgoing: Guess | None
    others: tuple[Guess, ...] = ()

    @property
    def provider(self) -> str:
        """The name of a well-known provider, or empty."""
        return self.incoming.provider if self.incoming else ""

    @property
    def needs_token(self) -> bool:
        """The provider takes no passwords: one signs in on its own page."""
        return self.incoming is not None and self.incoming.login_kind is LoginKind.OAUTH

    @property
    def needs_app_password(self) -> bool:
        """The provider wants a password made for programs."""
        return self.incoming is not None and self.incoming.login_kind is LoginKind.APP_PASSWORD


def egress_policy() -> EgressPolicy:
    """Public mail servers, and the inner networks that MOORING_ALLOWED_NETWORKS opens."""
    return EgressPolicy(allowed_networks=settings.ALLOWED_NETWORKS)


def receiving_protocols() -> tuple[str, ...]:
    """The server types that an account may have."""
    return incoming_protocols()


def find_servers(address: str, *, protocol: str = "") -> Found:
    """The servers that are probably meant; of `protocol` where there is one. Takes seconds, and sends no password."""
    return chosen_among(discover(address, look_ups=NetworkLookUps(policy=egress_policy())), protocol=protocol)


def chosen_among(guesses: Iterable[Guess], *, protocol: str = "") -> Found:
    """The best guess of each server type; of those the one asked for, or else the one that serves most people best."""
    by_protocol: dict[str, Guess] = {}
    for guess in guesses:
        by_protocol.setdefault(guess.protocol, guess)
    receiving = [by_protocol[name] for name in (protocol, *_BEST_FIRST) if name in by_protocol and name != "smtp"]
    others = tuple(guess for guess in dict.fromkeys(receiving[1:]) if guess != receiving[0])
    return Found(receiving[0] if receiving else None, by_protocol.get("smtp"), others)
