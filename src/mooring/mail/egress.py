"""The only place of the mail room that opens sockets.

Promises: a name is resolved once; every resolved address is judged by `networks.is_reachable`; the connection goes to
exactly a judged address; TLS is always verified against the host name. There is no way to switch verification off: an
installation with its own authority names its certificates (`extra_authorities`), an account its server's certificate.
An EgressPolicy is immutable and may be shared by threads.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from time import monotonic
from typing import Self, TypeAlias

import idna

from mooring.mail.errors import (
    AddressNotAllowed,
    CertificateNotTrusted,
    ConnectionLost,
    NameNotFound,
    NoAnswer,
    PortClosed,
    TlsFailed,
    UnusableName,
)
from mooring.mail.networks import Address, Network, is_reachable, parse_address

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""resolve(host, port) -> the addresses as text, the preferred one first. Raises OSError."""

MAIL_PORTS = frozenset({25, 110, 143, 443, 465, 587, 993, 995})
_NAMES_SHOWN = 20


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver knows, hosts file included."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Where connections may go.

    `allowed_networks` are the inner networks that an administrator opened, on every port; public addresses are reached
    on `allowed_ports` only. `extra_authorities` is PEM text trusted besides the system's authorities.
    """

    allowed_networks: tuple[Network, ...] = ()
    allowed_ports: frozenset[int] = MAIL_PORTS
    extra_authorities: str = ""
    resolver: Resolver = resolve_by_system

    @classmethod
    def opening(cls, networks: Iterable[str], *, extra_authorities: str = "") -> Self:
        """A policy that opens these inner networks ("10.1.2.0/24", "::1"). Raises ValueError for other texts."""
        opened = tuple(ip_network(text.strip()) for text in networks)
        return cls(allowed_networks=opened, extra_authorities=extra_authorities)

    def resolve(self, *, host: str, port: int) -> tuple[Address, ...]:
        """The addresses of `host` that may be connected to. Raises NameNotFound or AddressNotAllowed."""
        name = _wire_host(host)
        try:
            addresses = [parse_address(text) for text in self.resolver(name, port)]
        except (OSError, ValueError, UnicodeError) as error:
            raise NameNotFound(host=host) from error
        if not addresses:
            raise NameNotFound(host=host)
        reachable = tuple(address for address in addresses if self._may_reach(address, port))
        if not reachable:
            raise AddressNotAllowed(host=host)
        return reachable

    def _may_reach(self, address: Address, port: int) -> bool:
        if port in self.allowed_ports and is_reachable(address):
            return True
        inner = self.allowed_networks
        return not is_reachable(address) and is_reachable(address, allowed=inner)

    def connect(
        self,
        *,
        host: str,
        port: int,
        timeout: float,
        addresses: Sequence[Address] = (),
        trusted_certificate: str = "",
    ) -> Connection:
        """An unencrypted connection to the first address that answers; `timeout` (s) covers all of them together.

        `addresses` are those that `resolve` returned, when it was called before. Raises PortClosed or NoAnswer.
        """
        vetted = addresses or self.resolve(host=host, port=port)
        sock = _dial(vetted, host=host, port=port, timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return Connection(sock, host, port, self.extra_authorities + "\n" + trusted_certificate)


class Connection:
    """One open socket. `start_tls` may be called once; `sock` is the encrypted socket from then on."""

    __slots__ = ("_authorities", "host", "port", "sock")

    def __init__(self, sock: socket.socket, host: str, port: int, authorities: str = "") -> None:
        self.sock = sock
        self.host = host
        self.port = port
        self._authorities = authorities

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS has been agreed on."""
        return isinstance(self.sock, ssl.SSLSocket)

    def start_tls(self) -> None:
        """Agree on TLS (1.2 or newer), verified by host name.

        Raises CertificateNotTrusted, TlsFailed, NoAnswer or ConnectionLost; the connection is closed then.
        """
        try:
            context = _verifying_context(self._authorities)
            self.sock = tls = context.wrap_socket(self.sock, server_hostname=_wire_host(self.host), do_handshake_on_connect=False)
            tls.do_handshake()
        except ssl.SSLCertVerificationError as error:
            raise self._not_trusted(error) from error
        except TimeoutError as error:
            self.close()
            seconds = f"{self.sock.gettimeout() or 0:g}"
            raise NoAnswer(host=self.host, port=str(self.port), seconds=seconds) from error
        except (ssl.SSLError, ValueError) as error:
            self.close()
            reason = getattr(error, "reason", "") or "no TLS"
            raise TlsFailed(host=self.host, port=str(self.port), reason=reason) from error
        except OSError as error:
            self.close()
            raise ConnectionLost(host=self.host) from error

    def _not_trusted(self, error: ssl.SSLCertVerificationError) -> CertificateNotTrusted:
        names = _names_shown_on(self.sock)
        self.close()
        reason = error.verify_message.rstrip(".")
        return CertificateNotTrusted(host=self.host, reason=reason, names=", ".join(names))

    def close(self) -> None:
        """Close the socket; never raises."""
        self.sock.close()


def _dial(addresses: Sequence[Address], *, host: str, port: int, timeout: float) -> socket.socket:
    deadline = monotonic() + timeout
    refused: OSError | None = None
    for address in addresses:
        left = deadline - monotonic()
        if left <= 0:
            break
        try:
            return _dial_one(address, port, left, timeout)
        except TimeoutError:
            continue
        except OSError as error:
            refused = error
    if refused is not None:
        raise PortClosed(host=host, port=str(port)) from refused
    raise NoAnswer(host=host, port=str(port), seconds=f"{timeout:g}")


def _dial_one(address: Address, port: int, left: float, timeout: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(left)
        sock.connect((str(address), port))
        sock.settimeout(timeout)
    except BaseException:
        sock.close()
        raise
    return sock


def _wire_host(host: str) -> str:
    """The name as A-labels (IDNA 2008), for the DNS and for TLS alike."""
    name = host.strip().rstrip(".")
    if not name or any(ord(sign) <= 32 or ord(sign) == 127 for sign in name):
        raise UnusableName(what=host)
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise NameNotFound(host=host) from error


def _verifying_context(authorities: str) -> ssl.SSLContext:
    """TLS 1.2 or newer with the system's authorities and those given; a named certificate may be a leaf itself."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities.strip():
        context.load_verify_locations(cadata=authorities)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _names_shown_on(sock: socket.socket) -> tuple[str, ...]:
    """The host names on the certificate that was refused: only to be shown, nothing is trusted because of them.

    Python offers the refused certificate from 3.13 on; the object that holds it is there before.
    """
    try:
        chain = sock._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
        facts = chain[0].get_info()
    except (AttributeError, IndexError, TypeError, ValueError, ssl.SSLError):
        return ()
    names = [name for kind, name in facts.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    subject = [name for ((kind, name),) in facts.get("subject", ()) if kind == "commonName"]
    return tuple((names or subject)[:_NAMES_SHOWN])
