"""Handing a sales mailbox over: somebody else owns it, and it is said what happens to the opportunities and to the customers.

The box and its pipelines stay what they are; a version of every pipeline is saved first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q, Sum, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.customers.editing import change_owner
from mooring.customers.models import Customer, Lead
from mooring.sales.mailboxes import UnableToChangeMailbox, change_mailbox, data_of, hold_tree, note
from mooring.sales.models import Ancestry, Cause, Opportunity, Outcome, Pipeline, SalesMailbox
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.opportunities import lose_opportunity
from mooring.sales.versions import save_version
from mooring.users.journal import Actor, Line, record_all
from mooring.users.models import User
from mooring.users.permissions import Action

_WHY: Final = "the box that these lie in was chosen within the rights of whoever hands it over"


class Fate(TextChoices):
    """What happens to an open opportunity when its box is handed over."""

    ALONG = "along", gettext_lazy("goes along: the new owner sells on")
    STAY = "stay", gettext_lazy("stays with whom it is now")
    CLOSE = "close", gettext_lazy("is closed as lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`fates` names opportunities that do not share the fate of the others. `name` and `password` are left alone if None."""

    to: User
    fate: str = Fate.ALONG
    fates: Mapping[int, str] = field(default_factory=dict)
    with_customers: bool = False
    name: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What the new owner will see of the box and of those below it, and what changes hands."""

    box_count: int
    pipeline_count: int
    open_count: int
    amounts: Mapping[str, Decimal]
    fates: Mapping[str, int]
    customer_count: int


def open_opportunities(box: SalesMailbox) -> Any:
    """Those in the box, the largest amounts first."""
    rows = Opportunity.objects.unscoped(_WHY).filter(
        removed_at=None, pipeline__mailbox=box, pipeline__reset_by=None, pipeline__removed_at=None, stage__outcome=Outcome.OPEN
    )
    return rows.select_related("customer", "lead", "owner", "stage", "pipeline").order_by("-amount", "pk")


def preview_of(*, box: SalesMailbox, plan: Plan, by: Actor) -> Preview:
    """At most seven queries."""
    below = Ancestry.objects.filter(above=box).values("below_id")
    pipelines = Pipeline.objects.unscoped(_WHY).filter(IN_USE, mailbox__in=below)
    seen = Opportunity.objects.unscoped(_WHY).filter(removed_at=None, pipeline__in=pipelines, stage__outcome=Outcome.OPEN)
    sums = seen.order_by().values("currency").annotate(count=Count("pk"), amount=Sum("amount")).order_by("currency")
    rows = list(sums)
    fates = dict.fromkeys(Fate.values, 0)
    for pk in open_opportunities(box).values_list("pk", flat=True):
        fates[plan.fates.get(pk, plan.fate)] += 1
    return Preview(
        box_count=below.count(),
        pipeline_count=pipelines.count(),
        open_count=sum(row["count"] for row in rows),
        amounts={row["currency"]: row["amount"] for row in rows},
        fates=fates,
        customer_count=sum(records.count() for records in _customers_of(box, plan, by)) if plan.with_customers else 0,
    )


def hand_over(*, box: SalesMailbox, plan: Plan, by: Actor, now: datetime) -> SalesMailbox:
    """Raises UnableToChangeMailbox; UnableToSell where an opportunity cannot be closed."""
    if not plan.to.is_active:
        raise UnableToChangeMailbox({"to": _("%(name)s may not sign in any more.") % {"name": plan.to}})
    with transaction.atomic():
        hold_tree()  # Before its pipelines, as by a reset, so that two who do this at once wait and do not block each other.
        for pipeline in Pipeline.objects.unscoped(_WHY).filter(IN_USE, mailbox=box):
            save_version(pipeline=pipeline, cause=Cause.HAND_OVER, by=by, now=now)
        if plan.with_customers:
            for records in _customers_of(box, plan, by):
                change_owner(records=records, owner=plan.to, by=by, now=now)
        counts = _settle(box, plan, by=by, now=now)
        before = str(box.owner or "")
        changed = {"owner": plan.to, "password": plan.password, **({} if plan.name is None else {"name": plan.name})}
        box = change_mailbox(box=box, data=data_of(box, **changed), by=by, now=now)
        note("handed_over", box, {"owner": [before, str(plan.to)], **counts}, by=by, now=now)
    return box


def _settle(box: SalesMailbox, plan: Plan, *, by: Actor, now: datetime) -> dict[str, int]:
    """Each open opportunity meets its fate; returns how many met which."""
    counts = dict.fromkeys(Fate.values, 0)
    going, lines = [], []
    for opportunity in list(open_opportunities(box)):
        fate = plan.fates.get(opportunity.pk, plan.fate)
        counts[fate] += 1
        if fate == Fate.CLOSE:
            said = _("Closed when the sales mailbox was handed over to %(name)s.") % {"name": plan.to}
            lose_opportunity(opportunity=opportunity, rejection_note=said, by=by, now=now)
        elif fate == Fate.ALONG and opportunity.owner_id != plan.to.pk:
            changes = {"owner": [str(opportunity.owner or ""), str(plan.to)]}
            lines.append(
                Line(action="changed", kind="opportunity", record_id=opportunity.pk, name=opportunity.title, changes=changes)
            )
            opportunity.owner, opportunity.changed_at = plan.to, now
            going.append(opportunity)
    Opportunity.objects.unscoped(_WHY).bulk_update(going, ["owner", "changed_at"], batch_size=300)
    record_all(lines, by=by, now=now)
    return counts


def _customers_of(box: SalesMailbox, plan: Plan, by: Actor) -> tuple[Any, Any]:
    """Customers and leads of the opportunities that go along, as far as whoever hands over may give them away.

    Those that belong to somebody who is neither the box's owner nor nobody stay where they are.
    """
    others = [pk for pk, fate in plan.fates.items() if fate != Fate.ALONG]
    chosen = [pk for pk, fate in plan.fates.items() if fate == Fate.ALONG]
    along = open_opportunities(box).order_by()
    along = along.exclude(pk__in=others) if plan.fate == Fate.ALONG else along.filter(pk__in=chosen)
    owned = Q(owner=box.owner) | Q(owner=None)
    customers, leads = (
        model.objects.visible_to(by.user, Action.CHANGE) if by.user else model.objects.unscoped(_WHY)
        for model in (Customer, Lead)
    )
    return (
        customers.filter(owned, pk__in=along.exclude(customer=None).values("customer_id")).exclude(owner=plan.to),
        leads.filter(owned, pk__in=along.exclude(lead=None).values("lead_id")).exclude(owner=plan.to),
    )
