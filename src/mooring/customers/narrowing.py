"""Filters by what was chosen from lists, and the way to the rows that fit: from the rarest choice, or by a walk that asks each.

As with words (customers.word_search), which of the two is right is decided by counting up to a cap; not all records are
counted but those of the part of the list that the reader looks at, since what many have may be rare among one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.db.models import F, Field, Func, IntegerField, Model, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from mooring.customers.counting import counts_up_to_each
from mooring.customers.names import words_to_search
from mooring.customers.word_search import FEW, Found, beginning_with, found_with
from mooring.users.scoping import has_any

MANY: Final = 50_000
"""Among several choices that many records have, the rarest is still told up to here: counting on costs a few milliseconds."""
_WHY: Final = "counted up to a cap, to choose a plan"


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter. `condition` asks a row that a walk meets; `rows` are as many as fit, and `lead` leads from them to these."""

    condition: Q
    rows: QuerySet[Any]
    lead: Callable[[QuerySet[Any]], Q]
    is_placed: bool = False
    """Whether `rows` know their record's owner and whether it rests in the archive, in the index by which they are counted."""

    def within(self, part: Q) -> QuerySet[Any]:
        """Those of a part of the list, as far as they know."""
        return self.rows.filter(part) if self.is_placed else self.rows


@dataclass(frozen=True, slots=True)
class _Counted:
    choice: Choice
    rows: QuerySet[Any]
    count: int


def choice_of_column(model: type[Model], column: str, value: Any, *, kind: Field[Any, Any] | None = None) -> Choice:
    """A column of the record's own row, with an index of it. `kind` of value, where it is no key."""
    lead = Q(**{column: value})
    rows: Any = model._default_manager
    condition = Q(Exact(_Met(F(column), output_field=kind or IntegerField()), value))
    return Choice(condition, rows.unscoped(_WHY).filter(lead), lambda _rows: lead, is_placed=True)


class _Met(Func):
    """A column as a walk meets it. SQLite would leave the walk for the column's index and then sort all that it finds there:
    a plus before a column says that it is not to be looked up (sqlite.org/optoverview.html)."""

    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


def choice_of_rows(rows: QuerySet[Any], owner: str, *, is_placed: bool = False) -> Choice:
    """Rows of another table that name the record in the column `owner`, each at most once."""
    condition = has_any(rows.filter(**{owner: OuterRef("pk")}))
    return Choice(condition, rows, lambda found: Q(pk__in=found.values(owner)), is_placed=is_placed)


def found_in_parts(model: type[Model], text: str, choices: Sequence[Choice], parts: Sequence[Q]) -> list[Found]:
    """What the words ask and what was chosen, together, for each part of a list. At most one query."""
    words = words_to_search(text)
    if text.strip() and not words:
        return [Found(Q(), is_impossible=True) for _part in parts]
    cap = FEW if len(choices) == 1 else MANY
    placed = [(choice, choice.within(part)) for part in parts for choice in choices]
    asked = [(FEW, beginning_with(model, word)) for word in words]
    counts = iter(counts_up_to_each([*asked, *((cap, rows) for _choice, rows in placed)]))
    found = found_with(model, {word: next(counts) for word in words}) if words else Found(Q())
    counted = (_Counted(choice, rows, next(counts)) for choice, rows in placed)
    return [_narrowed(found, list(islice(counted, len(choices)))) for _part in parts]


def _narrowed(found: Found, counted: Sequence[_Counted]) -> Found:
    if not counted or found.is_impossible:
        return found
    rarest = min(counted, key=lambda each: each.count)
    others = Q()
    for each in counted:
        if each is not rarest:
            others &= each.choice.condition
    is_impossible = not rarest.count
    if rarest.count <= FEW and found.few is None:
        return Found(found.condition & others, few=rarest.choice.lead(rarest.rows), is_impossible=is_impossible)
    asked = rarest.choice.condition & others
    unless_dense = None
    if found.unless_dense is not None:
        unless_dense = found.unless_dense & asked
    elif found.few is None:
        unless_dense = rarest.choice.lead(rarest.rows) & found.condition & others
    return Found(
        found.condition & asked, few=found.few, unless_dense=unless_dense, is_impossible=is_impossible, led_by=rarest.count
    )
