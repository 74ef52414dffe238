"""Sales mailboxes, pipelines and opportunities by the words of their names, within the reader's rights: for palette and search.

Boxes and pipelines are few. Opportunities may be a million: a rare word leads to them; for common ones all that the reader sees
are gathered where these are few, and else the newest are walked. Where these are not enough, a common word leads to the others
after all. The newest come first: that is how people look for a sale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, CharField, ExpressionWrapper, F, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from mooring.customers.models import Customer, Lead
from mooring.customers.seen_roots import roots_seen_by
from mooring.customers.value_lists import any_of
from mooring.customers.word_search import FEW, Found
from mooring.sales.models import Ancestry, Opportunity, Pipeline, SalesMailbox
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import among_owners, owners_within

WALKED: Final = 30_000
"""So many of the newest opportunities are asked one by one for common words before others are looked for by the words."""
_WHY: Final = "gathered up to a cap; what is found among them is within the reader's rights"
_WHERE: Final = "only where the newest begin is asked"
_SHOWN: Final = "their ids were found within the reader's rights"
_NO_TEXT: Final = Value("", CharField())


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of what is found; `place`, `name`, `box`, `pipeline` and `whom` are the columns of _Row that are its own."""

    model: Any
    sorting: tuple[str, ...]
    place: Any
    name: str
    box: str
    pipeline: Any = _NO_TEXT
    whom: Any = _NO_TEXT


_BOX: Final = _Kind(SalesMailbox, ("number",), place=Cast("number", BigIntegerField()), name="name", box="pk")
_PIPELINE: Final = _Kind(Pipeline, ("name", "pk"), place=Value(0, BigIntegerField()), name="name", box="mailbox_id")
_OPPORTUNITY: Final = _Kind(
    Opportunity,
    ("-pk",),
    place=ExpressionWrapper(-1 * F("pk"), BigIntegerField()),
    name="title",
    box="pipeline__mailbox_id",
    pipeline=F("pipeline__name"),
    whom=Coalesce("customer__name", "lead__name", _NO_TEXT),
)
_KINDS: Final = (_BOX, _PIPELINE, _OPPORTUNITY)
KINDS: Final = tuple(kind.model for kind in _KINDS)


class _Row(NamedTuple):
    """Rows of a kind are in order by `place`, and by name where that is the same."""

    kind: int
    place: int
    name: str
    pk: int
    box_id: int
    pipeline: str
    whom: str


@dataclass(frozen=True, slots=True)
class _Way:
    """The first of a kind in their order; `otherwise` finds them, too, where `rows` stops before there are enough."""

    rows: Any
    otherwise: Any = None


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

    At most two queries; for very common words one more where the newest opportunities are not enough, and two more for readers of
    a part of them. Their rights and groups are read before, once for each user object, as everywhere.
    `opened` are the boxes that the reader's session opened with their passwords.
    """
    if found is None or not scope_of(reader, Module.SALES, Action.VIEW):
        return []
    ways = {
        number: _way_to(kind, each, reader, opened, limit)
        for number, (kind, each) in enumerate(zip(_KINDS, found, strict=True))
        if not each.is_impossible
    }
    rows = _in_turns(_rows_of(ways, limit), limit)
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


def _way_to(kind: _Kind, found: Found, reader: User, opened: Collection[int], limit: int) -> _Way:
    """At most two queries, for common words of opportunities; else none."""
    seen = kind.model.objects.visible_to(reader, opened=opened).order_by(*kind.sorting)
    if kind is _OPPORTUNITY and found.few is None:
        return _way_by_common_words(seen, found, reader, opened, limit)
    return _Way(seen.filter(found.condition, found.few or Q())[:limit])


def _way_by_common_words(seen: Any, found: Found, reader: User, opened: Collection[int], limit: int) -> _Way:
    """At most two queries, none for who sees all."""
    if scope_of(reader, Module.SALES, Action.VIEW) is not Scope.ALL:
        ids = _few_seen_by(reader, opened)
        if ids is not None:
            return _Way(seen.filter(found.condition, pk__in=any_of(ids))[:limit])
    everybodys: Any = Opportunity.objects.unscoped(_WHERE)
    edge = everybodys.order_by("-pk").values("pk")[WALKED : WALKED + 1]
    led = seen.filter(found.led or found.condition)
    if connection.vendor == "postgresql":
        # By their ids it would walk all opportunities, as if words stood anywhere alike: four times the time (measured).
        led = led.order_by(_OPPORTUNITY.place)
    return _Way(seen.filter(found.condition, pk__gt=Coalesce(Subquery(edge), 0))[:limit], otherwise=led[:limit])


def _rows_of(ways: Mapping[int, _Way], limit: int) -> list[_Row]:
    """What there is to say of the first `limit` of each kind. At most two queries."""
    found = _read({kind: way.rows for kind, way in ways.items()})
    counts = Counter(row.kind for row in found)
    again = {kind: way.otherwise for kind, way in ways.items() if way.otherwise is not None and counts[kind] < limit}
    return [row for row in found if row.kind not in again] + _read(again)


def _read(kinds: Mapping[int, Any]) -> list[_Row]:
    """One query."""
    parts = [_named(kind, rows) for kind, rows in kinds.items()]
    return [_Row(*row) for row in parts[0].union(*parts[1:], all=True)] if parts else []


def _named(number: int, rows: Any) -> Any:
    """The columns of _Row, alike for each kind, so that one query reads all of them."""
    kind = _KINDS[number]
    shown: Any = kind.model.objects.unscoped(_SHOWN).filter(pk__in=rows.values("pk")).order_by()
    return shown.annotate(
        of_kind=Value(number, BigIntegerField()),
        at=kind.place,
        called=F(kind.name),
        box=F(kind.box),
        of_pipeline=kind.pipeline,
        of_whom=kind.whom,
    ).values_list("of_kind", "at", "called", "pk", "box", "of_pipeline", "of_whom")


def _in_turns(rows: Sequence[_Row], limit: int) -> list[_Row]:
    """Of each kind in turns until there are `limit`; then in their order."""
    of_each = [[row for row in sorted(rows) if row.kind == kind] for kind in range(len(_KINDS))]
    in_turns = [row for turn in zip_longest(*of_each) for row in turn if row is not None]
    return sorted(in_turns[:limit])


def _few_seen_by(reader: User, opened: Collection[int]) -> set[int] | None:
    """Ids among which are all opportunities that the reader sees; None where these may be more than FEW. At most two queries.

    Where the reader sees many customers, or many leads, all opportunities with one are among them, seen or not: they are asked.
    """
    customers, leads = roots_seen_by(reader)
    conditions = (
        among_owners(owners_within(reader, scope_of(reader, Module.SALES, Action.VIEW))),
        Q(pipeline__in=Pipeline.objects.visible_to(reader, opened=opened).values("pk")),
        Q(customer__in=Customer.objects.visible_to(reader).values("pk")) if customers <= FEW else Q(customer__gt=0),
        Q(lead__in=Lead.objects.visible_to(reader).values("pk")) if leads <= FEW else Q(lead__gt=0),
    )
    rows: Any = Opportunity.objects.unscoped(_WHY)
    return _ids_up_to(FEW, [rows.filter(condition) for condition in conditions])


def _ids_up_to(cap: int, parts: Sequence[QuerySet[Any]]) -> set[int] | None:
    """The ids in all parts together, None where they are more than `cap`. One query.

    By hand, as in customers.counting: Django refuses parts with a limit on SQLite, which takes them well.
    """
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
        ids = {pk for (pk,) in cursor.fetchall()}
    return None if len(ids) > cap else ids
