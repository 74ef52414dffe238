"""A sales person's own budget, for Home: what is to be sold in this month and this fiscal year, what was won, what is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from mooring.reports.rates import Home
from mooring.sales.budgets import budgets_of, open_by_close_date, sales_people, won_by
from mooring.sales.money import NOTHING
from mooring.sales.periods import Fiscal
from mooring.users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of one period, whose days are both included; amounts in the home currency."""

    since: date
    until: date
    budget: Decimal
    won: Decimal
    open: Decimal
    """Weighted: what is to be closed by the end of the period, and what should have been closed before."""

    @property
    def reached(self) -> Decimal | None:
        """In per cent; None where nothing is to be sold."""
        return (self.won * 100 / self.budget).quantize(Decimal("0.1")) if self.budget else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBudget:
    """`remarks` say what is missing in the sums."""

    month: Standing
    year: Standing
    remarks: list[str]


def is_sales_person(user: User) -> bool:
    """One query."""
    return sales_people().filter(pk=user.pk).exists()


def own_budget(user: User, *, today: date, begins: Callable[[date], datetime], fiscal: Fiscal, home: str) -> OwnBudget | None:
    """None without a budget for this fiscal year; `begins` tells when a day begins for the reader. At most four queries."""
    year = fiscal.year_of(today)
    months = budgets_of([user], year=year, fiscal=fiscal)[user.pk]
    if not any(months.values()):
        return None
    first, start = today.replace(day=1), fiscal.begin_of(year)
    following = (first + timedelta(days=31)).replace(day=1)
    rates = Home(home, on=today)

    ends = following - timedelta(days=1), fiscal.end_of(year)
    before = this_month = NOTHING
    won = won_by([user], reader=user, since=begins(start), until=begins(following)).order_by()
    for currency, at, amount in won.values_list("currency", "closed_at", "amount"):
        assert at is not None
        worth = rates.worth(amount, currency, on=at.date()) or NOTHING
        before, this_month = (before + worth, this_month) if at < begins(first) else (before, this_month + worth)
    open_now, open_later = (rates.total(sums.items()) for sums in open_by_close_date(user, ends))
    budget = months.get((today.year, today.month), NOTHING)
    return OwnBudget(
        month=Standing(since=first, until=ends[0], budget=budget, won=this_month, open=open_now),
        year=Standing(since=start, until=ends[1], budget=sum(months.values(), NOTHING), won=before + this_month, open=open_later),
        remarks=rates.remarks(),
    )
