"""The stages of a pipeline as people enter them, the sets to begin with, and bringing them into a pipeline.

Runs inside the deeds of sales.pipelines; what is decided here is decided without looking at anybody's rights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid4

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mooring.sales.models import Opportunity, Outcome, Pipeline, Stage
from mooring.sales.money import weighted

MOST_STAGES: Final = 20
_WHY: Final = "the amounts of a stage follow its probability, whoever may see which"


class UnableToKeepPipeline(Exception):
    """The pipeline stands as it was. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageData:
    """One stage; `uid` is that of a stage that is there already, None for a new one."""

    title: str
    probability: int = 0
    outcome: str = Outcome.OPEN.value
    asks_reason: bool = False
    uid: UUID | None = None


def usual_stages() -> tuple[StageData, ...]:
    """What a new pipeline has unless somebody chose otherwise, in the language of the person who makes it."""
    return (
        StageData(title=pgettext("stage", "New"), probability=10),
        StageData(title=pgettext("stage", "Qualified"), probability=25),
        StageData(title=pgettext("stage", "Offer made"), probability=50),
        StageData(title=pgettext("stage", "Negotiation"), probability=75),
        StageData(title=pgettext("stage", "Won"), probability=100, outcome=Outcome.WON.value),
        StageData(title=pgettext("stage", "Lost"), outcome=Outcome.LOST.value, asks_reason=True),
    )


def stages_as_kept(stages: Sequence[StageData]) -> list[dict[str, Any]]:
    """As a template keeps them, without the pipeline that they came from."""
    return [{name: value for name, value in asdict(stage).items() if name != "uid"} for stage in stages]


def stage_data_of(pipeline: Pipeline) -> tuple[StageData, ...]:
    """The stages as they stand, in the shape in which they are entered."""
    names = ("title", "probability", "outcome", "asks_reason", "uid")
    return tuple(StageData(**{name: getattr(stage, name) for name in names}) for stage in pipeline.stages.all())


def checked_stages(stages: Sequence[StageData]) -> tuple[StageData, ...]:
    """Tidy, or UnableToKeepPipeline on the field "stages"."""
    tidy = tuple(replace(stage, title=" ".join(stage.title.split())) for stage in stages)
    titles = [stage.title.casefold() for stage in tidy]
    problem = ""
    if not any(stage.outcome == Outcome.OPEN for stage in tidy):
        problem = _("A pipeline needs at least one open stage.")
    elif len(tidy) > MOST_STAGES:
        problem = _("A pipeline has at most %(most)d stages.") % {"most": MOST_STAGES}
    elif not all(0 < len(title) <= 100 for title in titles):
        problem = _("Every stage needs a title of at most 100 characters.")
    elif len(set(titles)) < len(titles):
        problem = _("Two stages have the same title.")
    elif not all(0 <= stage.probability <= 100 and stage.outcome in Outcome.values for stage in tidy):
        problem = _("Probabilities go from 0 to 100 per cent.")
    if problem:
        raise UnableToKeepPipeline({"stages": problem})
    return tidy


def write_stages(pipeline: Pipeline, stages: Sequence[StageData]) -> None:
    """Make the pipeline's stages these. A stage with opportunities in it cannot go: UnableToKeepPipeline."""
    kept = {stage.uid: stage for stage in pipeline.stages.select_for_update()}
    gone = [stage for uid, stage in kept.items() if uid not in {each.uid for each in stages}]
    for stage in gone:
        _demand_empty(stage)
        stage.delete()
    for place, data in enumerate(stages):
        known = kept.get(data.uid) if data.uid else None
        probability_was = known.probability if known else None
        stage = known or Stage(pipeline=pipeline, uid=data.uid or uuid4())
        stage.title, stage.probability, stage.outcome = data.title, data.probability, data.outcome
        stage.asks_reason, stage.place = data.asks_reason, place
        stage.save()
        if probability_was not in (None, stage.probability):
            _weigh_anew(stage)


def _demand_empty(stage: Stage) -> None:
    if Opportunity.objects.unscoped("a stage in use stays, whoever may see what is in it").filter(stage=stage).exists():
        text = _("There are opportunities in “%(stage)s”. Move them to another stage first.") % {"stage": stage}
        raise UnableToKeepPipeline({"stages": text})


def _weigh_anew(stage: Stage) -> None:
    rows = list(Opportunity.objects.unscoped(_WHY).filter(stage=stage, probability=None).only("amount", "currency"))
    for row in rows:
        row.weighted = weighted(row.amount, stage.probability, row.currency)
    Opportunity.objects.unscoped(_WHY).bulk_update(rows, ["weighted"], batch_size=300)
