"""Filters by what was chosen from lists, and the way to the rows that fit: from the rarest choice, or by a walk that asks each.

As with words (customers.word_search), which of the two is right is decided by counting up to a cap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Func, IntegerField, Model, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from mooring.customers.counting import counts_up_to
from mooring.customers.word_search import FEW, Found
from mooring.users.scoping import has_any

MANY: Final = 50_000
"""Among several choices that many records have, the rarest is still told up to here: counting on costs a few milliseconds."""
_WHY: Final = "counted up to a cap, to choose a plan"


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter. `condition` asks a row that a walk meets, `lead` leads to all that fit, `counted` are as many as they."""

    condition: Q
    lead: Q
    counted: QuerySet[Any]


def choice_of_column(model: type[Model], column: str, value: int) -> Choice:
    """A column of the record's own row, with an index of it."""
    lead = Q(**{column: value})
    rows: Any = model._default_manager
    return Choice(Q(Exact(_Met(F(column)), value)), lead, rows.unscoped(_WHY).filter(lead))


class _Met(Func):
    """A column as a walk meets it. SQLite would leave the walk for the column's index and then sort all that it finds there:
    a plus before a column says that it is not to be looked up (sqlite.org/optoverview.html)."""

    template = "%(expressions)s"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


def choice_of_rows(rows: QuerySet[Any], owner: str) -> Choice:
    """Rows of another table that name the record in the column `owner`, each at most once."""
    return Choice(has_any(rows.filter(**{owner: OuterRef("pk")})), Q(pk__in=rows.values(owner)), rows)


def narrowed(found: Found, choices: Sequence[Choice]) -> Found:
    """What the words ask and what was chosen, together. At most one query."""
    if not choices or found.is_impossible:
        return found
    counts = counts_up_to(FEW if len(choices) == 1 else MANY, [choice.counted for choice in choices])
    rarest = counts.index(min(counts))
    lead = choices[rarest].lead if counts[rarest] <= FEW and found.few is None else None
    others = Q()
    for number, choice in enumerate(choices):
        if number != rarest:
            others &= choice.condition
    is_impossible = not counts[rarest]
    if lead is not None:
        return Found(found.condition & others, few=lead, is_impossible=is_impossible)
    asked = choices[rarest].condition & others
    unless_dense = None
    if found.unless_dense is not None:
        unless_dense = found.unless_dense & asked
    elif found.few is None:
        unless_dense = choices[rarest].lead & found.condition & others
    return Found(found.condition & asked, few=found.few, unless_dense=unless_dense, is_impossible=is_impossible)
