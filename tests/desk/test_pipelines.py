"""The pages of pipelines: the board with its sums and marks, moves and their way back, the list, the tab of a customer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from letters.making_letters import make_account, make_letter
from making import PASSWORD, actor, make_customer, make_opportunity, make_pipeline, make_sales_mailbox
from mooring.activities.planning import ActivityData, finish_activity, plan_activity
from mooring.sales.board import CARDS
from mooring.sales.models import Opportunity, Pipeline, Rejection
from mooring.users.models import User

pytestmark = pytest.mark.django_db

OLD = datetime(2025, 1, 7, 9, tzinfo=UTC)


@pytest.fixture
def pipeline(bob: User) -> Pipeline:
    return make_pipeline("Ropes", mailbox=make_sales_mailbox("Coast", owner=bob))


@pytest.fixture
def desk(bob: User, client: Client) -> Client:
    assert client.login(username=bob.email, password=PASSWORD)
    return client


def fresh(sale: Opportunity) -> Opportunity:
    return Opportunity.objects.unscoped("a test").select_related("stage", "rejection").get(pk=sale.pk)


def test_a_board_of_any_size_costs_the_same_and_loads_the_rest_later(desk: Client, pipeline: Pipeline) -> None:
    customer = make_customer("Harbour Ltd")
    counts = []
    for number in range(27):
        make_opportunity(f"Sale {number}", pipeline=pipeline, whom=customer, price=Decimal(100))
        if number in (0, 26):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                page = desk.get(f"/sales/pipelines/{pipeline.pk}/").content.decode()
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
    assert "2,700.00\xa0EUR" in page
    assert page.count("data-sale=") == CARDS
    stage = pipeline.stages.all()[0]
    last = Opportunity.objects.unscoped("a test").filter(stage=stage).order_by("place")[CARDS - 1]
    more = f"/sales/pipelines/{pipeline.pk}/stages/{stage.pk}/?place={last.place}.{last.pk}"
    assert more in page
    rest = desk.get(more, headers={"HX-Request": "true"}).content.decode()
    assert rest.count("data-sale=") == 27 - CARDS
    assert "<html" not in rest


def test_cards_show_that_they_are_overdue_and_that_nobody_was_heard_unless_a_letter_came(
    desk: Client, pipeline: Pipeline, bob: User
) -> None:
    quiet, busy = make_customer("Quiet Ltd", now=OLD), make_customer("Busy Ltd", emails=("ann@busy.example",), now=OLD)
    make_opportunity("Old", pipeline=pipeline, whom=quiet, close_on=date(2025, 2, 1), now=OLD)
    make_opportunity("New", pipeline=pipeline, whom=busy, now=OLD)
    make_letter(make_account(bob), to_records=(busy,), at=datetime.now(UTC))
    page = desk.get(f"/sales/pipelines/{pipeline.pk}/").content.decode()
    assert page.count("silent for") == 1
    assert page.index("silent for") < page.index(">New</a>")
    assert page.count("past its close date") == 1


def test_a_board_and_its_list_show_silent_opportunities_alone(desk: Client, pipeline: Pipeline, bob: User) -> None:
    written, called, own = (make_customer(name, now=OLD) for name in ("Written Ltd", "Called Ltd", "Own Ltd"))
    for title, whom in (("Quiet", None), ("Written", written), ("Called", called), ("Of its own", own)):
        make_opportunity(title, pipeline=pipeline, whom=whom, now=OLD)
    make_opportunity("Lost", pipeline=pipeline, stage="Lost", now=OLD)
    make_opportunity("Fresh", pipeline=pipeline, now=datetime.now(UTC))
    make_letter(make_account(bob), to_records=(written,), at=datetime.now(UTC))
    by, own_sale = actor(bob), Opportunity.objects.unscoped("a test").get(title="Of its own")
    for about in (called, own_sale):
        call = plan_activity(data=ActivityData(title="Call", owner=bob, about=about), by=by, now=OLD)
        finish_activity(activity=call, by=by, now=datetime.now(UTC))
    with CaptureQueriesContext(connection) as queries:
        board = desk.get(f"/sales/pipelines/{pipeline.pk}/?mark=silent").context
    assert len(queries) <= 12
    assert [card.sale.title for column in board["columns"] for card in column.cards] == ["Quiet"]
    listed = desk.get(f"/sales/pipelines/{pipeline.pk}/list/?mark=silent").context["page"].rows
    assert [card.sale.title for card in listed] == ["Quiet"]


def test_a_card_is_moved_and_the_toast_takes_it_back(desk: Client, pipeline: Pipeline) -> None:
    sale, other = make_opportunity("Lines", pipeline=pipeline), make_opportunity("Sails", pipeline=pipeline)
    won = pipeline.stages.get(title="Won")
    url = f"/sales/opportunities/{sale.pk}/move/"
    answer = desk.post(url, {"stage": won.pk}, headers={"HX-Request": "true"})
    heads = answer.content.decode()
    assert heads.count("hx-swap-oob") >= 6
    move = sale.moves.get()
    undo = f"/sales/opportunities/{sale.pk}/moves/{move.pk}/undo/"
    assert undo in heads
    assert fresh(sale).stage == won
    desk.post(undo)
    assert (fresh(sale).stage.title, fresh(sale).place) == ("New", sale.place)
    desk.post(url, {"stage": fresh(sale).stage_id, "before": ""}, headers={"HX-Request": "true"})
    assert fresh(sale).place > fresh(other).place
    assert sale.moves.count() == 1


def test_the_board_leads_to_the_question_why_it_was_lost(desk: Client, pipeline: Pipeline) -> None:
    sale, reason = make_opportunity("Lines", pipeline=pipeline), Rejection.objects.create(name="Too expensive")
    lost = pipeline.stages.get(title="Lost")
    url = f"/sales/opportunities/{sale.pk}/move/"
    answer = desk.post(url, {"stage": lost.pk}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith(f"{url}?stage={lost.pk}")
    assert "Too expensive" in desk.get(answer.headers["HX-Redirect"]).content.decode()
    assert desk.post(url, {"stage": lost.pk}).status_code == 422
    desk.post(url, {"stage": lost.pk, "rejection": reason.pk})
    assert fresh(sale).rejection == reason


def test_the_list_filters_and_sorts_and_says_the_sums(desk: Client, pipeline: Pipeline) -> None:
    for title, price in (("Lines", 100), ("Sails", 900), ("Blocks", 50)):
        make_opportunity(title, pipeline=pipeline, price=Decimal(price))
    with CaptureQueriesContext(connection) as queries:
        page = desk.get(f"/sales/pipelines/{pipeline.pk}/list/?sort=-amount").content.decode()
    assert len(queries) <= 12
    assert page.index("Sails") < page.index("Lines") < page.index("Blocks")
    assert "1,050.00\xa0EUR" in page
    found = desk.get(f"/sales/pipelines/{pipeline.pk}/list/?text=sail").content.decode()
    assert "Sails" in found
    assert "Blocks" not in found


def test_a_card_of_an_opportunity_costs_twelve_queries(desk: Client, pipeline: Pipeline, bob: User) -> None:
    customer = make_customer("Harbour Ltd", owner=bob)
    sale = make_opportunity("Lines", pipeline=pipeline, whom=customer, owner=bob, by=actor(bob))
    for path in ("", "tasks/"):
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(f"/sales/opportunities/{sale.pk}/{path}")
        assert page.status_code == 200
        assert len(queries) <= 12, [query["sql"][:120] for query in queries]
    assert "Lines" in desk.get(f"/customers/{customer.pk}/opportunities/").content.decode()


def test_two_who_change_the_same_opportunity_see_each_other(desk: Client, pipeline: Pipeline) -> None:
    sale = make_opportunity("Lines", pipeline=pipeline)
    entered = {"title": "Mine", "changed_at": "2020-01-01T00:00:00+00:00"}
    answer = desk.post(f"/sales/opportunities/{sale.pk}/facts/title/", entered)
    assert answer.status_code == 422
    assert "Mine" in answer.content.decode()
    assert fresh(sale).title == "Lines"
