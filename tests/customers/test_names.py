"""Folding, search words and phone keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.customers.models.search_word import WORD_LENGTH
from mooring.customers.names import (
    MOST_WORDS,
    MOST_WORDS_OF_A_SEARCH,
    digits_of,
    fold,
    name_key,
    phone_key,
    words_in,
    words_of,
    words_to_search,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Łódź \t Straße ", "lodz strasse"),
        ("İstanbul IĞDIR ığdır", "istanbul igdir igdir"),
        ("Ørsted Œuvre Æsir Þór Đorđe", "orsted oeuvre aesir thor dorde"),
        ("ﬁrma ① ＡＢＣ", "firma 1 abc"),
        ("Ёлка й", "елка и"),
        ("O’Neil", "o'neil"),
        ("ガンダム", "ガンダム"),
        ("हिन्दी", "हिन्दी"),
        ("한국어", "한국어"),
        ("PLAIN  Text", "plain text"),
    ],
)
def test_case_accents_and_blanks_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_marks_that_are_letters_stay() -> None:
    assert fold("かき") != fold("がき")


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert len(name_key(text)) <= 300


def test_a_name_of_signs_alone_sorts_under_itself() -> None:
    assert name_key("\u0301") == "\u0301"


def test_a_record_is_found_by_all_that_people_remember_of_it() -> None:
    words = words_of(
        texts=("Pier & Söhne", "2024-000123"),
        emails=("jan.k@mail.pier.pl",),
        domains=("os.pier.pl",),
        phones=("+48 600-100-200",),
    )
    assert words == [
        *("pier", "sohne"),
        *("2024", "000123", "2024000123", "024000123"),
        *("jan.k@mail.pier.pl", "mail.pier.pl", "jan", "k", "mail", "pl"),
        *("os.pier.pl", "os"),
        *("48600100200", "600100200", "48", "600", "100", "200"),
    ]


def test_words_are_bounded_in_length_and_number() -> None:
    words = words_of(texts=(" ".join(f"w{n}" for n in range(500)), "x" * 500))
    assert len(words) == MOST_WORDS
    assert words_in("x" * 500) == ["x" * WORD_LENGTH]
    assert len(words_to_search(" ".join(f"w{n}" for n in range(50)))) == MOST_WORDS_OF_A_SEARCH


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kow jan", ["kow", "jan"]),
        ("Jan Janowski", ["janowski"]),
        ("<Jan.K@Pier.pl>", ["jan.k@pier.pl"]),
        ("@pier.pl", ["pier", "pl"]),
        ("+48 600 100 200", ["600100200"]),
        ("600-100-200", ["600100200"]),
        ("2024-000123", ["024000123"]),
        ("600 100", ["600", "100"]),
        ("& -- ", []),
        ("हिन्दी", ["हिन्दी"]),
    ],
)
def test_searches_ask_for_prefixes_the_longest_first(text: str, words: list[str]) -> None:
    assert words_to_search(text) == words


@given(st.text(max_size=40), st.integers(0, 39))
def test_every_beginning_of_a_name_finds_it(name: str, length: int) -> None:
    words = words_of(texts=(name,))
    for asked in words_to_search(name)[:1]:
        if "@" not in name:
            assert any(word.startswith(asked[: length + 1]) for word in words)


def test_no_database_is_asked_for_a_nul() -> None:
    assert words_to_search("ann\0bo@harbour.example") == ["bo@harbour.example", "ann"]


def test_phones_compare_by_their_last_digits() -> None:
    assert phone_key("+48 600 100 200") == phone_key("0048600100200") == phone_key("600-100-200") == "600100200"
    assert phone_key("٦٠٠١٠٠٢٠٠") == "600100200"
    assert phone_key("12345") == ""
    assert digits_of("1" * 99) == "1" * 40
