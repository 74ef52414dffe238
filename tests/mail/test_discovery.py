"""From an address to its servers: known providers, the domain's own file and records, and nobody else is asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.rdata
import dns.rdatatype
import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail.autoconfig import read_autoconfig
from mooring.mail.discovery import Guess, Source, discover
from mooring.mail.egress import EgressPolicy
from mooring.mail.known_providers import PROVIDERS, LoginKind, provider_of_domain, provider_of_mail_host
from mooring.mail.looking_up import NetworkLookUps, ServiceRecord
from mooring.mail.types import Encryption
from servers.certificates import Authority

FILE = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="firm.example">
<incomingServer type="imap"><hostname>Imap.Firm.example</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILLOCALPART%</username></incomingServer>
<incomingServer type="pop3"><hostname>plain.firm.example</hostname><port>110</port><socketType>plain</socketType></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.firm.example</hostname><port>587</port><socketType>STARTTLS</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""


@dataclass
class FakeLookUps:
    """Answers from tables, and a record of what was asked."""

    records: dict[str, list[ServiceRecord]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    jmap_hosts: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def services(self, name: str) -> list[ServiceRecord]:
        self.asked.append(name)
        return self.records.get(name, [])

    def mail_hosts(self, domain: str) -> list[str]:
        self.asked.append(domain)
        return self.hosts.get(domain, [])

    def page(self, host: str, path: str, *, size: int) -> bytes:
        self.asked.append(f"https://{host}{path}")
        return self.pages.get(host, b"")

    def speaks_jmap(self, host: str, port: int) -> bool:
        self.asked.append(f"https://{host}:{port}/.well-known/jmap")
        return host in self.jmap_hosts


def guesses(address: str, look_ups: FakeLookUps | None = None, *, protocol: str = "imap") -> list[Guess]:
    return [guess for guess in discover(address, look_ups=look_ups or FakeLookUps()) if guess.protocol == protocol]


@pytest.mark.parametrize(
    ("address", "host", "kind"),
    [
        ("anna@gmail.com", "imap.gmail.com", LoginKind.APP_PASSWORD),
        ("anna@Hotmail.COM", "outlook.office365.com", LoginKind.OAUTH),
        ("anna@firm.onmicrosoft.com", "outlook.office365.com", LoginKind.OAUTH),
        ("anna@yahoo.de", "imap.mail.yahoo.com", LoginKind.APP_PASSWORD),
        ("anna@icloud.com", "imap.mail.me.com", LoginKind.APP_PASSWORD),
        ("anna@gmx.de", "imap.gmx.net", LoginKind.PASSWORD),
        ("anna@web.de", "imap.web.de", LoginKind.PASSWORD),
        ("anna@onet.pl", "imap.poczta.onet.pl", LoginKind.PASSWORD),
        ("anna@interia.pl", "poczta.interia.pl", LoginKind.PASSWORD),
        ("anna@t-online.de", "secureimap.t-online.de", LoginKind.APP_PASSWORD),
        ("anna@seznam.cz", "imap.seznam.cz", LoginKind.PASSWORD),
    ],
)
def test_known_providers_are_answered_without_asking_anybody(address: str, host: str, kind: LoginKind) -> None:
    look_ups = FakeLookUps()
    (guess,) = guesses(address, look_ups)

    assert (guess.host, guess.port, guess.encryption, guess.source) == (host, 993, Encryption.TLS, Source.PROVIDER)
    assert (guess.user_name, guess.login_kind) == (address, kind)
    assert look_ups.asked == []


@pytest.mark.parametrize("address", ["anna@wp.pl", "anna@o2.pl", "anna@free.fr"])
def test_some_providers_know_people_by_the_part_before_the_at(address: str) -> None:
    assert guesses(address)[0].user_name == "anna"


def test_every_provider_is_named_once_per_domain_and_encrypts() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))
    for provider in PROVIDERS:
        assert provider.domains or provider.mail_hosts
        for place in (provider.imap, provider.pop3, provider.smtp):
            assert place is None or place.encryption is not Encryption.NONE


@pytest.mark.parametrize(
    ("mail_host", "host"),
    [
        ("aspmx.l.google.com", "imap.gmail.com"),
        ("firm-example.mail.protection.outlook.com", "outlook.office365.com"),
        ("firm-example.p-v1.mx.microsoft", "outlook.office365.com"),
        ("mx1.mail.ovh.net", "ssl0.ovh.net"),
        ("smtpin.rzone.de", "imap.strato.de"),
        ("mx00.kundenserver.de", "imap.ionos.de"),
        ("mx00.ionos.co.uk", "imap.ionos.co.uk"),
        ("in1-smtp.messagingengine.com", "imap.fastmail.com"),
        ("mx.zoho.eu", "imappro.zoho.eu"),
    ],
)
def test_own_domains_are_recognised_by_who_takes_their_mail(mail_host: str, host: str) -> None:
    look_ups = FakeLookUps(hosts={"firm.example": ["mx.elsewhere.example", mail_host]})

    assert (guesses("anna@firm.example", look_ups)[0].host, guesses("anna@firm.example", look_ups)[0].source) == (host, Source.MX)


def test_an_ending_must_end_at_a_dot() -> None:
    assert provider_of_mail_host("evilgoogle.com") is None
    assert provider_of_mail_host("GOOGLE.com.") is not None
    assert provider_of_domain("notgmail.com") is None
    assert provider_of_domain("com") is None


def test_the_domains_own_file_comes_first() -> None:
    look_ups = FakeLookUps(
        pages={"autoconfig.firm.example": FILE},
        records={"_imaps._tcp.firm.example": [ServiceRecord(0, 1, 993, "other.firm.example.")]},
    )
    first, second, *_ = guesses("anna@firm.example", look_ups)

    assert first == Guess("imap", "imap.firm.example", 993, Encryption.TLS, "anna", Source.AUTOCONFIG)
    assert (second.host, second.source) == ("other.firm.example", Source.SRV)
    (sending, *_) = guesses("anna@firm.example", look_ups, protocol="smtp")
    assert sending == Guess("smtp", "smtp.firm.example", 587, Encryption.STARTTLS, "anna@firm.example", Source.AUTOCONFIG)
    assert not any("plain" in guess.host for guess in discover("anna@firm.example", look_ups=look_ups))


def test_the_well_known_place_is_the_second_choice() -> None:
    assert guesses("anna@firm.example", FakeLookUps(pages={"firm.example": FILE}))[0].source is Source.AUTOCONFIG


def test_only_the_addresses_own_domain_is_asked() -> None:
    look_ups = FakeLookUps()
    discover("anna@deep.firm.example", look_ups=look_ups)

    assert all("deep.firm.example" in asked for asked in look_ups.asked)
    assert not any("anna" in asked for asked in look_ups.asked)


def test_records_that_offer_nothing_are_left_out() -> None:
    records = [
        ServiceRecord(0, 0, 0, "."),
        ServiceRecord(0, 0, 993, "."),
        ServiceRecord(0, 0, 0, "imap.firm.example."),
        ServiceRecord(0, 0, 993, "bad host."),
        ServiceRecord(1, 0, 993, "good.firm.example."),
    ]
    found = guesses("anna@firm.example", FakeLookUps(records={"_imaps._tcp.firm.example": records}))

    assert [guess.host for guess in found if guess.source is Source.SRV] == ["good.firm.example"]


def test_the_domains_own_mail_host_then_usual_names() -> None:
    found = guesses("anna@firm.example", FakeLookUps(hosts={"firm.example": ["box7.firm.example"]}))

    assert [(guess.host, guess.source) for guess in found] == [
        ("box7.firm.example", Source.MX),
        ("imap.firm.example", Source.USUAL_NAME),
        ("mail.firm.example", Source.USUAL_NAME),
    ]


def test_a_strangers_mail_host_is_no_guess() -> None:
    found = guesses("anna@firm.example", FakeLookUps(hosts={"firm.example": ["filter.stranger.example"]}))

    assert "filter.stranger.example" not in [guess.host for guess in found]


def test_no_guess_comes_twice_or_unencrypted() -> None:
    records = {"_imaps._tcp.firm.example": [ServiceRecord(0, 0, 993, "mail.firm.example.")]}
    found = discover("anna@firm.example", look_ups=FakeLookUps(records=records, hosts={"firm.example": ["mail.firm.example"]}))
    places = [(guess.protocol, guess.host, guess.port) for guess in found]

    assert len(places) == len(set(places))
    assert all(guess.encryption is not Encryption.NONE for guess in found)


@pytest.mark.parametrize(
    ("look_ups", "urls"),
    [
        (FakeLookUps(jmap_hosts=("firm.example",)), ["https://firm.example/.well-known/jmap"]),
        (
            FakeLookUps(
                records={
                    "_jmap._tcp.firm.example": [
                        ServiceRecord(0, 0, 443, "Mail.firm.example."),
                        ServiceRecord(1, 0, 8443, "other.firm.example."),
                    ]
                },
            ),
            ["https://mail.firm.example/.well-known/jmap", "https://other.firm.example:8443/.well-known/jmap"],
        ),
        (FakeLookUps(records={"_jmap._tcp.firm.example": [ServiceRecord(0, 0, 0, ".")]}, jmap_hosts=("firm.example",)), []),
        (FakeLookUps(), []),
    ],
)
def test_jmap_is_found_by_record_or_at_the_domain_itself(look_ups: FakeLookUps, urls: list[str]) -> None:
    assert [guess.url for guess in guesses("anna@firm.example", look_ups, protocol="jmap")] == urls


@pytest.mark.parametrize(
    ("address", "protocol", "url"),
    [
        ("anna@hotmail.com", "graph", ""),
        ("anna@gmail.com", "gmail", ""),
        ("anna@fastmail.com", "jmap", "https://api.fastmail.com/.well-known/jmap"),
    ],
)
def test_what_providers_offer_over_http_is_known(address: str, protocol: str, url: str) -> None:
    (guess,) = guesses(address, protocol=protocol)
    assert guess.url == url
    assert (guess.login_kind is LoginKind.OAUTH) == (protocol != "jmap")


def test_international_domains_are_asked_as_a_labels() -> None:
    assert guesses("anna@müller.example")[0].host == "imap.xn--mller-kva.example"


@pytest.mark.parametrize(
    "address", ["", "anna", "@firm.example", "anna@", "anna@com", "anna@a..b", "anna@-x.example", "a@b c.example"]
)
def test_what_is_no_address_is_answered_by_nothing(address: str) -> None:
    look_ups = FakeLookUps()
    assert discover(address, look_ups=look_ups) == []
    assert look_ups.asked == []


# -- the file ------------------------------------------------------------------------------------------------------------


def test_document_types_and_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + FILE.partition(b"?>")[2]
    outside = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + FILE.partition(b"?>")[2]

    assert read_autoconfig(bomb, address="a@b.example") == []
    assert read_autoconfig(outside, address="a@b.example") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"imap", b"gopher"),
        (b"Imap.Firm.example", b"host"),
        (b"Imap.Firm.example", b"a b.example"),
        (b"Imap.Firm.example", b"x" * 300 + b".example"),
        (b"993", b"0"),
        (b"993", b"65536"),
        (b"993", b"99999999999999999999"),
        (b"993", b""),
        (b"993", b"993a"),
        (b"SSL", b"none"),
    ],
)
def test_servers_with_fields_that_make_no_sense_are_left_out(field: bytes, value: bytes) -> None:
    document = FILE.replace(field, value, 1)

    assert [server.protocol for server in read_autoconfig(document, address="anna@firm.example")] == ["smtp"]


def test_a_missing_user_name_means_the_address() -> None:
    document = FILE.replace(b"<username>%EMAILLOCALPART%</username>", b"")

    assert read_autoconfig(document, address="anna@firm.example")[0].user_name == "anna@firm.example"


def test_a_file_with_endless_servers_is_cut_off() -> None:
    server = FILE[FILE.index(b"<outgoingServer") : FILE.index(b"</outgoingServer>")] + b"</outgoingServer>"
    assert len(read_autoconfig(b"<x>" + server * 60 + b"</x>", address="a@b.example")) == 20


@given(st.binary(max_size=200))
def test_whatever_a_domain_serves_is_read_without_harm(document: bytes) -> None:
    assert isinstance(read_autoconfig(document, address="a@b.example"), list)


# -- the network ---------------------------------------------------------------------------------------------------------


class FakeResolver(dns.resolver.Resolver):
    """Answers from a table in the form of zone files."""

    def __init__(self, table: dict[tuple[str, str], list[str]]) -> None:
        super().__init__(configure=False)
        self._table = table

    def resolve(self, qname: str, rdtype: str, **_: object) -> list[dns.rdata.Rdata]:  # type: ignore[override]
        kind = dns.rdatatype.RdataType.make(rdtype)
        texts = self._table.get((str(qname), kind.name))
        if texts is None:
            raise dns.resolver.NXDOMAIN
        others = {"alias": dns.rdata.from_text("IN", "CNAME", "elsewhere.example.")}
        return [others.get(text) or dns.rdata.from_text("IN", kind, text) for text in texts]


def test_dns_answers_are_put_in_their_order() -> None:
    table = {
        ("_imaps._tcp.firm.example", "SRV"): [
            "10 5 993 c.firm.example.",
            "0 1 993 b.firm.example.",
            "0 9 993 A.firm.example.",
            "alias",
        ],
        ("firm.example", "MX"): ["20 second.example.", "10 First.example.", "alias"],
    }
    look_ups = NetworkLookUps(policy=EgressPolicy(), resolver=FakeResolver(table))

    assert [record.target for record in look_ups.services("_imaps._tcp.firm.example")] == [
        "a.firm.example.",
        "b.firm.example.",
        "c.firm.example.",
    ]
    assert look_ups.mail_hosts("firm.example") == ["first.example", "second.example"]
    assert look_ups.mail_hosts("none.example") == []


def test_no_dns_at_all_means_no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dns.resolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", broken)
    assert NetworkLookUps(policy=EgressPolicy()).services("_imaps._tcp.firm.example") == []


class HttpsServer:
    """Answers one request with fixed bytes, and keeps what it was asked."""

    def __init__(self, authority: Authority, answer: bytes) -> None:
        self.asked = b""
        self._answer = answer
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(str(authority.issue("autoconfig.firm.example")))
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self.listener.accept()
            with self._context.wrap_socket(connection, server_side=True) as encrypted:
                self.asked = encrypted.recv(4_096)
                encrypted.sendall(self._answer)
        except OSError:
            return


@contextmanager
def serving(authority: Authority, answer: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[NetworkLookUps, HttpsServer]]:
    """Look-ups whose port 443 of every host is a server of ours."""
    server = HttpsServer(authority, answer)
    port = server.listener.getsockname()[1]
    policy = EgressPolicy.opening(["127.0.0.0/8"], extra_authorities=authority.pem)
    redirected = EgressPolicy(
        policy.allowed_networks, extra_authorities=policy.extra_authorities, resolver=lambda host, asked_port: ["127.0.0.1"]
    )
    monkeypatch.setattr("mooring.mail.looking_up._HTTPS_PORT", port)
    with server.listener:
        yield NetworkLookUps(policy=redirected), server


PATH = "/mail/config-v1.1.xml"


def test_a_page_is_fetched_over_verified_tls_without_anything_secret(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + FILE, monkeypatch) as (look_ups, server):
        assert look_ups.page("autoconfig.firm.example", PATH, size=10_000) == FILE
        assert server.asked.startswith(b"GET /mail/config-v1.1.xml HTTP/1.0\r\nHost: autoconfig.firm.example\r\n")
        assert b"anna" not in server.asked
        assert b"Authorization" not in server.asked


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n" + FILE,
        b"HTTP/1.1 404 Not Found\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_001,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1",
        b"* OK IMAP\r\n\r\n200",
        b"",
    ],
)
def test_pages_that_are_none_are_empty(authority: Authority, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    with serving(authority, answer, monkeypatch) as (look_ups, _):
        assert look_ups.page("autoconfig.firm.example", PATH, size=10_000) == b""


@pytest.mark.parametrize(
    ("answer", "speaks"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", True),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://autoconfig.firm.example/JMAP/session\r\n\r\n", True),
        (b'HTTP/1.1 200 OK\r\n\r\n{"apiUrl": "/jmap/"}', True),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://www.firm.example/\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>welcome</html>", False),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", False),
        (b"", False),
    ],
)
def test_a_jmap_server_is_told_from_a_web_site(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, answer: bytes, speaks: bool
) -> None:
    with serving(authority, answer, monkeypatch) as (look_ups, server):
        assert look_ups.speaks_jmap("autoconfig.firm.example", server.listener.getsockname()[1]) is speaks
        assert server.asked.startswith(b"GET /.well-known/jmap HTTP/1.0\r\n")


def test_a_host_with_the_wrong_certificate_or_an_inner_address_has_no_page(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, b"HTTP/1.1 200 OK\r\n\r\nx", monkeypatch) as (look_ups, server):
        assert look_ups.page("other.example", PATH, size=10_000) == b""
        assert server.asked == b""
    inner = NetworkLookUps(policy=EgressPolicy(resolver=lambda host, port: ["10.0.0.1"]))
    assert inner.page("autoconfig.firm.example", PATH, size=10_000) == b""


def test_a_page_that_never_ends_is_given_up(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 5))
    monkeypatch.setattr("mooring.mail.looking_up.monotonic", lambda: next(clock))
    with serving(authority, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000, monkeypatch) as (look_ups, _):
        assert look_ups.page("autoconfig.firm.example", PATH, size=100_000) == b""
