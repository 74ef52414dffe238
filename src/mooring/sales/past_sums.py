"""What was open in a pipeline as a version has it, added up by month, person and stage: kept when the version is saved.

Forecasts of past days (sales.past_forecast) read these sums in the place of the versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from django.db.models import Exists, Max, OuterRef

from mooring.sales.models import PastState, PastSum, Pipeline, PipelineVersion, SumKind
from mooring.sales.money import NOTHING, weighted
from mooring.sales.pipeline_content import OpportunityContent, PipelineContent, StageContent

_WHY: Final = "what was open in a pipeline is kept as long as it stands, whoever may see it"
_AT_ONCE: Final = 500


def past_sums_of(content: PipelineContent) -> list[PastSum]:
    """What is open in it, by every kind; rows that belong to no state yet. Pure."""
    stages = {stage.uid: (place, stage) for place, stage in enumerate(content.stages)}
    found: dict[tuple[str, str, str], PastSum] = {}
    for row in content.opportunities:
        place, stage = stages[row.stage]
        if stage.outcome != "open":
            continue
        chance = weighted(row.amount, stage.probability if row.probability is None else row.probability, row.currency)
        for kind, value in _keys(row, place, stage):
            known = found.get((kind, value, row.currency))
            if known is None:
                known = PastSum(kind=kind, value=value, currency=row.currency, count=0, amount=NOTHING, weighted=NOTHING)
                found[kind, value, row.currency] = known
            known.count += 1
            known.amount += row.amount
            known.weighted += chance
    return list(found.values())


def _keys(row: OpportunityContent, place: int, stage: StageContent) -> Iterator[tuple[str, str]]:
    yield SumKind.OWN, ""
    yield SumKind.MONTH, f"{row.close_on:%Y-%m}" if row.close_on else ""
    yield SumKind.PERSON, row.owner
    yield SumKind.STAGE, f"{place:05} {stage.title}"


def keep_past_sums(version: PipelineVersion, rows: Sequence[PastSum]) -> None:
    """Beside a version that was just saved, what past_sums_of made of its content; its deed holds the pipeline."""
    state = PastState.objects.create(uid=version.uid, number=version.number, saved_at=version.saved_at)
    for row in rows:
        row.state = state
    PastSum.objects.bulk_create(rows, batch_size=_AT_ONCE)


def highest_number(uid: UUID) -> int:
    """Of all versions that the pipeline ever had, those destroyed since included; 0 without any."""
    return int(PastState.objects.filter(uid=uid).aggregate(highest=Max("number"))["highest"] or 0)


def drop_past_sums(uids: Collection[UUID]) -> None:
    """Of these pipelines the states of which neither the pipeline nor the version is left."""
    for some in _portions(sorted(uids)):
        pipelines = Pipeline.objects.unscoped(_WHY).filter(uid=OuterRef("uid"))
        versions = PipelineVersion.objects.unscoped(_WHY).filter(uid=OuterRef("uid"), number=OuterRef("number"))
        PastState.objects.filter(~Exists(pipelines), ~Exists(versions), uid__in=some).delete()


def _portions(uids: list[UUID]) -> Iterable[list[UUID]]:
    return (uids[start : start + _AT_ONCE] for start in range(0, len(uids), _AT_ONCE))
