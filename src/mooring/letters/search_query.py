"""What people type to find letters -> what is looked for. Pure. Nothing a person types is ever an error.

ropes harbour        both words          "price list"   these words side by side       rop*     words that begin so
-ropes               not this word       from:ann  to:bob  subject:offer               in these fields only
has:attachment       before:2026-03-01  after:2025-12                                  before that day, from that day on
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from mooring.letters.words import folded

MOST_TERMS: Final = 30
LONGEST_QUERY: Final = 1_000

FIELDS: Final = {"from": "sender", "to": "recipients", "cc": "recipients", "subject": "subject"}
"""The words before a colon, and the fields of the index that they name."""
_WEIGHTS: Final = {"": "", "subject": "A", "sender": "B", "recipients": "C"}

_TERM: Final = re.compile(r'(?P<minus>-?)(?:(?P<field>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))(?P<star>\*?)')
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """Words side by side; the last one may be only the beginning of a word."""

    words: tuple[str, ...]
    field: str = ""
    is_prefix: bool = False
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """All terms must be met, none of the excluded ones."""

    terms: tuple[Term, ...] = ()
    has_attachment: bool = False
    since: datetime | None = None
    before: datetime | None = None

    @property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not term.is_excluded)

    @property
    def excluded(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.is_excluded)

    @property
    def is_empty(self) -> bool:
        return self == Search()


def parse_search(text: str) -> Search:
    """What a person typed. What makes no sense as a filter is looked for as words."""
    search = Search()
    for found in _TERM.finditer(text[:LONGEST_QUERY]):
        search = _with(search, found)
    return replace(search, terms=search.terms[:MOST_TERMS])


def fts5_text(terms: tuple[Term, ...], *, glue: str) -> str:
    """The terms for MATCH, joined by AND or OR. Words are letters and digits only; they are quoted all the same."""
    parts = []
    for term in terms:
        field = f"{{{term.field}}} : " if term.field else ""
        parts.append(f'{field}"{" ".join(term.words)}"{"*" if term.is_prefix else ""}')
    return f" {glue} ".join(f"({part})" for part in parts)


def tsquery_text(terms: tuple[Term, ...], *, glue: str) -> str:
    """The terms in the notation of tsquery, joined by & or |."""
    parts = []
    for term in terms:
        weight = _WEIGHTS[term.field]
        marks = [weight] * len(term.words)
        marks[-1] = f"*{weight}" if term.is_prefix else weight
        words = [f"'{word}':{mark}" if mark else f"'{word}'" for word, mark in zip(term.words, marks, strict=True)]
        parts.append(f"({' <-> '.join(words)})")
    return f" {glue} ".join(parts)


def _with(search: Search, found: re.Match[str]) -> Search:
    field = (found["field"] or "").lower()
    text = found["phrase"] if found["phrase"] is not None else found["word"]
    if field == "has" and text.lower().rstrip("s") == "attachment" and not found["minus"]:
        return replace(search, has_attachment=True)
    moment = _first_moment(text) if field in ("before", "after") and not found["minus"] else None
    if moment is not None:
        return replace(search, before=moment) if field == "before" else replace(search, since=moment)
    if field not in FIELDS and field:
        text = f"{found['field']} {text}"
    is_prefix = bool(found["star"]) or text.endswith("*")
    words = tuple(folded(text).split())
    if not words:
        return search
    term = Term(words, FIELDS.get(field, ""), is_prefix, bool(found["minus"]))
    return replace(search, terms=(*search.terms, term))


def _first_moment(text: str) -> datetime | None:
    """With which a year, month or day begins."""
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
