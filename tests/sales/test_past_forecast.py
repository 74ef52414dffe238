"""Earlier days: against the versions of then, read whole; page by page; and after what a reset destroyed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.world import client_of
from making import BY_COMMAND, NOW, actor, make_customer, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.sales.forecast import By, Extent, ForecastLine, forecast
from mooring.sales.models import Opportunity, PastState, PastSum, Pipeline, PipelineVersion, SalesMailbox
from mooring.sales.past_forecast import compared_pipelines, latest_versions, past_forecast, past_whole_of
from mooring.sales.periods import Fiscal
from mooring.sales.pipeline_content import OpportunityContent, PipelineContent
from mooring.sales.resetting import destroy_due, reset_mailboxes
from mooring.sales.restoring import begin_from
from mooring.sales.versions import content_of_version, save_version, save_weekly
from mooring.users.models import User

pytestmark = pytest.mark.django_db
CALENDAR = Fiscal()
LATER = NOW + timedelta(days=1)
_WHY = "a test looks"
_SALES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 10**9),
        st.sampled_from(["EUR", "PLN", "JPY"]),
        st.sampled_from([None, 0, 33, 100]),
        st.sampled_from([None, date(2026, 1, 31), date(2026, 4, 1)]),
        st.booleans(),
        st.sampled_from(["New", "Offer made", "Won"]),
    ),
    min_size=1,
    max_size=9,
)


@pytest.fixture
def boxes(bob: User) -> list[SalesMailbox]:
    """Top (Bob's) with North and South; beside it an Island."""
    top = make_sales_mailbox("Top", owner=bob, region="A")
    below = [make_sales_mailbox("North", parent=top, region="B"), make_sales_mailbox("South", parent=top)]
    return [top, *below, make_sales_mailbox("Island")]


def sums_of(lines: Iterable[ForecastLine]) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    return {(line.key.label, line.currency): (line.count, line.amount, line.weighted) for line in lines}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=_SALES, most=st.integers(1, 3))
def test_an_earlier_day_is_what_the_versions_of_then_hold(
    boxes: list[SalesMailbox], bob: User, sales: list[Any], most: int
) -> None:
    whom = make_customer()
    with transaction.atomic():
        pipelines = [make_pipeline("Boats", mailbox=box) for box in boxes[:3]]
        for at, units, currency, chance, close_on, is_bobs, stage in sales:
            make_opportunity(
                pipeline=pipelines[at],
                price=Decimal(units) if currency == "JPY" else Decimal(units).scaleb(-2),
                currency=currency,
                probability=chance,
                close_on=close_on,
                owner=bob if is_bobs else None,
                stage=stage,
                whom=whom,
            )
        versions = [save_version(pipeline=pipeline, by=actor(bob), now=NOW) for pipeline in pipelines]
        _change_everything()
        extent = Extent(bob, boxes[0])
        for by in By:
            then = past_forecast(extent, by, on=LATER, fiscal=CALENDAR)
            assert _as_fractions(then) == _read_whole(versions, by, boxes), by
        _compare_pages(extent, most)
        _compare_page_and_file(extent)
        transaction.set_rollback(True)


def _change_everything() -> None:
    Opportunity.objects.unscoped(_WHY).update(amount=Decimal(7), weighted=Decimal(7), currency="USD", close_on=None, owner=None)


def _as_fractions(lines: Iterable[ForecastLine]) -> dict[tuple[str, str], list[Fraction]]:
    """Lines of one name together: two pipelines have the same."""
    found: dict[tuple[str, str], list[Fraction]] = {}
    for line in lines:
        _add(found, (line.key.label, line.currency), Fraction(line.count), Fraction(line.amount), Fraction(line.weighted))
    return found


def _add(found: dict[tuple[str, str], list[Fraction]], key: tuple[str, str], *more: Fraction) -> None:
    found[key] = [one + other for one, other in zip(found.get(key, [Fraction(0)] * 3), more, strict=True)]


def _read_whole(versions: list[PipelineVersion], by: By, boxes: list[SalesMailbox]) -> dict[tuple[str, str], list[Fraction]]:
    found: dict[tuple[str, str], list[Fraction]] = {}
    for version, box in zip(versions, boxes, strict=False):
        content = content_of_version(version)
        for row in content.opportunities:
            stage = content.stage_of(row)
            if stage.outcome == "open":
                chance = stage.probability if row.probability is None else row.probability
                scale = 1 if row.currency == "JPY" else 100
                # In halves of the smallest unit, away from nothing, as invoices round: no Decimal here.
                weighted = Fraction((int(Fraction(row.amount) * scale) * chance * 2 + 100) // 200, scale)
                _add(found, (_label(by, content, row, box), row.currency), Fraction(1), Fraction(row.amount), weighted)
    return found


def _label(by: By, content: PipelineContent, row: OpportunityContent, box: SalesMailbox) -> str:
    day = row.close_on
    return {
        By.BOX: str(box),
        By.REGION: box.region or "no region",
        By.MONTH: f"{day:%Y-%m}" if day else "no date",
        By.QUARTER: f"Q{(day.month + 2) // 3} {day.year}" if day else "no date",
        By.PERSON: "Bob" if row.owner else "nobody",
        By.STAGE: content.stage_of(row).title,
        By.PIPELINE: content.name,
    }[by]


def _compare_pages(extent: Extent, most: int) -> None:
    """All pages together are what all lines are, in the same order."""
    then, now, after = [], [], ""
    while True:
        page = compared_pipelines(extent, on=LATER, after=after, most=most)
        then += page.then
        now += page.now
        after = page.next
        if not after:
            break
    assert then == past_forecast(extent, By.PIPELINE, on=LATER, fiscal=CALENDAR)
    assert now == forecast(extent, By.PIPELINE, fiscal=CALENDAR)


def _compare_page_and_file(extent: Extent) -> None:
    """The file's lines by pipeline add up to its totals, and these are the sums of the database."""
    assert extent.box is not None
    days = f"by=pipeline&box={extent.box.pk}&compared={(NOW + timedelta(days=2)).date()}"
    answer = client_of(extent.reader).get(f"/reports/of/forecast/table/?{days}")
    _header, *table = csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig")))  # type: ignore[arg-type,call-overload]
    amounts = {line.currency: line.amount for line in past_whole_of(extent, on=LATER)}
    for total in (row for row in table if row[0] == "Total"):
        of_currency = [row for row in table if row[0] != "Total" and row[2] == total[2]]
        assert Fraction(total[1]) == sum(Fraction(row[1]) for row in of_currency) == Fraction(amounts.get(total[2], 0))
        assert Fraction(total[3]) == sum(Fraction(row[3]) for row in of_currency)
    with connection.cursor() as cursor:
        cursor.execute("SELECT currency, SUM(amount) FROM sales_pastsum WHERE kind = 'own' GROUP BY 1")
        assert amounts == {code: Decimal(int(units)).scaleb(-4) for code, units in cursor.fetchall()}


def test_a_day_is_compared_within_ten_queries_by_pipelines_that_share_a_name(boxes: list[SalesMailbox], bob: User) -> None:
    for box, price in zip(boxes, (10, 20, 40, 80), strict=True):
        pipeline = make_pipeline("Boats", mailbox=box)
        make_opportunity(pipeline=pipeline, price=Decimal(price))
        save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    client = client_of(bob)
    address = f"/reports/of/forecast/?by=pipeline&box={boxes[0].pk}&compared={(NOW + timedelta(days=1)).date()}"
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address).content.decode()
    assert len(queries) <= 12
    assert page.count('<td class="main">Boats') == 3
    assert page.count("70.00\N{NO-BREAK SPACE}EUR") == 2, "the totals of then and now"


def test_people_who_share_a_name_are_one_line_of_both(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline(mailbox=boxes[0])
    for owner in (make_user("Ann"), make_user("Ann", email="other@mooring.example")):
        make_opportunity(pipeline=pipeline, price=Decimal(10), owner=owner)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    page = client_of(bob).get(f"/reports/of/forecast/?by=person&compared={LATER.date()}").content.decode()
    assert page.count('<td class="main">Ann') == 1
    assert page.count("20.00\N{NO-BREAK SPACE}EUR") == 4, "the line and the total, then and now"


def test_what_a_pipeline_added_up_to_stays_told_when_its_version_in_another_box_is_destroyed(
    boxes: list[SalesMailbox], bob: User
) -> None:
    pipeline = make_pipeline("Boats", mailbox=boxes[1])
    for at, box in enumerate((boxes[1], boxes[2])):
        make_opportunity(pipeline=pipeline, price=Decimal(10), owner=bob)
        save_version(pipeline=pipeline, mailbox=box, by=actor(bob), now=NOW + timedelta(hours=at))
    extent = Extent(bob, boxes[1])
    before = {by: past_forecast(extent, by, on=LATER, fiscal=CALENDAR) for by in By}
    reset_mailboxes(boxes=[boxes[2]], by=BY_COMMAND, now=LATER, destroy_now=True)
    assert {by: past_forecast(extent, by, on=LATER, fiscal=CALENDAR) for by in By} == before
    assert [line.count for line in before[By.BOX]] == [2]
    found = latest_versions(extent, LATER)
    assert (found.versions, found.lost) == ({}, {pipeline.uid})
    assert latest_versions(extent, NOW).versions[pipeline.uid].number == 1
    days = f"since={(NOW - timedelta(days=5)).date()}&until={LATER.date()}"
    steps = client_of(bob).get(f"/reports/of/pipeline-changes/?{days}&box={boxes[1].pk}").content.decode()
    assert "1 pipeline is left out" in steps

    saved = save_version(pipeline=pipeline, by=actor(bob), now=LATER + timedelta(days=1))
    assert saved.number == 3, "no number is given twice"


def test_a_pipeline_is_saved_weekly_though_it_is_what_it_was_before_a_version_that_is_gone(
    boxes: list[SalesMailbox], bob: User
) -> None:
    pipeline = make_pipeline(mailbox=boxes[1])
    sale = make_opportunity(pipeline=pipeline, price=Decimal(10))
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    rows = Opportunity.objects.unscoped(_WHY).filter(pk=sale.pk)
    was = rows.values_list("amount").get()[0]
    rows.update(amount=Decimal(99))
    save_version(pipeline=pipeline, mailbox=boxes[2], by=actor(bob), now=LATER)
    rows.update(amount=was)
    reset_mailboxes(boxes=[boxes[2]], by=BY_COMMAND, now=LATER, destroy_now=True)
    assert save_weekly(now=NOW + timedelta(days=20)) == 1
    assert save_weekly(now=NOW + timedelta(days=40)) == 0
    (line,) = past_forecast(Extent(bob), By.BOX, on=NOW + timedelta(days=21), fiscal=CALENDAR)
    assert line.amount == 10


def test_with_a_pipeline_go_the_sums_of_its_versions_but_not_of_those_kept_elsewhere(
    boxes: list[SalesMailbox], bob: User
) -> None:
    pipeline = make_pipeline(mailbox=boxes[1])
    make_opportunity(pipeline=pipeline, price=Decimal(10))
    elsewhere = save_version(pipeline=pipeline, mailbox=boxes[2], by=actor(bob), now=NOW)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    reset_mailboxes(boxes=[boxes[1]], by=BY_COMMAND, now=LATER)
    assert PastState.objects.count() == 3
    assert past_forecast(Extent(bob), By.BOX, on=LATER, fiscal=CALENDAR) == []
    destroy_due(now=LATER + timedelta(days=30))
    assert list(PastState.objects.values_list("number", flat=True)) == [elsewhere.number]
    begin_from(content=content_of_version(elsewhere), mailbox=boxes[2], by=actor(bob), now=LATER)
    (line,) = past_forecast(Extent(bob), By.BOX, on=LATER, fiscal=CALENDAR)
    assert (line.key.label, line.amount) == (str(boxes[0]), 10)
    reset_mailboxes(boxes=[boxes[2]], by=BY_COMMAND, now=LATER, destroy_now=True)
    assert not PastState.objects.exists()
    assert not Pipeline.objects.unscoped(_WHY).exists()


def test_older_versions_get_their_sums_by_a_migration(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline(mailbox=boxes[1])
    for owner, close_on in ((bob, date(2026, 3, 1)), (None, None)):
        make_opportunity(pipeline=pipeline, price=Decimal("10.50"), owner=owner, close_on=close_on)
        save_version(pipeline=pipeline, by=actor(bob), now=NOW)

    def kept() -> list[Any]:
        fields = ("state__uid", "state__number", "state__saved_at", "kind", "value", "currency", "count", "amount", "weighted")
        return sorted(PastSum.objects.values_list(*fields))

    before = kept()
    PastState.objects.all().delete()
    import_module("mooring.sales.migrations.0010_past_sums_of_old_versions").fill(apps, None)
    assert kept() == before
    assert len(before) == 10


def test_a_person_who_left_is_told_by_the_address_of_then(boxes: list[SalesMailbox], bob: User) -> None:
    dave = make_user("Dave")
    pipeline = make_pipeline(mailbox=boxes[1])
    make_opportunity(pipeline=pipeline, price=Decimal(10), owner=dave)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    User.objects.filter(pk=dave.pk).update(email="other@mooring.example")
    at = timezone.make_aware(datetime.combine(LATER.date(), time()))
    assert [key for key, _currency in sums_of(past_forecast(Extent(bob), By.PERSON, on=at, fiscal=CALENDAR))] == [dave.email]
