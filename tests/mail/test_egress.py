"""The one way out: which addresses may be reached, and that TLS is always verified."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mooring.mail import egress
from mooring.mail.egress import MAIL_PORTS, Connection, EgressPolicy, resolve_by_system
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
from mooring.mail.networks import is_reachable, parse_address
from servers.certificates import Authority
from servers.programs import free_ports
from servers.scripted_imap import LOOPBACK, ScriptedImap

ADDRESSES = Path(__file__).with_name("addresses_to_judge.txt").read_text().split("\n\n")
INNER, PUBLIC = ADDRESSES[1].split(), ADDRESSES[3].split()


@pytest.mark.parametrize("text", INNER)
def test_inner_addresses_are_refused_in_every_disguise(text: str) -> None:
    assert not is_reachable(parse_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_reachable(text: str) -> None:
    assert is_reachable(parse_address(text))


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1", "localhost", "localhost."])
def test_spellings_of_loopback_are_judged_by_what_they_resolve_to(spelling: str) -> None:
    with pytest.raises((AddressNotAllowed, NameNotFound)):
        EgressPolicy().resolve(host=spelling, port=993)


@pytest.mark.parametrize("text", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"])
def test_a_network_opened_by_the_administrator_is_reachable_on_every_port(text: str) -> None:
    policy = EgressPolicy(EgressPolicy.opening(["10.1.0.0/16"]).allowed_networks, resolver=lambda host, port: [text])

    assert policy.resolve(host="mail.example", port=12345) == (parse_address(text),)


def test_opening_one_network_opens_no_other() -> None:
    opened = EgressPolicy.opening(["10.1.0.0/16", "fd00::/64"]).allowed_networks
    policy = EgressPolicy(opened, resolver=lambda host, port: ["10.2.0.1", "fd01::1", "127.0.0.1"])

    with pytest.raises(AddressNotAllowed):
        policy.resolve(host="mail.example", port=993)


def test_public_addresses_are_reached_on_mail_ports_only() -> None:
    policy = EgressPolicy(resolver=lambda host, port: ["8.8.8.8"])

    assert all(policy.resolve(host="mail.example", port=port) for port in MAIL_PORTS)
    with pytest.raises(AddressNotAllowed):
        policy.resolve(host="mail.example", port=6379)


def test_of_mixed_addresses_only_those_that_may_be_reached_are_used() -> None:
    policy = EgressPolicy(resolver=lambda host, port: ["127.0.0.1", "8.8.8.8", "::1"])

    assert policy.resolve(host="mail.example", port=993) == (parse_address("8.8.8.8"),)


def test_a_name_is_resolved_once_so_that_its_answer_cannot_change_afterwards() -> None:
    answers = [["127.0.0.1"], ["8.8.8.8"]]
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with ScriptedImap().start().stopping() as fake:
        policy = EgressPolicy(LOOPBACK.allowed_networks, resolver=resolver)
        connection = policy.connect(host="rebinding.example", port=fake.port, timeout=5)
        assert connection.sock.getpeername()[0] == "127.0.0.1"
        connection.close()
    assert asked == ["rebinding.example"]


def test_names_go_to_the_resolver_as_a_labels_without_a_final_dot() -> None:
    asked: list[str] = []
    policy = EgressPolicy(resolver=lambda host, port: asked.append(host) or ["8.8.8.8"])  # type: ignore[func-returns-value]

    policy.resolve(host=" Pöczta.example. ", port=993)

    assert asked == ["xn--pczta-jua.example"]


@pytest.mark.parametrize("host", ["", "a b", "a\r\nb", "a\0b", " . "])
def test_host_names_that_cannot_be_are_refused(host: str) -> None:
    with pytest.raises(UnusableName):
        EgressPolicy().resolve(host=host, port=993)


@pytest.mark.parametrize("answer", [[], ["no address"]])
def test_a_name_without_a_usable_address_is_not_found(answer: list[str]) -> None:
    with pytest.raises(NameNotFound):
        EgressPolicy(resolver=lambda host, port: answer).resolve(host="mail.example", port=993)


def test_a_name_that_is_no_idna_is_not_found() -> None:
    with pytest.raises(NameNotFound):
        EgressPolicy().resolve(host="\u2488com.ü\u200d", port=993)


def test_the_systems_resolver_knows_loopback() -> None:
    assert "127.0.0.1" in resolve_by_system("127.0.0.1", 25)
    with pytest.raises(NameNotFound):
        EgressPolicy().resolve(host="x" * 70 + ".invalid", port=993)


def test_a_port_without_a_listener_is_closed() -> None:
    (port,) = free_ports(1)
    with pytest.raises(PortClosed):
        LOOPBACK.connect(host="127.0.0.1", port=port, timeout=5)


def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    with ScriptedImap().start().stopping() as fake:
        policy = EgressPolicy(LOOPBACK.allowed_networks, resolver=lambda host, port: ["127.0.0.9", "127.0.0.1"])
        connection = policy.connect(host="two.example", port=fake.port, timeout=5)
        assert connection.sock.getpeername()[0] == "127.0.0.1"
        connection.close()


def test_a_server_that_accepts_nobody_gives_no_answer_in_time() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(3):
            crowd = stack.enter_context(socket.socket())
            crowd.setblocking(False)
            crowd.connect_ex(address)
        with pytest.raises(NoAnswer):
            LOOPBACK.connect(host="127.0.0.1", port=address[1], timeout=0.3)
        with pytest.raises(NoAnswer):
            LOOPBACK.connect(host="127.0.0.1", port=address[1], timeout=0)


# -- TLS -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls_to(authority: Authority) -> Iterator[Callable[..., Connection]]:
    """tls_to(certificate, trusted="...") connects to a TLS server with that certificate under the name localhost."""
    with ExitStack() as stack:

        def connect(certificate: Path, *, trusted: str = "", extra: str = "") -> Connection:
            fake = stack.enter_context(ScriptedImap(certificate=certificate, is_tls_at_once=True).start().stopping())
            policy = EgressPolicy(LOOPBACK.allowed_networks, extra_authorities=extra)
            return policy.connect(host="localhost", port=fake.port, timeout=5, trusted_certificate=trusted)

        yield connect


def test_tls_with_a_trusted_authority_and_the_right_name_is_agreed_on(
    tls_to: Callable[..., Connection], authority: Authority
) -> None:
    connection = tls_to(authority.issue("localhost"), extra=authority.pem)

    assert not connection.is_encrypted
    connection.start_tls()
    assert connection.is_encrypted
    assert connection.sock.recv(4) == b"* OK"
    connection.close()


def test_a_certificate_named_for_the_account_is_trusted_without_its_authority(
    tls_to: Callable[..., Connection], authority: Authority
) -> None:
    certificate = authority.self_sign("localhost")
    text = certificate.read_text()
    connection = tls_to(certificate, trusted=text[text.index("-----BEGIN CERTIFICATE") :])

    connection.start_tls()

    assert connection.is_encrypted
    connection.close()


@pytest.mark.parametrize(
    ("kind", "reason", "names"),
    [
        ("self-signed", "self-signed", "localhost"),
        ("other authority", "unable to get local issuer", "localhost, 127.0.0.1"),
        ("wrong name", "mismatch", "other.example, www.other.example"),
        ("expired", "expired", "localhost"),
    ],
)
def test_certificates_that_prove_nothing_are_refused_with_the_names_on_them(
    tls_to: Callable[..., Connection], authority: Authority, kind: str, reason: str, names: str
) -> None:
    certificate = {
        "self-signed": lambda: authority.self_sign("localhost"),
        "other authority": lambda: authority.issue("localhost", "127.0.0.1"),
        "wrong name": lambda: authority.issue("other.example", "www.other.example"),
        "expired": lambda: authority.issue("localhost", days=-1),
    }[kind]()
    connection = tls_to(certificate, extra="" if kind == "other authority" else authority.pem)

    with pytest.raises(CertificateNotTrusted) as caught:
        connection.start_tls()

    assert reason in caught.value.details["reason"]
    assert caught.value.details["names"] == names
    assert connection.sock.fileno() == -1


def test_a_plain_port_taken_for_a_tls_one_is_told_apart() -> None:
    with ScriptedImap().start().stopping() as fake:
        connection = LOOPBACK.connect(host="localhost", port=fake.port, timeout=5)
        with pytest.raises(TlsFailed):
            connection.start_tls()


def test_tls_with_unreadable_authorities_fails_instead_of_trusting_anybody() -> None:
    with ScriptedImap().start().stopping() as fake:
        policy = EgressPolicy(LOOPBACK.allowed_networks, extra_authorities="no certificate")
        connection = policy.connect(host="localhost", port=fake.port, timeout=5)
        with pytest.raises(TlsFailed):
            connection.start_tls()


def test_a_server_that_is_silent_or_gone_during_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        silent = LOOPBACK.connect(host="localhost", port=port, timeout=0.2)
        with pytest.raises(NoAnswer):
            silent.start_tls()
        leaving = LOOPBACK.connect(host="localhost", port=port, timeout=5)
        threading.Thread(target=_reset_second, args=(listener,)).start()
        with pytest.raises((ConnectionLost, TlsFailed)):
            leaving.start_tls()


def _reset_second(listener: socket.socket) -> None:
    first, _ = listener.accept()
    second, _ = listener.accept()
    second.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    second.close()
    first.close()


def test_a_connection_without_tls_shows_no_names() -> None:
    with ScriptedImap().start().stopping() as fake:
        connection = LOOPBACK.connect(host="localhost", port=fake.port, timeout=5)
        assert egress._names_shown_on(connection.sock) == ()
        connection.close()
