"""Sending by SMTP against a server that does what a test says: what is told, what is certain, and what is not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mail.smtp_talk import RAW, TO_CAROL, TO_THREE, Committed, failing, opened, running
from mooring.mail import connect
from mooring.mail.errors import (
    AllRecipientsRefused,
    CommandRefused,
    ConnectionLost,
    FateUnknown,
    LetterRefused,
    LoginRefused,
    MailError,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
    UnusableName,
)
from mooring.mail.protocols.smtp import transaction
from mooring.mail.types import Envelope, Refusal
from servers.scripted_imap import LOOPBACK
from servers.scripted_smtp import DOT, ScriptedSmtp


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
