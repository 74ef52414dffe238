"""Sales people, budgets, rates, and the months of a fiscal year."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import NOW, actor, make_group, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.reports.rates import Home
from mooring.sales.budgets import (
    UnableToBudget,
    budgets_by_month,
    budgets_of,
    groups_from,
    grown,
    keep_budgets,
    sales_people,
    sales_people_seen_by,
    sold_by,
    spread,
)
from mooring.sales.models import ExchangeRate
from mooring.sales.periods import Fiscal
from mooring.sales.rates import UnableToKeepRate, keep_rate
from mooring.users.groups import group_lines
from mooring.users.journal import entries_about
from mooring.users.models import User

CALENDAR = Fiscal()


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_total_is_spread_evenly_and_nothing_is_lost(units: int, currency: str) -> None:
    unit = {"EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}[currency]
    months = spread(units * unit, currency)
    assert len(months) == 12
    assert sum(months) == units * unit
    assert max(months) - min(months) <= unit


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 12))
def test_every_day_lies_in_one_quarter_of_one_fiscal_year(day: date, starts_in: int) -> None:
    fiscal = Fiscal(starts_in)
    year, quarter = fiscal.quarter_of(day)
    assert fiscal.begin_of(year) <= day <= fiscal.end_of(year)
    months = fiscal.months_of(year)
    assert len(set(months)) == 12
    assert months.index((day.year, day.month)) // 3 + 1 == quarter


def test_years_are_called_as_people_call_them() -> None:
    assert Fiscal(1).year_in_words(2026) == "2026"
    assert Fiscal(7).year_in_words(2099) == "2099/00"


@pytest.mark.django_db
def test_sales_people_are_members_of_groups_of_type_sales(alice: User, bob: User) -> None:
    eve, fred = make_user("Eve"), make_user("Fred")
    sales = make_group("Sales", kind="sales", members=[bob, eve])
    north = make_group("North", kind="sales", parent=sales, members=[fred, eve])
    make_group("Office", members=[alice])
    assert list(sales_people()) == [bob, eve, fred]
    groups = [line.group for line in group_lines()]
    assert groups_from(sales, groups) == {sales.pk, north.pk}
    assert groups_from(north, groups) == {north.pk}
    top = make_sales_mailbox(owner=bob)
    make_sales_mailbox(owner=fred, parent=top)
    assert list(sales_people_seen_by(bob)) == [bob, fred]
    assert list(sales_people_seen_by(alice)) == [bob, eve, fred]


@pytest.mark.django_db
def test_budgets_are_kept_grown_and_told(alice: User, bob: User) -> None:
    months = dict(zip(CALENDAR.months_of(2025), spread(Decimal("1000.01"), "EUR"), strict=True))
    assert keep_budgets(budgets={bob.pk: months}, by=actor(alice), now=NOW) == 12
    assert keep_budgets(budgets={bob.pk: months}, by=actor(alice), now=NOW) == 0
    assert budgets_of([bob], year=2025, fiscal=CALENDAR) == {bob.pk: months}
    more = grown(months, Decimal("10"), "EUR")
    keep_budgets(budgets={bob.pk: {**more, (2025, 1): Decimal(5)}}, by=actor(alice), now=NOW)
    assert budgets_of([bob], year=2026, fiscal=CALENDAR)[bob.pk][2026, 1] == Decimal("91.66")
    assert budgets_of([bob], year=2025, fiscal=CALENDAR)[bob.pk][2025, 1] == 5
    whole = budgets_by_month([bob], since=date(2025, 1, 1), until=date(2025, 2, 28))[bob.pk]
    assert list(whole.values()) == [5, months[2025, 2]]
    assert budgets_by_month([bob], since=date(2025, 1, 2), until=date(2025, 2, 27)) == {}
    (entry, *_) = entries_about(kind="budget", record_id=bob.pk)
    assert entry.changes["2025-01"][1] == "5"
    with pytest.raises(UnableToBudget):
        keep_budgets(budgets={bob.pk: {(2025, 1): Decimal(-1)}}, by=actor(alice), now=NOW)


@pytest.mark.django_db
def test_rates_hold_from_a_day_on(alice: User) -> None:
    by = actor(alice)
    for day, worth in ((date(2026, 1, 1), "0.25"), (date(2026, 2, 1), "0.2")):
        keep_rate(currency="PLN", on=day, worth=Decimal(worth), by=by, now=NOW)
    home = Home("EUR", on=date(2026, 2, 5))
    assert home.worth(Decimal("10.02"), "PLN") == Decimal("2.00")
    assert home.worth(Decimal(10), "PLN", on=date(2026, 1, 31)) == Decimal("2.50")
    assert home.worth(Decimal(10), "USD") is None
    assert home.total([("PLN", Decimal(10)), ("EUR", Decimal(1)), ("USD", Decimal(9))]) == 3
    assert "USD" in home.remarks()[0]
    keep_rate(currency="PLN", on=date(2026, 2, 1), worth=None, by=by, now=NOW)
    keep_rate(currency="PLN", on=date(2026, 2, 1), worth=None, by=by, now=NOW)
    assert ExchangeRate.objects.count() == 1
    for currency, worth_of_it in (("ABC", Decimal(1)), ("PLN", Decimal(0))):
        with pytest.raises(UnableToKeepRate):
            keep_rate(currency=currency, on=date(2026, 1, 1), worth=worth_of_it, by=by, now=NOW)


@pytest.mark.django_db
def test_what_was_sold_is_counted_within_the_boxes_one_sees(alice: User, bob: User) -> None:
    eve = make_user("Eve")
    pipeline = make_pipeline(mailbox=make_sales_mailbox(owner=eve))
    make_opportunity(pipeline=pipeline, stage="Won", price=Decimal(7), owner=eve)
    make_opportunity(pipeline=pipeline, stage="Won", price=Decimal(9), owner=bob)
    make_opportunity(pipeline=pipeline, stage="Lost", price=Decimal(1), owner=bob)
    since, until = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)

    def sums(reader: User) -> list[Decimal]:
        return sorted(each.amount for each in sold_by([bob, eve], reader=reader, since=since, until=until))

    assert sums(alice) == sums(eve) == [7, 9]
    assert sums(bob) == [9]
    assert list(sold_by([bob], reader=alice, since=until, until=until)) == []
