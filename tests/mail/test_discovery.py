"""From an address to its servers: known providers, the domain's own file and records, and nobody else is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail.autoconfig import read_autoconfig
from mooring.mail.discovery import Guess, Source, discover
from mooring.mail.known_providers import PROVIDERS, LoginKind, provider_of_domain, provider_of_mail_host
from mooring.mail.looking_up import ServiceRecord
from mooring.mail.types import Encryption

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
