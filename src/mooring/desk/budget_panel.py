"""A sales person's own budget on Home, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format

from mooring.desk.forms.reports import begin_of, company_calendar
from mooring.desk.sales_words import money
from mooring.reports.own_budget import Standing, is_sales_person, own_budget
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """A period; `url` leads to its report, `won_url` to what was won in it."""

    period: str
    url: str
    won_url: str
    budget: str
    won: str
    open: str
    reached: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBudget:
    """`url` leads to the report of the year."""

    lines: list[BudgetLine]
    url: str
    remarks: list[str]


def shown_budget(user: User) -> ShownBudget | None:
    """Only for sales people who have one this fiscal year. At most six queries; one for those who are none."""
    if not (may(user, Module.SALES, Action.VIEW) and may(user, Module.REPORTS, Action.VIEW) and is_sales_person(user)):
        return None
    fiscal, home = company_calendar()
    today = timezone.localdate()
    own = own_budget(user, today=today, begins=begin_of, fiscal=fiscal, home=home)
    if own is None:
        return None
    month = _line(date_format(today, "F Y"), own.month, user, home)
    year = _line(fiscal.year_in_words(fiscal.year_of(today)), own.year, user, home)
    return ShownBudget(lines=[month, year], url=year.url, remarks=own.remarks)


def _line(period: str, standing: Standing, user: User, home: str) -> BudgetLine:
    days = {"since": standing.since.isoformat(), "until": standing.until.isoformat()}
    return BudgetLine(
        period=period,
        url=f"{reverse('report', args=['sales-by-person'])}?{urlencode(days)}",
        won_url=f"{reverse('won_opportunities')}?{urlencode({**days, 'person': user.pk})}",
        budget=money(standing.budget, home),
        won=money(standing.won, home),
        open=money(standing.open, home),
        reached="–" if standing.reached is None else f"{number_format(standing.reached, 1)}\N{NO-BREAK SPACE}%",
    )
