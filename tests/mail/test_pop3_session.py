"""From the greeting to being logged in by POP3: TLS, ways to log in, and what refusals mean."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mooring.mail import connect
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming, Paced
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    AppPasswordNeeded,
    CertificateNotTrusted,
    ConnectionLost,
    LoginDisabled,
    LoginRefused,
    MailboxBroken,
    MailboxInUse,
    MailError,
    PlainLoginRefused,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
    StartTlsMissing,
    TokenRefused,
    UnusableName,
)
from mooring.mail.protocols.pop3 import Pop3Mailbox
from mooring.mail.types import Encryption, Login, Secret, Server
from servers.certificates import Authority
from servers.cyrus import Cyrus
from servers.dovecot import Dovecot
from servers.scripted import LOOPBACK
from servers.scripted_pop3 import ScriptedPop3, listing

PLAIN = base64.b64encode(b"\0alice\0secret")
BARE = ("UIDL", "TOP", "USER")


def log_in(fake: ScriptedPop3, *, server: Server | None = None, policy: EgressPolicy = LOOPBACK) -> Incoming:
    return open_incoming(server or fake.server(), policy=policy)


def sent_secret(fake: ScriptedPop3) -> bool:
    return any(secret in bytes(fake.received) for secret in (b"secret", PLAIN))


# -- real servers --------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
def test_logging_in_over_tls(dovecot: Dovecot, encryption: Encryption) -> None:
    server = dovecot.server(dovecot.new_user(), encryption=encryption, protocol="pop3")
    with open_incoming(server, policy=dovecot.policy) as mailbox:
        assert [folder.path for folder in mailbox.folders()] == ["INBOX"]


@pytest.mark.server
@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
def test_a_server_whose_certificate_is_not_trusted_gets_no_password(dovecot: Dovecot, encryption: Encryption) -> None:
    with pytest.raises(CertificateNotTrusted):
        open_incoming(dovecot.server(dovecot.new_user(), encryption=encryption, protocol="pop3"), policy=LOOPBACK)


@pytest.mark.server
def test_a_wrong_password_is_refused(dovecot: Dovecot) -> None:
    with pytest.raises(LoginRefused) as caught:
        open_incoming(replace(dovecot.server("sailor", protocol="pop3"), password=Secret("wrong")), policy=dovecot.policy)
    assert caught.value.details == {"user": "sailor"}


@pytest.mark.server
def test_a_mailbox_that_another_program_holds_is_in_use(new_dovecot: Callable[..., Dovecot]) -> None:
    locking = new_dovecot(settings="pop3_lock_session = yes")
    server = locking.server(locking.new_user(), protocol="pop3")
    with open_incoming(server, policy=locking.policy), pytest.raises(MailboxInUse) as caught:
        open_incoming(server, policy=locking.policy)
    assert caught.value.retry_after is not None
    assert timedelta(minutes=5) <= caught.value.retry_after * 0.8
    assert caught.value.retry_after * 1.2 <= timedelta(minutes=15)


@pytest.mark.server
@pytest.mark.parametrize("login", [Login.PASSWORD, Login.SPA, Login.SPA_OLD])
def test_cyrus_lets_us_in_by_every_way_it_has(cyrus: Cyrus, login: Login) -> None:
    server = replace(cyrus.server(cyrus.new_user(), protocol="pop3"), login=login)
    with open_incoming(server, policy=LOOPBACK) as mailbox:
        assert mailbox.folders()
    with pytest.raises(LoginRefused):
        open_incoming(replace(server, password=Secret("wrong")), policy=LOOPBACK)


# -- before TLS ----------------------------------------------------------------------------------------------------------


def test_a_password_is_not_sent_unencrypted_unless_the_account_insists() -> None:
    with ScriptedPop3().start().stopping() as fake:
        with pytest.raises(PlainLoginRefused):
            log_in(fake, server=replace(fake.server(), plain_login_allowed=False))
        assert not sent_secret(fake)
        log_in(fake).close()
        assert sent_secret(fake)


@pytest.mark.parametrize(
    ("capabilities", "answer"),
    [(("USER",), b"+OK\r\n"), (("STLS",), b"-ERR no\r\n"), ((), b"-ERR what\r\n")],
)
def test_without_stls_nothing_secret_is_sent(capabilities: tuple[str, ...], answer: bytes) -> None:
    with ScriptedPop3(capabilities=capabilities, answers={"STLS": answer}).start().stopping() as fake:
        with pytest.raises(StartTlsMissing):
            log_in(fake, server=fake.server(encryption=Encryption.STARTTLS))
        assert not sent_secret(fake)


def test_bytes_after_the_consent_to_stls_end_the_connection(authority: Authority) -> None:
    answers = {"STLS": b"+OK go\r\n+OK\r\nSASL EVIL\r\n.\r\n"}
    fake = ScriptedPop3(capabilities=("STLS",), answers=dict(answers), certificate=authority.issue("localhost"))
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        log_in(fake, server=fake.server(encryption=Encryption.STARTTLS))
    assert not sent_secret(fake)


def test_what_was_said_before_tls_is_forgotten(authority: Authority) -> None:
    fake = ScriptedPop3(
        greeting=b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n",
        capabilities=("STLS", "SASL PLAIN"),
        certificate=authority.issue("localhost"),
    )
    with fake.start().stopping():
        policy = replace(LOOPBACK, extra_authorities=authority.pem)
        log_in(fake, server=fake.server(encryption=Encryption.STARTTLS), policy=policy).close()
    assert fake.lines.count(b"CAPA") == 3
    assert b"AUTH PLAIN" in fake.lines


def test_tls_at_once(authority: Authority) -> None:
    fake = ScriptedPop3(certificate=authority.issue("localhost"), is_tls_at_once=True)
    with fake.start().stopping():
        policy = replace(LOOPBACK, extra_authorities=authority.pem)
        log_in(fake, server=fake.server(encryption=Encryption.TLS), policy=policy).close()
    assert fake.lines[-1] == b"QUIT"


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"-ERR [SYS/TEMP] later\r\n", ServerUnavailable),
        (b"-ERR [SYS/PERM] broken\r\n", MailboxBroken),
        (b"-ERR [LOGIN-DELAY] too soon\r\n", ServerBusy),
        (b"-ERR Too many connections from your address\r\n", ServerBusy),
        (b"-ERR go away\r\n", ServerUnavailable),
        (b"+ \r\n", ProtocolViolation),
        (b"* OK IMAP4rev1\r\n", ProtocolViolation),
        (b"+OKAY\r\n", ProtocolViolation),
        (b"HTTP/1.1 400 Bad Request\r\n", ProtocolViolation),
        (b"", ConnectionLost),
    ],
)
def test_greetings_that_are_none(greeting: bytes, error: type[MailError]) -> None:
    with ScriptedPop3(greeting=greeting, cut_after=len(greeting)).start().stopping() as fake, pytest.raises(error):
        log_in(fake)


# -- ways to log in ------------------------------------------------------------------------------------------------------


def test_the_response_of_a_mechanism_waits_for_the_server() -> None:
    with ScriptedPop3(answers={PLAIN.decode().upper(): b"+OK in\r\n"}).start().stopping() as fake:
        log_in(fake).close()
        assert fake.lines[:3] == [b"CAPA", b"AUTH PLAIN", PLAIN]


def test_a_prompt_in_words_is_as_good_as_an_empty_one() -> None:
    with ScriptedPop3(answers={"AUTH": b"+ go ahead, please\r\n"}).start().stopping() as fake:
        log_in(fake).close()
        assert PLAIN in fake.lines


def test_the_login_mechanism_answers_prompts_in_their_order() -> None:
    fake = ScriptedPop3(
        capabilities=("SASL LOGIN", "UIDL"), answers={"AUTH LOGIN": b"+ VXNlcg==\r\n", "YWXPY2U=": b"+ the password!\r\n"}
    )
    with fake.start().stopping():
        log_in(fake).close()
    assert fake.lines[1:4] == [b"AUTH LOGIN", b"YWxpY2U=", b"c2VjcmV0"]


@pytest.mark.parametrize("capabilities", [BARE, ()])
def test_user_and_pass_where_there_is_nothing_better(capabilities: tuple[str, ...]) -> None:
    with ScriptedPop3(capabilities=capabilities).start().stopping() as fake:
        log_in(fake, server=replace(fake.server(), user_name="al ice", password=Secret("zażółć gęślą"))).close()
    assert fake.lines[1:3] == [b"USER al ice", "PASS zażółć gęślą".encode()]


def test_apop_keeps_the_password_from_an_unencrypted_line() -> None:
    stamp = b"<1896.697170952@dbc.mtview.ca.us>"
    with ScriptedPop3(greeting=b"+OK POP3 " + stamp + b"\r\n").start().stopping() as fake:
        log_in(fake).close()
        digest = hashlib.md5(stamp + b"secret", usedforsecurity=False).hexdigest().encode()
        assert b"APOP alice " + digest in fake.lines
        assert not sent_secret(fake)


def test_over_tls_apop_is_used_only_where_nothing_else_is_offered(authority: Authority) -> None:
    policy = replace(LOOPBACK, extra_authorities=authority.pem)
    for capabilities, way in ((("TOP", "UIDL"), b"APOP"), (BARE, b"USER"), ((), b"USER")):
        fake = ScriptedPop3(
            greeting=b"+OK <1@x>\r\n", capabilities=capabilities, certificate=authority.issue("localhost"), is_tls_at_once=True
        )
        with fake.start().stopping():
            log_in(fake, server=fake.server(encryption=Encryption.TLS), policy=policy).close()
        assert fake.lines[1].split()[0] == way


def test_a_user_name_that_is_refused_is_not_followed_by_the_password() -> None:
    fake = ScriptedPop3(capabilities=BARE, answers={"USER": b"-ERR no such user\r\n"})
    with fake.start().stopping(), pytest.raises(LoginRefused):
        log_in(fake)
    assert not sent_secret(fake)


def test_spa_asks_what_is_offered_where_the_capabilities_do_not_say() -> None:
    fake = ScriptedPop3(
        capabilities=("TOP", "UIDL"), answers={"AUTH": listing(["NTLM", "PLAIN"]), "AUTH NTLM": b"+ \r\n+ bm8=\r\n"}
    )
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        log_in(fake, server=replace(fake.server(), login=Login.SPA))
    assert fake.lines[1:3] == [b"AUTH", b"AUTH NTLM"]


@pytest.mark.parametrize("capabilities", [BARE, ("SASL PLAIN LOGIN",)])
@pytest.mark.parametrize("answer", [b"-ERR what\r\n", b"+OK\r\n.\r\n"])
def test_an_account_that_wants_spa_never_shows_its_password_instead(capabilities: tuple[str, ...], answer: bytes) -> None:
    with ScriptedPop3(capabilities=capabilities, answers={"AUTH": answer}).start().stopping() as fake:
        with pytest.raises(LoginDisabled):
            log_in(fake, server=replace(fake.server(), login=Login.SPA))
        assert not sent_secret(fake)


class Tokens:
    """A source whose first token the server refuses."""

    def current(self) -> Secret:
        return Secret("stale")

    def renewed(self, refused: Secret) -> Secret:
        assert refused == self.current()
        return Secret("fresh")


@pytest.mark.parametrize("is_good", [True, False])
def test_a_refused_token_is_renewed_once(is_good: bool) -> None:
    stale, fresh = (base64.b64encode(f"user=alice\1auth=Bearer {token}\1\1".encode()) for token in ("stale", "fresh"))
    fake = ScriptedPop3(capabilities=("SASL XOAUTH2", "UIDL"), answers={stale.decode().upper(): b"-ERR [AUTH] no\r\n"})
    if not is_good:
        fake.answers[fresh.decode().upper()] = b"-ERR [AUTH] no\r\n"
    with fake.start().stopping():
        server = replace(fake.server(), login=Login.TOKEN, token=Tokens())
        if is_good:
            log_in(fake, server=server).close()
        else:
            with pytest.raises(TokenRefused):
                log_in(fake, server=server)
    assert [line for line in fake.lines if line in (stale, fresh)] == [stale, fresh]


def test_a_mechanism_with_nothing_left_to_say_breaks_off() -> None:
    answers: dict[str, bytes] = {PLAIN.decode().upper(): b"+ ZXJyb3I=\r\n", "*": b"-ERR [AUTH] no\r\n"}
    with ScriptedPop3(answers=dict(answers)).start().stopping() as fake, pytest.raises(LoginRefused):
        log_in(fake)
    assert b"*" in fake.lines


def test_a_server_that_never_stops_asking_is_left() -> None:
    fake = ScriptedPop3(answers={"AUTH": b"+ \r\n" * 20})
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        log_in(fake)


@pytest.mark.parametrize("name", ["a\r\nDELE 1", "a\nb", "a\0b"])
@pytest.mark.parametrize("capabilities", [BARE, ("SASL PLAIN",)])
def test_names_that_could_begin_a_command_are_refused(name: str, capabilities: tuple[str, ...]) -> None:
    for changes in ({"user_name": name}, {"password": Secret(name)}):
        with ScriptedPop3(capabilities=capabilities).start().stopping() as fake:
            try:
                log_in(fake, server=replace(fake.server(), **changes)).close()  # type: ignore[arg-type]
            except UnusableName:
                assert not any(line.startswith((b"PASS", b"AUTH")) for line in fake.lines)
            assert not any(line.startswith(b"DELE") for line in fake.lines)


def test_no_argument_becomes_a_command() -> None:
    with ScriptedPop3().start().stopping() as fake, log_in(fake) as mailbox:
        assert isinstance(mailbox, Pop3Mailbox)
        for argument in (b"1\r\nDELE 1", b"1\nDELE 1", b"1\0"):
            with pytest.raises(UnusableName):
                mailbox._session.ask(b"NOOP", argument)
    assert not any(line.startswith((b"NOOP", b"DELE")) for line in fake.lines)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"[AUTH] wrong", LoginRefused),
        (b"[IN-USE] Mailbox is locked by another POP3 session.", MailboxInUse),
        (b"unable to lock maildrop", MailboxInUse),
        (b"Mailbox already opened by you", MailboxInUse),
        (b"[LOGIN-DELAY] minimum 120 seconds", ServerBusy),
        (b"[SYS/TEMP] disk", ServerUnavailable),
        (b"[SYS/PERM] mailbox corrupted", MailboxBroken),
        (b"[AUTH] Application-specific password required", AppPasswordNeeded),
        (b"Temporary failure, try again", ServerUnavailable),
        (b"rate limit", ServerBusy),
        (b"no", LoginRefused),
        (b"", LoginRefused),
        (b"[ALERT] no", LoginRefused),
    ],
)
def test_refusals_say_what_a_person_or_the_schedule_can_do(answer: bytes, error: type[MailError]) -> None:
    fake = ScriptedPop3(answers={PLAIN.decode().upper(): b"-ERR " + answer + b"\r\n"})
    with fake.start().stopping(), pytest.raises(error) as caught:
        log_in(fake)
    assert type(caught.value) is error
    assert "secret" not in str(caught.value)


# -- after the log-in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capability", "seconds"),
    [
        ("LOGIN-DELAY 120", 120),
        ("LOGIN-DELAY 0", 0),
        ("LOGIN-DELAY soon", 0),
        ("LOGIN-DELAY", 0),
        ("TOP", 0),
        ("LOGIN-DELAY 9999999", 0),
    ],
)
def test_how_often_one_may_log_in_is_told(capability: str, seconds: int) -> None:
    with ScriptedPop3(capabilities=("UIDL", capability)).start().stopping() as fake, log_in(fake) as mailbox:
        assert isinstance(mailbox, Paced)
        assert mailbox.pause == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("capabilities", "uidl", "expected"),
    [
        (("UIDL",), b"", {"letters": "0"}),
        (("TOP",), b"+OK\r\n.\r\n", {"letters": "0", "lacks": "ids"}),
        ((), b"+OK\r\n.\r\n", {"letters": "0"}),
        ((), b"-ERR what\r\n", {"letters": "0", "lacks": "ids"}),
    ],
)
def test_a_test_of_the_connection_tells_whether_letters_have_ids(
    capabilities: tuple[str, ...], uidl: bytes, expected: dict[str, str]
) -> None:
    with ScriptedPop3(capabilities=capabilities, answers={"UIDL": uidl}).start().stopping() as fake:
        steps = {step.code: step for step in connect.test_incoming(fake.server(), policy=LOOPBACK)}
    assert list(steps) == ["resolve", "connect", "log_in", "list_folders"]
    assert steps["log_in"].details == expected


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b"+OK many\r\n", ProtocolViolation), (b"+OK\r\n", ProtocolViolation), (b"-ERR [SYS/TEMP] x\r\n", ServerUnavailable)],
)
def test_a_mailbox_that_cannot_be_counted_is_not_opened(answer: bytes, error: type[MailError]) -> None:
    with ScriptedPop3(answers={"STAT": answer}).start().stopping() as fake, pytest.raises(error):
        log_in(fake)


def test_closing_says_goodbye_once_and_never_fails() -> None:
    with ScriptedPop3().start().stopping() as fake:
        mailbox = log_in(fake)
        mailbox.close()
        mailbox.close()
        assert isinstance(mailbox, Pop3Mailbox)
        with pytest.raises(ConnectionLost):
            list(mailbox.fetch(mailbox.folders()[0], ["u:1"]))
    assert fake.lines.count(b"QUIT") == 1
    Pop3Mailbox(Server(protocol="pop3"), policy=LOOPBACK).close()
