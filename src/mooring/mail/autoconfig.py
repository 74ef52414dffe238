"""The autoconfig file that a domain publishes about its own mail servers (the format of Thunderbird, version 1.1).

A stranger wrote it: at most 64 KB, no document types (so no entities), only well-formed host names and encrypted
servers are taken over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from mooring.mail.types import Encryption

SIZE_CAP = 65_536
_SERVER_CAP = 20
_TEXT_CAP = 500
_HOST = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+")
_ENCRYPTION = {"SSL": Encryption.TLS, "STARTTLS": Encryption.STARTTLS}
_PROTOCOLS = frozenset({"imap", "pop3", "smtp"})
_SERVERS = frozenset({"incomingServer", "outgoingServer"})
_FIELDS = frozenset({"hostname", "port", "socketType", "username"})


@dataclass(frozen=True, slots=True)
class NamedServer:
    """A server as the file names it; `user_name` with the address filled in."""

    protocol: str
    host: str
    port: int
    encryption: Encryption
    user_name: str


@dataclass(slots=True)
class _Reading:
    servers: list[dict[str, str]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        if name in _SERVERS:
            self.servers.append({"type": attributes.get("type", "")})

    def end(self, _name: str) -> None:
        self.path.pop()

    def text(self, text: str) -> None:
        if len(self.path) > 1 and self.path[-2] in _SERVERS:
            server, name = self.servers[-1], self.path[-1]
            if name in _FIELDS:
                server[name] = (server.get(name, "") + text)[:_TEXT_CAP]


def read_autoconfig(document: bytes, *, address: str) -> list[NamedServer]:
    """The encrypted servers of the file in its order; empty for anything that is no such file."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(document[:SIZE_CAP], True)
    except (expat.ExpatError, _DoctypeFound):
        return []
    named = (_named_server(server, address) for server in reading.servers[:_SERVER_CAP])
    return [server for server in named if server is not None]


class _DoctypeFound(Exception):
    """The document declares a type: such files are not read."""


def _refuse_doctype(*_details: object) -> None:
    raise _DoctypeFound


def _named_server(fields: dict[str, str], address: str) -> NamedServer | None:
    host = fields.get("hostname", "").strip().lower()
    port = fields.get("port", "").strip()
    encryption = _ENCRYPTION.get(fields.get("socketType", "").strip())
    if fields["type"] not in _PROTOCOLS or encryption is None or not is_host_name(host):
        return None
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
        return None
    user_name = _filled_in(fields.get("username", "").strip() or "%EMAILADDRESS%", address)
    return NamedServer(fields["type"], host, int(port), encryption, user_name)


def is_host_name(text: str) -> bool:
    """Whether `text` is a host name of several labels, in lower case."""
    return _HOST.fullmatch(text) is not None


def _filled_in(pattern: str, address: str) -> str:
    local_part, _, domain = address.rpartition("@")
    filled = pattern.replace("%EMAILADDRESS%", address).replace("%EMAILLOCALPART%", local_part)
    return filled.replace("%EMAILDOMAIN%", domain)
