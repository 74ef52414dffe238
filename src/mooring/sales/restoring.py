"""A pipeline brought to what a version or a file holds, or made from it. Nothing of the content is lost on the way.

What the content names is found again by its number here, else by what people know it by; what is unknown is added: a customer or
lead with its name, a contact with its address, an entry of a list retired from the start. A live pipeline is saved before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.record_data import TagData, UnableToSave
from mooring.sales.models import Cause, Opportunity, Pipeline, SalesMailbox, Stage
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import weighted
from mooring.sales.naming import Names
from mooring.sales.opportunities import GAP, keep_rows
from mooring.sales.opportunity_data import ChecklistItem, OpportunityData, PersonInSale, UnableToSell, checked, columns_of
from mooring.sales.pipeline_content import OpportunityContent, PipelineContent, StageContent
from mooring.sales.pipelines import PipelineData, add_pipeline
from mooring.sales.stages import StageData, UnableToKeepPipeline, checked_stages, stage_data_of, write_stages
from mooring.sales.versions import save_version
from mooring.users.journal import Actor, record

_WHY: Final = "the page reached this pipeline within the reader's rights"
_KNOWN: Final = "an identifier is used once among all pipelines"


class UnableToRestore(Exception):
    """Nothing was written; the text is fit for the user."""


def live_pipeline_of(content: PipelineContent) -> Pipeline | None:
    """The pipeline in use with the content's identifier, in whichever sales mailbox."""
    return Pipeline.objects.unscoped(_KNOWN).filter(IN_USE, uid=content.uid).select_related("mailbox").first()


def return_to(*, pipeline: Pipeline, content: PipelineContent, by: Actor, now: datetime, cause: str = Cause.RETURN) -> Pipeline:
    """Bring a pipeline to the content. It is saved as it stands before; what the content lacks is removed, not destroyed.

    Raises UnableToRestore.
    """
    with transaction.atomic():
        save_version(pipeline=pipeline, by=by, now=now, cause=cause)
        held = Pipeline.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=pipeline.pk)
        held.note, held.currency, held.changed_at = content.note, content.currency, now
        held.save()
        _fill(held, content, by=by, now=now)
        changes = {"count": len(content.opportunities)}
        record(by=by, action="restored_from", kind="pipeline", record_id=held.pk, name=held.name, changes=changes, now=now)
    return held


def begin_from(*, content: PipelineContent, mailbox: SalesMailbox, by: Actor, now: datetime) -> Pipeline:
    """A new pipeline with the content. It keeps the identifier unless another one has it already. Raises UnableToRestore."""
    with transaction.atomic():
        taken = Pipeline.objects.unscoped(_KNOWN).filter(uid=content.uid).exists()
        data = PipelineData(name=_free_name(content.name, mailbox), note=content.note, currency=content.currency)
        stages = [_stage(stage) for stage in content.stages]
        try:
            made = add_pipeline(
                mailbox=mailbox, data=data, stages=stages, uid=None if taken else UUID(content.uid), by=by, now=now
            )
        except UnableToKeepPipeline as error:
            raise UnableToRestore(str(error)) from error
        _fill(made, content, by=by, now=now)
    return made


def _fill(pipeline: Pipeline, content: PipelineContent, *, by: Actor, now: datetime) -> None:
    """Stages first, with those that go kept until nothing stands in them; then the opportunities, then those stages."""
    wanted = [_stage(stage) for stage in content.stages]
    try:
        checked_stages(wanted)
        uids = {stage.uid for stage in wanted}
        write_stages(pipeline, [*wanted, *(stage for stage in stage_data_of(pipeline) if stage.uid not in uids)])
    except UnableToKeepPipeline as error:
        raise UnableToRestore(str(error)) from error
    stages = {str(stage.uid): stage for stage in pipeline.stages.all()}
    known = {str(row.uid): row for row in _rows(pipeline)}
    names = Names(content, by=by, now=now)
    places: dict[str, int] = {}
    for each in content.opportunities:
        places[each.stage] = places.get(each.stage, -GAP) + GAP
        _write(known.pop(each.uid, None), each, pipeline, stages[each.stage], places[each.stage], names, now)
    _remove(list(known.values()), stages[content.stages[0].uid], now)
    write_stages(pipeline, wanted)


def _write(
    row: Opportunity | None,
    content: OpportunityContent,
    pipeline: Pipeline,
    stage: Stage,
    place: int,
    names: Names,
    now: datetime,
) -> None:
    try:
        data = checked(_data(content, names))
    except (UnableToSell, UnableToSave) as error:
        raise UnableToRestore(_("“%(title)s”: %(problem)s") % {"title": content.title, "problem": error}) from error
    if row is None:
        row = Opportunity(uid=_free_uid(content.uid), pipeline=pipeline, created_at=content.created_at or now)
    title_before = row.title
    for name, value in columns_of(data, stage).items():
        setattr(row, name, value)
    row.stage, row.place, row.removed_at = stage, place, None
    row.stage_since, row.changed_at = content.stage_since or now, now
    row.created_at = content.created_at or row.created_at
    row.closed_at = None if stage.outcome == "open" else row.stage_since
    row.save()
    keep_rows(row, data, title_before=title_before)


def _remove(rows: list[Opportunity], stage: Stage, now: datetime) -> None:
    for row in rows:
        row.removed_at = row.removed_at or now
        row.stage = stage
        row.weighted = weighted(row.amount, row.chance, row.currency)
        row.save()


def _data(content: OpportunityContent, names: Names) -> OpportunityData:
    whom = names.whom(content.whom)
    return OpportunityData(
        title=content.title,
        whom=whom,
        price=content.price,
        quantity=content.quantity,
        discount=content.discount,
        currency=content.currency,
        probability=content.probability,
        close_on=content.close_on,
        source=names.source(content.source),
        kind=names.kind(content.kind),
        rejection=names.rejection(content.rejection),
        rejection_note=content.rejection_note,
        owner=names.owner(content.owner),
        next_step=content.next_step,
        next_step_on=content.next_step_on,
        products=content.products,
        note=content.note,
        tags=tuple(TagData(name) for name in content.tags),
        people=tuple(
            PersonInSale(contact=names.contact(person, whom), role=names.role(person.role)) for person in content.contacts
        ),
        checklist=tuple(ChecklistItem(text=line.text, is_done=line.is_done) for line in content.checklist),
    )


def _stage(stage: StageContent) -> StageData:
    names = ("title", "probability", "outcome", "asks_reason")
    return StageData(uid=UUID(stage.uid), **{name: getattr(stage, name) for name in names})


def _rows(pipeline: Pipeline) -> list[Opportunity]:
    """Removed ones, too: they come back where the content has them."""
    return list(
        Opportunity.objects.unscoped(_WHY)
        .filter(pipeline=pipeline)
        .select_related("stage")
        .prefetch_related("tags")
        .order_by("pk")
    )


def _free_uid(uid: str) -> UUID:
    taken = Opportunity.objects.unscoped(_KNOWN).filter(uid=uid).exists()
    return uuid4() if taken else UUID(uid)


def _free_name(name: str, mailbox: SalesMailbox) -> str:
    used = Pipeline.objects.unscoped(_KNOWN).filter(IN_USE, mailbox=mailbox).values_list("name", flat=True)
    taken = {each.casefold() for each in used}
    number = 2
    found = name
    while found.casefold() in taken:
        found = f"{name[:190]} ({number})"
        number += 1
    return found
