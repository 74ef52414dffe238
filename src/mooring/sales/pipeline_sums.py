"""What is open in pipelines: how many opportunities, and their sums by currency."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Sum

from mooring.sales.board import Sums
from mooring.sales.models import Opportunity, Outcome, Pipeline


def open_sums(pipelines: Iterable[Pipeline]) -> dict[int, list[tuple[int, Sums]]]:
    """Pipeline id -> (count, sums) of each currency. One query."""
    rows = Opportunity.objects.unscoped("the page reached these pipelines within the reader's rights")
    rows = rows.filter(pipeline__in=[each.pk for each in pipelines], removed_at=None, stage__outcome=Outcome.OPEN)
    grouped = rows.order_by("pipeline_id", "currency").values_list("pipeline_id", "currency")
    found: dict[int, list[tuple[int, Sums]]] = {}
    for pipeline_id, currency, count, amount, chance in grouped.annotate(Count("pk"), Sum("amount"), Sum("weighted")):
        found.setdefault(pipeline_id, []).append((count, Sums(currency, amount, chance)))
    return found
