"""From the greeting to being logged in: nothing secret before TLS, nothing kept from before it, every refusal named."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    AppPasswordNeeded,
    CertificateNotTrusted,
    CommandRefused,
    ConnectionLost,
    LoginDisabled,
    LoginRefused,
    MailError,
    PlainLoginRefused,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
    StartTlsMissing,
    UnusableName,
)
from mooring.mail.protocols.imap import ImapMailbox
from mooring.mail.sasl import Plain, Prompted
from mooring.mail.types import Encryption, Secret, Server
from servers.certificates import Authority
from servers.dovecot import PASSWORD, Dovecot
from servers.scripted_imap import LOOPBACK, FakeLetter, ScriptedImap

pytestmark = pytest.mark.server


def log_in(fake: ScriptedImap, *, server: Server | None = None, policy: EgressPolicy = LOOPBACK) -> Incoming:
    return open_incoming(server or fake.server(), policy=policy)


def sent_secret(fake: ScriptedImap) -> bool:
    return any(secret in bytes(fake.received) for secret in (b"secret", base64.b64encode(b"\0alice\0secret"), b"YWxpY2U"))


# -- a real server -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
def test_logging_in_over_tls(dovecot: Dovecot, encryption: Encryption) -> None:
    with open_incoming(dovecot.server(dovecot.new_user(), encryption=encryption), policy=dovecot.policy) as mailbox:
        assert next(folder.path for folder in mailbox.folders()) == "INBOX"


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
def test_a_server_whose_certificate_is_not_trusted_gets_no_password(dovecot: Dovecot, encryption: Encryption) -> None:
    with pytest.raises(CertificateNotTrusted):
        open_incoming(dovecot.server(dovecot.new_user(), encryption=encryption), policy=LOOPBACK)


def test_a_wrong_password_is_refused(dovecot: Dovecot) -> None:
    with pytest.raises(LoginRefused) as caught:
        open_incoming(replace(dovecot.server("sailor"), password=Secret("wrong")), policy=dovecot.policy)
    assert caught.value.details == {"user": "sailor"}
    assert PASSWORD not in str(caught.value)


def test_too_many_connections_are_a_busy_server(new_dovecot: Callable[..., Dovecot]) -> None:
    limited = new_dovecot(settings="mail_max_userip_connections = 1")
    server = limited.server(limited.new_user())
    with open_incoming(server, policy=limited.policy), pytest.raises(ServerBusy) as caught:
        open_incoming(server, policy=limited.policy)
    assert caught.value.retry_after is not None


def test_only_the_login_command_is_left(new_dovecot: Callable[..., Dovecot]) -> None:
    modest = new_dovecot(settings="imap_capability = IMAP4rev1")
    with open_incoming(modest.server(modest.new_user()), policy=modest.policy) as mailbox:
        assert {folder.special_use for folder in mailbox.folders()} == {"inbox", "sent", "drafts", "junk", "trash"}


def test_unencrypted_connections_work_where_the_account_insists(new_dovecot: Callable[..., Dovecot]) -> None:
    open_house = new_dovecot(settings="disable_plaintext_auth = no")
    server = replace(open_house.server("anna", encryption=Encryption.NONE), plain_login_allowed=True)
    with open_incoming(server, policy=open_house.policy) as mailbox:
        assert mailbox.folders()


# -- before TLS ----------------------------------------------------------------------------------------------------------


def test_a_password_is_not_sent_unencrypted_unless_the_account_insists() -> None:
    with ScriptedImap().start().stopping() as fake:
        with pytest.raises(PlainLoginRefused):
            log_in(fake, server=replace(fake.server(), plain_login_allowed=False))
        assert not sent_secret(fake)
        log_in(fake).close()
        assert sent_secret(fake)


@pytest.mark.parametrize(
    ("capabilities", "answer"),
    [
        ("IMAP4rev1 AUTH=PLAIN", b"TAG OK\r\n"),
        ("IMAP4rev1 STARTTLS", b"TAG NO no\r\n"),
        ("IMAP4rev1 STARTTLS", b"TAG BAD no\r\n"),
    ],
)
def test_without_starttls_nothing_secret_is_sent(capabilities: str, answer: bytes) -> None:
    with ScriptedImap(capabilities=capabilities, answers={"STARTTLS": answer}).start().stopping() as fake:
        with pytest.raises(StartTlsMissing):
            log_in(fake, server=fake.server(encryption=Encryption.STARTTLS))
        assert not sent_secret(fake)


def test_a_server_that_says_we_are_logged_in_already_is_refused() -> None:
    with ScriptedImap(greeting=b"* PREAUTH welcome alice\r\n").start().stopping() as fake:
        for encryption in (Encryption.NONE, Encryption.STARTTLS):
            with pytest.raises(ProtocolViolation):
                log_in(fake, server=fake.server(encryption=encryption))
        assert not sent_secret(fake)


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"* BYE [UNAVAILABLE] later\r\n", ServerUnavailable),
        (b"* BYE Too many connections from your address\r\n", ServerBusy),
        (b"* BYE go away\r\n", ServerUnavailable),
        (b"A1 OK hello\r\n", ProtocolViolation),
        (b"HTTP/1.1 400 Bad Request\r\n", ProtocolViolation),
        (b"", ConnectionLost),
    ],
)
def test_greetings_that_are_none(greeting: bytes, error: type[MailError]) -> None:
    with ScriptedImap(greeting=greeting, cut_after=len(greeting)).start().stopping() as fake, pytest.raises(error):
        log_in(fake)


def test_bytes_after_the_consent_to_starttls_end_the_connection(authority: Authority) -> None:
    answers = {"STARTTLS": b"TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n"}
    fake = ScriptedImap(capabilities="IMAP4rev1 STARTTLS", answers=answers, certificate=authority.issue("localhost"))
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        log_in(fake, server=fake.server(encryption=Encryption.STARTTLS))
    assert not sent_secret(fake)


def test_what_was_said_before_tls_is_forgotten(authority: Authority) -> None:
    injected = b'* LIST () "/" INJECTED\r\n* 5 EXISTS\r\n* CAPABILITY IMAP4rev1 STARTTLS AUTH=LOGIN X-INJECTED\r\n'
    fake = ScriptedImap(
        greeting=b"* OK hello\r\n" + injected,
        capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR",
        certificate=authority.issue("localhost"),
    )
    with fake.start().stopping():
        policy = replace(LOOPBACK, extra_authorities=authority.pem)
        with log_in(fake, server=fake.server(encryption=Encryption.STARTTLS), policy=policy) as mailbox:
            assert [folder.path for folder in mailbox.folders()] == ["INBOX"]
            assert isinstance(mailbox, ImapMailbox)
            assert "X-INJECTED" not in mailbox._session.capabilities
    assert any(line.startswith(b"AUTHENTICATE PLAIN ") for line in fake.lines)


# -- ways to log in ------------------------------------------------------------------------------------------------------


def test_plain_waits_for_the_server_where_it_takes_no_initial_response() -> None:
    answers = {"AUTHENTICATE PLAIN": b"+ \r\n", base64.b64encode(b"\0alice\0secret").decode().upper(): b"M2 OK in\r\n"}
    with ScriptedImap(capabilities="IMAP4rev1 AUTH=PLAIN", answers=answers).start().stopping() as fake:
        log_in(fake).close()
        assert b"AUTHENTICATE PLAIN" in fake.lines


def test_the_login_mechanism_answers_prompts_in_their_order() -> None:
    answers = {
        "AUTHENTICATE LOGIN": b"+ VXNlciBOYW1lAA==\r\n",
        "YWXPY2U=": b"+ no base64!\r\n",
        "C2VJCMV0": b"M2 OK [CAPABILITY IMAP4rev1] in\r\n",
    }
    with ScriptedImap(capabilities="IMAP4rev1 AUTH=LOGIN", answers=answers).start().stopping() as fake:
        log_in(fake).close()
        assert b"YWxpY2U=" in fake.lines
        assert b"c2VjcmV0" in fake.lines


def test_a_mechanism_with_nothing_left_to_say_breaks_off() -> None:
    answers = {"AUTHENTICATE PLAIN": b"+ ZXJyb3I=\r\n", "*": b"M2 NO [AUTHENTICATIONFAILED] no\r\n"}
    with ScriptedImap(answers=answers).start().stopping() as fake, pytest.raises(LoginRefused):
        log_in(fake)
    assert b"*" in fake.lines


def test_a_server_that_never_stops_asking_is_left() -> None:
    answers: dict[str, bytes] = {"AUTHENTICATE PLAIN": b"+ eA==\r\n" * 20}
    with ScriptedImap(answers=answers).start().stopping() as fake, pytest.raises(ProtocolViolation):
        log_in(fake)


def test_the_login_command_quotes_and_sends_literals_by_their_bytes() -> None:
    with ScriptedImap(capabilities="IMAP4rev1").start().stopping() as fake:
        log_in(fake, server=replace(fake.server(), user_name='al "i" ce', password=Secret("zażółć"))).close()
        assert b'LOGIN "al \\"i\\" ce" {10}\r\n' + "zażółć".encode() in bytes(fake.received)


def test_a_server_that_refuses_a_literal_is_told_apart() -> None:
    for answer, error in ((b"M2 BAD too long\r\n", CommandRefused), (b"M2 OK what\r\n", ProtocolViolation)):
        with ScriptedImap(capabilities="IMAP4rev1", consent=answer).start().stopping() as fake, pytest.raises(error):
            log_in(fake, server=replace(fake.server(), password=Secret("ż")))


@pytest.mark.parametrize("name", ["a\r\nX LOGOUT", "a\0b"])
def test_names_that_could_begin_a_command_are_refused(name: str) -> None:
    for capabilities in ("IMAP4rev1", "IMAP4rev1 AUTH=PLAIN"):
        with ScriptedImap(capabilities=capabilities).start().stopping() as fake:
            try:
                log_in(fake, server=replace(fake.server(), user_name=name)).close()
            except UnusableName:
                assert not any(line.startswith((b"LOGIN", b"AUTHENTICATE")) for line in fake.lines)
            assert b"LOGOUT" not in b"".join(line for line in fake.lines if line != b"LOGOUT")


def test_log_in_disabled_says_what_was_offered() -> None:
    with ScriptedImap(capabilities="IMAP4rev1 LOGINDISABLED AUTH=GSSAPI").start().stopping() as fake:
        with pytest.raises(LoginDisabled) as caught:
            log_in(fake)
        assert caught.value.details == {"offered": "GSSAPI"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"[AUTHENTICATIONFAILED] wrong", LoginRefused),
        (b"[EXPIRED] too old", LoginRefused),
        (b"[CONTACTADMIN] ask", LoginRefused),
        (b"[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833", AppPasswordNeeded),
        (b"LOGIN Invalid credentials. Use an app password", AppPasswordNeeded),
        (b"[PRIVACYREQUIRED] TLS", LoginDisabled),
        (b"[UNAVAILABLE] backend", ServerUnavailable),
        (b"[INUSE] other", ServerBusy),
        (b"[LIMIT] Maximum number of connections", ServerBusy),
        (b"[OVERQUOTA] Account exceeded command or bandwidth limits.", ServerBusy),
        (b"[THROTTLED] slow down", ServerBusy),
        (b"Too many simultaneous connections. (Failure)", ServerBusy),
        (b"Account exceeded bandwidth limits", ServerBusy),
        (b"Temporary system problem", ServerUnavailable),
        (b"no", LoginRefused),
    ],
)
def test_refusals_say_what_a_person_or_the_schedule_can_do(answer: bytes, error: type[MailError]) -> None:
    with ScriptedImap(answers={"AUTHENTICATE": b"TAG NO " + answer + b"\r\n"}).start().stopping() as fake:
        with pytest.raises(error) as caught:
            log_in(fake)
        assert type(caught.value) is error
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"X9 OK other\r\n", ProtocolViolation),
        (b"TAG HELLO\r\n", ProtocolViolation),
        (b"* BYE [UNAVAILABLE] now\r\n", ServerUnavailable),
        (b"* 1 EXISTS\r\n" * 10_001, ProtocolViolation),
    ],
)
def test_answers_that_make_no_sense_end_the_connection(answer: bytes, error: type[MailError]) -> None:
    with ScriptedImap(answers={"AUTHENTICATE": answer}).start().stopping() as fake, pytest.raises(error):
        log_in(fake)


# -- after the log-in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capability", ["QRESYNC", "CONDSTORE"])
def test_the_best_tracking_of_changes_is_switched_on(capability: str) -> None:
    with ScriptedImap(capabilities=f"IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE ID {capability}").start().stopping() as fake:
        log_in(fake).close()
        assert b"ENABLE " + capability.encode() in fake.lines
        assert any(line.startswith(b'ID ("name" "Mooring"') for line in fake.lines)


def test_servers_may_refuse_what_is_only_nice_to_have() -> None:
    fake = ScriptedImap(
        capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE ID QRESYNC COMPRESS=DEFLATE",
        answers={"ID": b"TAG BAD no\r\n", "ENABLE": b"TAG NO no\r\n", "COMPRESS": b"TAG NO no\r\n"},
    )
    with fake.start().stopping(), log_in(fake) as mailbox:
        inbox = mailbox.folders()[0]
        for _ in range(2):
            assert list(mailbox.headers(inbox, ["77.1"] * 100)) == []
    assert fake.lines.count(b"COMPRESS DEFLATE") == 1


def test_once_compression_is_agreed_nothing_is_sent_plain() -> None:
    fake = ScriptedImap(
        letters=[FakeLetter(1, b"Subject: hi\r\n\r\nx")],
        capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR COMPRESS=DEFLATE",
        answers={"COMPRESS": b"TAG OK compressing\r\n"},
    )
    with fake.start().stopping(), log_in(fake, server=fake.server(seconds=1)) as mailbox:
        inbox = mailbox.folders()[0]
        with pytest.raises(MailError):
            list(mailbox.headers(inbox, ["77.1"] * 100))
    sent_afterwards = bytes(fake.received).partition(b"COMPRESS DEFLATE\r\n")[2]
    assert sent_afterwards
    assert b"FETCH" not in sent_afterwards


def test_servers_with_enable_and_nothing_to_enable() -> None:
    with ScriptedImap(capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE").start().stopping() as fake:
        log_in(fake).close()
        assert not any(line.startswith(b"ENABLE") for line in fake.lines)


def test_closing_says_goodbye_once_and_never_fails() -> None:
    with ScriptedImap().start().stopping() as fake:
        mailbox = log_in(fake)
        mailbox.close()
        mailbox.close()
        with pytest.raises(ConnectionLost):
            mailbox.folders()
    assert fake.lines.count(b"LOGOUT") <= 1


def test_mechanisms_say_their_part_once() -> None:
    plain, login = Plain("u", Secret("p")), Prompted("u", Secret("p"))

    assert plain.first() == b"\0u\0p"
    assert [login.first(), login.answer(b"a"), login.answer(b"b"), login.answer(b"c")] == [None, b"u", b"p", None]


def test_what_else_comes_with_enabling_does_not_matter() -> None:
    fake = ScriptedImap(
        capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE QRESYNC",
        answers={"ENABLE": b"* OK hello\r\n* ENABLED QRESYNC\r\nTAG OK done\r\n"},
    )
    with fake.start().stopping(), log_in(fake) as mailbox:
        assert isinstance(mailbox, ImapMailbox)
        assert mailbox._session.enabled == {"QRESYNC"}
