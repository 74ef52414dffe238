"""Switches: their kinds, what forms may say, reading them with one query and changing them with a journal line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import BY_COMMAND, actor
from mooring.options.models import OptionValue
from mooring.options.option import LONGEST_WORD, MOST_WORDS, Option, UnusableValue
from mooring.options.values import UnableToChangeOption, Values, change, in_words, read, read_all
from mooring.users.journal import entries_of_everything
from mooring.users.models import User

SCAN: Option[bool] = Option("letters.scan", "bool", False, "Scan all")
MINUTES: Option[int] = Option("sync.minutes", "int", 5, "Minutes", least=1, most=60)
DOMAINS: Option[tuple[str, ...]] = Option("letters.domains", "words", (), "Own domains")
DEPTH: Option[str] = Option("sync.depth", "choice", "year", "Depth", choices=(("year", "A year"), ("all", "Everything")))


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (SCAN, "on", True),
        (SCAN, " True ", True),
        (SCAN, "", False),
        (SCAN, "no", False),
        (MINUTES, " 60 ", 60),
        (DOMAINS, "a.example, b.example;c.example\n a.example", ("a.example", "b.example", "c.example")),
        (DOMAINS, "", ()),
        (DEPTH, "all", "all"),
    ],
)
def test_forms_are_read(option: Option[Any], text: str, value: Any) -> None:
    assert option.parse(text) == value


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        (SCAN, "perhaps", "Choose yes or no."),
        (MINUTES, "", "Enter a whole number."),
        (MINUTES, "1.5", "Enter a whole number."),
        (MINUTES, "9" * 30, "Enter a whole number."),
        (MINUTES, "0", "Enter a whole number from 1 to 60."),
        (MINUTES, "-1", "Enter a whole number from 1 to 60."),
        (DOMAINS, "x" * (LONGEST_WORD + 1), f"“{'x' * 40}” is not a single word."),
        (DOMAINS, "a\x00b", "“a\x00b” is not a single word."),
        (DOMAINS, " ".join(map(str, range(MOST_WORDS + 1))), f"Enter at most {MOST_WORDS} words."),
        (DEPTH, "week", "Choose one of the list."),
    ],
)
def test_what_a_form_may_not_say_is_answered_in_words(option: Option[Any], text: str, words: str) -> None:
    with pytest.raises(UnusableValue) as caught:
        option.parse(text)
    assert in_words(caught.value) == str(caught.value) == words


@pytest.mark.parametrize(
    ("option", "value"), [(SCAN, 1), (MINUTES, True), (DOMAINS, "a"), (DOMAINS, [1]), (DOMAINS, ["a b"]), (DEPTH, 3)]
)
def test_values_of_another_kind_are_refused(option: Option[Any], value: Any) -> None:
    with pytest.raises(UnusableValue):
        option.checked(value)


def test_a_default_of_another_kind_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="whole number"):
        Option("x", "int", 0, "X", least=1)
    with pytest.raises(ValueError, match="default"):
        Option("x", "words", ("a", "a"), "X")


@given(
    st.one_of(
        st.booleans(), st.integers(1, 60), st.lists(st.from_regex(r"[a-z0-9.]{1,20}", fullmatch=True), unique=True).map(tuple)
    )
)
def test_a_form_gives_back_what_it_was_given(value: Any) -> None:
    option: Option[Any] = SCAN if isinstance(value, bool) else MINUTES if isinstance(value, int) else DOMAINS
    assert option.parse(option.text_of(value)) == value


def test_a_switch_never_turned_has_its_default(db: None) -> None:
    values = read_all()
    assert (values.of(SCAN), values.of(MINUTES), values.of(DOMAINS), values.is_chosen(SCAN)) == (False, 5, (), False)


def test_all_switches_are_read_with_one_query(db: None, now: datetime, django_assert_num_queries: Any) -> None:
    change(SCAN, True, by=BY_COMMAND, now=now)
    change(DOMAINS, ("a.example",), by=BY_COMMAND, now=now)
    with django_assert_num_queries(1):
        values = read_all()
        assert (values.of(SCAN), values.of(DOMAINS), values.of(DEPTH), values.is_chosen(SCAN)) == (
            True,
            ("a.example",),
            "year",
            True,
        )
    assert read(SCAN) is True


def test_turning_a_switch_leaves_one_line_with_before_and_after(alice: User, now: datetime) -> None:
    change(DOMAINS, ("a.example",), by=actor(alice), now=now)
    change(DOMAINS, ("a.example",), by=actor(alice), now=now)
    (entry,) = entries_of_everything(kind="option")
    assert (entry.user, entry.record_name, entry.changes) == (alice, "letters.domains", {"letters.domains": [[], ["a.example"]]})
    assert OptionValue.objects.get().changed_at == now


def test_only_administrators_turn_switches(bob: User, now: datetime) -> None:
    with pytest.raises(UnableToChangeOption, match="administrator"):
        change(SCAN, True, by=actor(bob), now=now)
    assert read(SCAN) is False


def test_a_value_out_of_range_is_refused_with_its_range(db: None, now: datetime) -> None:
    with pytest.raises(UnableToChangeOption, match="from 1 to 60"):
        change(MINUTES, 61, by=BY_COMMAND, now=now)


def test_a_choice_that_is_no_longer_possible_counts_as_the_default() -> None:
    assert Values({"sync.minutes": 500, "sync.depth": None}).of(MINUTES) == 5
