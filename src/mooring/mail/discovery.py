"""From a mail address to the servers that are probably meant, best guess first.

Only the DNS and the domain of the address itself are asked, never a third party, and never with a password. A guess is
to be confirmed by a person before a password is sent to it: DNS answers may be forged, and MX hosts are only a hint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import idna

from mooring.mail.autoconfig import SIZE_CAP, is_host_name, read_autoconfig
from mooring.mail.known_providers import (
    LoginKind,
    Place,
    Provider,
    provider_of_domain,
    provider_of_mail_host,
)
from mooring.mail.looking_up import JMAP_PATH, LookUps
from mooring.mail.types import Encryption

_AUTOCONFIG_PLACES = (
    ("autoconfig.{domain}", "/mail/config-v1.1.xml"),
    ("{domain}", "/.well-known/autoconfig/mail/config-v1.1.xml"),
)
_SERVICES = (
    ("_imaps._tcp", "imap", Encryption.TLS),
    ("_imap._tcp", "imap", Encryption.STARTTLS),
    ("_pop3s._tcp", "pop3", Encryption.TLS),
    ("_pop3._tcp", "pop3", Encryption.STARTTLS),
    ("_submissions._tcp", "smtp", Encryption.TLS),
    ("_submission._tcp", "smtp", Encryption.STARTTLS),
)
_USUAL_PORTS = (
    ("imap", 993, Encryption.TLS),
    ("pop3", 995, Encryption.TLS),
    ("smtp", 465, Encryption.TLS),
    ("smtp", 587, Encryption.STARTTLS),
)
_NAMED_AFTER = {"imap": "imap", "pop": "pop3", "pop3": "pop3", "smtp": "smtp"}


class Source(StrEnum):
    """Where a guess comes from, the most trustworthy first."""

    PROVIDER = "provider"
    AUTOCONFIG = "autoconfig"
    SRV = "srv"
    MX = "mx"
    USUAL_NAME = "usual_name"


@dataclass(frozen=True, slots=True)
class Guess:
    """A server that may be the right one, and how one would log in."""

    protocol: str
    """imap, pop3, jmap, graph, gmail or smtp."""
    host: str
    port: int
    encryption: Encryption
    user_name: str
    source: Source
    login_kind: LoginKind = LoginKind.PASSWORD
    provider: str = ""
    """The name of a well-known provider, to be shown."""
    url: str = ""
    """Of jmap: where its interface begins."""


def discover(address: str, *, look_ups: LookUps) -> list[Guess]:
    """Guesses for receiving and sending, best first, none twice; empty for what is no address."""
    domain = _domain_of(address)
    if not domain:
        return []
    guesses: dict[tuple[str, str, int], Guess] = {}
    for guess in _all_guesses(address, domain, look_ups):
        guesses.setdefault((guess.protocol, guess.host, guess.port), guess)
    return list(guesses.values())


def _domain_of(address: str) -> str:
    local_part, _, domain = address.strip().rpartition("@")
    try:
        name = idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return ""
    return name if local_part and is_host_name(name) else ""


def _all_guesses(address: str, domain: str, look_ups: LookUps) -> Iterator[Guess]:
    provider = provider_of_domain(domain)
    if provider is not None:
        yield from _by_provider(provider, address, Source.PROVIDER)
        return
    yield from _by_autoconfig(address, domain, look_ups)
    yield from _by_services(address, domain, look_ups)
    yield from _by_jmap(address, domain, look_ups)
    mail_hosts = look_ups.mail_hosts(domain)
    provider = next(filter(None, map(provider_of_mail_host, mail_hosts)), None)
    if provider is not None:
        yield from _by_provider(provider, address, Source.MX)
    else:
        own = [host for host in mail_hosts[:1] if host.endswith("." + domain)]
        yield from _by_usual_names(address, own, Source.MX)
    usual = [f"{name}.{domain}" for name in ("imap", "mail", "pop", "smtp")]
    yield from _by_usual_names(address, usual, Source.USUAL_NAME)


def _by_provider(provider: Provider, address: str, source: Source) -> Iterator[Guess]:
    user_name = address.rpartition("@")[0] if provider.user_is_local_part else address
    places: tuple[tuple[str, Place | None], ...] = (
        ("imap", provider.imap),
        ("pop3", provider.pop3),
        ("smtp", provider.smtp),
    )
    for protocol, place in places:
        if place is not None:
            yield Guess(
                protocol,
                place.host,
                place.port,
                place.encryption,
                user_name,
                source,
                provider.login_kind,
                provider.name,
            )
    yield from _by_interface(provider, user_name, source)


def _by_interface(provider: Provider, user_name: str, source: Source) -> Iterator[Guess]:
    """What the provider offers over HTTP beside its mail servers."""
    if provider.jmap_url:
        host = urlsplit(provider.jmap_url).hostname or ""
        kind, name = provider.login_kind, provider.name
        yield Guess("jmap", host, 443, Encryption.TLS, user_name, source, kind, name, provider.jmap_url)
    elif provider.over_http:
        yield Guess(provider.over_http, "", 443, Encryption.TLS, user_name, source, LoginKind.OAUTH, provider.name)


def _by_autoconfig(address: str, domain: str, look_ups: LookUps) -> Iterator[Guess]:
    for host, path in _AUTOCONFIG_PLACES:
        document = look_ups.page(host.format(domain=domain), path, size=SIZE_CAP)
        servers = read_autoconfig(document, address=address) if document else []
        for server in servers:
            yield Guess(server.protocol, server.host, server.port, server.encryption, server.user_name, Source.AUTOCONFIG)
        if servers:
            return


def _by_services(address: str, domain: str, look_ups: LookUps) -> Iterator[Guess]:
    """RFC 6186 and 8314: encrypted services first; a lone target "." says that there is none."""
    for service, protocol, encryption in _SERVICES:
        for record in look_ups.services(f"{service}.{domain}"):
            host = record.target.rstrip(".").lower()
            if is_host_name(host) and 0 < record.port < 65_536:
                yield Guess(protocol, host, record.port, encryption, address, Source.SRV)


def _by_jmap(address: str, domain: str, look_ups: LookUps) -> Iterator[Guess]:
    """RFC 8620, section 2.2: the hosts of the domain's record, or else the domain itself where it answers as JMAP does."""
    records = [(record.target.rstrip(".").lower(), record.port) for record in look_ups.services(f"_jmap._tcp.{domain}")]
    hosts = [(host, port) for host, port in records if is_host_name(host) and 0 < port < 65_536]
    if not records and look_ups.speaks_jmap(domain, 443):
        hosts = [(domain, 443)]
    for host, port in hosts:
        yield _jmap_at(host, port, address, Source.SRV if records else Source.AUTOCONFIG)


def _jmap_at(host: str, port: int, user_name: str, source: Source) -> Guess:
    url = f"https://{host}{'' if port == 443 else f':{port}'}{JMAP_PATH}"
    return Guess("jmap", host, port, Encryption.TLS, user_name, source, url=url)


def _by_usual_names(address: str, hosts: Sequence[str], source: Source) -> Iterator[Guess]:
    """The usual ports on those of the hosts that are not called after another protocol."""
    for protocol, port, encryption in _USUAL_PORTS:
        for host in hosts:
            first_label = host.partition(".")[0]
            if first_label not in _NAMED_AFTER or _NAMED_AFTER[first_label] == protocol:
                yield Guess(protocol, host, port, encryption, address, source)
