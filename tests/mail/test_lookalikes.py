"""Words of two alphabets whose letters look alike, in names and in hosts."""

from __future__ import annotations

import pytest

from mooring.mail.lookalikes import mixes_alphabets


@pytest.mark.parametrize(
    "text",
    [
        "p\u0430ypal",
        "support@p\u0430ypal.example",
        "support@xn--pypal-4ve.example",
        "The \u0421ompany",
        "\u03bfffice",
        "Xn--Pypal-4ve",
    ],
)
def test_words_of_two_alphabets_are_noticed(text: str) -> None:
    assert mixes_alphabets(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Anna Nowak",
        "Zażółć gęślą jaźń",
        "Иван Петров",
        "Иван Smith",
        "ΑΒΓ Ltd",
        "東京タワー",
        "東京 Tower",
        "office@example.com",
        "xn--nxasmq6b.example",
        "xn--99999999999999999.example",
        "xn--\u0430.example",
        "123_4",
    ],
)
def test_words_of_one_alphabet_are_left_alone(text: str) -> None:
    assert not mixes_alphabets(text)
