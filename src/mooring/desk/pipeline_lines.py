"""Pipelines in a list, each with what is open in it: for all pipelines, for one sales mailbox, and for Home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mooring.desk.sales_words import amounts, weighted_amounts
from mooring.sales.board import Sums
from mooring.sales.models import Pipeline
from mooring.sales.pipeline_sums import open_sums

MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineLine:
    """One pipeline and what is open in it."""

    pipeline: Pipeline
    count: int
    amounts: list[str]
    weighted: list[str]


def pipeline_lines(rows: Any, *, most: int = MOST) -> list[PipelineLine]:
    """By the number of the box, then by name. Two queries."""
    found = list(rows.select_related("mailbox").order_by("mailbox__number", "name", "pk")[:most])
    sums: dict[int, list[tuple[int, Sums]]] = open_sums(found)
    return [
        PipelineLine(
            pipeline=each,
            count=sum(count for count, _sums in sums.get(each.pk, ())),
            amounts=amounts(line for _count, line in sums.get(each.pk, ())),
            weighted=weighted_amounts(line for _count, line in sums.get(each.pk, ())),
        )
        for each in found
    ]
