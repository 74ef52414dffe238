"""POP3 servers that break off, lie, hang or talk nonsense: an error of the family, never a partial letter, never a wrong one."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from mail.pop3_fakes import NO_IDS, NO_TOP, THREE, Seen, raws
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import ConnectionLost, MailError, NoAnswer, ProtocolViolation, ServerUnavailable
from mooring.mail.protocols.pop3 import Pop3Mailbox, exchange
from mooring.mail.protocols.pop3.mailbox import INBOX
from mooring.mail.types import RawLetter
from servers.scripted import LOOPBACK
from servers.scripted_pop3 import ScriptedPop3, listing

pytestmark = pytest.mark.slow
Opened = Callable[[ScriptedPop3], Incoming]
ONE_BY_ONE = ("TOP", "UIDL", "SASL PLAIN")


def whole_session(fake: ScriptedPop3, got: list[RawLetter], *, seconds: float = 5.0) -> int:
    """Log in, list, fetch; how many bytes the server sent for that."""
    with open_incoming(fake.server(seconds=seconds), policy=LOOPBACK) as mailbox:
        ids = Seen().look(mailbox)
        list(mailbox.headers(INBOX, ids))
        for letter in mailbox.fetch(INBOX, ids):
            got.append(letter)  # noqa: PERF402 - what came before the break counts
        return fake.sent_count


@pytest.mark.parametrize("answers", [{}, NO_TOP])
@pytest.mark.parametrize("capabilities", [(), ONE_BY_ONE, (*ONE_BY_ONE, "PIPELINING")])
def test_a_session_cut_after_any_byte_never_yields_a_partial_letter(
    capabilities: tuple[str, ...], answers: dict[str, bytes]
) -> None:
    usual = tuple(each for each in capabilities if not answers or each not in ("TOP", "UIDL"))
    reference = ScriptedPop3(letters=list(THREE), capabilities=usual, answers=dict(answers))
    whole: list[RawLetter] = []
    with reference.start().stopping():
        sent_count = whole_session(reference, whole)
    assert [letter.raw for letter in whole] == [letter.raw for letter in THREE]
    for cut in range(sent_count):
        got: list[RawLetter] = []
        fake = ScriptedPop3(letters=list(THREE), capabilities=usual, answers=dict(answers), cut_after=cut)
        with fake.start().stopping(), pytest.raises(ConnectionLost):
            whole_session(fake, got)
        assert set(got) <= set(whole), f"cut after byte {cut}"


def test_a_removal_cut_after_any_byte_removes_everything_or_nothing_and_never_claims_too_much() -> None:
    reference = ScriptedPop3(letters=list(THREE))
    with reference.start().stopping():
        assert removed(reference) == ["u:id1", "u:id3"]
        sent_count = reference.sent_count
    for cut in range(1, sent_count):
        fake = ScriptedPop3(letters=list(THREE), cut_after=cut)
        with fake.start().stopping(), pytest.raises(ConnectionLost):
            removed(fake)
        assert fake.letters in (THREE, THREE[1:2]), f"cut after byte {cut}"


def removed(fake: ScriptedPop3) -> list[str]:
    with open_incoming(fake.server(), policy=LOOPBACK) as mailbox:
        assert isinstance(mailbox, Pop3Mailbox)
        return list(mailbox.remove(INBOX, ["u:id1", "u:id3"]))


@pytest.mark.parametrize("command", ["CAPA", "AUTH", "STAT", "LIST", "UIDL", "TOP", "RETR"])
def test_a_server_that_stops_answering_costs_no_more_than_the_timeout(command: str) -> None:
    fake = ScriptedPop3(letters=list(THREE), hangs_at=command)
    with fake.start().stopping(), pytest.raises(NoAnswer):
        whole_session(fake, [], seconds=0.15)


def test_a_server_that_does_not_answer_the_goodbye_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.pop3.mailbox._GOODBYE_TIMEOUT", 0.05)
    fake = ScriptedPop3(hangs_at="QUIT")
    with fake.start().stopping():
        open_incoming(fake.server(), policy=LOOPBACK).close()
        assert fake.is_left(within=5)


# -- listings that contradict themselves ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        {"STAT": b"+OK 4 100\r\n"},
        {"STAT": b"+OK 2 100\r\n"},
        {"STAT": b"+OK -3 100\r\n"},
        {"STAT": b"+OK 9999999999999999 1\r\n"},
        {"LIST": listing(["1 10", "2 10"])},
        {"LIST": listing(["1 10", "2 10", "3"])},
        {"LIST": listing(["1 10", "2 10", "3 many"])},
        {"LIST": listing(["1 10", "1 10", "3 10"])},
        {"LIST": listing(["1 10", "2 10", "x 10"])},
        {"LIST": listing(["1 10", "", "3 10"])},
        {"LIST": listing(["1 10", "2 10", "3 -5"])},
        {"LIST": b"+OK\r\n.\r\n"},
        {"UIDL": listing(["1 a", "2 b"])},
        {"UIDL": listing(["1 a", "2 b", "4 c"])},
        {"UIDL": listing(["1 a", "2 b", "3 c", "4 d"])},
        {"UIDL": listing(["1 a", "2 b", "-3 c"])},
        {"UIDL": b"+OK\r\n.\r\n"},
    ],
)
def test_a_listing_that_contradicts_itself_is_never_taken_for_deletions(opened: Opened, answers: dict[str, bytes]) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox, seen = opened(fake), Seen()
    before = seen.look(mailbox)
    fake.answers = dict(answers)
    with pytest.raises(ProtocolViolation):
        seen.look(mailbox)
    fake.answers = {}
    assert seen.look(mailbox) == before


def test_sizes_may_be_followed_by_words(opened: Opened) -> None:
    fake = ScriptedPop3(letters=list(THREE), answers={"LIST": listing([f"{number} 10 octets" for number in (3, 1, 2)])})

    assert Seen().look(opened(fake)) == ["u:id1", "u:id2", "u:id3"]


@pytest.mark.parametrize("command", ["STAT", "LIST"])
def test_a_mailbox_that_cannot_be_listed_is_an_error(opened: Opened, command: str) -> None:
    fake = ScriptedPop3(letters=list(THREE))
    mailbox = opened(fake)
    fake.answers = {command: b"-ERR [SYS/TEMP] later\r\n"}
    with pytest.raises(ServerUnavailable):
        Seen().look(mailbox)


# -- answers that are none -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", [ONE_BY_ONE, (*ONE_BY_ONE, "PIPELINING")])
@pytest.mark.parametrize("answer", [b"hello", b"", b"+OKAY", b"\x16\x03\x01", b"* OK", b"-ERROR", b"OK"])
def test_an_answer_that_is_none_ends_the_session(opened: Opened, answer: bytes, capabilities: tuple[str, ...]) -> None:
    fake = ScriptedPop3(letters=list(THREE), answers={"RETR 1": answer + b"\r\n"}, capabilities=capabilities)
    mailbox = opened(fake)
    ids = Seen().look(mailbox)
    with pytest.raises(ProtocolViolation):
        list(mailbox.fetch(INBOX, ids))
    with pytest.raises(ConnectionLost):
        list(mailbox.fetch(INBOX, ids))


@pytest.mark.parametrize(("command", "pace"), [("RETR", 1), ("UIDL", 1), ("RETR", 70_000), ("LIST", 100_000)])
def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, command: str, pace: int) -> None:
    monkeypatch.setattr(exchange, "LETTER_CAP", 200_000)
    monkeypatch.setattr("mooring.mail.protocols.pop3.letters.LETTER_CAP", 200_000)
    monkeypatch.setattr(exchange, "LISTING_CAP", 200_000)
    fake = ScriptedPop3(letters=list(THREE), answers={command: b"+OK\r\n" + b"y" * pace + b"z" * 1_000_000})
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        whole_session(fake, [])


def test_a_first_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.stream.LINE_CAP", 200_000)
    fake = ScriptedPop3(letters=list(THREE), answers={"STAT": b"+OK " + b"1" * 1_000_000})
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        whole_session(fake, [])


def test_lines_that_end_like_unix_end_no_letter(opened: Opened) -> None:
    fake = ScriptedPop3(letters=THREE[:1], answers={"RETR": b"+OK\nSubject: x\n\n.\nmore\n.\r\nlast\r\n.\r\n"})
    mailbox = opened(fake)

    assert raws(mailbox, Seen().look(mailbox)) == [b"Subject: x\n\n.\nmore\n.\r\nlast\r\n"]


@pytest.mark.parametrize("seed", range(40))
def test_random_nonsense_is_an_error_or_nothing(seed: int) -> None:
    chance = random.Random(seed)
    words = [
        b"+OK",
        b"-ERR",
        b"+ ",
        b".\r\n",
        b"\r\n",
        b"1 a\r\n",
        b"2 b\r\n",
        b"3 10\r\n",
        b"\0",
        b"[IN-USE]",
        b" ",
        b"..",
        b"+OK 3 9\r\n",
    ]
    commands = ["CAPA", "STAT", "LIST", "UIDL", "TOP", "RETR", "AUTH", "QUIT"]
    answers = {each: b"".join(chance.choices(words, k=chance.randrange(1, 9))) + b"\r\n" for each in chance.sample(commands, 2)}
    fake = ScriptedPop3(letters=list(THREE), answers=dict(answers))
    got: list[RawLetter] = []
    with fake.start().stopping(), suppress(MailError):
        whole_session(fake, got, seconds=0.1)
    if "RETR" not in answers:
        assert {letter.raw for letter in got} <= {letter.raw for letter in THREE}


def test_without_ids_an_endless_header_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.protocols.pop3.letters.LETTER_CAP", 100_000)
    fake = ScriptedPop3(letters=list(THREE), capabilities=(), answers={**NO_IDS, "TOP 1": b"+OK\r\n" + b"x: y\r\n" * 100_000})
    with fake.start().stopping(), pytest.raises(ProtocolViolation):
        whole_session(fake, [])
