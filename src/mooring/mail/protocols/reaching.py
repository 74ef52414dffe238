"""The first step to a server over HTTP: its name looked up and its addresses judged, as the other protocols do it."""

from __future__ import annotations

from urllib.parse import urlsplit

from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import UnusableName


def resolve(url: str, policy: EgressPolicy) -> dict[str, str]:
    """Raises NameNotFound, AddressNotAllowed, and UnusableName for what is no address of a web server."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as error:
        raise UnusableName(what=url) from error
    if not parts.hostname or not port:
        raise UnusableName(what=url)
    addresses = policy.resolve(host=parts.hostname, port=port)
    return {"addresses": ", ".join(map(str, addresses))}
