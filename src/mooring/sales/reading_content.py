"""A pipeline as it stands, read whole into plain values. A fixed number of queries, however much it holds."""

from __future__ import annotations

from typing import Final

from django.db.models import Prefetch

from mooring.sales.models import Opportunity, OpportunityContact, Pipeline
from mooring.sales.pipeline_content import (
    OpportunityContent,
    PersonContent,
    PipelineContent,
    StageContent,
    StepContent,
    Whom,
)

_WHY: Final = "a pipeline is read whole; the page chose it within the reader's rights"


def content_of(pipeline: Pipeline) -> PipelineContent:
    """Its stages in their order and its opportunities as their cards stand. Five queries."""
    stages = list(pipeline.stages.all())
    titles = {stage.pk: str(stage.uid) for stage in stages}
    order = {stage.pk: number for number, stage in enumerate(stages)}
    people = OpportunityContact.objects.select_related("contact", "role").prefetch_related("contact__emails").order_by("pk")
    rows = Opportunity.objects.unscoped(_WHY).filter(pipeline=pipeline, removed_at=None)
    rows = rows.select_related("customer", "lead", "source", "kind", "rejection", "owner")
    rows = rows.prefetch_related(Prefetch("contacts", queryset=people), "checklist")
    found = sorted(rows, key=lambda row: (order[row.stage_id], row.place, row.pk))
    return PipelineContent(
        uid=str(pipeline.uid),
        name=pipeline.name,
        note=pipeline.note,
        currency=pipeline.currency,
        stages=tuple(
            StageContent(
                uid=str(stage.uid),
                title=stage.title,
                probability=stage.probability,
                outcome=stage.outcome,
                asks_reason=stage.asks_reason,
            )
            for stage in stages
        ),
        opportunities=tuple(_opportunity(row, titles[row.stage_id]) for row in found),
    )


def _opportunity(row: Opportunity, stage: str) -> OpportunityContent:
    return OpportunityContent(
        uid=str(row.uid),
        title=row.title,
        stage=stage,
        whom=_whom(row),
        price=row.price,
        quantity=row.quantity,
        discount=row.discount,
        currency=row.currency,
        amount=row.amount,
        probability=row.probability,
        close_on=row.close_on,
        source=row.source.name if row.source else "",
        kind=row.kind.name if row.kind else "",
        rejection=row.rejection.name if row.rejection else "",
        rejection_note=row.rejection_note,
        owner=row.owner.email if row.owner else "",
        next_step=row.next_step,
        next_step_on=row.next_step_on,
        products=row.products,
        note=row.note,
        created_at=row.created_at,
        stage_since=row.stage_since,
        contacts=tuple(_person(each) for each in row.contacts.all()),
        checklist=tuple(StepContent(text=each.text, is_done=each.is_done) for each in row.checklist.all()),
    )


def _whom(row: Opportunity) -> Whom:
    whom = row.with_whom
    return Whom(kind="customer" if row.customer_id else "lead", id=whom.pk, number=whom.number, name=whom.name)


def _person(row: OpportunityContact) -> PersonContent:
    emails = list(row.contact.emails.all())
    main = next((each for each in emails if each.is_main), emails[0] if emails else None)
    role = row.role.name if row.role else ""
    return PersonContent(name=row.contact.name, email=main.address if main else "", role=role, id=row.contact_id)
