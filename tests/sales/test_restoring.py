"""Pipelines brought back from versions and files: nothing is lost, what is unknown is added, what stood there is saved before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from making import NOW, actor, make_contact, make_customer, make_lead, make_opportunity, make_pipeline, make_sales_mailbox
from mooring.customers.models import ContactRole, Customer, Source
from mooring.sales.models import Cause, Opportunity, Pipeline, PipelineVersion, Rejection
from mooring.sales.opportunities import change_opportunity, remove_opportunity, win_opportunity
from mooring.sales.opportunity_data import ChecklistItem, PersonInSale, data_of
from mooring.sales.pipeline_content import OpportunityContent, PipelineContent, Whom, as_json, from_json
from mooring.sales.pipelines import change_stages
from mooring.sales.reading_content import content_of
from mooring.sales.restoring import UnableToRestore, begin_from, return_to
from mooring.sales.stages import StageData, stage_data_of
from mooring.users.models import User

LATER = NOW + timedelta(days=1)


@pytest.fixture
def pipeline(bob: User) -> Pipeline:
    """With two opportunities of Bob, one of them with everything that there is."""
    made = make_pipeline("Ropes", mailbox=make_sales_mailbox("Coast", owner=bob))
    harbour = make_customer("Harbour Ltd", number="H-1", owner=bob)
    ann = make_contact("Ann", at=(harbour,), emails=("ann@harbour.example",))
    make_opportunity(
        "Lines",
        pipeline=made,
        stage="Offer made",
        whom=harbour,
        price=Decimal("12.3456"),
        quantity=Decimal("2.5"),
        discount=Decimal(1),
        probability=33,
        close_on=date(2026, 5, 4),
        source=Source.objects.create(name="Fair"),
        rejection=Rejection.objects.create(name="Price"),
        owner=bob,
        next_step="Call",
        next_step_on=date(2026, 4, 4),
        products="Ropes",
        note="Hurry",
        people=(PersonInSale(contact=ann, role=ContactRole.objects.create(name="Buyer")),),
        checklist=(ChecklistItem(text="Sample", is_done=True), ChecklistItem(text="Offer")),
    )
    make_opportunity("Sails", pipeline=made, whom=make_lead("Lea", owner=bob), currency="JPY", price=Decimal(900))
    return made


def told(content: PipelineContent) -> PipelineContent:
    """Without what another installation, or another pipeline, calls otherwise."""

    def said(each: OpportunityContent) -> OpportunityContent:
        people = tuple(replace(person, id=None) for person in each.contacts)
        return replace(each, uid="", whom=replace(each.whom, id=None, number=""), contacts=people)

    return replace(content, uid="", name="", opportunities=tuple(map(said, content.opportunities)))


def test_a_file_becomes_a_pipeline_again_without_loss(pipeline: Pipeline, bob: User) -> None:
    content = from_json(as_json(content_of(pipeline), indent=1))
    made = begin_from(content=content, mailbox=make_sales_mailbox("Inland", owner=bob), by=actor(bob), now=LATER)
    assert told(content_of(made)) == told(content)
    assert [each.whom for each in content_of(made).opportunities] == [each.whom for each in content.opportunities]
    assert made.uid != pipeline.uid
    again = begin_from(content=content, mailbox=made.mailbox, by=actor(bob), now=LATER)
    assert again.name == "Ropes (2)"


def test_what_a_file_names_and_nobody_knows_is_added(pipeline: Pipeline, alice: User) -> None:
    content = content_of(pipeline)
    first = content.opportunities[1]
    elsewhere = Whom(kind="customer", id=99, number="H-1", name="Elsewhere Ltd")
    stranger = replace(first, whom=elsewhere, source="Radio", owner="x@y.example")
    content = replace(content, opportunities=(stranger,))
    Customer.objects.unscoped("a test").update(number="")
    made = begin_from(content=content, mailbox=make_sales_mailbox("Inland"), by=actor(alice), now=LATER)
    sale = Opportunity.objects.unscoped("a test").get(pipeline=made)
    assert (str(sale.with_whom), sale.owner, str(sale.contacts.get().role)) == ("Elsewhere Ltd", None, "Buyer")
    assert sale.contacts.get().contact.name == "Ann"
    radio = Source.objects.get(name="Radio")
    assert (sale.source, radio.retired_at) == (radio, LATER)


def test_going_back_restores_all_and_saves_what_stood_there(pipeline: Pipeline, bob: User) -> None:
    before = content_of(pipeline)
    lines, sails = Opportunity.objects.unscoped("a test").filter(pipeline=pipeline).order_by("pk")
    change_opportunity(opportunity=lines, data=replace(data_of(lines), title="Cables", people=()), by=actor(bob), now=LATER)
    win_opportunity(opportunity=lines, by=actor(bob), now=LATER)
    remove_opportunity(opportunity=sails, by=actor(bob), now=LATER)
    extra = make_opportunity("Blocks", pipeline=pipeline)
    stages = [*stage_data_of(pipeline), StageData(title="Paused", probability=5)]
    change_stages(pipeline=pipeline, stages=stages, by=actor(bob), now=LATER)
    now_stands = content_of(pipeline)

    return_to(pipeline=pipeline, content=before, by=actor(bob), now=LATER)
    assert content_of(pipeline) == before
    saved = PipelineVersion.objects.unscoped("a test").get(uid=pipeline.uid)
    assert saved.cause == Cause.RETURN
    assert Opportunity.objects.unscoped("a test").get(pk=extra.pk).removed_at == LATER
    return_to(pipeline=pipeline, content=now_stands, by=actor(bob), now=LATER)
    assert told(content_of(pipeline)) == told(now_stands)


def test_a_content_that_cannot_be_kept_changes_nothing(pipeline: Pipeline, bob: User) -> None:
    content = content_of(pipeline)
    wrong = replace(content, opportunities=(*content.opportunities[:1], replace(content.opportunities[1], currency="ZZZ")))
    with pytest.raises(UnableToRestore, match=content.opportunities[1].title):
        return_to(pipeline=pipeline, content=wrong, by=actor(bob), now=LATER)
    assert content_of(pipeline) == content
    assert not PipelineVersion.objects.unscoped("a test").exists()
