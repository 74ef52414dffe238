"""The roll-up against an independent calculation; what its lines lead to; how an earlier day compares."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from desk.world import client_of
from making import BY_COMMAND, NOW, actor, make_customer, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.desk.sales_words import money
from mooring.sales.forecast import By, Extent, ForecastLine, forecast, forecast_of_pipelines, opportunities_behind, whole_of
from mooring.sales.models import Opportunity, Pipeline, SalesMailbox
from mooring.sales.past_forecast import past_forecast
from mooring.sales.periods import Fiscal
from mooring.sales.pipelines import remove_pipeline
from mooring.sales.rates import keep_rate
from mooring.sales.resetting import reset_mailboxes
from mooring.sales.versions import save_version
from mooring.users.models import User

pytestmark = pytest.mark.django_db
CALENDAR = Fiscal()

_SALES = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 10**9),
        st.sampled_from(["EUR", "PLN", "JPY"]),
        st.integers(0, 100),
        st.sampled_from([None, date(2026, 1, 31), date(2026, 2, 1), date(2026, 12, 31)]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def boxes(bob: User) -> list[SalesMailbox]:
    """Top (Bob's) with North and South, North with Quay; beside Top an Island."""
    top = make_sales_mailbox("Top", owner=bob, region="A")
    north = make_sales_mailbox("North", parent=top, region="B")
    south = make_sales_mailbox("South", parent=top)
    return [top, north, south, make_sales_mailbox("Quay", parent=north, region="B"), make_sales_mailbox("Island")]


def labels(lines: Iterable[ForecastLine]) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    return {(line.key.label, line.currency): (line.count, line.amount, line.weighted) for line in lines}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=_SALES)
def test_sums_of_page_file_and_database_are_those_of_an_independent_calculation(
    boxes: list[SalesMailbox], bob: User, sales: list[Any]
) -> None:
    whom = make_customer()
    with transaction.atomic():
        for currency, day, worth in _RATES:
            keep_rate(currency=currency, on=day, worth=worth, by=BY_COMMAND, now=NOW)
        pipelines = [make_pipeline(mailbox=box) for box in boxes]
        expected: dict[str, list[Fraction]] = {}
        for at, units, currency, chance, close_on, is_won in sales:
            price = Decimal(units) if currency == "JPY" else Decimal(units).scaleb(-2)
            stage = "Won" if is_won else "New"
            make_opportunity(
                pipeline=pipelines[at],
                price=price,
                currency=currency,
                probability=chance,
                close_on=close_on,
                stage=stage,
                whom=whom,
            )
            if not is_won and at != 4:
                # In halves of the smallest unit, away from nothing, as invoices round: no Decimal here.
                weighted = Fraction((units * chance * 2 + 100) // 200, 1 if currency == "JPY" else 100)
                sums = expected.setdefault(currency, [Fraction(0)] * 3)
                expected[currency] = [sums[0] + 1, sums[1] + Fraction(price), sums[2] + weighted]
        for by in By:
            lines = forecast(Extent(bob, boxes[0]), by, fiscal=CALENDAR)
            found: dict[str, list[Fraction]] = {}
            for line in lines:
                sums = found.setdefault(line.currency, [Fraction(0)] * 3)
                more = (Fraction(line.count), Fraction(line.amount), Fraction(line.weighted))
                found[line.currency] = [a + b for a, b in zip(sums, more, strict=True)]
                behind = opportunities_behind(Extent(bob, boxes[0]), by, line.key.value, fiscal=CALENDAR)
                assert sum(each.amount for each in behind if each.currency == line.currency) == line.amount
            assert found == expected, by
        assert labels(forecast(Extent(bob), By.BOX, fiscal=CALENDAR)).keys() <= {(str(boxes[0]), c) for c in expected}
        _compare_with_page_and_file(bob, boxes[0], expected)
        _compare_workbooks_with_the_database(bob, pipelines[:3])
        transaction.set_rollback(True)


# The home currency is EUR; what holds is the latest rate that has begun.
_RATES = (
    ("PLN", date(2020, 1, 1), Decimal("0.25")),
    ("PLN", date(2024, 1, 1), Decimal("0.2337")),
    ("PLN", date(2999, 1, 1), Decimal(7)),
    ("JPY", date(2021, 1, 1), Decimal("0.00613")),
)
_WORTH = {"EUR": Fraction(1), "PLN": Fraction(2337, 10_000), "JPY": Fraction(613, 100_000)}


def _in_home(amounts: dict[str, Fraction]) -> Fraction:
    """Each currency's sum in whole cents, halves upwards; no Decimal here."""
    return sum((Fraction((amount * _WORTH[code] * 200 + 1) // 2, 100) for code, amount in amounts.items()), Fraction(0))


def _compare_workbooks_with_the_database(bob: User, pipelines: list[Pipeline]) -> None:
    client = client_of(bob)
    for pipeline in pipelines:
        answer = client.get(f"/sales/pipelines/{pipeline.pk}/pipeline.xlsx")
        header, *rows = load_workbook(io.BytesIO(b"".join(answer)), read_only=True).active.values  # type: ignore[arg-type]
        amount, currency = header.index("Amount"), header.index("Currency")
        found: dict[str, Fraction] = {}
        for row in rows:
            found[row[currency]] = found.get(row[currency], Fraction(0)) + Fraction(str(row[amount]))
        with connection.cursor() as cursor:
            cursor.execute("SELECT currency, SUM(amount) FROM sales_opportunity WHERE pipeline_id = %s GROUP BY 1", [pipeline.pk])
            assert found == {code: Fraction(int(units), 10_000) for code, units in cursor.fetchall()}


def _compare_with_page_and_file(bob: User, top: SalesMailbox, expected: dict[str, list[Fraction]]) -> None:
    client = client_of(bob)
    page = client.get(f"/reports/of/forecast/?box={top.pk}&by=month").content.decode()
    answer = client.get(f"/reports/of/forecast/table/?box={top.pk}&by=month")
    table = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))  # type: ignore[arg-type,call-overload]
    for currency, (count, amount, _weighted) in expected.items():
        total = next(row for row in table if row[0] == "Total" and row[3] == currency)
        assert (int(total[1]), Fraction(total[2])) == (count, amount)
        lines = [row for row in table[1:] if not row[0].startswith("Total") and row[3] == currency]
        assert sum(Fraction(row[2]) for row in lines) == amount
        if len(expected) > 1:
            home = next(row for row in table if row[0] == "Total in EUR")
            assert Fraction(home[2]) == _in_home({code: sums[1] for code, sums in expected.items()})
            assert Fraction(home[4]) == _in_home({code: sums[2] for code, sums in expected.items()})
            assert money(Decimal(home[2]), "EUR") in page
        exact = Decimal(amount.numerator) / Decimal(amount.denominator)
        assert money(exact, currency) in page


def test_a_branch_is_a_line_that_leads_below(boxes: list[SalesMailbox], bob: User) -> None:
    top, north, _south, quay, island = boxes
    for box, price in ((top, 1), (north, 10), (quay, 100), (island, 1000)):
        make_opportunity(pipeline=make_pipeline("P", mailbox=box), price=Decimal(price), owner=bob)
    found = labels(forecast(Extent(bob, top), By.BOX, fiscal=CALENDAR))
    assert found == {(str(top), "EUR"): (1, 1, found[str(top), "EUR"][2]), (str(north), "EUR"): (2, 110, 11)}
    regions = labels(forecast(Extent(bob, top), By.REGION, fiscal=CALENDAR))
    assert {key[0]: sums[1] for key, sums in regions.items()} == {"A": 1, "B": 110}
    people = labels(forecast(Extent(bob, top), By.PERSON, fiscal=CALENDAR))
    assert people["Bob", "EUR"][:2] == (3, 111)


def test_quarters_follow_the_fiscal_year(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline(mailbox=boxes[0])
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2027, 3, 31), None):
        make_opportunity(pipeline=pipeline, price=Decimal(1), close_on=day)
    lines = forecast(Extent(bob, boxes[0]), By.QUARTER, fiscal=Fiscal(4))
    assert [line.key.label for line in lines] == ["Q4 2025/26", "Q1 2026/27", "Q4 2026/27", "no date"]
    months = forecast(Extent(bob, boxes[0]), By.MONTH, fiscal=CALENDAR)
    assert [line.key.label for line in months] == ["2026-03", "2026-04", "2027-03", "no date"]


def test_an_earlier_day_is_told_by_the_versions_of_then(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline("Boats", mailbox=boxes[1])
    sale = make_opportunity(pipeline=pipeline, price=Decimal("10.50"), close_on=date(2026, 5, 1), owner=bob)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW + timedelta(days=1))
    Opportunity.objects.unscoped("a test changes it").filter(pk=sale.pk).update(amount=Decimal(99), weighted=Decimal("9.90"))
    extent = Extent(bob, boxes[0])
    for by, label in (
        (By.BOX, str(boxes[1])),
        (By.REGION, "B"),
        (By.PIPELINE, "Boats"),
        (By.STAGE, "New"),
        (By.PERSON, "Bob"),
        (By.MONTH, "2026-05"),
        (By.QUARTER, "Q2 2026"),
    ):
        then = past_forecast(extent, by, on=NOW + timedelta(days=2), fiscal=CALENDAR)
        assert then is not None
        assert labels(then) == {(label, "EUR"): (1, Decimal("10.50"), Decimal("1.05"))}, by
        assert labels(forecast(extent, by, fiscal=CALENDAR)) == {(label, "EUR"): (1, Decimal(99), Decimal("9.90"))}, by
    assert past_forecast(extent, By.BOX, on=NOW - timedelta(days=1), fiscal=CALENDAR) == []
    assert past_forecast(Extent(make_user()), By.BOX, on=NOW, fiscal=CALENDAR) == []
    page = client_of(bob).get(f"/reports/of/forecast/?box={boxes[0].pk}&compared=2026-03-04").content.decode()
    assert "10.50\N{NO-BREAK SPACE}EUR" in page
    assert "88.50\N{NO-BREAK SPACE}EUR" in page


def test_a_pipeline_saved_to_another_box_stays_in_the_earlier_days_of_its_own(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline("Boats", mailbox=boxes[1])
    make_opportunity(pipeline=pipeline, price=Decimal(10), close_on=date(2026, 5, 1), owner=bob)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    save_version(pipeline=pipeline, mailbox=boxes[2], by=actor(bob), now=NOW)
    for extent, label in ((Extent(bob, boxes[1]), str(boxes[1])), (Extent(bob), str(boxes[0]))):
        then = past_forecast(extent, By.BOX, on=NOW, fiscal=CALENDAR)
        assert then is not None
        assert labels(then) == {(label, "EUR"): (1, Decimal(10), Decimal(1))}
        assert labels(then) == labels(forecast(extent, By.BOX, fiscal=CALENDAR))
    assert past_forecast(Extent(bob, boxes[2]), By.MONTH, on=NOW, fiscal=CALENDAR) == []


def test_a_reset_takes_nothing_out_of_the_past_of_other_boxes(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline("Boats", mailbox=boxes[1])
    for box in (boxes[1], boxes[2]):
        make_opportunity(pipeline=pipeline, price=Decimal(10), owner=bob)
        save_version(pipeline=pipeline, mailbox=box, by=actor(bob), now=NOW)
    reset_mailboxes(boxes=[boxes[2]], by=BY_COMMAND, now=NOW + timedelta(days=1))
    then = past_forecast(Extent(bob, boxes[1]), By.BOX, on=NOW, fiscal=CALENDAR)
    assert [line.count for line in then or ()] == [2]


def test_a_removed_pipeline_stands_in_the_days_before_it_was_removed_alone(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline("Boats", mailbox=boxes[1])
    make_opportunity(pipeline=pipeline, price=Decimal(10), owner=bob)
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    remove_pipeline(pipeline=pipeline, by=actor(bob), now=NOW + timedelta(days=10))
    counts = []
    for days in (5, 15):
        then = past_forecast(Extent(bob, boxes[0]), By.BOX, on=NOW + timedelta(days=days), fiscal=CALENDAR)
        counts.append([line.count for line in then or ()])
    assert counts == [[1], []]


def test_a_forecast_takes_as_many_queries_whatever_lies_below(boxes: list[SalesMailbox], bob: User) -> None:
    def count(by: By) -> int:
        with CaptureQueriesContext(connection) as queries:
            forecast(Extent(bob, boxes[0]), by, fiscal=CALENDAR)
        return len(queries)

    def count_past() -> int:
        with CaptureQueriesContext(connection) as queries:
            past_forecast(Extent(bob, boxes[0]), By.MONTH, on=NOW, fiscal=CALENDAR)
        return len(queries)

    sale = make_opportunity(pipeline=make_pipeline(mailbox=boxes[1]), owner=bob)
    save_version(pipeline=sale.pipeline, by=actor(bob), now=NOW)
    before = {by: count(by) for by in By}
    assert count_past() == 1
    for box in boxes:
        sale = make_opportunity(pipeline=make_pipeline(mailbox=box), owner=make_user())
        save_version(pipeline=sale.pipeline, by=actor(bob), now=NOW)
    assert count_past() == 1
    assert {by: count(by) for by in By} == before
    assert max(before.values()) <= 4


def test_many_pipelines_are_shown_page_by_page_with_the_total_of_all(boxes: list[SalesMailbox], bob: User) -> None:
    extent = Extent(bob, boxes[0])
    for name, currency in (("Boats", "EUR"), ("boats", "PLN"), ("Boats", "EUR"), ("Sails", "EUR"), ("Empty", "")):
        pipeline = make_pipeline(name, mailbox=boxes[len(Pipeline.objects.unscoped("a test counts")) % 4])
        if currency:
            make_opportunity(pipeline=pipeline, price=Decimal(10), currency=currency)
    shown, after = [], ""
    for _page in range(2):
        lines, after = forecast_of_pipelines(extent, after=after, most=2)
        shown += lines
    assert after == ""
    assert shown == forecast(extent, By.PIPELINE, fiscal=CALENDAR)
    assert [(line.currency, line.count, line.amount) for line in whole_of(extent)] == [("EUR", 3, 30), ("PLN", 1, 10)]
    page = client_of(bob).get(f"/reports/of/forecast/?box={boxes[0].pk}&by=pipeline").content.decode()
    assert "30.00\N{NO-BREAK SPACE}EUR" in page


def test_what_was_reset_removed_or_closed_is_in_no_forecast(boxes: list[SalesMailbox], bob: User) -> None:
    pipeline = make_pipeline(mailbox=boxes[1])
    make_opportunity(pipeline=pipeline, stage="Lost")
    make_opportunity(pipeline=pipeline)
    gone = make_opportunity(pipeline=make_pipeline(mailbox=boxes[2]))
    Pipeline.objects.unscoped("a test removes it").filter(pk=gone.pipeline_id).update(removed_at=NOW)
    assert [line.count for line in forecast(Extent(bob, boxes[0]), By.BOX, fiscal=CALENDAR)] == [1]
    reset_mailboxes(boxes=[boxes[1]], by=actor(bob), now=NOW)
    assert forecast(Extent(bob, boxes[0]), By.BOX, fiscal=CALENDAR) == []
    assert past_forecast(Extent(bob, boxes[0]), By.BOX, on=datetime(2026, 3, 3, tzinfo=UTC), fiscal=CALENDAR) == []
