"""A pipeline in short: of each opportunity only what a comparison reads (sales.comparing).

Two versions of 2,000 opportunities are read in half the time that they take whole.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from mooring.sales.models import Opportunity, Pipeline, PipelineVersion
from mooring.sales.pipeline_content import StageContent, Whom
from mooring.sales.reading_content import stages_of

_WHY: Final = "a pipeline is read whole; the page chose it within the reader's rights"
_NAMES: Final = ("uid", "title", "stage__uid", "customer__name", "lead__name", "currency", "amount", "close_on")


class SaleInShort(NamedTuple):
    """An opportunity as a comparison reads it."""

    uid: str
    title: str
    stage: str
    whom: Whom
    currency: str
    amount: Decimal
    close_on: date | None


@dataclass(frozen=True, slots=True)
class PipelineInShort:
    """Stages in their order; opportunities in any."""

    stages: tuple[StageContent, ...]
    opportunities: tuple[SaleInShort, ...]


def short_of_version(version: PipelineVersion) -> PipelineInShort:
    """What the pipeline held when it was saved."""
    pipeline = json.loads(zlib.decompress(bytes(version.content)))["pipeline"]
    stages = tuple(StageContent(**row) for row in pipeline["stages"])
    return PipelineInShort(stages, tuple(_sale(row) for row in pipeline["opportunities"]))


def _sale(row: dict[str, Any]) -> SaleInShort:
    day, whom = row["close_on"], row["whom"]
    return SaleInShort(
        row["uid"],
        row["title"],
        row["stage"],
        Whom(kind=whom["kind"], name=whom["name"]),
        row["currency"],
        Decimal(row["amount"]),
        date.fromisoformat(day) if day else None,
    )


def short_of(pipeline: Pipeline) -> PipelineInShort:
    """As it stands. Two queries."""
    rows = Opportunity.objects.unscoped(_WHY).filter(pipeline=pipeline, removed_at=None).order_by()
    sales = (
        SaleInShort(str(uid), title, str(stage), _whom(customer, lead), currency, amount, close_on)
        for uid, title, stage, customer, lead, currency, amount, close_on in rows.values_list(*_NAMES)
    )
    return PipelineInShort(stages_of(pipeline), tuple(sales))


def _whom(customer: str | None, lead: str | None) -> Whom:
    return Whom(kind="lead", name=lead or "") if customer is None else Whom(kind="customer", name=customer)
