"""The forms under which names are sorted, searched and compared.

Folding lets a search find what it should whatever the case and the accents; it never decides that two people are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from mooring.customers.models.search_word import WORD_LENGTH

KEY_LENGTH: Final = 300
LAST_CHARACTER: Final = "\U0010ffff"
"""Behind every text that begins alike: a beginning is a range up to it."""
MOST_WORDS: Final = 200
"""A record is found under at most so many words; a longer name or a hundred addresses do not fill the index."""
MOST_WORDS_OF_A_SEARCH: Final = 6

_LETTERS_WITHOUT_PARTS: Final = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ø": "o",
        "ŧ": "t",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ŋ": "n",
        "ʻ": "'",
        "’": "'",
    }
)
"""Letters that Unicode does not take apart into a plain letter and a mark."""

_MARKS_THAT_ARE_LETTERS: Final = frozenset({0, 6, 7, 8, 9})
"""Combining classes of Indic vowel signs, nuktas, viramas and of Japanese voicing marks: without them it is another word."""

_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
_NO_DIGITS: Final = dict.fromkeys(code for code in range(128) if not chr(code).isdecimal())
"""For str.translate of ASCII."""
_ASCII_LETTER: Final = re.compile(r"[A-Za-z@]")
_LEAST_PHONE_DIGITS: Final = 7
_COMPARED_PHONE_DIGITS: Final = 9
"""A Polish number without its country; long enough elsewhere to compare with and without country and trunk prefix."""


def fold(text: str) -> str:
    """Lower case, without accents, ligatures and needless blanks: "  Łódź  Straße" gives "lodz strasse"."""
    if not text.isascii():
        text = _without_accents(text)
    return " ".join(text.lower().split())


def name_key(name: str) -> str:
    """The name for sorting, as long as its column. A name of marks alone sorts under itself."""
    return (fold(name) or name)[:KEY_LENGTH]


def words_in(text: str) -> list[str]:
    """The folded words of a text in their order, cut at everything that is neither letter nor digit."""
    if text.isascii() and len(text) <= WORD_LENGTH:
        return _ASCII_WORD.findall(text.lower())
    return [word[:WORD_LENGTH] for word in _split(fold(text))]


def words_of(
    *, texts: Iterable[str] = (), emails: Iterable[str] = (), domains: Iterable[str] = (), phones: Iterable[str] = ()
) -> list[str]:
    """The words under which a record is found, each once: words of texts; e-mail keys and domains whole and in parts; digits.

    `emails` are match keys, `domains` keys of hosts, `phones` numbers as they are written.
    """
    found: list[str] = []
    for text in texts:
        found += words_in(text)
        if _is_like_a_phone(text):
            found += _words_of_phone(text)
    for email in emails:
        found += (fold(email)[:WORD_LENGTH], fold(email.rpartition("@")[2])[:WORD_LENGTH], *words_in(email))
    for domain in domains:
        found += (domain[:WORD_LENGTH], *words_in(domain))
    for phone in phones:
        found += (*_words_of_phone(phone), *words_in(phone))
    return list(dict.fromkeys(found))[:MOST_WORDS]


def words_to_search(text: str) -> list[str]:
    """The prefixes that a search asks for, each once, the longest first. Whole e-mail addresses and phones stay whole."""
    if _is_like_a_phone(text):
        return [phone_key(text)]
    found: dict[str, None] = {}
    for part in fold(text.replace("\0", " ")).split():  # PostgreSQL takes no NUL.
        if "@" in part.strip("@"):
            found[part.strip("@<>()[],;\"'")[:WORD_LENGTH]] = None
        else:
            found.update(dict.fromkeys(word[:WORD_LENGTH] for word in _split(part)))
    by_length = sorted(found, key=len, reverse=True)
    kept = [word for index, word in enumerate(by_length) if not any(longer.startswith(word) for longer in by_length[:index])]
    return kept[:MOST_WORDS_OF_A_SEARCH]


def digits_of(phone: str) -> str:
    """The digits of a number as 0 to 9, whatever script they are written in."""
    if phone.isascii():
        return phone.translate(_NO_DIGITS)[:40]
    return "".join(str(unicodedata.digit(character)) for character in phone if character.isdecimal())[:40]


def phone_key(phone: str) -> str:
    """The last nine digits, by which numbers are compared; empty when there are fewer than seven."""
    return _key_of_digits(digits_of(phone))


def _key_of_digits(digits: str) -> str:
    return digits[-_COMPARED_PHONE_DIGITS:] if len(digits) >= _LEAST_PHONE_DIGITS else ""


def _is_like_a_phone(text: str) -> bool:
    if len(text) < _LEAST_PHONE_DIGITS or _ASCII_LETTER.search(text):
        return False
    return bool(phone_key(text)) and not any(character.isalpha() for character in text)


def _words_of_phone(phone: str) -> tuple[str, ...]:
    digits = digits_of(phone)
    return tuple(word for word in (digits, _key_of_digits(digits)) if word)


def _without_accents(text: str) -> str:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(character for character in text if unicodedata.combining(character) in _MARKS_THAT_ARE_LETTERS)
    return unicodedata.normalize("NFC", kept.translate(_LETTERS_WITHOUT_PARTS))


def _split(folded: str) -> list[str]:
    """Runs of letters, digits and of the marks that belong to them."""
    if folded.isascii():
        return _ASCII_WORD.findall(folded)
    kept = "".join(character if unicodedata.category(character)[0] in "LNM" else " " for character in folded)
    return kept.split()
