"""Servers that break off, lie, hang or talk nonsense: an error of the family, never a partial letter, never a wrong one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from mail.imap_fakes import ALL, INBOX, THREE, arrivals, knowing
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import (
    CommandRefused,
    ConnectionLost,
    MailError,
    NoAnswer,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.protocols.imap import ImapMailbox, bodies
from mooring.mail.types import RawLetter, Server
from servers.scripted_imap import LOOPBACK, FakeLetter, ScriptedImap


def whole_session(fake: ScriptedImap, got: list[RawLetter], *, seconds: float = 5.0) -> int:
    """Log in, list, fetch; how many bytes the server sent for that."""
    mailbox = open_incoming(fake.server(seconds=seconds), policy=LOOPBACK)
    with mailbox:
        inbox = mailbox.folders()[0]
        listed = arrivals(mailbox.changes(inbox, None, known=knowing()))
        for letter in mailbox.fetch(inbox, [one.server_id for one in listed]):
            got.append(letter)  # noqa: PERF402 - what came before the break counts
        return fake.sent_count


def test_a_session_cut_after_any_byte_never_yields_a_partial_letter() -> None:
    reference = ScriptedImap(THREE)
    whole: list[RawLetter] = []
    with reference.start().stopping():
        sent_count = whole_session(reference, whole)
    assert [letter.raw for letter in whole] == [letter.raw for letter in THREE]
    for cut in range(sent_count):
        got: list[RawLetter] = []
        with ScriptedImap(THREE, cut_after=cut).start().stopping() as fake, pytest.raises(ConnectionLost):
            whole_session(fake, got)
        assert set(got) <= set(whole), f"cut after byte {cut}"


@pytest.mark.parametrize("command", ["AUTHENTICATE", "CAPABILITY", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH"])
def test_a_server_that_stops_answering_costs_no_more_than_the_timeout(command: str) -> None:
    fake = ScriptedImap(THREE, hangs_at=command)
    with fake.start().stopping(), pytest.raises(NoAnswer):
        whole_session(fake, [], seconds=0.15)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"* 1 FETCH (UID 3 RFC822.SIZE 10 BODY[]<0> {5}\r\n0123456789)\r\nTAG OK\r\n", ProtocolViolation),
        (b"* 1 FETCH (UID 3 RFC822.SIZE 10 BODY[]<0> {99999999}\r\n", ProtocolViolation),
        (b"* 1 FETCH (UID 3 RFC822.SIZE 10 BODY[]<0> {-5}\r\n", ProtocolViolation),
        (b"* 1 FETCH (UID 3 RFC822.SIZE 10 BODY[]<0> (a b))\r\nTAG OK\r\n", ProtocolViolation),
        (b"* 1 FETCH (UID 3 RFC822.SIZE 10 BODY[]<0> {0}\r\n)\r\nTAG OK\r\n", ProtocolViolation),
        (b"* 1 FETCH (UID 3 RFC822.SIZE 10 BODY[]<0> NIL)\r\nTAG OK\r\n", ProtocolViolation),
        (b"* 1 FETCH (UID x RFC822.SIZE 10 BODY[]<0> NIL)\r\nTAG OK\r\n", ProtocolViolation),
        (b"* 1 FETCH garbage\r\nTAG OK\r\n", ProtocolViolation),
        (b"\x16\x03\x01\x02\x00\r\n", ProtocolViolation),
        (b"M999 OK\r\n", ProtocolViolation),
        (b"TAG NO [UNAVAILABLE] disk\r\n", ServerUnavailable),
        (b"TAG NO [OVERQUOTA] Account exceeded bandwidth limits\r\n", ServerBusy),
        (b"TAG NO System Error\r\n", ServerUnavailable),
        (b"TAG NO cannot\r\n", CommandRefused),
        (b"TAG BAD Too long argument\r\n", CommandRefused),
        (b"* BYE shutting down\r\n", ServerUnavailable),
    ],
)
def test_wrong_answers_to_a_fetch_are_errors(
    opened: Callable[[ScriptedImap], Incoming], answer: bytes, error: type[MailError]
) -> None:
    mailbox = opened(ScriptedImap(THREE, answers={"UID FETCH": answer}))
    with pytest.raises(error):
        list(mailbox.fetch(INBOX, ["77.3"]))


def test_after_an_error_of_the_protocol_nothing_more_is_believed(opened: Callable[[ScriptedImap], Incoming]) -> None:
    mailbox = opened(ScriptedImap(THREE, answers={"UID FETCH": b"nonsense\r\n"}))
    with pytest.raises(ProtocolViolation):
        list(mailbox.fetch(INBOX, ["77.3"]))
    with pytest.raises(ConnectionLost):
        mailbox.folders()


def test_letters_nobody_asked_for_are_left_out(opened: Callable[[ScriptedImap], Incoming]) -> None:
    answer = (
        b"* 1 FETCH (FLAGS (\\Seen))\r\n"
        b"* 1 FETCH (BODY[]<0> {2}\r\nno)\r\n"
        b"* 2 FETCH (UID 4 RFC822.SIZE 5 BODY[]<0> {5}\r\nwrong)\r\n"
        b'* 3 FETCH (BODY[]<0> "right" UID 3)\r\n'
        b"* 3 FETCH (UID 3 RFC822.SIZE 5 BODY[]<0> {5}\r\ntwice)\r\n"
        b"* 4 EXPUNGE\r\nTAG OK\r\n"
    )
    mailbox = opened(ScriptedImap(THREE, answers={"UID FETCH": answer}))

    assert list(mailbox.fetch(INBOX, ["77.3"])) == [RawLetter("77.3", b"right")]


def test_a_server_that_ignores_partial_requests_is_taken_at_its_word(opened: Callable[[ScriptedImap], Incoming]) -> None:
    raw = b"x" * 1_500_000
    answer = b"* 1 FETCH (UID 3 RFC822.SIZE %d BODY[] {%d}\r\n%b)\r\nTAG OK\r\n" % (len(raw), len(raw), raw)
    mailbox = opened(ScriptedImap(THREE, answers={"UID FETCH": answer}))

    assert list(mailbox.fetch(INBOX, ["77.3"])) == [RawLetter("77.3", raw)]


def long_letter(size: int) -> FakeLetter:
    return FakeLetter(3, b"Subject: long\r\n\r\n" + b"y" * size)


def test_a_long_letter_that_vanishes_between_its_parts_is_left_out(
    opened: Callable[[ScriptedImap], Incoming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PART_SIZE", 100)
    fake = ScriptedImap([long_letter(250)])

    def vanishing(tag: bytes, command: bytes) -> bytes:
        return (b"" if b"<100." in command else fake.fetched(command)) + tag + b" OK\r\n"

    fake.answers["UID FETCH"] = vanishing
    assert list(opened(fake).fetch(INBOX, ["77.3"])) == []


@pytest.mark.parametrize("size", [84, 85, 184, 250])
def test_parts_are_put_together_even_when_their_number_is_even(
    opened: Callable[[ScriptedImap], Incoming], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(bodies, "PART_SIZE", 100)
    letter = long_letter(size)

    assert list(opened(ScriptedImap([letter])).fetch(INBOX, ["77.3"])) == [RawLetter("77.3", letter.raw)]


def test_a_letter_without_end_is_refused(opened: Callable[[ScriptedImap], Incoming], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PART_SIZE", 100)
    monkeypatch.setattr(bodies, "LETTER_CAP", 1_000)
    answer = b"* 1 FETCH (UID 3 RFC822.SIZE 9 BODY[]<0> {100}\r\n" + b"z" * 100 + b")\r\nTAG OK\r\n"
    mailbox = opened(ScriptedImap(THREE, answers={"UID FETCH": answer}))
    with pytest.raises(ProtocolViolation):
        list(mailbox.fetch(INBOX, ["77.3"]))


def test_a_numbering_that_changes_during_the_session_fetches_nothing(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(THREE, folders=['() "/" INBOX', '() "/" Other'])
    mailbox = opened(fake)
    inbox, other = mailbox.folders()
    ids = [one.server_id for one in arrivals(mailbox.changes(inbox, None, known=knowing()))]
    fake.uidvalidity = "78"
    list(mailbox.changes(other, None, known=knowing()).pages)

    assert list(mailbox.fetch(inbox, ids)) == []
    assert list(mailbox.headers(inbox, ids)) == []


@pytest.mark.parametrize("uidvalidity", ["", "0"])
def test_a_server_without_numbering_is_compared_in_full_every_time(
    opened: Callable[[ScriptedImap], Incoming], uidvalidity: str
) -> None:
    mailbox = opened(ScriptedImap(THREE, uidvalidity=uidvalidity))
    first = mailbox.changes(INBOX, None, known=knowing())
    ids = [one.server_id for one in arrivals(first)]
    second = mailbox.changes(INBOX, first.bookmark, known=knowing(*ids, "0.4"))

    assert (first.epoch, second.is_full) == ("0", True)
    (page, *_) = [page for page in second.pages if page.vanished]
    assert page.vanished == ("0.4",)
    assert len(list(mailbox.fetch(INBOX, ids))) == 3


@pytest.mark.parametrize("value", ["-1", "x", "99999999999999999999"])
def test_a_numbering_that_is_no_number_is_refused(opened: Callable[[ScriptedImap], Incoming], value: str) -> None:
    mailbox = opened(ScriptedImap(THREE, uidvalidity=value))
    with pytest.raises(ProtocolViolation):
        mailbox.changes(INBOX, None, known=knowing())


def test_a_missing_uidnext_is_worked_out(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(list(THREE), uidnext="none")
    mailbox = opened(fake)
    assert mailbox.changes(INBOX, None, known=knowing()).bookmark["uidnext"] == 10
    fake.letters = []
    assert mailbox.changes(INBOX, None, known=knowing()).bookmark["uidnext"] == 1


def test_a_uidnext_that_is_too_high_loses_no_letter(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(list(THREE), uidnext="100")
    mailbox = opened(fake)
    first = mailbox.changes(INBOX, None, known=knowing())
    ids = [one.server_id for one in arrivals(first)]
    fake.letters.append(FakeLetter(11, b"new\r\n\r\n"))
    fake.uidnext = "101"

    later = arrivals(mailbox.changes(INBOX, first.bookmark, known=knowing(*ids)))

    assert [one.rank for one in later] == [11]


def test_a_search_that_names_too_few_letters_is_not_taken_for_deletions(opened: Callable[[ScriptedImap], Incoming]) -> None:
    empty, nothing_found = (
        b"TAG OK done\r\n",
        b"* 3 EXISTS\r\n* ESEARCH (TAG x) UID\r\n* ESEARCH (TAG x) UID ALL\r\nTAG OK done\r\n",
    )
    modest = "IMAP4rev1 AUTH=PLAIN SASL-IR"
    for capabilities, answer in (
        (ALL, empty),
        (modest, empty),
        (ALL, nothing_found.replace(b"* 3 EXISTS\r\n", b"* 0 RECENT\r\n")),
    ):
        mailbox = opened(ScriptedImap(THREE, capabilities=capabilities, answers={"UID SEARCH": answer}))
        changes = mailbox.changes(INBOX, None, known=knowing("77.3", "77.5"))
        assert [(page.arrived[0].rank, page.vanished) for page in changes.pages if page.arrived] == [(9, ())]


def test_a_folder_that_hides_letters_it_counts_is_an_error(opened: Callable[[ScriptedImap], Incoming]) -> None:
    answers: dict[str, bytes] = {
        "UID SEARCH": b"* SEARCH 3\r\nTAG OK done\r\n",
        "UID FETCH 1:*": b"* 0 RECENT\r\n* 1 FETCH (UID 3)\r\nTAG OK done\r\n",
    }
    mailbox = opened(ScriptedImap(THREE, answers=dict(answers)))
    with pytest.raises(ProtocolViolation):
        list(mailbox.changes(INBOX, None, known=knowing("77.3", "77.5")).pages)


def test_letters_that_vanish_while_looking_are_no_error(opened: Callable[[ScriptedImap], Incoming]) -> None:
    answers = {"UID SEARCH": b"* 0 RECENT\r\n* SEARCH 3 5\r\n* 3 EXPUNGE\r\nTAG OK done\r\n"}
    mailbox = opened(ScriptedImap(THREE, answers=dict(answers)))

    changes = mailbox.changes(INBOX, None, known=knowing("77.9"))

    assert ("77.9",) in [page.vanished for page in changes.pages]


# -- changes by modseq ---------------------------------------------------------------------------------------------------


def by_modseq(opened: Callable[[ScriptedImap], Incoming], answer: bytes, *ids: str) -> list[list[object]]:
    fake = ScriptedImap(list(THREE), capabilities=ALL, modseq="50")
    mailbox = opened(fake)
    bookmark = mailbox.changes(INBOX, None, known=knowing()).bookmark
    fake.modseq = "60"
    fake.answers["UID FETCH 1:*"] = answer + b"TAG OK done\r\n"
    changes = mailbox.changes(INBOX, bookmark, known=knowing(*ids))
    pages = list(changes.pages)
    assert any(b"CHANGEDSINCE 50 VANISHED" in line for line in fake.lines)
    return [
        [one.rank for page in pages for one in page.arrived],
        [one.server_id for page in pages for one in page.flagged],
        [server_id for page in pages for server_id in page.vanished],
    ]


def test_a_server_may_name_millions_of_numbers_as_vanished(opened: Callable[[ScriptedImap], Incoming]) -> None:
    answer = b"* VANISHED (EARLIER) 1:2,4,6:8,10:4294967295\r\n"

    arrived, _, vanished = by_modseq(opened, answer, "77.2", "77.3", "77.5", "77.9")

    assert arrived == []
    assert set(vanished) == {"77.2"}


def test_changes_that_do_not_add_up_are_compared(opened: Callable[[ScriptedImap], Incoming]) -> None:
    arrived, _, vanished = by_modseq(opened, b"* VANISHED (EARLIER) 9\r\n", "77.3", "77.5", "77.9", "77.1")

    assert arrived == []
    assert vanished == ["77.9", "77.1"]


def test_changed_flags_and_unsolicited_ones_are_told(opened: Callable[[ScriptedImap], Incoming]) -> None:
    answer = b"* 1 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (60))\r\n* 2 FETCH (FLAGS ())\r\n* 9 EXISTS\r\n* VANISHED\r\n"

    assert by_modseq(opened, answer) == [[], ["77.3"], []]


@pytest.mark.parametrize("answer", [b"* VANISHED (EARLIER) x\r\n", b"* 1 FETCH (UID 3 FLAGS)\r\n", b"* 1 FETCH ()(\r\n"])
def test_nonsense_among_changes_is_an_error(opened: Callable[[ScriptedImap], Incoming], answer: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        by_modseq(opened, answer)


def test_a_modseq_that_goes_back_means_a_comparison(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(list(THREE), capabilities=ALL, modseq="50")
    mailbox = opened(fake)
    bookmark = mailbox.changes(INBOX, None, known=knowing()).bookmark
    fake.modseq = "40"

    assert mailbox.changes(INBOX, bookmark, known=knowing()).is_full


# -- watching ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [b"TAG NO no\r\n", b"TAG OK what\r\n"])
def test_idle_without_consent_is_an_error(opened: Callable[[ScriptedImap], Incoming], answer: bytes) -> None:
    mailbox = opened(ScriptedImap(capabilities=ALL, answers={"IDLE": answer}))
    with pytest.raises(ProtocolViolation):
        mailbox.watch(INBOX, stop=threading.Event(), timeout=timedelta(seconds=5))


def test_a_server_that_says_goodbye_during_idle(opened: Callable[[ScriptedImap], Incoming]) -> None:
    mailbox = opened(ScriptedImap(capabilities=ALL, answers={"IDLE": b"+ idling\r\n* BYE [UNAVAILABLE] restart\r\n"}))
    with pytest.raises(ServerUnavailable):
        mailbox.watch(INBOX, stop=threading.Event(), timeout=timedelta(seconds=5))


def test_what_comes_with_the_end_of_idle_is_a_hint_too(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(capabilities=ALL, answers={"IDLE": b"+ idling\r\n"})
    fake.answers["DONE"] = lambda tag, command: b"* 4 EXISTS\r\n" + fake.end_of_idle()
    mailbox = opened(fake)

    assert mailbox.watch(INBOX, stop=threading.Event(), timeout=timedelta(seconds=0.05))


def test_flags_changed_during_idle_are_a_hint_and_those_asked_for_are_none(opened: Callable[[ScriptedImap], Incoming]) -> None:
    fake = ScriptedImap(list(THREE), capabilities=ALL, answers={"IDLE": b"+ idling\r\n"})
    mailbox = opened(fake)
    arrivals(mailbox.changes(INBOX, None, known=knowing()))
    fake.answers["DONE"] = lambda tag, command: fake.end_of_idle()
    assert not mailbox.watch(INBOX, stop=threading.Event(), timeout=timedelta(seconds=0.05))

    fake.answers["IDLE"] = b"+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n"
    assert mailbox.watch(INBOX, stop=threading.Event(), timeout=timedelta(seconds=5))


def test_a_stage_out_of_its_turn_is_refused() -> None:
    mailbox = ImapMailbox(Server(protocol="imap", host="localhost"), policy=LOOPBACK)
    stages = {stage.code: stage for stage in mailbox.stages()}

    for code in ("encrypt", "log_in"):
        with pytest.raises(ConnectionLost):
            stages[code].run()
    mailbox.close()
