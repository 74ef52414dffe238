"""Sales mailboxes, pipelines and opportunities by the words of their names, within the reader's rights: for palette and search.

Boxes and pipelines are few. Opportunities may be a million: a rare word leads to them; for common ones all that the reader sees
are gathered where these are few, and else the newest are walked. The newest come first: that is how people look for a sale.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, CharField, ExpressionWrapper, F, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from mooring.customers.models import Customer, Lead
from mooring.customers.value_lists import any_of
from mooring.customers.word_search import FEW, Found
from mooring.sales.models import Ancestry, Opportunity, Pipeline, SalesMailbox
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import among_owners, owners_within

WALKED: Final = 30_000
"""So many of the newest opportunities are asked one by one for common words, so that words that fit none cost no more."""
_WHY: Final = "gathered up to a cap; what is found among them is within the reader's rights"
_WHERE: Final = "only where the newest begin is asked"
_SHOWN: Final = "their ids were found within the reader's rights"

KINDS: Final = (SalesMailbox, Pipeline, Opportunity)


class _Row(NamedTuple):
    kind: int
    order: int
    name: str
    pk: int
    box_id: int
    pipeline: str
    whom: str


@dataclass(frozen=True, slots=True)
class FoundSale:
    """`path` leads from the top of what the reader sees down to the box in which it lies; empty where that box is hidden."""

    model: type[SalesMailbox | Pipeline | Opportunity]
    pk: int
    name: str
    pipeline: str
    """Of an opportunity."""
    whom: str
    """The customer or lead of an opportunity."""
    path: tuple[str, ...]


def find_sales(*, reader: User, found: Sequence[Found] | None, opened: Collection[int] = (), limit: int = 10) -> list[FoundSale]:
    """The first of what is `found` by KINDS, at most `limit`, of every kind at least its share.

    Two queries, three for very common words.
    `opened` are the boxes that the reader's session opened with their passwords.
    """
    if found is None or not scope_of(reader, Module.SALES, Action.VIEW):
        return []
    boxes, pipelines, sales = found
    kinds = (
        _first(SalesMailbox.objects.visible_to(reader, opened=opened), boxes, ("number",), limit),
        _first(Pipeline.objects.visible_to(reader, opened=opened), pipelines, ("name", "pk"), limit),
        _opportunities(reader, sales, opened, limit),
    )
    rows = _rows_of(kinds, limit)
    paths = _paths_of({row.box_id for row in rows}, reader=reader, opened=opened) if rows else {}
    return [FoundSale(KINDS[row.kind], row.pk, row.name, row.pipeline, row.whom, paths.get(row.box_id, ())) for row in rows]


def _paths_of(box_ids: Collection[int], *, reader: User, opened: Collection[int] = ()) -> dict[int, tuple[str, ...]]:
    """Of each of these boxes that the reader sees: the boxes above it that they see, and itself, from the top down. One query."""
    seen = SalesMailbox.objects.visible_to(reader, opened=opened)
    lines = Ancestry.objects.filter(below__in=any_of(box_ids), above__in=seen.values("pk"))
    paths: dict[int, tuple[str, ...]] = {}
    reached: set[int] = set()
    for line in lines.select_related("above").order_by("-steps"):
        paths[line.below_id] = (*paths.get(line.below_id, ()), str(line.above))
        if not line.steps:
            reached.add(line.below_id)
    return {box_id: paths[box_id] for box_id in reached}


def _first(rows: Any, found: Found, order: Sequence[str], limit: int) -> Any:
    """None where nothing can be found."""
    if found.is_impossible:
        return None
    return rows.filter(found.condition, found.few or Q()).order_by(*order)[:limit]


def _opportunities(reader: User, found: Found, opened: Collection[int], limit: int) -> Any:
    """At most one query before the one that is handed back."""
    rows: Any = Opportunity.objects.visible_to(reader, opened=opened)
    if found.is_impossible:
        return None
    rows = rows.filter(found.condition).order_by("-pk")
    if found.few is not None:
        return rows.filter(found.few)[:limit]
    if scope_of(reader, Module.SALES, Action.VIEW) is not Scope.ALL:
        seen = _few_seen_by(reader, opened)
        if seen is not None:
            return rows.filter(pk__in=any_of(seen))[:limit]
    everybodys: Any = Opportunity.objects.unscoped(_WHERE)
    edge = everybodys.order_by("-pk").values("pk")[WALKED : WALKED + 1]
    return rows.filter(pk__gt=Coalesce(Subquery(edge), 0))[:limit]


def _rows_of(kinds: Sequence[Any], limit: int) -> list[_Row]:
    """What there is to say of what was found, of each kind in turns until there are `limit`. One query."""
    parts = [_named(kind, rows) for kind, rows in enumerate(kinds) if rows is not None]
    if not parts:
        return []
    found = sorted(_Row(*row) for row in parts[0].union(*parts[1:], all=True))
    of_each = [[row for row in found if row.kind == kind] for kind in range(len(kinds))]
    in_turns = [row for turn in zip_longest(*of_each) for row in turn if row is not None]
    return sorted(in_turns[:limit])


def _named(kind: int, rows: Any) -> Any:
    """The columns of _Row, alike for each kind, so that one query reads all of them."""
    text = Value("", CharField())
    order, name, box, pipeline, whom = (
        (Cast("number", BigIntegerField()), "name", "pk", text, text),
        (Value(0, BigIntegerField()), "name", "mailbox_id", text, text),
        (
            ExpressionWrapper(-1 * F("pk"), BigIntegerField()),
            "title",
            "pipeline__mailbox_id",
            F("pipeline__name"),
            Coalesce("customer__name", "lead__name", text),
        ),
    )[kind]
    shown: Any = rows.model.objects.unscoped(_SHOWN).filter(pk__in=rows.values("pk")).order_by()
    return shown.annotate(
        of_kind=Value(kind, BigIntegerField()), at=order, called=F(name), box=F(box), of_pipeline=pipeline, of_whom=whom
    ).values_list("of_kind", "at", "called", "pk", "box", "of_pipeline", "of_whom")


def _few_seen_by(reader: User, opened: Collection[int]) -> set[int] | None:
    """Ids among which are all opportunities that the reader sees; None where these may be more than FEW. One query."""
    rows: Any = Opportunity.objects.unscoped(_WHY)
    return _ids_up_to(
        FEW,
        (
            rows.filter(among_owners(owners_within(reader, scope_of(reader, Module.SALES, Action.VIEW)))),
            rows.filter(pipeline__in=Pipeline.objects.visible_to(reader, opened=opened).values("pk")),
            rows.filter(customer__in=Customer.objects.visible_to(reader).values("pk")),
            rows.filter(lead__in=Lead.objects.visible_to(reader).values("pk")),
        ),
    )


def _ids_up_to(cap: int, parts: Sequence[QuerySet[Any]]) -> set[int] | None:
    """By hand, as in customers.counting: Django refuses parts with a limit on SQLite, which takes them well."""
    statements: list[str] = []
    values: list[Any] = []
    for rows in parts:
        try:
            sql, params = rows.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(f"SELECT * FROM ({sql}) AS part")  # noqa: S608  # made of querysets alone
        values += params
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), values)
        ids = [pk for (pk,) in cursor.fetchall()]
    return None if len(ids) > cap else set(ids)
