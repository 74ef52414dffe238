"""What a stranger's JSON says is checked where it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.json_shapes import moment_in, number_in, object_in, objects_in, text_in, texts_in


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-02T08:00:00Z", datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        ("2026-03-02T09:00:00.123+01:00", datetime(2026, 3, 2, 8, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-03-02T08:00:00", datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_times_are_read_or_unknown(value: Any, moment: datetime | None) -> None:
    assert moment_in({"at": value}, "at") == moment


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("7", 7), (0, 0), (-1, 5), (True, 5), ("x", 5), ("²", 5), (1.5, 5), (None, 5), (1 << 70, 5)]
)
def test_numbers_are_read_or_what_is_meant_by_default(value: Any, number: int) -> None:
    assert number_in({"n": value}, "n", default=5) == number


def test_what_is_absent_is_empty_and_what_must_be_there_is_missed() -> None:
    assert (object_in({}, "x"), objects_in({}, "x"), texts_in({"x": None}, "x")) == ({}, [], [])
    assert (object_in({"x": {"a": 1}}, "x"), objects_in({"x": [{}]}, "x"), texts_in({"x": ["a"]}, "x")) == ({"a": 1}, [{}], ["a"])
    with pytest.raises(ProtocolViolation):
        text_in({}, "x")


@pytest.mark.parametrize("read", [text_in, object_in, objects_in, texts_in])
@pytest.mark.parametrize("value", [7, [7], True])
def test_other_shapes_break_the_rules(read: Any, value: Any) -> None:
    with pytest.raises(ProtocolViolation):
        read({"x": value}, "x")
