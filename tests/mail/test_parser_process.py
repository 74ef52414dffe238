"""Reading in limited children: a deadly letter harms nobody but itself."""

from __future__ import annotations

import io
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mooring.letters.shaping import shaped
from mooring.mail import parser_child, parser_process
from mooring.mail.parser_child import Child, ChildDied
from mooring.mail.parser_frames import FAILED, LENGTH, frame, unpack_letter
from mooring.mail.parser_process import Limits, Parser, ParserClosed, ParserUnavailable
from mooring.mail.parsing import read_letter

MEGABYTE = 1_048_576
SMALL = Limits(memory=192 * MEGABYTE)
DEADLY = b"From: a@b.pl\r\nSubject: too much\r\n\r\n" + b"x" * (180 * MEGABYTE)


def plain(number: int) -> bytes:
    return f"From: a@b.pl\nSubject: letter {number}\nMessage-ID: <{number}@b.pl>\n\nwords {number}".encode()


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(child_count=2) as parser:
        yield parser


def children_of(parser: Parser) -> list[Child]:
    return [child for child in parser._places.queue if child is not None]


def test_letters_come_back_in_order_and_as_without_a_child(parser: Parser) -> None:
    raws = [plain(number) for number in range(300)] + [b"", b"\0" * 10, plain(1) * 5_000]
    assert parser.read_letters(raws) == [read_letter(raw) for raw in raws]


def test_no_letters_need_no_child() -> None:
    with Parser() as parser:
        assert parser.read_letters([]) == []
        assert children_of(parser) == []


def test_a_date_and_all_marks_survive_the_way(parser: Parser) -> None:
    raw = (
        b"From: a@b.pl\nSender: s@b.pl\nReply-To: r@b.pl\nTo: x@y.de\nCc: c@y.de\nBcc: d@y.de\nFrom: z@y.de\n"
        b"Date: 2 Mar 2026 10:00 +0100\nIn-Reply-To: <1@x>\nReferences: <0@x> <1@x>\nAuto-Submitted: auto-replied\n"
        b"List-Id: <l>\nSensitivity: private\nContent-Type: application/pdf; name=a.pdf\n\n%PDF"
    )
    assert parser.read_letters([raw]) == [read_letter(raw)]


def test_what_a_shaper_makes_travels_in_place_of_the_text() -> None:
    with Parser(shaper="mooring.letters.shaping:shaped") as shaping:
        (letter,) = shaping.read_letters([plain(1)])
    whole = read_letter(plain(1))
    assert letter == replace(whole, text="", shape=shaped(whole))


def test_an_answer_longer_than_a_pipe_holds_comes_in_pieces(parser: Parser) -> None:
    raw = b"Subject: long\r\n\r\n" + b"ropes and sails\r\n" * 200_000
    (letter,) = parser.read_letters([raw])
    assert letter == read_letter(raw)


def test_a_letter_that_needs_too_much_memory_harms_no_other() -> None:
    with Parser(limits=SMALL) as parser:
        before, deadly, after = parser.read_letters([plain(1), DEADLY, plain(2)])
    assert (before.text, after.text) == ("words 1", "words 2")
    assert deadly.header.subject == "too much"
    assert [one.key for one in deadly.header.from_] == ["a@b.pl"]
    assert "parser-killed" in deadly.defects
    assert len(deadly.fingerprint) == 64


def test_a_letter_on_which_the_child_is_killed_is_named_and_the_next_child_goes_on() -> None:
    with Parser() as parser:
        parser.read_letters([plain(0)])
        (child,) = children_of(parser)
        os.kill(child.process_id, signal.SIGKILL)
        first, second = parser.read_letters([plain(1), plain(2)])
        assert "parser-killed" in first.defects
        assert second.text == "words 2"
        assert children_of(parser)[0].process_id != child.process_id


def test_a_child_that_stalls_is_given_up() -> None:
    with Parser(limits=Limits(wall=timedelta(seconds=0.5))) as parser:
        parser.read_letters([plain(0)])
        (child,) = children_of(parser)
        os.kill(child.process_id, signal.SIGSTOP)
        first, second = parser.read_letters([plain(1), plain(2)])
    assert "parser-too-slow" in first.defects
    assert second.text == "words 2"


def test_the_cpu_limit_is_renewed_for_each_letter() -> None:
    with Parser(limits=Limits(cpu=timedelta(seconds=1))) as parser:
        slow = b"Content-Transfer-Encoding: base64\n\n" + b"A=\n" * 250_000
        letters = parser.read_letters([slow] * 8)
    assert all("parser-killed" not in letter.defects for letter in letters)


def test_a_letter_that_takes_too_much_cpu_ends_its_child() -> None:
    with Parser(limits=Limits(cpu=timedelta(seconds=0))) as parser:
        slow = b"Subject: slow\nContent-Transfer-Encoding: base64\n\n" + b"A=\n" * 8_000_000
        (letter,) = parser.read_letters([slow])
    assert letter.header.subject == "slow"
    assert "parser-killed" in letter.defects


def test_two_threads_use_two_children(parser: Parser) -> None:
    results: dict[int, list[str]] = {}

    def read(start: int) -> None:
        raws = [plain(number) for number in range(start, start + 200)]
        results[start] = [letter.text for letter in parser.read_letters(raws)]

    threads = [threading.Thread(target=read, args=(start,)) for start in (0, 1_000, 2_000, 3_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for start, texts in results.items():
        assert texts == [f"words {number}" for number in range(start, start + 200)]
    assert len(results) == 4
    assert 1 <= len(children_of(parser)) <= 2


def test_an_idle_child_is_small(parser: Parser) -> None:
    parser.read_letters([plain(0)])
    child = children_of(parser)[0]
    status = Path(f"/proc/{child.process_id}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0]) * 1_024
    assert resident < 40 * MEGABYTE


def test_closing_ends_the_children_and_further_letters_are_refused() -> None:
    parser = Parser()
    parser.read_letters([plain(0)])
    (child,) = children_of(parser)
    parser.close()
    parser.close()
    assert not Path(f"/proc/{child.process_id}").exists()
    with pytest.raises(ParserClosed):
        parser.read_letters([plain(1)])


def test_an_interrupted_call_leaves_no_half_used_child() -> None:
    class Interrupted(BaseException):
        pass

    class Raws(list[bytes]):
        def __getitem__(self, place: object) -> bytes:  # type: ignore[override]
            raise Interrupted

    with Parser() as parser:
        parser.read_letters([plain(0)])
        with pytest.raises(Interrupted):
            parser.read_letters(Raws([plain(1)]))
        assert children_of(parser) == []
        assert parser.read_letters([plain(2)])[0].text == "words 2"


def test_a_child_that_cannot_start_is_no_letters_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Parser() as parser, pytest.raises(ParserUnavailable):
        parser.read_letters([plain(0)])


def test_a_child_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_child, "READY", b"other")
    with Parser() as parser, pytest.raises(ParserUnavailable):
        parser.read_letters([plain(0)])


def test_children_end_with_their_parent() -> None:
    program = (
        "from mooring.mail.parser_process import Parser\n"
        "p = Parser(); p.read_letters([b'x'])\n"
        "print(p._places.queue[0].process_id, flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    child_id = int(parent.stdout)
    assert wait_until_gone(child_id)


def wait_until_gone(process_id: int) -> bool:
    """The kernel tells when a process that is not our child has ended (a zombie counts as ended)."""
    try:
        handle = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    try:
        watched = select.poll()
        watched.register(handle, select.POLLIN)
        return bool(watched.poll(30_000))
    finally:
        os.close(handle)


def test_writing_to_a_dead_child_is_noticed() -> None:
    child = Child(Limits())
    os.kill(child.process_id, signal.SIGKILL)
    child._process.wait()
    with pytest.raises(ChildDied):
        list(child.answers([b"x" * 10_000_000] * 3))
    unsent = [memoryview(b"x")]
    child._send(unsent)
    assert unsent == []
    child.kill()


def test_answers_given_before_a_child_died_are_not_lost() -> None:
    child = Child(Limits())
    answers = child.answers([plain(1), DEADLY])
    assert unpack_letter(next(answers)).text == "words 1"
    child.kill()
    with Parser(limits=SMALL) as parser:
        for _ in range(5):
            before, _, after = parser.read_letters([plain(1), DEADLY, plain(2)])
            assert (before.text, after.text) == ("words 1", "words 2")


# ---- the child itself, run in this process or by hand


def run_by_hand(given: bytes, memory: int = 512 * MEGABYTE) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "mooring.mail.parser_process", str(memory), "5"]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_a_child_ends_when_its_input_does() -> None:
    done = run_by_hand(frame(plain(1)))
    assert done.returncode == 0
    assert done.stdout.startswith(frame(b"ready"))
    assert len(done.stdout) > LENGTH.size * 2 + 5


def test_out_of_memory_ends_a_child_quietly() -> None:
    done = run_by_hand(LENGTH.pack(400 * MEGABYTE) + b"x" * 10, memory=128 * MEGABYTE)
    assert done.returncode == parser_process.OUT_OF_MEMORY
    assert done.stderr == b""


def test_an_error_of_our_own_is_answered_and_shown_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(raw: bytes) -> None:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(parser_process, "read_letter", fail)
    assert parser_process._answer_to(plain(1)) == FAILED
    assert "a mistake of ours" in capsys.readouterr().err

    def exhaust(raw: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(parser_process, "read_letter", exhaust)
    with pytest.raises(MemoryError):
        parser_process._answer_to(plain(1))


def test_a_failed_answer_becomes_a_letter_with_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    with Parser() as parser:
        monkeypatch.setattr(Child, "answers", lambda self, payloads, **_: iter([FAILED] * len(payloads)))
        monkeypatch.setattr(Child, "__init__", lambda self, limits, **_: None)
        monkeypatch.setattr(Child, "kill", lambda self: None)
        (letter,) = parser.read_letters([plain(1)])
    assert "parser-failed" in letter.defects
    assert letter.header.subject == "letter 1"


def test_a_header_that_even_the_parent_cannot_read_stays_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: bytes) -> None:
        raise ValueError

    monkeypatch.setattr(parser_process, "read_header", fail)
    letter = parser_process._unread_letter(plain(1), "parser-killed")
    assert (letter.header.subject, letter.defects) == ("", ("parser-killed",))


def test_a_child_limits_itself_and_answers_until_its_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, values: limits.append(kind))
    monkeypatch.setattr(signal, "signal", lambda number, action: None)
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(frame(plain(1)) + frame(plain(2)))))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output))
    monkeypatch.setattr(sys, "argv", ["parser_process", str(512 * MEGABYTE), "5"])
    parser_process.main()
    answers = output.getvalue().removeprefix(frame(b"ready"))
    length = LENGTH.unpack_from(answers)[0]
    assert unpack_letter(answers[LENGTH.size : LENGTH.size + length]) == read_letter(plain(1))
    assert limits == [resource.RLIMIT_CORE, resource.RLIMIT_AS, resource.RLIMIT_CPU]


def test_a_child_shapes_what_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "setrlimit", lambda kind, values: None)
    monkeypatch.setattr(signal, "signal", lambda number, action: None)
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(frame(plain(1)))))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output))
    monkeypatch.setattr(sys, "argv", ["parser_process", str(512 * MEGABYTE), "5", "mooring.letters.shaping:shaped"])
    parser_process.main()
    answer = output.getvalue().removeprefix(frame(b"ready"))[LENGTH.size :]
    assert unpack_letter(answer).shape == shaped(read_letter(plain(1)))


def test_the_limit_on_cpu_time_is_moved_on_once_some_of_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    used = iter([1.0, 1.1, 1.3])
    monkeypatch.setattr(resource, "setrlimit", lambda kind, values: limits.append(values[0]))
    monkeypatch.setattr(time, "process_time", lambda: next(used))
    first = parser_process._renewed_cpu_limit(5, -1.0)
    assert parser_process._renewed_cpu_limit(5, first) == first
    assert (parser_process._renewed_cpu_limit(5, first), limits) == (1.3, [7, 7])


def test_a_child_without_memory_ends_itself_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(BaseException):
        pass

    def end(code: int) -> None:
        raise Ended(code)

    def exhaust(memory: int, cpu_seconds: float) -> None:
        raise MemoryError

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(parser_process, "run_child", exhaust)
    monkeypatch.setattr(sys, "argv", ["parser_process", "1", "1"])
    with pytest.raises(Ended, match=str(parser_process.OUT_OF_MEMORY)):
        parser_process.main()
