"""Several people write at once: cards change while the tree, a pipeline or its stages do, and lines are put together."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from making import BY_COMMAND, NOW, make_customer, make_opportunity, make_pipeline, make_sales_mailbox
from mooring.sales.kept_sums import differences, put_together
from mooring.sales.mailboxes import move_mailbox
from mooring.sales.models import BoxReset, Opportunity, Pipeline, SalesMailbox
from mooring.sales.opportunities import change_opportunity, move_opportunity
from mooring.sales.opportunity_data import data_of
from mooring.sales.pipelines import change_stages
from mooring.sales.resetting import reset_mailboxes, undo_resets
from mooring.sales.stages import stage_data_of

pytestmark = pytest.mark.django_db(transaction=True)
_WHY = "a test writes everywhere"
ROUNDS = 12


def _change_cards(pks: list[int], seed: int) -> None:
    chance = random.Random(seed)
    for _round in range(ROUNDS):
        sale = Opportunity.objects.unscoped(_WHY).select_related("pipeline").get(pk=chance.choice(pks))
        if chance.random() < 0.5:
            change_opportunity(
                opportunity=sale, data=replace(data_of(sale), price=Decimal(chance.randrange(999))), by=BY_COMMAND, now=NOW
            )
        else:
            stage = chance.choice(list(sale.pipeline.stages.all()))
            move_opportunity(opportunity=sale, to=stage, rejection_note="Too dear", by=BY_COMMAND, now=NOW)
        make_opportunity(pipeline=sale.pipeline, whom=sale.customer, price=Decimal(7))


def _move_boxes(top: int, low: int) -> None:
    for at in range(ROUNDS):
        boxes = SalesMailbox.objects.unscoped(_WHY).in_bulk([top, low])
        move_mailbox(box=boxes[low], parent=boxes[top] if at % 2 else None, by=BY_COMMAND, now=NOW)


def _reset_and_undo(box_id: int) -> None:
    for _round in range(ROUNDS // 3):
        reset_mailboxes(boxes=[SalesMailbox.objects.unscoped(_WHY).get(pk=box_id)], by=BY_COMMAND, now=NOW)
        undo_resets(resets=list(BoxReset.objects.filter(undone_at=None)), by=BY_COMMAND, now=NOW + timedelta(days=1))


def _rename_stages(pipeline_id: int) -> None:
    for at in range(ROUNDS):
        pipeline = Pipeline.objects.unscoped(_WHY).get(pk=pipeline_id)
        first, *rest = stage_data_of(pipeline)
        change_stages(
            pipeline=pipeline, stages=[replace(first, title=f"New {at}", probability=at), *rest], by=BY_COMMAND, now=NOW
        )
        put_together()


def _alone(deed: Callable[[], None]) -> None:
    try:
        deed()
    finally:
        connection.close()


def test_sums_stay_right_when_people_write_at_once() -> None:
    top = make_sales_mailbox("Top")
    middle = make_sales_mailbox("Middle", parent=top)
    low = make_sales_mailbox("Low", parent=middle)
    pipelines = [make_pipeline(mailbox=box) for box in (top, middle, low)]
    whom = make_customer()
    pks = [make_opportunity(pipeline=each, whom=whom, price=Decimal(5)).pk for each in pipelines for _card in range(3)]
    deeds = [
        *(partial(_change_cards, pks, seed) for seed in range(3)),
        partial(_move_boxes, top.pk, middle.pk),
        partial(_reset_and_undo, low.pk),
        partial(_rename_stages, pipelines[1].pk),
    ]
    with ThreadPoolExecutor(len(deeds)) as pool:
        for done in [pool.submit(_alone, deed) for deed in deeds]:
            done.result()
    assert differences() == []
