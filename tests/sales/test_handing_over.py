"""Handing a box over: who owns it, what becomes of opportunities and customers, what the new owner will see."""

from __future__ import annotations

from decimal import Decimal

import pytest

from making import NOW, PASSWORD, actor, make_customer, make_lead, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.customers.models import Customer, Lead
from mooring.sales.handing_over import Fate, Plan, hand_over, preview_of
from mooring.sales.mailboxes import UnableToChangeMailbox
from mooring.sales.models import Opportunity, PipelineVersion, SalesMailbox
from mooring.users.journal import entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db
_WHY = "a test looks"


@pytest.fixture
def eve(db: None) -> User:
    return make_user("Eve")


@pytest.fixture
def north(bob: User) -> SalesMailbox:
    """Bob's, with a box below, three open opportunities and one that is won."""
    north = make_sales_mailbox("North", owner=bob, password=PASSWORD)
    boats = make_pipeline("Boats", mailbox=north)
    for name, price in (("Ropes", 300), ("Sails", 200), ("Masts", 100)):
        whom = make_customer(f"{name} Ltd", owner=bob) if name != "Masts" else make_lead("Masts & Co", owner=bob)
        make_opportunity(name, pipeline=boats, price=Decimal(price), owner=bob, whom=whom)
    make_opportunity("Keels", pipeline=boats, stage="Won", owner=bob, price=Decimal(5))
    below = make_pipeline(mailbox=make_sales_mailbox("Below", parent=north))
    make_opportunity(pipeline=below, price=Decimal(7), currency="PLN")
    return north


def opportunity(title: str) -> Opportunity:
    return Opportunity.objects.unscoped(_WHY).select_related("owner", "stage").get(title=title)


def test_what_goes_along_stays_and_is_closed(north: SalesMailbox, bob: User, eve: User) -> None:
    fates = {opportunity("Sails").pk: Fate.STAY, opportunity("Masts").pk: Fate.CLOSE}
    plan = Plan(to=eve, fate=Fate.ALONG, fates=fates, with_customers=True, name="North of Eve", password="another password")
    seen = preview_of(box=north, plan=plan, by=actor(bob))
    assert (seen.box_count, seen.pipeline_count, seen.open_count, seen.customer_count) == (2, 2, 4, 1)
    assert seen.amounts == {"EUR": Decimal(600), "PLN": Decimal(7)}
    assert seen.fates == {"along": 1, "stay": 1, "close": 1}
    box = hand_over(box=north, plan=plan, by=actor(bob), now=NOW)
    assert (box.owner, box.name) == (eve, "North of Eve")
    assert box.password != north.password
    owners = {title: opportunity(title).owner for title in ("Ropes", "Sails", "Masts", "Keels")}
    assert owners == {"Ropes": eve, "Sails": bob, "Masts": bob, "Keels": bob}
    assert opportunity("Masts").stage.outcome == "lost"
    assert "handed over to Eve" in opportunity("Masts").rejection_note
    customers = dict(Customer.objects.unscoped(_WHY).values_list("name", "owner__name"))
    assert (customers["Ropes Ltd"], customers["Sails Ltd"]) == ("Eve", "Bob")
    assert Lead.objects.unscoped(_WHY).get().owner == bob
    assert list(PipelineVersion.objects.visible_to(eve).values_list("cause", flat=True)) == ["hand_over"]
    (entry, *_) = entries_about(kind="sales_mailbox", record_id=box.pk)
    assert (entry.action, entry.changes["owner"], entry.changes["along"]) == ("handed_over", ["Bob", "Eve"], 1)


def test_name_password_and_customers_are_left_alone_unless_asked(north: SalesMailbox, alice: User, bob: User, eve: User) -> None:
    plan = Plan(to=eve, fate=Fate.STAY, fates={opportunity("Masts").pk: Fate.ALONG})
    box = hand_over(box=north, plan=plan, by=actor(alice), now=NOW)
    assert (box.name, box.password) == ("North", north.password)
    assert opportunity("Masts").owner == eve
    assert Lead.objects.unscoped(_WHY).get().owner == bob
    leads = Plan(to=eve, fate=Fate.STAY, fates={opportunity("Masts").pk: Fate.ALONG}, with_customers=True)
    assert preview_of(box=north, plan=leads, by=actor(alice)).customer_count == 1


def test_nobody_who_left_gets_a_box(north: SalesMailbox, dave: User, alice: User) -> None:
    with pytest.raises(UnableToChangeMailbox, match="may not sign in"):
        hand_over(box=north, plan=Plan(to=dave), by=actor(alice), now=NOW)
