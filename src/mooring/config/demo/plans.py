"""What Halyard & Sons plan and have agreed on: who works where, what to do, templates, and a customer who has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from mooring.activities.models import ActivityKind
from mooring.activities.planning import ActivityData, finish_activity, plan_activity
from mooring.config.demo.company import ALICE, BOB, DAVE, RITA, Colleague
from mooring.customers.bulk_editing import Wish, change_many
from mooring.customers.models import BulkField, Customer
from mooring.letters.accounts import TeamRight
from mooring.letters.templates import save_template
from mooring.users.groups import add_group, add_member, remove_member
from mooring.users.journal import Actor
from mooring.users.models import Group, GroupKind, User

RESTS_IN_ARCHIVE: Final = "Pohutukawa Yachts"
_WHY: Final = "the demo is filled by the program itself, on behalf of nobody"


@dataclass(frozen=True, slots=True)
class Plan:
    """Something to do `days` from today, the past being overdue. `hour` counts from now for today, None is a whole day."""

    owner: Colleague
    kind: ActivityKind
    title: str
    customer: str
    days: int
    hour: int | None = None
    note: str = ""
    is_done: bool = False


PLANS: Final = (
    Plan(BOB, ActivityKind.CALL, "Ask whether the new halyards have arrived", "Brightwater Yacht Charter", 0, 2),
    Plan(BOB, ActivityKind.TASK, "Send the offer for the awnings", "Sandbar Hotels", 0, note="Three terraces, cream and navy."),
    Plan(BOB, ActivityKind.MEETING, "Measure the big top", "Blackthorn Circus", 1, 14, "Bring the long tape, and a ladder."),
    Plan(BOB, ActivityKind.TASK, "Chase the invoice of last month", "Larkspur Films", -2),
    Plan(BOB, ActivityKind.CALL, "Talk about the winter inspection", "Harbour Pilots of Westhaven", 4, 10),
    Plan(BOB, ActivityKind.TASK, "Thank them for the smoked mackerel", "Cobb & Daughters Fishing", -1, is_done=True),
    Plan(ALICE, ActivityKind.CALL, "Agree on the date of the survey", "Ropewalk Insurance Mutual", 0, 3),
    Plan(ALICE, ActivityKind.TASK, "Read the new contract", "Boathouse & Baird Solicitors", 2),
    Plan(ALICE, ActivityKind.NOTE, "Closed for the whole of January", "Kelpie Adventure Parks", -6),
)

_OFFER: Final = """<p>Dear {{contact.first_name}},</p>
<p>thank you for asking. Our offer for {{customer.name}} is attached; it holds for thirty days.</p>
<p>Fair winds,<br>{{me.name}}<br>{{me.organization}}</p>"""
_ARRIVED: Final = """<p>Dear {{contact.first_name}},</p>
<p>your rope has arrived and is cut to length. When would you like to fetch it?</p>
<p>{{me.name}}</p>"""


def add_groups(people: Mapping[str, User], *, by: Actor, now: datetime) -> tuple[TeamRight, ...]:
    """Who works where, one of whom left; returns the right of Sales to read and write."""
    began = now - timedelta(days=400)

    def group(name: str, kind: GroupKind, *members: tuple[Colleague, str], about: str = "", above: Group | None = None) -> Group:
        made = add_group(name=name, description=about, kind=kind, parent=above, by=by, now=began)
        for colleague, position in members:
            add_member(group=made, user=people[colleague.address], position=position, by=by, now=began)
        return made

    group("Office", GroupKind.STANDARD, (RITA, "Accounts"), (ALICE, "Manager"), about="Invoices, and who answers office@")
    sales = group("Sales", GroupKind.SALES, (BOB, "Sales"), (ALICE, "Office"), about="Everybody who answers sales@")
    south = group("South coast", GroupKind.SALES, (BOB, "Harbours"), (DAVE, "Films"), above=sales)
    group("North and abroad", GroupKind.SALES, (ALICE, "Refits"), above=sales)
    remove_member(group=south, user=people[DAVE.address], by=by, now=now - timedelta(days=240))
    return (TeamRight(sales),)


def add_plans(people: Mapping[str, User], *, by: Actor, now: datetime) -> None:
    """Tasks, calls and a meeting around today, two templates for all, and one customer in the archive."""
    customers = Customer.objects.unscoped(_WHY)
    for plan in PLANS:
        _add(plan, people[plan.owner.address], customers.get(name=plan.customer), now)
    author = Actor(user=people[BOB.address], source="command")
    save_template(name="Offer", subject="Our offer", body_html=_OFFER, is_shared=True, by=author, now=now)
    save_template(name="Rope is here", subject="Your rope is here", body_html=_ARRIVED, is_shared=True, by=author, now=now)
    resting = customers.filter(name=RESTS_IN_ARCHIVE).values_list("pk", flat=True)
    change_many(record_ids=resting, wish=Wish(BulkField.ARCHIVED, None), by=by, now=now - timedelta(days=40))


def _add(plan: Plan, owner: User, customer: Customer, now: datetime) -> None:
    """Everybody planned their own, so that nobody is told of it."""
    by, at = Actor(user=owner, source="command"), now - timedelta(days=8)
    data = ActivityData(
        title=plan.title,
        owner=owner,
        kind=plan.kind,
        note=plan.note,
        about=customer,
        due_at=_due(plan, now),
        is_whole_day=plan.hour is None,
    )
    activity = plan_activity(data=data, by=by, now=at)
    if plan.is_done:
        finish_activity(activity=activity, by=by, now=now - timedelta(days=1))


def _due(plan: Plan, now: datetime) -> datetime | None:
    """A note has no day; a whole day lasts until its end. Whenever the demo is made, calls of today lie ahead."""
    if plan.kind == ActivityKind.NOTE:
        return None
    day = timezone.localtime(now).replace(minute=0, second=0) + timedelta(days=plan.days)
    if plan.hour is None:
        return day.replace(hour=23, minute=59, second=59)
    return day + timedelta(hours=plan.hour) if plan.days == 0 else day.replace(hour=plan.hour)
