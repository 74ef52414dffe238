"""Where the engine may connect to, and which servers an address probably has. The installation decides the former."""

from __future__ import annotations

from django.conf import settings

from mooring.mail.discovery import Guess, discover
from mooring.mail.egress import EgressPolicy
from mooring.mail.looking_up import NetworkLookUps


def egress_policy() -> EgressPolicy:
    """Public mail servers, and the inner networks that MOORING_ALLOWED_NETWORKS opens."""
    return EgressPolicy(allowed_networks=settings.ALLOWED_NETWORKS)


def find_servers(address: str) -> list[Guess]:
    """Guesses for receiving mail, best first. Takes seconds; sends no password (security: look-ups carry none)."""
    guesses = discover(address, look_ups=NetworkLookUps(policy=egress_policy()))
    return [guess for guess in guesses if guess.protocol == "imap"]
