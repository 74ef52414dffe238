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
_SESSION_CAP = 65_536
_ELSEWHERE = (b"301", b"302", b"303", b"307", b"308")

JMAP_PATH = "/.well-known/jmap"


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

    def speaks_jmap(self, host: str, port: int) -> bool:
        """Whether https://host:port/.well-known/jmap asks who one is, or leads on to a JMAP server (RFC 8620, section 2.2)."""
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
        status, _head, body = self._answer(host, _HTTPS_PORT, path, accept="text/xml", size=size)
        return body if status == b"200" and len(body) <= size else b""

    def speaks_jmap(self, host: str, port: int) -> bool:
        """Without an answer it does not."""
        status, head, body = self._answer(host, port, JMAP_PATH, accept="application/json", size=_SESSION_CAP)
        if status in _ELSEWHERE:
            place = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"location:")), b"")
            return b"jmap" in place
        return status == b"401" or (status == b"200" and b'"apiUrl"' in body)

    def _answer(self, host: str, port: int, path: str, *, accept: str, size: int) -> tuple[bytes, bytes, bytes]:
        """Status, head and body; empty where nothing sensible answers."""
        try:
            with closing(self._policy.connect(host=host, port=port, timeout=_SECONDS)) as connection:
                connection.start_tls()
                request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n"
                connection.sock.sendall(request.encode("ascii"))
                return _parts_of(_received(connection, _HEAD_CAP + size))
        except (MailError, OSError, ValueError):
            return b"", b"", b""


def _received(connection: Connection, cap: int) -> bytes:
    deadline = monotonic() + _SECONDS
    received = b""
    while len(received) <= cap and monotonic() < deadline:
        block = connection.sock.recv(16_384)
        if not block:
            return received
        received += block
    return b""


def _parts_of(answer: bytes) -> tuple[bytes, bytes, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split(b" ")
    is_http = len(status) > 1 and status[0].startswith(b"HTTP/1.")
    return (status[1], head, body) if is_http else (b"", b"", b"")
