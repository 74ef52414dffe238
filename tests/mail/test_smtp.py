"""Sending by SMTP against a server that does what a test says: what is told, what is certain, and what is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mooring.mail import connect
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    AllRecipientsRefused,
    AppPasswordNeeded,
    CommandRefused,
    ConnectionLost,
    FateUnknown,
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
from mooring.mail.protocols.smtp import SmtpOutgoing, transaction
from mooring.mail.types import Encryption, Envelope, Login, Refusal, Server
from servers.certificates import Authority
from servers.scripted_imap import LOOPBACK
from servers.scripted_smtp import DOT, ScriptedSmtp

RAW = b"From: <bob@mooring.example>\r\nMessage-ID: <1.ab+c@mooring.example>\r\n\r\nAhoy\r\n"
TO_CAROL = Envelope("bob@mooring.example", ("carol@harbour.example",))
TO_THREE = Envelope("bob@mooring.example", ("a@x.example", "b@x.example", "c@x.example"))


class Committed:
    """before_data, counted."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


@contextmanager
def running(fake: ScriptedSmtp) -> Iterator[ScriptedSmtp]:
    try:
        yield fake.start()
    finally:
        fake.stop()


@contextmanager
def opened(fake: ScriptedSmtp, *, seconds: float = 5.0) -> Iterator[SmtpOutgoing]:
    with running(fake), connect.open_outgoing(fake.server(seconds=seconds), policy=LOOPBACK) as outgoing:
        assert isinstance(outgoing, SmtpOutgoing)
        yield outgoing


def failing(
    fake: ScriptedSmtp, kind: type[MailError], *, commits: int, envelope: Envelope = TO_CAROL, raw: bytes = RAW
) -> MailError:
    """The error that sending ends with, and that before_data was called so many times."""
    committed = Committed()
    with opened(fake) as outgoing, pytest.raises(kind) as raised:
        outgoing.send(envelope, raw, before_data=committed)
    assert committed.count == commits
    return raised.value


def test_a_letter_is_handed_over_with_its_envelope() -> None:
    committed = Committed()
    with opened(ScriptedSmtp(extensions=("PIPELINING", "SIZE", "8BITMIME", "DSN"))) as outgoing:
        sent = outgoing.send(TO_THREE, RAW, before_data=committed)
    assert (sent.refused, sent.server_said, committed.count) == ((), "2.0.0 queued as 42", 1)


def test_what_a_server_offers_is_used() -> None:
    fake = ScriptedSmtp(extensions=("PIPELINING", "SIZE", "8BITMIME", "DSN"))
    with opened(fake) as outgoing:
        outgoing.send(Envelope("bob@mooring.example", ("a+b=c@x.example",)), RAW, before_data=Committed())
    assert fake.commands()[1:4] == [
        f"MAIL FROM:<bob@mooring.example> SIZE={len(RAW)} RET=HDRS ENVID=1.ab+2Bc@mooring.example",
        "RCPT TO:<a+b=c@x.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@x.example",
        "DATA",
    ]
    assert fake.commands()[0] == "EHLO [127.0.0.1]"
    assert fake.taken[0].raw == RAW
    assert fake.commands()[-1] == "QUIT"


def test_what_a_server_does_not_offer_is_not_used() -> None:
    fake = ScriptedSmtp(extensions=())
    with opened(fake) as outgoing:
        outgoing.send(TO_CAROL, RAW, before_data=Committed())
    assert fake.commands()[1:3] == ["MAIL FROM:<bob@mooring.example>", "RCPT TO:<carol@harbour.example>"]


def test_a_server_of_old_that_knows_no_ehlo_is_served_too() -> None:
    fake = ScriptedSmtp(answers={"EHLO": b"502 what?\r\n"})
    with opened(fake) as outgoing:
        outgoing.send(TO_CAROL, RAW, before_data=Committed())
    assert len(fake.taken) == 1
    fake = ScriptedSmtp(answers={"EHLO": b"502 what?\r\n", "HELO": b"502 what?\r\n"})
    with running(fake), pytest.raises(CommandRefused):
        connect.open_outgoing(fake.server(), policy=LOOPBACK)


def test_dots_and_lone_line_ends_never_end_a_letter() -> None:
    raw = b".first\r\n\r\n.\r\n..\r\nMAIL\n.\nsly\r.\rend"
    fake = ScriptedSmtp()
    with opened(fake) as outgoing:
        outgoing.send(TO_CAROL, raw, before_data=Committed())
    (taken,) = fake.taken
    assert taken.raw == b".first\r\n\r\n.\r\n..\r\nMAIL\r\n.\r\nsly\r\n.\r\nend\r\n"
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", bytes(fake.received))


def test_many_letters_go_over_one_connection() -> None:
    fake = ScriptedSmtp(answers={"RCPT TO:<A@": b"550 5.1.1 nobody\r\n"})
    with opened(fake) as outgoing:
        outgoing.send(TO_CAROL, RAW, before_data=Committed())
        with pytest.raises(AllRecipientsRefused):
            outgoing.send(Envelope("bob@mooring.example", ("a@x.example",)), RAW, before_data=Committed())
        outgoing.send(TO_CAROL, RAW, before_data=Committed())
    assert (len(fake.taken), fake.connection_count) == (2, 1)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_each_recipient_has_an_answer_of_its_own(extensions: tuple[str, ...]) -> None:
    answers = {"RCPT TO:<A@": b"550 5.1.1 no such user\r\n", "RCPT TO:<C@": b"450-4.2.0 greylisted\r\n450 4.2.0 come back\r\n"}
    fake = ScriptedSmtp(extensions=extensions, answers=dict(answers))
    with opened(fake) as outgoing:
        sent = outgoing.send(TO_THREE, RAW, before_data=Committed())
    assert sent.refused == (
        Refusal("a@x.example", 550, "5.1.1", "5.1.1 no such user", is_permanent=True),
        Refusal("c@x.example", 450, "4.2.0", "4.2.0 greylisted 4.2.0 come back", is_permanent=False),
    )
    assert fake.taken[0].recipients == (b"b@x.example",)


def test_hundreds_of_recipients_go_in_portions_and_those_too_many_wait() -> None:
    people = tuple(f"r{number}@x.example" for number in range(120))
    too_many: Callable[[bytes], bytes] = lambda line: b"552 too many\r\n" if b"r11" in line else b"250 ok\r\n"  # noqa: E731
    fake = ScriptedSmtp(answers={"RCPT": too_many})
    with opened(fake) as outgoing:
        sent = outgoing.send(Envelope("bob@mooring.example", people), RAW, before_data=Committed())
    assert [each.address for each in sent.refused] == ["r11@x.example", *(f"r{number}@x.example" for number in range(110, 120))]
    assert not any(each.is_permanent for each in sent.refused)


def test_when_all_are_refused_nothing_was_sent() -> None:
    fake = ScriptedSmtp(answers={"RCPT": b"550 no\r\n"})
    error = failing(fake, AllRecipientsRefused, commits=0, envelope=TO_THREE)
    assert isinstance(error, AllRecipientsRefused)
    assert (error.is_permanent, len(error.refused), fake.taken) == (True, 3, [])


@pytest.mark.parametrize(
    ("answer", "kind", "is_permanent"),
    [
        (b"451 4.3.0 later\r\n", LetterRefused, False),
        (b"503 5.5.1 bad sequence\r\n", LetterRefused, False),
        (b"550 5.7.1 not from you\r\n", LetterRefused, True),
        (b"530 5.7.0 log in first\r\n", LoginRefused, None),
        (b"421 4.7.0 too many connections\r\n", ServerBusy, None),
        (b"421 4.3.2 shutting down\r\n", ServerUnavailable, None),
        (b"nonsense\r\n", ProtocolViolation, None),
        (b"250" + b"x" * 5_000 + b"\r\n", ProtocolViolation, None),
        (b"250-more\r\n" * 300, ProtocolViolation, None),
    ],
)
@pytest.mark.parametrize("at", ["MAIL", "DATA"])
def test_a_letter_refused_before_its_bytes_was_certainly_not_accepted(
    at: str, answer: bytes, kind: type[MailError], is_permanent: bool | None
) -> None:
    error = failing(ScriptedSmtp(answers={at: answer}), kind, commits=0, envelope=TO_THREE)
    if isinstance(error, LetterRefused):
        assert error.is_permanent is is_permanent
        assert error.details["reply_code"] == answer[:3].decode()


def test_a_server_that_leaves_while_recipients_are_named_accepted_nothing() -> None:
    failing(ScriptedSmtp(answers={"RCPT": b"421 4.3.2 going down\r\n"}), ServerUnavailable, commits=0, envelope=TO_THREE)


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
def test_a_connection_cut_before_the_bytes_is_certain(at: str) -> None:
    failing(ScriptedSmtp(cuts_at=at), ConnectionLost, commits=0)


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_connection_cut_after_the_final_dot_leaves_the_fate_unknown(is_accepted: bool) -> None:
    failing(ScriptedSmtp(cuts_at=DOT, accepts_before_cut=is_accepted), FateUnknown, commits=1)


def test_nonsense_after_the_final_dot_leaves_the_fate_unknown() -> None:
    failing(ScriptedSmtp(answers={DOT: b"yes\r\n"}), FateUnknown, commits=1)


def test_silence_after_the_final_dot_leaves_the_fate_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "FINAL_WAIT_SECONDS", 0.2)
    failing(ScriptedSmtp(hangs_at=DOT), FateUnknown, commits=1)


@pytest.mark.parametrize(
    ("answer", "kind", "is_permanent"),
    [
        (b"451 4.3.0 disk full\r\n", LetterRefused, False),
        (b"554 5.7.1 spam\r\n", LetterRefused, True),
        (b"421 4.3.2 shutting down\r\n", ServerUnavailable, None),
    ],
)
def test_a_refusal_after_the_final_dot_is_certain(answer: bytes, kind: type[MailError], is_permanent: bool | None) -> None:
    error = failing(ScriptedSmtp(answers={DOT: answer}), kind, commits=1)
    if isinstance(error, LetterRefused):
        assert error.is_permanent is is_permanent


def test_when_the_phase_cannot_be_written_down_the_final_dot_is_never_sent() -> None:
    def refuse() -> None:
        raise RuntimeError("the database is gone")

    fake = ScriptedSmtp()
    with opened(fake) as outgoing, pytest.raises(RuntimeError):
        outgoing.send(TO_CAROL, RAW, before_data=refuse)
    assert fake.taken == []
    assert b"\r\n.\r\n" not in fake.received
    assert b"QUIT" not in fake.received
    with pytest.raises(ConnectionLost):
        outgoing.send(TO_CAROL, RAW, before_data=Committed())


def test_a_letter_larger_than_the_server_takes_is_not_sent_at_all() -> None:
    fake = ScriptedSmtp(extensions=("SIZE 20",))
    error = failing(fake, LetterRefused, commits=0)
    assert isinstance(error, LetterRefused)
    assert (error.is_permanent, error.details) == (True, {"reply_code": "552", "status": "5.3.4"})
    assert "MAIL" not in "".join(fake.commands())


def test_addresses_beyond_ascii_need_a_server_that_takes_them() -> None:
    beyond = Envelope("bob@mooring.example", ("żeglarz@żagle.example",))
    raw = "To: <żeglarz@xn--agle-99a.example>\r\n\r\nAhoj\r\n".encode()
    error = failing(ScriptedSmtp(), LetterRefused, commits=0, envelope=beyond, raw=raw)
    assert error.details == {"reply_code": "550", "status": "5.6.7"}
    fake = ScriptedSmtp(extensions=("8BITMIME", "SMTPUTF8", "DSN"))
    with opened(fake) as outgoing:
        outgoing.send(beyond, raw, before_data=Committed())
    assert fake.commands()[1:3] == [
        "MAIL FROM:<bob@mooring.example> BODY=8BITMIME SMTPUTF8 RET=HDRS",
        "RCPT TO:<żeglarz@xn--agle-99a.example> NOTIFY=FAILURE,DELAY",
    ]


@pytest.mark.parametrize("address", ["a@x.example>\r\nRCPT TO:<b@x.example", "a b@x.example", ""])
def test_no_address_smuggles_a_command(address: str) -> None:
    failing(ScriptedSmtp(), UnusableName, commits=0, envelope=Envelope("bob@mooring.example", (address,)))


def test_an_automatic_letter_has_an_empty_sender() -> None:
    fake = ScriptedSmtp()
    with opened(fake) as outgoing:
        outgoing.send(Envelope("", ("carol@harbour.example",)), RAW, before_data=Committed())
    assert fake.taken[0].sender == b""


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
