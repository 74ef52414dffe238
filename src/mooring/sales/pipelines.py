"""Pipelines: added, changed, their stages set, removed and brought back; and the sets of stages to begin with.

Whether somebody may do so in the sales mailbox, the pages ask before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mooring.customers.names import words_of
from mooring.customers.word_rows import keep_words
from mooring.sales.models import Pipeline, SalesMailbox, StageTemplate
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import CURRENCIES
from mooring.sales.stages import (
    StageData,
    UnableToKeepPipeline,
    checked_stages,
    stage_data_of,
    stages_as_kept,
    usual_stages,
    write_stages,
)
from mooring.users.journal import Actor, changes_between, record

_WHY: Final = "the page chose this pipeline within the reader's rights"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineData:
    """What people write on a pipeline."""

    name: str
    note: str = ""
    currency: str = "EUR"


def add_pipeline(
    *,
    mailbox: SalesMailbox,
    data: PipelineData,
    by: Actor,
    now: datetime,
    stages: Sequence[StageData] = (),
    uid: UUID | None = None,
) -> Pipeline:
    """With the usual stages unless others are given. Raises UnableToKeepPipeline."""
    values = _checked(data)
    wanted = checked_stages(stages or usual_stages())
    with transaction.atomic():
        pipeline = Pipeline(uid=uid or uuid4(), mailbox=mailbox, **values, created_at=now, changed_at=now)
        _save(pipeline)
        write_stages(pipeline, wanted)
        _note("created", pipeline, {**values, "mailbox": str(mailbox)}, by=by, now=now)
    return pipeline


def change_pipeline(*, pipeline: Pipeline, data: PipelineData, by: Actor, now: datetime) -> Pipeline:
    """Returns it as it now stands. Raises UnableToKeepPipeline."""
    values = _checked(data)
    with transaction.atomic():
        pipeline = _held(pipeline)
        changes = changes_between({name: getattr(pipeline, name) for name in values}, values)
        for name, value in values.items():
            setattr(pipeline, name, value)
        if changes:
            pipeline.changed_at = now
            _save(pipeline)
            _note("changed", pipeline, changes, by=by, now=now)
    return pipeline


def change_stages(*, pipeline: Pipeline, stages: Sequence[StageData], by: Actor, now: datetime) -> Pipeline:
    """Make the stages these, in this order; amounts follow a probability that changed. Raises UnableToKeepPipeline."""
    wanted = checked_stages(stages)
    with transaction.atomic():
        pipeline = _held(pipeline)
        before = _in_words(stage_data_of(pipeline))
        write_stages(pipeline, wanted)
        after = _in_words(wanted)
        if before != after:
            pipeline.changed_at = now
            pipeline.save(update_fields=["changed_at"])
            _note("changed", pipeline, {"stages": [before, after]}, by=by, now=now)
    return pipeline


def remove_pipeline(*, pipeline: Pipeline, by: Actor, now: datetime) -> Pipeline:
    """Out of sight with all that is in it; bring_back_pipeline undoes it."""
    with transaction.atomic():
        pipeline = _held(pipeline)
        if pipeline.removed_at is None:
            pipeline.removed_at = now
            pipeline.save(update_fields=["removed_at"])
            _note("removed", pipeline, {"mailbox": str(pipeline.mailbox)}, by=by, now=now)
    return pipeline


def bring_back_pipeline(*, pipeline: Pipeline, by: Actor, now: datetime) -> Pipeline:
    """Undo remove_pipeline. Raises UnableToKeepPipeline where another one has its name by now."""
    with transaction.atomic():
        pipeline = _held(pipeline)
        if pipeline.removed_at is not None:
            pipeline.removed_at = None
            _save(pipeline)
            _note("put_back", pipeline, {}, by=by, now=now)
    return pipeline


def keep_stage_template(*, name: str, pipeline: Pipeline, by: Actor, now: datetime) -> StageTemplate:
    """Keep the pipeline's stages under a name, for others to begin with. Raises UnableToKeepPipeline."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 100:
        raise UnableToKeepPipeline({"template": _("Give the stages a name of at most 100 characters.")})
    with transaction.atomic():
        kept = stages_as_kept(stage_data_of(pipeline))
        template = StageTemplate.objects.filter(name__iexact=name).first() or StageTemplate(created_by=by.user, created_at=now)
        template.name, template.stages = name, kept
        template.save()
        record(by=by, action="saved", kind="stage_template", record_id=template.pk, name=name, changes={}, now=now)
    return template


def stages_of_template(template: StageTemplate) -> tuple[StageData, ...]:
    """The stages that a template keeps."""
    return tuple(StageData(**stage) for stage in template.stages)


def _checked(data: PipelineData) -> dict[str, Any]:
    name, note = " ".join(data.name.split()), data.note.replace("\x00", "").strip()
    problems = {
        "name": "" if 0 < len(name) <= 200 else _("Give the pipeline a name of at most 200 characters."),
        "currency": "" if data.currency in CURRENCIES else _("Choose a currency."),
        "note": "" if len(note) <= 10_000 else _("The note may have at most 10,000 characters."),
    }
    if found := {field: text for field, text in problems.items() if text}:
        raise UnableToKeepPipeline(found)
    return {"name": name, "note": note, "currency": data.currency}


def _held(pipeline: Pipeline) -> Pipeline:
    rows = Pipeline.objects.unscoped(_WHY).select_for_update(of=("self",)).select_related("mailbox")
    return rows.get(pk=pipeline.pk)


def _save(pipeline: Pipeline) -> None:
    """Of two people who choose the same name at once, the second one is told."""
    try:
        with transaction.atomic():
            pipeline.save()
            keep_words(pipeline, words_of(texts=(pipeline.name,)))
    except IntegrityError as error:
        others = Pipeline.objects.unscoped("a name is used once in a box").filter(IN_USE, mailbox=pipeline.mailbox)
        if not others.filter(name__iexact=pipeline.name).exclude(pk=pipeline.pk).exists():
            raise
        text = _("There is a pipeline “%(name)s” in this sales mailbox already.") % {"name": pipeline.name}
        raise UnableToKeepPipeline({"name": text}) from error


def _in_words(stages: Sequence[StageData]) -> list[str]:
    return [f"{stage.title} {stage.probability} %" for stage in stages]


def _note(action: str, pipeline: Pipeline, changes: dict[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="pipeline", record_id=pipeline.pk, name=pipeline.name, changes=changes, now=now)
