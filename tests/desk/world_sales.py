"""The sales of the small world."""

from __future__ import annotations

from typing import Any

import making
from mooring.customers.models import Customer
from mooring.sales.opportunities import move_opportunity
from mooring.sales.opportunity_data import ChecklistItem
from mooring.sales.versions import save_version
from mooring.users.journal import Actor
from mooring.users.models import User


def sales_of(owner: User, customer: Customer, mark: str) -> dict[str, Any]:
    """A sales mailbox, a pipeline in it with an opportunity that was moved into its second stage."""
    box = making.make_sales_mailbox(
        f"North{mark}"[:100],
        number=100,
        owner=owner,
        region=f"r{mark}"[:100],
        purpose=f"p{mark}"[:200],
        password=making.PASSWORD,
    )
    pipeline = making.make_pipeline(f"Ropes{mark}", mailbox=box)
    texts = {name: f"{name}{mark}" for name in ("next_step", "products", "note")}
    line = ChecklistItem(text=f"Sample{mark}")
    sale = making.make_opportunity(f"Lines{mark}", pipeline=pipeline, whom=customer, owner=owner, checklist=(line,), **texts)
    _new, second, *_others = stages = list(pipeline.stages.all())
    for stage in stages:
        stage.title += mark
        stage.save(update_fields=["title"])
    move = move_opportunity(opportunity=sale, to=second, by=Actor(owner, "desk"), now=making.NOW)
    assert move is not None
    won = next(stage for stage in stages if stage.outcome == "won")
    saved = save_version(pipeline=pipeline, by=Actor(owner, "desk"), now=making.NOW, note=f"saved{mark}")
    kept = {"pipeline": pipeline, "version_of_pipeline": saved}
    return {**kept, "box": box, "stage": second, "won": won, "sale": sale, "stage_move": move, "line": sale.checklist.get()}
