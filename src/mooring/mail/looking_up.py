"""The look-ups that discovery needs: DNS answers, and a small file over https. No passwords, no redirects.

`LookUps` is the contract; tests bring their own.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.IN.SRV import SRV

from mooring.mail.egress import Connection, EgressPolicy
from mooring.mail.errors import MailError

_HTTPS_PORT = 443
_SECONDS = 6.0
_HEAD_CAP = 16_384


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A host that offers a service (RFC 2782). The target "." means that the service is not offered."""

    priority: int
    weight: int
    port: int
    target: str


class LookUps(Protocol):
    """Every method answers with what there is, or empty; none raises."""

    def services(self, name: str) -> list[ServiceRecord]:
        """The SRV records of `name`, such as "_imaps._tcp.example.org"."""
        ...

    def mail_hosts(self, domain: str) -> list[str]:
        """The hosts that take the domain's mail, the preferred one first."""
        ...

    def page(self, host: str, path: str, *, size: int) -> bytes:
        """The body of https://host/path when it answers 200 with at most `size` bytes."""
        ...


class NetworkLookUps:
    """The real ones: the system's DNS servers, and https through the egress policy."""

    def __init__(self, *, policy: EgressPolicy, resolver: dns.resolver.Resolver | None = None) -> None:
        self._policy = policy
        self._resolver = resolver

    def services(self, name: str) -> list[ServiceRecord]:
        """Ordered by priority, then by falling weight."""
        records = [
            ServiceRecord(record.priority, record.weight, record.port, record.target.to_text().lower())
            for record in self._answers(name, dns.rdatatype.SRV)
            if isinstance(record, SRV)
        ]
        return sorted(records, key=lambda record: (record.priority, -record.weight, record.target))

    def mail_hosts(self, domain: str) -> list[str]:
        """Without the final dot, lower case."""
        records = [record for record in self._answers(domain, dns.rdatatype.MX) if isinstance(record, MX)]
        ordered = sorted(records, key=lambda record: (record.preference, record.exchange.to_text()))
        return [record.exchange.to_text().rstrip(".").lower() for record in ordered]

    def _answers(self, name: str, kind: dns.rdatatype.RdataType) -> list[object]:
        try:
            resolver = self._resolver or dns.resolver.Resolver()
            return list(resolver.resolve(name, kind, lifetime=_SECONDS))
        except (dns.exception.DNSException, OSError, ValueError):
            return []

    def page(self, host: str, path: str, *, size: int) -> bytes:
        """Asked for in HTTP/1.0, so that the answer is plain bytes up to the end of the connection."""
        try:
            with closing(self._policy.connect(host=host, port=_HTTPS_PORT, timeout=_SECONDS)) as connection:
                connection.start_tls()
                request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: text/xml\r\n\r\n"
                connection.sock.sendall(request.encode("ascii"))
                return _body_in(_received(connection, _HEAD_CAP + size), size)
        except (MailError, OSError, ValueError):
            return b""


def _received(connection: Connection, cap: int) -> bytes:
    deadline = monotonic() + _SECONDS
    received = b""
    while len(received) <= cap and monotonic() < deadline:
        block = connection.sock.recv(16_384)
        if not block:
            return received
        received += block
    return b""


def _body_in(answer: bytes, size: int) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split(b" ")
    is_good = len(status) > 1 and status[0].startswith(b"HTTP/1.") and status[1] == b"200"
    return body if is_good and len(body) <= size else b""
