"""That every module has the gate that is meant for it."""

from __future__ import annotations

import pytest

from coverage_gates import Measured, failures, gate_of


@pytest.mark.parametrize(
    ("path", "percent"),
    [
        ("src/mooring/mail/protocols/imap/wire.py", 100),
        ("src/mooring/letters/matching.py", 100),
        ("src/mooring/sync/schedule.py", 100),
        ("src/mooring/customers/address_book.py", 100),
        ("src/mooring/letters/storing.py", 95),
        ("src/mooring/desk/views/letters.py", 85),
    ],
)
def test_a_module_has_the_gate_of_its_room(path: str, percent: int) -> None:
    assert gate_of(path)[1] == percent


def file(path: str, there: int, reached: int, *missed: int) -> Measured:
    return Measured(path=path, there=there, reached=reached, missed=missed)


def test_a_room_is_judged_as_a_whole() -> None:
    rooms = [file("src/mooring/sync/visit.py", 100, 90, 7), file("src/mooring/sync/intake.py", 100, 100)]
    assert failures(rooms) == []
    assert failures([*rooms, file("src/mooring/sync/leases.py", 10, 0, 1)]) == ["sync"]


def test_almost_all_is_not_all() -> None:
    assert failures([file("src/mooring/letters/matching.py", 100_000, 99_999)]) == ["letters.matching"]


def test_the_lines_that_nobody_reached_are_named_below_a_room_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    failures([file("src/mooring/mail/http.py", 20, 18, 7, 12), file("src/mooring/sync/visit.py", 100, 99, 3)])
    printed = capsys.readouterr().out
    assert "src/mooring/mail/http.py: 7, 12\n" in printed
    assert "visit.py" not in printed
