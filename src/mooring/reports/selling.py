"""What sales people sold against their budgets: person by person, and by groups rolled up the tree."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from mooring.reports.asked import Asked
from mooring.reports.rates import Home
from mooring.reports.report import Cell, Column, Money, Report, Row, Way, bars
from mooring.sales.budgets import budgets_by_month, groups_from, sales_people_seen_by, sold_by
from mooring.users.groups import group_lines
from mooring.users.membership_dates import TimeInGroup, times_in_groups
from mooring.users.models import User

_NOTHING: Final = Decimal(0)
_ALWAYS: Final = TimeInGroup(0, 0)


def sales_by_person(asked: Asked) -> Report:
    """Sales people, that is members of groups of type sales; of one group and those below it, if asked, for their days in it."""
    figures = _Figures(asked)
    present = {user.pk for user in sales_people_seen_by(asked.reader)}
    if asked.group is not None:
        groups = groups_from(asked.group, [line.group for line in group_lines()])
        times = figures.times_in(groups)
        people = [user for user in figures.people if user.pk in times]
    else:
        times = {user.pk: [_ALWAYS] for user in figures.people}
        people = [user for user in figures.people if user.pk in present or figures.has_any(user)]
    columns = _columns(_("Person"))
    rows = [Row((str(user), *figures.cells({user.pk: times[user.pk]})), _to_won(asked, user)) for user in people]
    in_all = {user.pk: times[user.pk] for user in people}
    totals = [Row((_("Total"), *figures.cells(in_all)))] if people else []
    remarks = [*([_by_days()] if asked.group is not None else []), *figures.remarks()]
    return Report(columns=columns, rows=rows, totals=totals, charts=bars(rows, columns, (2, 3)), remarks=remarks)


def sales_by_group(asked: Asked) -> Report:
    """Every group with all below it, each person counted once in each group, and for the days in it alone."""
    figures = _Figures(asked)
    lines = group_lines()
    groups = [line.group for line in lines]
    columns = _columns(_("Group"))
    rows = []
    for line in lines:
        times = figures.times_in(groups_from(line.group, groups))
        if times:
            way = Way("report", ("sales-by-person",), {**_days(asked), "group": str(line.group.pk)})
            rows.append(Row((line.path_hint, *figures.cells(times)), way))
    added_up = _("A group is shown with all groups below it, so lines are not to be added up.")
    remarks = [added_up, _by_days(), *figures.remarks()]
    return Report(columns=columns, rows=rows, charts=bars(rows, columns, (2, 3)), remarks=remarks)


Times = Mapping[int, Sequence[TimeInGroup]]
"""Person's id -> the days that count."""


class _Figures:
    """What each person sold and was meant to sell in the period, in the home currency, each sale on its day."""

    def __init__(self, asked: Asked) -> None:
        self.people = list(sales_people_seen_by(asked.reader, or_once=True))
        self._home = Home(asked.home, on=asked.until)
        self._period = TimeInGroup(0, 0, asked.since, asked.until)
        self._times = times_in_groups(self.people)
        self._sold = self._sold_by_day(asked)
        self._budgets = budgets_by_month(self.people, since=asked.since, until=asked.until)

    def _sold_by_day(self, asked: Asked) -> dict[int, dict[date, tuple[int, Decimal]]]:
        """Person's id -> {day: how many were won on it, what they are worth}."""
        found: dict[int, dict[date, tuple[int, Decimal]]] = {}
        for each in sold_by(self.people, reader=asked.reader, since=asked.begins_at, until=asked.ends_at):
            days = found.setdefault(each.owner_id, {})
            count, worth = days.get(each.on, (0, _NOTHING))
            days[each.on] = count + 1, worth + (self._home.worth(each.amount, each.currency, on=each.on) or _NOTHING)
        return found

    def times_in(self, group_ids: Container[int]) -> dict[int, list[TimeInGroup]]:
        """Who was in one of the groups within the period, and when."""
        found: dict[int, list[TimeInGroup]] = {}
        for time in self._times:
            if time.group_id in group_ids and time.meets(self._period):
                found.setdefault(time.user_id, []).append(time)
        return found

    def has_any(self, user: User) -> bool:
        """Whether somebody sold, or was meant to sell, anything."""
        return user.pk in self._sold or user.pk in self._budgets

    def cells(self, times: Times) -> tuple[Cell, ...]:
        """How many were won, what they are worth, the budget, and how much of it was reached."""
        won = [sold for pk, days in times.items() for on, sold in self._sold.get(pk, {}).items() if _is_within(on, days)]
        months = [(pk, day, amount) for pk in times for day, amount in self._budgets.get(pk, {}).items()]
        budget = sum((amount for pk, day, amount in months if _is_within(day, times[pk])), _NOTHING)
        sold = sum((worth for _count, worth in won), _NOTHING)
        reached = (sold * 100 / budget).quantize(Decimal("0.1")) if budget else None
        return (
            sum(count for count, _worth in won),
            Money(sold, self._home.currency),
            Money(budget, self._home.currency),
            reached,
        )

    def remarks(self) -> list[str]:
        """What is missing in the sums."""
        said = _(
            "Amounts in other currencies are turned by the rate of the day on which they were won; budgets are of whole months."
        )
        return [said, *self._home.remarks()]


def _is_within(day: date, times: Iterable[TimeInGroup]) -> bool:
    return any(time.covers(day) for time in times)


def _by_days() -> str:
    return _(
        "A sale counts in the group where the person was on that day, a month's budget where the person was on its last day."
    )


def _columns(first: str) -> list[Column]:
    return [
        Column(first),
        Column(_("Won"), "count"),
        Column(_("Sold"), "money"),
        Column(_("Budget"), "money"),
        Column(_("Reached"), "percent"),
    ]


def _to_won(asked: Asked, user: User) -> Way:
    group = {"group": str(asked.group.pk)} if asked.group is not None else {}
    return Way("won_opportunities", (), {**_days(asked), "person": str(user.pk), **group})


def _days(asked: Asked) -> dict[str, str]:
    return {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
