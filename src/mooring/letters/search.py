"""Full-text search over letters, newest first, always with the reader's rights inside the query.

SQLite walks FTS5 in the order of its row ids. PostgreSQL's planner takes the wrong index for rare and for common words
(measured: up to 7 s at 1,000,000 letters), so the plan is chosen here: hits are fetched through the GIN index up to a cap;
fewer than that are sorted, more are found sooner by walking the letters from the newest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, cast

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.expressions import RawSQL

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import position_of
from mooring.letters.models import Letter
from mooring.letters.models.letter import LetterQuerySet
from mooring.letters.paging import PAGE_SIZE, Page, Window
from mooring.letters.search_query import Search, fts5_text, parse_search, tsquery_text
from mooring.letters.text_index import TABLE, empty_index, index_batch, rebuild_index
from mooring.letters.visibility import few_positions, findable_letters
from mooring.users.models import User

__all__ = ("empty_index", "index_batch", "newest_with", "rebuild_index", "search")

MOST_SORTED: Final = 2_000
"""Up to so many hits are sorted on PostgreSQL; with more, some are near the newest letters and a walk finds them."""
_FEW_ASKED: Final = 500
"""A reader of so few letters has each of them asked whether it holds the words; not for beginnings of words, which FTS5 gathers
anew each time."""
_STRETCHES: Final = (200, 1_000, 4_000)
"""So many letters are looked at in turn for those that lack some words, before all letters with the words are gathered."""
_WALK_MS: Final = 400
"""How long such a walk may take before all hits are sorted after all: the words may stand in old letters only."""


def search(*, reader: User, text: str, cursor: str = "", size: int = PAGE_SIZE) -> Page[Letter]:
    """A page of the letters that hold the words, newest first; not of what was deleted. Nothing typed, nothing found."""
    wanted = parse_search(text)
    few = None if wanted.is_empty else few_positions(reader)
    if wanted.is_empty or few == []:
        return Page([])
    window = Window.of(cursor)
    found = newest_with(findable_letters(reader), text=text, window=window, most=size + 1, few=few)
    return window.page(found, size=size, position=lambda letter: letter.position)


def newest_with(
    letters: LetterQuerySet, *, text: str, window: Window, most: int, few: Sequence[int] | None = None
) -> list[Letter]:
    """The first letters of the window among these that hold the words. `few`: the positions that all of them are among."""
    wanted = parse_search(text)
    letters = _filtered(letters, wanted).filter(**window.bounds())
    if few is not None:
        letters = letters.filter(position__in=any_of(few))
    if not wanted.terms:
        return list(letters.order_by(window.order)[:most])
    if few is not None and len(few) <= _FEW_ASKED and not any(term.is_prefix for term in wanted.terms):
        return _found_one_by_one(letters, wanted, window, most)
    if not wanted.wanted:
        return _found_without(letters, wanted, window, most)
    if connection.vendor == "sqlite":
        return list(_found_by_fts5(letters, wanted, window, few)[:most])
    return _found_by_gin(letters, wanted, window, most)


def _filtered(letters: LetterQuerySet, wanted: Search) -> LetterQuerySet:
    if wanted.has_attachment:
        letters = letters.filter(attachment_count__gt=0)
    if wanted.since is not None:
        letters = letters.filter(position__gte=_first_position(wanted.since))
    if wanted.before is not None:
        letters = letters.filter(position__lt=_first_position(wanted.before))
    return letters


def _found_by_fts5(letters: LetterQuerySet, wanted: Search, window: Window, few: Sequence[int] | None) -> LetterQuerySet:
    expression = _expression(wanted, wanted=True)
    if wanted.excluded:
        expression = f"({expression}) NOT ({_expression(wanted, wanted=False)})"
    where = [f"letters_letter.position = +{TABLE}.rowid", f"{TABLE} MATCH %s"]
    params: list[object] = [expression]
    # The bounds of the page and of the dates must reach FTS5 itself, which walks its row ids only between them.
    for sign, bound in _row_id_bounds(wanted, window):
        where.append(f"{TABLE}.rowid {sign} %s")
        params.append(bound)
    if few is not None:
        # Asked of each hit before its letter is looked up: of a common word, hardly a hit is among the reader's few letters.
        where.append(f"+{TABLE}.rowid IN (SELECT value FROM json_each(%s))")  # noqa: S608
        params.append(json.dumps(list(few)))
    order = f"{TABLE}.rowid" if window.is_upwards else f"-{TABLE}.rowid"
    joined = letters.extra(tables=[TABLE], where=where, params=params, order_by=[order])  # noqa: S610  # texts of this file
    return cast(LetterQuerySet, joined)


def _found_one_by_one(letters: LetterQuerySet, wanted: Search, window: Window, most: int) -> list[Letter]:
    if wanted.wanted:
        letters = letters.filter(_meets(_expression(wanted, wanted=True)))
    if wanted.excluded:
        letters = letters.filter(~Q(_meets(_expression(wanted, wanted=False))))
    return list(letters.order_by(window.order)[:most])


def _found_without(letters: LetterQuerySet, wanted: Search, window: Window, most: int) -> list[Letter]:
    """Letters without some words: nearly all, as a rule, so that the first stretches of the window hold enough."""
    expression, rest = _expression(wanted, wanted=False), letters
    found: list[Letter] = []
    for stretch in _STRETCHES:
        part = list(rest.order_by(window.order)[:stretch])
        held = _holding(expression, [letter.position for letter in part])
        found += [letter for letter in part if letter.position not in held]
        if len(found) >= most or len(part) < stretch:
            return found[:most]
        edge = part[-1].position
        rest = letters.filter(**Window(edge, window.is_upwards).bounds())
    return list(_without_excluded(letters, wanted).order_by(window.order)[:most])


def _holding(expression: str, positions: Sequence[int]) -> set[int]:
    """Which of these letters, neighbours in the index, meet the expression."""
    if not positions:
        return set()
    column = "rowid" if connection.vendor == "sqlite" else "position"
    with connection.cursor() as cursor:
        bounds: list[str | int] = [expression, min(positions), max(positions)]
        cursor.execute(f"{_hits_sql()} AND {column} BETWEEN %s AND %s", bounds)
        return {position for (position,) in cursor.fetchall()}


def _row_id_bounds(wanted: Search, window: Window) -> Iterator[tuple[str, int]]:
    if window.edge is not None:
        yield (">" if window.is_upwards else "<"), window.edge
    if wanted.since is not None:
        yield ">=", _first_position(wanted.since)
    if wanted.before is not None:
        yield "<", _first_position(wanted.before)


def _found_by_gin(letters: LetterQuerySet, wanted: Search, window: Window, most: int) -> list[Letter]:
    letters = _without_excluded(letters, wanted).order_by(window.order)
    expression = _expression(wanted, wanted=True)
    hits = _some_hits(expression)
    if len(hits) <= MOST_SORTED:
        return list(letters.filter(position__in=hits)[:most])
    try:
        with _planner(enable_bitmapscan="off", enable_seqscan="off", enable_sort="off", statement_timeout=str(_WALK_MS)):
            return list(letters.filter(_meets(expression))[:most])
    except OperationalError:
        hits_sorted = letters.filter(position__in=RawSQL(_hits_sql(), [expression]))  # noqa: S611  # a text of this file
        with _planner(enable_seqscan="off"):
            return list(hits_sorted[:most])


def _some_hits(expression: str) -> list[int]:
    with _planner(enable_seqscan="off", enable_indexscan="off"), connection.cursor() as cursor:
        cursor.execute(f"{_hits_sql()} LIMIT {MOST_SORTED + 1}", [expression])
        return [position for (position,) in cursor.fetchall()]


def _without_excluded(letters: LetterQuerySet, wanted: Search) -> LetterQuerySet:
    if not wanted.excluded:
        return letters
    expression = _expression(wanted, wanted=False)
    if connection.vendor == "sqlite":
        # Asked letter by letter, FTS5 begins anew each time (measured: 70 microseconds).
        return letters.exclude(position__in=RawSQL(_hits_sql(), [expression]))  # noqa: S611  # a text of this file
    return letters.filter(~Q(_meets(expression)))


def _expression(search: Search, *, wanted: bool) -> str:
    terms = search.wanted if wanted else search.excluded
    if connection.vendor == "sqlite":
        return fts5_text(terms, glue="AND" if wanted else "OR")
    return tsquery_text(terms, glue="&" if wanted else "|")


def _hits_sql() -> str:
    if connection.vendor == "sqlite":
        return f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s"  # noqa: S608
    return f"SELECT position FROM {TABLE} WHERE words @@ %s::tsquery"  # noqa: S608


def _meets(expression: str) -> Func:
    """Whether a letter's row of the index meets the expression: asked letter by letter, in the order of another index."""
    if connection.vendor == "sqlite":
        found, key = f"{TABLE} MATCH %(expressions)s", f" AND {TABLE}.rowid = "
    else:
        found, key = "words @@ %(expressions)s", f"::tsquery AND {TABLE}.position = "
    template = f"EXISTS (SELECT 1 FROM {TABLE} WHERE {found})"  # noqa: S608
    return Func(Value(expression), F("position"), template=template, arg_joiner=key, output_field=BooleanField())


def _first_position(moment: datetime) -> int:
    return position_of(moment, tie=0)


@contextmanager
def _planner(**settings: str) -> Iterator[None]:
    """PostgreSQL's planner with other settings, for the queries inside alone. One query more; two within a transaction."""
    names, values = list(settings), list(settings.values())
    outlives_us = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS a (name, value)", [names, values]
        )
        yield
        if outlives_us:
            cursor.execute("SELECT set_config(name, reset_val, true) FROM pg_settings WHERE name = ANY(%s)", [names])
