"""Sums of what is open below each box, kept by the database: read, put together, compared with the rows, made anew.

Every change adds lines, and what the lines of a key add up to is right at any moment (sales.models.OpenSum). Putting lines
together changes no sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from mooring.sales.models import Ancestry, OpenSum, Opportunity, Pipeline, SumKind

_WHY: Final = "sums are kept of all pipelines, whoever may see which"

# One statement, so that it adds up exactly the lines that it takes away, whatever others write meanwhile.
_IN_ONE: Final = """
    WITH gone AS (DELETE FROM sales_opensum WHERE box_id = %s RETURNING box_id, kind, value, currency, count, amount, weighted)
    INSERT INTO sales_opensum (box_id, kind, value, currency, count, amount, weighted)
    SELECT box_id, kind, value, currency, SUM(count), SUM(amount), SUM(weighted) FROM gone
    GROUP BY box_id, kind, value, currency HAVING SUM(count) <> 0 OR SUM(amount) <> 0 OR SUM(weighted) <> 0
"""
# SQLite has no such statement, and one writer at a time.
_ADDED: Final = """
    INSERT INTO sales_opensum (box_id, kind, value, currency, count, amount, weighted)
    SELECT box_id, kind, value, currency, SUM(count), SUM(amount), SUM(weighted) FROM sales_opensum WHERE box_id = %s AND id <= %s
    GROUP BY box_id, kind, value, currency HAVING SUM(count) <> 0 OR SUM(amount) <> 0 OR SUM(weighted) <> 0
"""


@dataclass(frozen=True, slots=True)
class SumKey:
    """What a sum is of."""

    box_id: int
    kind: str
    value: str
    currency: str


@dataclass(frozen=True, slots=True)
class KeptSum:
    """How many opportunities, and what they add up to."""

    count: int
    amount: Decimal
    weighted: Decimal

    def __add__(self, other: KeptSum) -> KeptSum:
        return KeptSum(self.count + other.count, self.amount + other.amount, self.weighted + other.weighted)


_NOTHING: Final = KeptSum(0, Decimal(0), Decimal(0))


def sums_by(condition: Q, *fields: str) -> list[Any]:
    """(*fields, currency, count, amount, weighted) of the kept lines. One query."""
    rows = OpenSum.objects.filter(condition).order_by().values_list(*fields, "currency")
    added = rows.annotate(Sum("count"), Sum("amount"), Sum("weighted"))
    return list(added.exclude(count__sum=0))


def put_together() -> int:
    """Make one line of those of each key, box by box; returns of how many boxes. Several at once do no harm."""
    keys = OpenSum.objects.order_by().values("box_id", "kind", "value", "currency")
    boxes = sorted(set(keys.annotate(Count("pk")).filter(pk__count__gt=1).values_list("box_id", flat=True)))
    for box_id in boxes:
        _put_together(box_id)
    return len(boxes)


def _put_together(box_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_IN_ONE, [box_id])
            return
        last = OpenSum.objects.filter(box=box_id).aggregate(last=Max("pk"))["last"] or 0
        cursor.execute(_ADDED, [box_id, last])
        OpenSum.objects.filter(box=box_id, pk__lte=last).delete()


def differences() -> list[SumKey]:
    """The keys of which the kept sum is not what the opportunities add up to, in order; none when all is well."""
    with transaction.atomic():
        wanted = _reckoned()
        known = {
            SumKey(*key): KeptSum(*sums)
            for *key, count, amount, chance in sums_by(Q(), "box_id", "kind", "value")
            for sums in [(count, amount, chance)]
        }
    wrong = {key for key in {**wanted, **known} if wanted.get(key, _NOTHING) != known.get(key, _NOTHING)}
    return sorted(wrong, key=lambda key: (key.box_id, key.kind, key.value, key.currency))


def make_anew() -> int:
    """Throw the kept sums away and reckon them from the opportunities; returns how many keys were wrong."""
    with transaction.atomic():
        # Who changes what is open shares these rows (the triggers on PostgreSQL).
        list(Pipeline.objects.unscoped(_WHY).select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        count = len(differences())
        OpenSum.objects.all().delete()
        OpenSum.objects.bulk_create(
            (
                OpenSum(
                    box_id=key.box_id,
                    kind=key.kind,
                    value=key.value,
                    currency=key.currency,
                    count=each.count,
                    amount=each.amount,
                    weighted=each.weighted,
                )
                for key, each in _reckoned().items()
            ),
            batch_size=2_000,
        )
    return count


def _reckoned() -> dict[SumKey, KeptSum]:
    """From the opportunities, by other ways than those of the triggers: grouped per box, then carried up the tree here."""
    above: dict[int, list[tuple[int, int]]] = {}
    for below_id, above_id, steps in Ancestry.objects.values_list("below_id", "above_id", "steps"):
        above.setdefault(below_id, []).append((above_id, steps))
    found: dict[SumKey, KeptSum] = {}
    for kind, box_id, value, currency, each in _grouped():
        for above_id, steps in above.get(box_id, ()):
            key = SumKey(above_id, SumKind.BELOW if kind == SumKind.OWN and steps else kind, value, currency)
            found[key] = found.get(key, _NOTHING) + each
    return found


def _grouped() -> Iterator[tuple[str, int, str, str, KeptSum]]:
    open_ones: QuerySet[Opportunity] = Opportunity.objects.unscoped(_WHY).filter(
        closed_at=None, removed_at=None, pipeline__reset_by=None, pipeline__removed_at=None
    )
    groups: Sequence[tuple[SumKind, dict[str, Any], Sequence[str]]] = (
        (SumKind.OWN, {}, ()),
        (SumKind.MONTH, {"month": TruncMonth("close_on")}, ("month",)),
        (SumKind.PERSON, {}, ("owner_id",)),
        (SumKind.STAGE, {}, ("stage__place", "stage__title")),
    )
    for kind, made, fields in groups:
        rows = open_ones.annotate(**made).order_by().values_list("pipeline__mailbox_id", *fields, "currency")
        for box_id, *values, currency, count, amount, chance in rows.annotate(Count("pk"), Sum("amount"), Sum("weighted")):
            yield kind, box_id, _as_kept(kind, values), currency, KeptSum(count, amount, chance)


def _as_kept(kind: SumKind, values: Iterable[Any]) -> str:
    if kind is SumKind.STAGE:
        place, title = values
        return f"{place:05} {title}"
    value = next(iter(values), None)
    if value is None:
        return ""
    return f"{value:%Y-%m}" if kind is SumKind.MONTH else str(value)
