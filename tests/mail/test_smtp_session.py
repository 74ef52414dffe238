"""Opening a connection for sending: the greeting, logging in, encryption, and trying it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail.smtp_talk import RAW, TO_CAROL, Committed, running
from mooring.mail import connect
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    AppPasswordNeeded,
    ConnectionLost,
    LetterRefused,
    LoginDisabled,
    LoginRefused,
    MailError,
    NoAnswer,
    PlainLoginRefused,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
    StartTlsMissing,
    UnusableName,
)
from mooring.mail.protocols.smtp import SmtpOutgoing
from mooring.mail.types import Encryption, Login, Server
from servers.certificates import Authority
from servers.scripted_imap import LOOPBACK
from servers.scripted_smtp import ScriptedSmtp


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"554 no service\r\n", ServerUnavailable),
        (b"421 4.7.0 too many connections from you\r\n", ServerBusy),
        (b"* OK IMAP4 ready\r\n", ProtocolViolation),
    ],
)
def test_a_greeting_that_is_no_welcome_is_understood(greeting: bytes, kind: type[MailError]) -> None:
    with running(ScriptedSmtp(greeting=greeting)) as fake, pytest.raises(kind):
        connect.open_outgoing(fake.server(), policy=LOOPBACK)


def test_a_server_that_says_nothing_is_not_waited_for_long() -> None:
    with running(ScriptedSmtp(hangs_at="EHLO")) as fake, pytest.raises(NoAnswer):
        connect.open_outgoing(fake.server(seconds=0.2), policy=LOOPBACK)


# -- logging in ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ("AUTH PLAIN LOGIN", ["AUTH PLAIN AGJvYgBoYXJib3VyLXdhbGw="]),
        ("AUTH=LOGIN", ["AUTH LOGIN", "Ym9i", "aGFyYm91ci13YWxs"]),
    ],
)
def test_a_password_is_given_the_way_the_server_knows(extension: str, expected: list[str]) -> None:
    with running(ScriptedSmtp(extensions=(extension,))) as fake:
        connect.open_outgoing(fake.server(login=Login.PASSWORD), policy=LOOPBACK).close()
    assert fake.commands()[1:-1] == expected


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"535 5.7.8 wrong\r\n", LoginRefused),
        (b"534 5.7.9 Application-specific password required\r\n", AppPasswordNeeded),
        (b"454 4.7.0 temporary failure\r\n", ServerUnavailable),
        (b"421 4.7.0 too many errors\r\n", ServerBusy),
        (b"334 ???\r\n", ProtocolViolation),
    ],
)
def test_a_refused_login_is_understood(answer: bytes, kind: type[MailError]) -> None:
    fake = ScriptedSmtp(answers={"AUTH": answer, "*": answer, "AGJ": answer})
    with running(fake), pytest.raises(kind):
        connect.open_outgoing(fake.server(login=Login.PASSWORD), policy=LOOPBACK)


def test_without_a_common_way_no_password_is_sent() -> None:
    fake = ScriptedSmtp(extensions=("AUTH GSSAPI",))
    with running(fake), pytest.raises(LoginDisabled) as raised:
        connect.open_outgoing(fake.server(login=Login.PASSWORD), policy=LOOPBACK)
    assert raised.value.details == {"offered": "GSSAPI"}
    fake = ScriptedSmtp(extensions=())
    with running(fake), pytest.raises(LoginDisabled):
        connect.open_outgoing(fake.server(login=Login.PASSWORD), policy=LOOPBACK)


def test_no_password_over_an_open_line_unless_the_account_insists() -> None:
    with running(ScriptedSmtp()) as fake:
        server = fake.server(login=Login.PASSWORD)
        cautious = Server("smtp", host=server.host, port=server.port, encryption=Encryption.NONE, user_name="bob")
        with pytest.raises(PlainLoginRefused):
            connect.open_outgoing(cautious, policy=LOOPBACK)
    assert "AUTH" not in "".join(fake.commands())


# -- encryption ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(authority: Authority) -> Path:
    return authority.issue("127.0.0.1")


@pytest.fixture
def policy(authority: Authority) -> EgressPolicy:
    return EgressPolicy.opening(["127.0.0.0/8"], extra_authorities=authority.pem)


def test_starttls_forgets_what_was_said_before(certificate: Path, policy: EgressPolicy) -> None:
    fake = ScriptedSmtp(extensions=("STARTTLS", "AUTH PLAIN"), certificate=certificate)
    with running(fake):
        server = fake.server(encryption=Encryption.STARTTLS, login=Login.PASSWORD)
        steps = list(connect.test_outgoing(server, policy=policy, sender="bob@mooring.example"))
    assert [(step.code, step.error) for step in steps] == [
        ("resolve", ""),
        ("connect", ""),
        ("encrypt", ""),
        ("log_in", ""),
        ("check_sender", ""),
    ]
    assert [line[:4] for line in fake.commands()[-5:]] == ["EHLO", "AUTH", "MAIL", "RSET", "QUIT"]


def test_words_between_consent_and_tls_are_refused(certificate: Path, policy: EgressPolicy) -> None:
    fake = ScriptedSmtp(extensions=("STARTTLS",), certificate=certificate, chatter_with_consent=b"250 sly\r\n")
    with running(fake), pytest.raises(ProtocolViolation):
        connect.open_outgoing(fake.server(encryption=Encryption.STARTTLS), policy=policy)


def test_tls_at_once(certificate: Path, policy: EgressPolicy) -> None:
    fake = ScriptedSmtp(certificate=certificate, is_tls_at_once=True)
    with running(fake), connect.open_outgoing(fake.server(encryption=Encryption.TLS), policy=policy) as outgoing:
        outgoing.send(TO_CAROL, RAW, before_data=Committed())
        assert len(fake.taken) == 1


@pytest.mark.parametrize("fake", [ScriptedSmtp(), ScriptedSmtp(extensions=("STARTTLS",), answers={"STARTTLS": b"454 no\r\n"})])
def test_a_server_without_starttls_gets_no_password(fake: ScriptedSmtp) -> None:
    with running(fake), pytest.raises(StartTlsMissing):
        connect.open_outgoing(fake.server(encryption=Encryption.STARTTLS, login=Login.PASSWORD), policy=LOOPBACK)
    assert "AUTH" not in "".join(fake.commands())


# -- trying out ----------------------------------------------------------------------------------------------------------


def test_a_trial_tells_that_letters_from_the_address_are_not_taken() -> None:
    with running(ScriptedSmtp(answers={"MAIL": b"553 5.7.1 not yours\r\n"})) as fake:
        trial = connect.test_outgoing(fake.server(), policy=LOOPBACK, sender="bob@mooring.example")
        steps = list(trial)
    assert steps[-1].error == "letter_refused"
    assert steps[-1].details == {"reply_code": "553", "status": "5.7.1", "server_said": "5.7.1 not yours"}
    assert isinstance(trial.error, LetterRefused)
    assert fake.taken == []


def test_a_trial_ends_with_the_first_step_that_fails() -> None:
    with running(ScriptedSmtp(greeting=b"554 no\r\n")) as fake:
        steps = list(connect.test_outgoing(fake.server(), policy=LOOPBACK, sender=""))
    assert [(step.code, step.error) for step in steps] == [("resolve", ""), ("connect", "server_unavailable")]


def test_a_trial_without_an_address_asks_about_none() -> None:
    with running(ScriptedSmtp()) as fake:
        steps = list(connect.test_outgoing(fake.server(), policy=LOOPBACK, sender=""))
    assert [step.code for step in steps] == ["resolve", "connect"]


def test_a_name_that_is_no_protocol_is_refused() -> None:
    assert connect.outgoing_protocols()[0] == "smtp"
    with pytest.raises(UnusableName):
        connect.open_outgoing(Server("pigeon"), policy=LOOPBACK)


def test_what_was_never_connected_can_still_be_closed() -> None:
    outgoing = SmtpOutgoing(Server("smtp", host="smtp.gmail.com", port=465), policy=LOOPBACK)
    assert outgoing.keeps_sent_copy
    outgoing.close()
    with pytest.raises(ConnectionLost):
        outgoing.send(TO_CAROL, RAW, before_data=Committed())
    with running(ScriptedSmtp()) as fake:
        half = SmtpOutgoing(fake.server(encryption=Encryption.TLS), policy=LOOPBACK)
        half.stages()[0].run()
        half.stages()[1].run()
        half.close()
        with pytest.raises(ConnectionLost):
            half.stages()[2].run()
