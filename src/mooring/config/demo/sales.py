"""What Halyard & Sons sell: sales mailboxes, pipelines with opportunities in all stages, and a year of what became of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mooring.config.demo.company import ALICE, BOB, DAVE, Colleague
from mooring.customers.models import Customer, Lead
from mooring.options.values import change
from mooring.sales.budgets import keep_budgets, spread
from mooring.sales.mailboxes import MailboxData, add_mailbox
from mooring.sales.models import Opportunity, OpportunityKind, Pipeline, Rejection
from mooring.sales.opportunities import add_opportunity, move_opportunity
from mooring.sales.opportunity_data import ChecklistItem, OpportunityData
from mooring.sales.options import HOME_CURRENCY
from mooring.sales.pipelines import PipelineData, add_pipeline
from mooring.sales.versions import save_version
from mooring.users.journal import Actor
from mooring.users.models import User

REJECTIONS: Final = ("Too expensive", "Went to a competitor", "No budget this year", "Built it themselves")
KINDS: Final = ("New business", "Renewal", "Service")
_NORTH: Final = "North and abroad"
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
    box: str = "South coast"


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
    Sale(
        "Fjordlinjen Charter", "Standing rigging of the Huldra", "11800", "1", "Negotiation", 18, 75, 8, owner=ALICE, box=_NORTH
    ),
    Sale("Tern Island Ferries", "Mooring lines, two winters", "640", "16", "Offer made", 35, 50, 12, owner=ALICE, box=_NORTH),
    Sale("Gannet Offshore Wind", "Transfer nets and slings", "410", "30", "Qualified", 50, 28, 9, owner=ALICE, box=_NORTH),
    Sale("Svanesund Båtvarv", "Sails for three gaff cutters", "7200", "3", "New", 80, 6, owner=ALICE, box=_NORTH),
)
"""What is in hand now, and what was decided in the last weeks."""

PAST_SALES: Final = (
    Sale("Lough Derg Cruisers", "Mooring lines for the hire fleet", "58", "90", "Won", -310, 360, 310, owner=DAVE),
    Sale("Meridian Rowing Club", "Doors of the boathouse", "2100", "1", "Lost", -280, 330, 280, owner=DAVE),
    Sale("Larkspur Films", "Rigging of a pirate ship", "9400", "1", "Won", -255, 300, 255, owner=DAVE),
    Sale("Captain Barnaby Holt", "New genoa", "2350", "1", "Won", -228, 260, 228),
    Sale("Puffin Coast Expeditions", "Tan mainsail", "6900", "1", "Won", -205, 250, 205, owner=ALICE, box=_NORTH),
    Sale("Theodora Blackwood", "Racing sheets", "870", "2", "Won", -176, 200, 176),
    Sale("Kletterwald Hohe Tanne", "Ropes for twenty platforms", "145", "40", "Won", -150, 190, 150, owner=ALICE, box=_NORTH),
    Sale("Windrush Gliding Club", "Winch cables", "1240", "2", "Won", -128, 160, 128, kind="Renewal"),
    Sale("Hafenmuseum Flensburg", "Ratlines of the Fortuna", "3900", "1", "Lost", -110, 170, 110, owner=ALICE, box=_NORTH),
    Sale("Marlow Bell Ringers' Guild", "Eight bell ropes", "390", "8", "Won", -95, 120, 95),
    Sale("Blackthorn Circus", "Guy lines of the big top", "5200", "1", "Won", -68, 110, 68),
    Sale("Kompagniet Marstal", "Foresail of the Bonavista", "8100", "1", "Won", -47, 95, 47, owner=ALICE, box=_NORTH),
    Sale("Stone & Sallow Architects", "Shade sails in the courtyard", "4600", "1", "Won", -25, 70, 25),
    Sale("De Zeilmakerij Brand", "Hemp by the coil", "52", "80", "Won", -3, 30, 3, owner=ALICE, box=_NORTH, kind="Renewal"),
)
"""A year of them, so that reports and budgets tell something."""

_SAVED: Final = dict.fromkeys(range(60, 400, 30), "") | {30: "Before the boat show", 14: "Two weeks ago"}
"""A version of each pipeline, so many days ago."""
_CHECKLIST: Final = (ChecklistItem(text="Measured on board", is_done=True), ChecklistItem(text="Sample sent"))
_BEGAN: Final = timedelta(days=400)


def add_sales(people: Mapping[str, User], *, by: Actor, now: datetime) -> None:
    """A tree of boxes, budgets, and two pipelines with what happened in them day by day, versions included."""
    Story(people, _add_boxes(people, by=by, now=now), by=by, now=now).tell((*PAST_SALES, *SALES))
    _budgets(people, by=by, now=now)


def _add_boxes(people: Mapping[str, User], *, by: Actor, now: datetime) -> dict[str, Pipeline]:
    """The pipeline of each box that sells, by the name of the box."""
    began = now - _BEGAN
    house = add_mailbox(data=MailboxData(number=1, name="Halyard & Sons", owner=people[ALICE.address]), by=by, now=began)
    south = MailboxData(number=10, name="South coast", region="South", owner=people[BOB.address], parent=house)
    north = MailboxData(number=20, name=_NORTH, region="North", owner=people[ALICE.address], parent=house)
    tenders = MailboxData(number=90, name="Tenders", purpose="What harbours and theatres put out to tender", parent=house)
    add_mailbox(data=tenders, by=by, now=began)
    return {
        data.name: add_pipeline(
            mailbox=add_mailbox(data=data, by=by, now=began), data=PipelineData(name=name, currency="GBP"), by=by, now=began
        )
        for data, name in ((south, "Ropes and sails"), (north, "Refits"))
    }


class Story:
    """What happened in the pipelines, told from the first day on."""

    def __init__(self, people: Mapping[str, User], pipelines: Mapping[str, Pipeline], *, by: Actor, now: datetime) -> None:
        self._people, self._pipelines, self._by, self._now = people, pipelines, by, now
        self._reasons = [Rejection.objects.create(name=name, place=place) for place, name in enumerate(REJECTIONS)]
        self._kinds = {name: OpportunityKind.objects.create(name=name, place=place) for place, name in enumerate(KINDS)}
        self._stages = {box: {stage.title: stage for stage in line.stages.all()} for box, line in pipelines.items()}
        records = (*Customer.objects.unscoped(_WHY), *Lead.objects.unscoped(_WHY))
        self._known = {record.name: record for record in records}
        self._made: dict[Sale, Opportunity] = {}

    def tell(self, sales: Sequence[Sale]) -> None:
        """Each day what began, what moved, and what was saved in the evening."""
        for days in range(_BEGAN.days, -1, -1):
            at = self._now - timedelta(days=days)
            for sale in sales:
                if sale.began == days:
                    self._begin(sale, at)
                if sale.moved == days and sale.stage != "New":
                    self._move(sale, at)
            if days in _SAVED:
                for pipeline in self._pipelines.values():
                    save_version(pipeline=pipeline, by=self._by, now=at, note=_SAVED[days])

    def _begin(self, sale: Sale, at: datetime) -> None:
        data = _data(sale, self._people, self._now, self._known[sale.whom], self._kinds[sale.kind])
        self._made[sale] = add_opportunity(pipeline=self._pipelines[sale.box], data=data, by=self._by, now=at)

    def _move(self, sale: Sale, at: datetime) -> None:
        move_opportunity(
            opportunity=self._made[sale],
            to=self._stages[sale.box][sale.stage],
            rejection=self._reasons[1] if sale.stage == "Lost" else None,
            by=Actor(self._people[sale.owner.address], "desk"),
            now=at,
        )


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
        currency="GBP",
        close_on=now.date() + timedelta(days=sale.days),
        kind=kind,
        owner=people[sale.owner.address],
        next_step=sale.next_step,
        checklist=_CHECKLIST if sale.stage == "Negotiation" else (),
    )
