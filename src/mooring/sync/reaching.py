"""Where the engine may connect to, by which protocols, and which servers an address probably has."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from mooring.mail.connect import incoming_protocols
from mooring.mail.discovery import Guess, discover
from mooring.mail.egress import EgressPolicy
from mooring.mail.known_providers import LoginKind
from mooring.mail.looking_up import NetworkLookUps


@dataclass(frozen=True, slots=True)
class Found:
    """The best guess for each direction, if any."""

    incoming: Guess | None
    outgoing: Guess | None

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


def find_servers(address: str) -> Found:
    """The servers that are probably meant. Takes seconds; sends no password (security: look-ups carry none)."""
    guesses = discover(address, look_ups=NetworkLookUps(policy=egress_policy()))
    by_protocol: dict[str, Guess] = {}
    for guess in guesses:
        by_protocol.setdefault(guess.protocol, guess)
    return Found(by_protocol.get("imap") or by_protocol.get("pop3"), by_protocol.get("smtp"))
