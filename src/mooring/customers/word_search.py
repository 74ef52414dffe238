"""Which records a search text finds: those that have, for each of its words, a word that begins with it.

A rare word leads to its records; for common ones a list is walked in its order and each row asked. Which of the two is
right is decided by counting a word's records up to a cap, which reads nothing but an index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, OuterRef, Q

from mooring.customers.counting import counts_up_to
from mooring.customers.names import LAST_CHARACTER, words_to_search
from mooring.customers.word_rows import word_model_of
from mooring.users.scoping import has_any

FEW: Final = 8_000
"""Up to so many records are gathered and sorted. With n records of a million, a walk crosses 50 / (n / 1,000,000) rows until a
page is full: at 8,000 some 6,000, and so both ways cost alike."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search text asks of a record. At most one of `few` and `unless_dense` is set."""

    condition: Q
    few: Q | None = None
    """Leads to the records of the rarest word."""
    unless_dense: Q | None = None
    """What `condition` asks, too, but led by the records of one of several common words; they may rarely stand together."""
    is_impossible: bool = False
    led_by: int = 0
    """How many records `unless_dense` is led by, as far as it was counted."""
    led: Q | None = None
    """What `condition` asks, led by the records of a common word, be it the only one: for what a walk that stops early left out.
    None where `few` is set."""


def found_by(models: Sequence[type[Model]], text: str) -> list[Found] | None:
    """How to find the records of each model for `text`, with one query; None if there is nothing to search for."""
    words = words_to_search(text)
    if not words:
        return [Found(Q(pk__in=()), few=Q(pk__in=()), is_impossible=True) for _model in models] if text.strip() else None
    counts = iter(counts_up_to(FEW, [beginning_with(model, word) for model in models for word in words]))
    return [found_with(model, {word: next(counts) for word in words}) for model in models]


def found_with(model: type[Model], counts: Mapping[str, int]) -> Found:
    """`counts` of the records of each word up to FEW, the longest word first."""
    words = list(counts)
    rarest = min(words, key=counts.__getitem__)
    if counts[rarest] <= FEW:
        others = [word for word in words if word != rarest]
        return Found(_each(model, others), few=_led_by(model, rarest), is_impossible=not counts[rarest])
    led = _led_by(model, words[0]) & _each(model, words[1:])
    return Found(_each(model, words), unless_dense=led if len(words) > 1 else None, led=led)


def _led_by(model: type[Model], word: str) -> Q:
    return Q(pk__in=beginning_with(model, word).values("record_id"))


def _each(model: type[Model], words: list[str]) -> Q:
    condition = Q()
    for word in words:
        condition &= has_any(beginning_with(model, word).filter(record=OuterRef("pk")))
    return condition


def beginning_with(model: type[Model], word: str) -> Any:
    """The words of records that begin with `word`."""
    rows: Any = word_model_of(model).objects
    return rows.filter(word__gte=word, word__lt=word + LAST_CHARACTER).order_by()
