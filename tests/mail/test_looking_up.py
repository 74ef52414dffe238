"""The look-ups of discovery: DNS answers in their order, pages over verified TLS, JMAP servers told from web sites."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.exception
import dns.message
import dns.rdata
import dns.rdatatype
import dns.resolver
import pytest

from mooring.mail.egress import EgressPolicy
from mooring.mail.looking_up import NetworkLookUps
from servers.certificates import Authority

FILE = b"""<?xml version="1.0"?><clientConfig version="1.1"></clientConfig>"""


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
