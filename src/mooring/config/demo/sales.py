"""What Halyard & Sons hope to sell: sales mailboxes, a pipeline with opportunities in all its stages, and how it stood before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mooring.config.demo.company import ALICE, BOB, Colleague
from mooring.customers.models import Customer, Lead
from mooring.options.values import change
from mooring.sales.budgets import keep_budgets, spread
from mooring.sales.mailboxes import MailboxData, add_mailbox
from mooring.sales.models import OpportunityKind, Pipeline, Rejection
from mooring.sales.opportunities import add_opportunity, move_opportunity
from mooring.sales.opportunity_data import ChecklistItem, OpportunityData
from mooring.sales.options import HOME_CURRENCY
from mooring.sales.pipelines import PipelineData, add_pipeline
from mooring.sales.versions import save_version
from mooring.users.journal import Actor
from mooring.users.models import User

REJECTIONS: Final = ("Too expensive", "Went to a competitor", "No budget this year", "Built it themselves")
KINDS: Final = ("New business", "Renewal", "Service")
_WHY: Final = "the demo is filled by the program itself, on behalf of nobody"


@dataclass(frozen=True, slots=True)
class Sale:
    """`days` until it is to be closed, the past being overdue; `began` days ago; `moved` days ago into its stage."""

    whom: str
    title: str
    price: str
    quantity: str
    stage: str
    days: int
    began: int
    moved: int = 0
    owner: Colleague = BOB
    discount: str = "0"
    kind: str = "New business"
    next_step: str = ""
    currency: str = "GBP"


SALES: Final = (
    Sale("Brightwater Yacht Charter", "Halyards for the charter fleet", "184.50", "24", "Negotiation", 9, 70, 6, discount="228"),
    Sale("Sandbar Hotels", "Awnings for three terraces", "2450", "3", "Offer made", 14, 40, 3, next_step="Send the fabric book"),
    Sale("Harbour Pilots of Westhaven", "Winter inspection of all lines", "1280", "1", "Qualified", 30, 20, 5, kind="Service"),
    Sale("Tall Ship Endeavour Society", "Running rigging of the brig", "38900", "1", "Offer made", -4, 120, 30, owner=ALICE),
    Sale("Kelpie Adventure Parks", "Safety ropes, next season", "96", "60", "New", 45, 4, kind="Renewal"),
    Sale("The Old Playhouse Trust", "Hemp lines for the fly floor", "74", "48", "Qualified", 21, 33, 21),
    Sale(
        "Penwarden Boatyard",
        "Mainsail for the Morwenna",
        "5600",
        "1",
        "Negotiation",
        5,
        60,
        2,
        next_step="Lowen measures the boom",
    ),
    Sale("Saltmarsh Sailing School", "Twelve sets of dinghy sheets", "39.90", "12", "Won", -12, 50, 10),
    Sale("Northlight Lifeboat Station", "Tow line, 120 metres", "890", "1", "Won", -20, 35, 19),
    Sale("Cobb & Daughters Fishing", "Net hauling ropes", "310", "6", "Lost", -30, 80, 28),
    Sale(
        "Oxbow River Festivals",
        "Guy lines for the marquees",
        "12.40",
        "200",
        "New",
        60,
        2,
        next_step="Ring Lucy after the weekend",
    ),
    Sale("The Museum of Working Sail", "Tanned sails for the barge", "14200", "1", "Offer made", 25, 90, 40, owner=ALICE),
)
_CHECKLIST: Final = (ChecklistItem(text="Measured on board", is_done=True), ChecklistItem(text="Sample sent"))


def add_sales(people: Mapping[str, User], *, by: Actor, now: datetime) -> Pipeline:
    """The boxes of Alice and Bob and one for tenders, budgets, his pipeline, and a version of it from two weeks ago."""
    reasons = [Rejection.objects.create(name=name, place=place) for place, name in enumerate(REJECTIONS)]
    kinds = {name: OpportunityKind.objects.create(name=name, place=place) for place, name in enumerate(KINDS)}
    house = add_mailbox(data=MailboxData(number=1, name="Halyard & Sons", owner=people[ALICE.address]), by=by, now=now)
    coast = MailboxData(number=10, name="South coast", region="South", owner=people[BOB.address], parent=house)
    tenders = MailboxData(number=90, name="Tenders", purpose="What harbours and theatres put out to tender", parent=house)
    add_mailbox(data=tenders, by=by, now=now)
    _budgets(people, by=by, now=now)
    began = now - timedelta(days=130)
    pipeline = add_pipeline(
        mailbox=add_mailbox(data=coast, by=by, now=began),
        data=PipelineData(name="Ropes and sails", currency="GBP"),
        by=by,
        now=began,
    )
    known = {row.name: row for row in Customer.objects.unscoped(_WHY)} | {row.name: row for row in Lead.objects.unscoped(_WHY)}
    stages = {stage.title: stage for stage in pipeline.stages.all()}
    steps: list[tuple[int, Sale]] = sorted(((sale.began, sale) for sale in SALES), key=lambda step: -step[0])
    made = {}
    for days, sale in steps:
        data = _data(sale, people, now, known[sale.whom], kinds[sale.kind])
        made[sale] = add_opportunity(pipeline=pipeline, data=data, by=by, now=now - timedelta(days=days))
    moves = sorted((sale for sale in SALES if sale.stage != "New"), key=lambda sale: -sale.moved)
    saved = False
    for sale in moves:
        if sale.moved < 14 and not saved:
            save_version(
                pipeline=pipeline, by=Actor(people[BOB.address], "desk"), now=now - timedelta(days=14), note="Two weeks ago"
            )
            saved = True
        why = reasons[1] if sale.stage == "Lost" else None
        at = now - timedelta(days=sale.moved)
        move_opportunity(
            opportunity=made[sale], to=stages[sale.stage], rejection=why, by=Actor(people[sale.owner.address], "desk"), now=at
        )
    return pipeline


def _budgets(people: Mapping[str, User], *, by: Actor, now: datetime) -> None:
    """In pounds, for this year."""
    change(HOME_CURRENCY, "GBP", by=by, now=now)
    months = [(now.year, month) for month in range(1, 13)]
    totals = ((BOB, Decimal(48_000)), (ALICE, Decimal(30_000)))
    wanted = {people[who.address].pk: dict(zip(months, spread(total, "GBP"), strict=True)) for who, total in totals}
    keep_budgets(budgets=wanted, by=by, now=now)


def _data(sale: Sale, people: Mapping[str, User], now: datetime, whom: Customer | Lead, kind: OpportunityKind) -> OpportunityData:
    return OpportunityData(
        title=sale.title,
        whom=whom,
        price=Decimal(sale.price),
        quantity=Decimal(sale.quantity),
        discount=Decimal(sale.discount),
        currency=sale.currency,
        close_on=now.date() + timedelta(days=sale.days),
        kind=kind,
        owner=people[sale.owner.address],
        next_step=sale.next_step,
        checklist=_CHECKLIST if sale.stage == "Negotiation" else (),
    )
