"""Opportunities: what they are worth, their way through the stages and back, who sees them, what the journal says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from making import (
    BY_COMMAND,
    NOW,
    actor,
    make_contact,
    make_customer,
    make_lead,
    make_opportunity,
    make_pipeline,
    make_sales_mailbox,
    make_user,
)
from mooring.sales.models import Opportunity, OpportunityWord, Pipeline, Rejection, Stage, StageMove
from mooring.sales.opportunities import (
    bring_back_opportunity,
    change_opportunity,
    lose_opportunity,
    move_opportunity,
    remove_opportunity,
    tick_line,
    undo_move,
    win_opportunity,
)
from mooring.sales.opportunity_data import ChecklistItem, PersonInSale, UnableToSell, data_of
from mooring.sales.pipelines import change_stages, keep_stage_template, stages_of_template
from mooring.sales.stages import StageData, UnableToKeepPipeline, stage_data_of
from mooring.users.journal import entries_about
from mooring.users.models import Role, User
from mooring.users.permissions import Action

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def pipeline(bob: User) -> Pipeline:
    return make_pipeline("Ropes", mailbox=make_sales_mailbox("Coast", owner=bob))


def stage(pipeline: Pipeline, title: str) -> Stage:
    return pipeline.stages.get(title=title)


def fresh(opportunity: Opportunity) -> Opportunity:
    return Opportunity.objects.unscoped("a test").select_related("stage").get(pk=opportunity.pk)


def order_in(pipeline: Pipeline, title: str) -> list[str]:
    rows = Opportunity.objects.unscoped("a test").filter(stage=stage(pipeline, title)).order_by("place", "id")
    return [row.title for row in rows]


def test_an_opportunity_is_weighted_by_its_stage_unless_it_has_a_chance_of_its_own(pipeline: Pipeline, bob: User) -> None:
    sale = make_opportunity(
        pipeline=pipeline, stage="Offer made", price=Decimal("99.99"), quantity=Decimal(3), discount=Decimal(10)
    )
    assert (sale.amount, sale.weighted) == (Decimal("289.97"), Decimal("144.99"))
    sale = change_opportunity(opportunity=sale, data=replace(data_of(sale), probability=10), by=actor(bob), now=LATER)
    assert sale.weighted == Decimal("29.00")
    stages = [replace(each, probability=60) if each.title == "Offer made" else each for each in stage_data_of(pipeline)]
    other = make_opportunity(pipeline=pipeline, stage="Offer made", price=Decimal(100))
    change_stages(pipeline=pipeline, stages=stages, by=actor(bob), now=LATER)
    assert (fresh(other).weighted, fresh(sale).weighted) == (Decimal(60), Decimal(29))


def test_a_move_is_undone_to_the_very_place_it_came_from(pipeline: Pipeline, bob: User) -> None:
    first, second, third = (make_opportunity(name, pipeline=pipeline, price=Decimal(100)) for name in ("one", "two", "three"))
    move = move_opportunity(opportunity=second, to=stage(pipeline, "Negotiation"), by=actor(bob), now=LATER)
    assert move is not None
    assert (fresh(second).weighted, fresh(second).stage_since) == (Decimal(75), LATER)
    undo_move(move=move, by=actor(bob), now=LATER)
    assert order_in(pipeline, "New") == ["one", "two", "three"]
    assert (fresh(second).weighted, fresh(second).stage_since) == (Decimal(10), NOW)
    with pytest.raises(UnableToSell, match="moved since"):
        undo_move(move=move, by=actor(bob), now=LATER)
    words = [entry.action for entry in entries_about(kind="opportunity", record_id=second.pk)]
    assert words == ["stage_undone", "moved", "created"]
    assert (first.stage_id, third.stage_id) == (second.stage_id, second.stage_id)


def test_cards_are_put_between_others_however_often(pipeline: Pipeline, bob: User) -> None:
    one, two = (make_opportunity(name, pipeline=pipeline) for name in ("one", "two"))
    Opportunity.objects.unscoped("a test").filter(pk=two.pk).update(place=one.place + 1)
    three = make_opportunity("three", pipeline=pipeline)
    assert move_opportunity(opportunity=three, to=stage(pipeline, "New"), before=two, by=actor(bob), now=LATER) is None
    assert order_in(pipeline, "New") == ["one", "three", "two"]
    move_opportunity(opportunity=two, to=stage(pipeline, "New"), before=one, by=actor(bob), now=LATER)
    assert order_in(pipeline, "New") == ["two", "one", "three"]


def test_a_lost_opportunity_says_why_and_forgets_it_when_it_comes_back(pipeline: Pipeline, bob: User) -> None:
    sale, price = make_opportunity(pipeline=pipeline), Rejection.objects.create(name="Too expensive")
    with pytest.raises(UnableToSell) as refused:
        lose_opportunity(opportunity=sale, by=actor(bob), now=LATER)
    assert list(refused.value.problems) == ["rejection"]
    lost = lose_opportunity(opportunity=sale, rejection=price, rejection_note="by 5 %", by=actor(bob), now=LATER)
    assert lost is not None
    assert (fresh(sale).rejection, fresh(sale).closed_at, fresh(sale).weighted) == (price, LATER, Decimal(0))
    win_opportunity(opportunity=sale, by=actor(bob), now=LATER)
    assert (fresh(sale).rejection, fresh(sale).rejection_note, fresh(sale).stage.title) == (None, "", "Won")
    move = StageMove.objects.filter(opportunity=sale).first()
    assert move is not None
    undo_move(move=move, by=actor(bob), now=LATER)
    assert (fresh(sale).rejection, fresh(sale).rejection_note) == (price, "by 5 %")


def test_contacts_and_the_checklist_go_with_it(pipeline: Pipeline, bob: User) -> None:
    carol = make_contact("Carol Quay")
    lines = (ChecklistItem(text="Samples sent", is_done=True), ChecklistItem(text="  "), ChecklistItem(text="Credit checked"))
    sale = make_opportunity(pipeline=pipeline, people=(PersonInSale(contact=carol), PersonInSale(contact=carol)), checklist=lines)
    assert [row.contact for row in sale.contacts.all()] == [carol]
    assert [str(row) for row in sale.checklist.all()] == ["Samples sent", "Credit checked"]
    tick_line(line=sale.checklist.get(text="Credit checked"), is_done=True, by=actor(bob), now=LATER)
    assert all(each.is_done for each in data_of(fresh(sale)).checklist)
    assert entries_about(kind="opportunity", record_id=sale.pk)[0].changes == {"line": "Credit checked"}


def test_what_cannot_be_is_refused_in_words_and_by_the_database(pipeline: Pipeline) -> None:
    with pytest.raises(UnableToSell) as refused:
        make_opportunity(" ", pipeline=pipeline, price=Decimal("1.00001"), currency="EURO", probability=101)
    assert set(refused.value.problems) == {"title", "price", "currency", "probability"}
    sale = make_opportunity(pipeline=pipeline)
    rows = Opportunity.objects.unscoped("a test").filter(pk=sale.pk)
    for wrong in ({"lead": make_lead()}, {"customer": None}, {"title": ""}, {"probability": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_stages_in_use_stay_and_sets_of_stages_can_be_kept(pipeline: Pipeline, alice: User) -> None:
    make_opportunity(pipeline=pipeline)
    stages = [each for each in stage_data_of(pipeline) if each.title != "New"]
    with pytest.raises(UnableToKeepPipeline, match="Move them"):
        change_stages(pipeline=pipeline, stages=stages, by=actor(alice), now=LATER)
    with pytest.raises(UnableToKeepPipeline, match="open stage"):
        change_stages(pipeline=pipeline, stages=[StageData(title="Won", outcome="won")], by=actor(alice), now=LATER)
    template = keep_stage_template(name="Usual", pipeline=pipeline, by=actor(alice), now=LATER)
    assert [each.title for each in stages_of_template(template)] == [each.title for each in stage_data_of(pipeline)]


def test_an_opportunity_is_seen_through_its_box_and_through_its_customer(pipeline: Pipeline, bob: User, rita: User) -> None:
    eve, frank = make_user("Eve"), make_user("Frank", role=Role.OFFICE)
    theirs = make_opportunity("theirs", pipeline=pipeline, whom=make_customer(owner=eve))
    lead = make_opportunity("lead", pipeline=pipeline, whom=make_lead(owner=bob), owner=bob, close_on=date(2026, 3, 1))
    seen = {user.name: set(Opportunity.objects.visible_to(user)) for user in (bob, eve, frank, rita, make_user("Gail"))}
    assert seen == {"Bob": {theirs, lead}, "Eve": {theirs}, "Frank": {theirs, lead}, "Rita": {theirs, lead}, "Gail": set()}
    assert set(Opportunity.objects.visible_to(eve, Action.CHANGE)) == set()
    remove_opportunity(opportunity=theirs, by=actor(bob), now=LATER)
    assert set(Opportunity.objects.visible_to(bob)) == {lead}
    bring_back_opportunity(opportunity=theirs, by=actor(bob), now=LATER)
    assert set(Opportunity.objects.visible_to(bob, Action.CHANGE)) == {theirs, lead}
    assert (lead.is_overdue(NOW.date()), theirs.is_overdue(NOW.date())) == (True, False)


def test_words_to_find_it_by_are_kept_with_another_title_alone(pipeline: Pipeline) -> None:
    opportunity = make_opportunity("Mooring lines", pipeline=pipeline)
    with CaptureQueriesContext(connection) as queries:
        change_opportunity(opportunity=opportunity, data=replace(data_of(opportunity), note="Soon"), by=BY_COMMAND, now=LATER)
    assert not [query for query in queries.captured_queries if "sales_opportunityword" in query["sql"]]
    data = replace(data_of(opportunity), title="Anchor lines")
    change_opportunity(opportunity=opportunity, data=data, by=BY_COMMAND, now=LATER)
    words = OpportunityWord.objects.filter(record=opportunity)
    assert set(words.values_list("word", flat=True)) == {"anchor", "lines"}
