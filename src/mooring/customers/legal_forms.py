"""Names without what only says how a company is registered, so that “Acme Sp. z o.o.” and “ACME” are found to be one.

It never decides that two records are one: it only puts them beside each other for somebody to look at.
"""

from __future__ import annotations

from typing import Any, Final

from mooring.customers.models import Contact, Customer, Lead
from mooring.customers.names import KEY_LENGTH, name_key, words_in

_FORMS: Final = (
    *("sp z o o", "spolka z o o", "spolka z ograniczona odpowiedzialnoscia", "spolka akcyjna", "sp j", "spolka jawna", "sp k"),
    *("spolka komandytowa", "sp zoo", "spzoo", "s k a", "ska", "p s a", "psa", "spolka cywilna", "s c", "sc", "s a", "sa"),
    *(
        "gmbh",
        "mbh",
        "g m b h",
        "ag",
        "kg",
        "ohg",
        "ug",
        "e k",
        "ek",
        "e v",
        "ev",
        "gmbh co kg",
        "co kg",
        "se",
        "haftungsbeschrankt",
    ),
    *("ltd", "limited", "llc", "l l c", "llp", "plc", "p l c", "inc", "incorporated", "corp", "corporation", "co", "company"),
    *("sarl", "s a r l", "sas", "s a s", "eurl", "srl", "s r l", "spa", "s p a", "sl", "s l", "slu", "lda", "sro", "s r o"),
    *("spol s r o", "a s", "kft", "zrt", "nyrt", "bv", "b v", "nv", "n v", "ab", "aps", "a s", "oy", "oyj", "as", "asa", "uab"),
    *("sia", "ou", "d o o", "doo", "ood", "eood", "pty", "pty ltd", "pvt ltd"),
)
_AS_WORDS: Final = frozenset(tuple(form.split()) for form in _FORMS)
_SIZES: Final = sorted({len(form) for form in _AS_WORDS}, reverse=True)
_ENDS: Final = frozenset(form[-1] for form in _AS_WORDS)
_BEGINNINGS: Final = frozenset(form[0] for form in _AS_WORDS if len(form) > 1)


def name_columns(model: type[Any], name: str) -> dict[str, str]:
    """The columns that a record of this kind derives from its name."""
    columns = {"name_key": name_key(name)}
    if model is Customer:
        columns["twin_key"] = firm_key(name)
    elif model in (Lead, Contact):
        columns["twin_key"] = person_key(name)
    return columns


def firm_key(name: str) -> str:
    """The folded words of a company's name without legal forms at its ends; a name of nothing else stays whole."""
    words = words_in(name)
    shorter = _without_a_form(words)
    while shorter:
        words, shorter = shorter, _without_a_form(shorter)
    return (" ".join(words) or name_key(name))[:KEY_LENGTH]


def person_key(name: str) -> str:
    """The folded words of a person's name in the order of the alphabet: family names stand first or last."""
    return (" ".join(sorted(words_in(name))) or name_key(name))[:KEY_LENGTH]


def _without_a_form(words: list[str]) -> list[str]:
    """Without one form at the end or the beginning; empty where there is none, or nothing else."""
    ends = len(words) > 1 and words[-1] in _ENDS
    begins = len(words) > 1 and words[0] in _BEGINNINGS
    for size in _SIZES if ends or begins else ():
        if ends and len(words) > size and tuple(words[-size:]) in _AS_WORDS:
            return words[:-size]
        if begins and len(words) > size > 1 and tuple(words[:size]) in _AS_WORDS:
            return words[size:]
    return []
