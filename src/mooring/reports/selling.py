"""What sales people sold against their budgets: person by person, and by groups rolled up the tree."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from mooring.reports.asked import Asked
from mooring.reports.rates import Home
from mooring.reports.report import Cell, Column, Money, Report, Row, Way, bars
from mooring.sales.budgets import budgets_between, groups_from, sales_people_seen_by, sold_by
from mooring.users.groups import group_lines
from mooring.users.models import Membership, User

_NOTHING = Decimal(0)


def sales_by_person(asked: Asked) -> Report:
    """Sales people, that is members of groups of type sales; of one group and those below it if asked."""
    people = list(sales_people_seen_by(asked.reader))
    if asked.group is not None:
        groups = groups_from(asked.group, [line.group for line in group_lines()])
        members = set(Membership.objects.filter(group__in=groups).values_list("user_id", flat=True))
        people = [user for user in people if user.pk in members]
    figures = _Figures(asked, people)
    columns = _columns(_("Person"))
    rows = [Row((str(user), *figures.cells([user.pk])), _to_won(asked, user)) for user in people]
    totals = [Row((_("Total"), *figures.cells([user.pk for user in people])))] if people else []
    return Report(columns=columns, rows=rows, totals=totals, charts=bars(rows, columns, (2, 3)), remarks=figures.remarks())


def sales_by_group(asked: Asked) -> Report:
    """Every group with all below it, each person counted once in each group."""
    people = list(sales_people_seen_by(asked.reader))
    figures = _Figures(asked, people)
    lines = group_lines()
    groups = [line.group for line in lines]
    members: dict[int, set[int]] = {}
    for group_id, user_id in Membership.objects.filter(user__in=people).values_list("group_id", "user_id"):
        members.setdefault(group_id, set()).add(user_id)
    columns = _columns(_("Group"))
    rows = []
    for line in lines:
        inside = {user for group_id in groups_from(line.group, groups) for user in members.get(group_id, ())}
        if inside:
            way = Way("report", ("sales-by-person",), {**_days(asked), "group": str(line.group.pk)})
            rows.append(Row((line.path_hint, *figures.cells(sorted(inside))), way))
    remarks = [_("A group is shown with all groups below it, so lines are not to be added up."), *figures.remarks()]
    return Report(columns=columns, rows=rows, charts=bars(rows, columns, (2, 3)), remarks=remarks)


class _Figures:
    """What each person sold and was meant to sell in the period, in the home currency."""

    def __init__(self, asked: Asked, people: list[User]) -> None:
        self._home = Home(asked.home, on=asked.until)
        self._counts: dict[int, int] = {}
        self._sold: dict[int, Decimal] = {}
        for each in sold_by(people, reader=asked.reader, since=asked.begins_at, until=asked.ends_at):
            worth = self._home.worth(each.amount, each.currency, on=each.on) or _NOTHING
            self._counts[each.owner_id] = self._counts.get(each.owner_id, 0) + 1
            self._sold[each.owner_id] = self._sold.get(each.owner_id, _NOTHING) + worth
        self._budgets = budgets_between(people, since=asked.since, until=asked.until)

    def cells(self, ids: list[int]) -> tuple[Cell, ...]:
        """How many were won, what they are worth, the budget, and how much of it was reached."""
        sold = sum((self._sold.get(pk, _NOTHING) for pk in ids), _NOTHING)
        budget = sum((self._budgets.get(pk, _NOTHING) for pk in ids), _NOTHING)
        reached = (sold * 100 / budget).quantize(Decimal("0.1")) if budget else None
        money = Money(sold, self._home.currency), Money(budget, self._home.currency)
        return (sum(self._counts.get(pk, 0) for pk in ids), *money, reached)

    def remarks(self) -> list[str]:
        """What is missing in the sums."""
        said = _(
            "Amounts in other currencies are turned by the rate of the day on which they were won; budgets are of whole months."
        )
        return [said, *self._home.remarks()]


def _columns(first: str) -> list[Column]:
    return [
        Column(first),
        Column(_("Won"), "count"),
        Column(_("Sold"), "money"),
        Column(_("Budget"), "money"),
        Column(_("Reached"), "percent"),
    ]


def _to_won(asked: Asked, user: User) -> Way:
    return Way("won_opportunities", (), {**_days(asked), "person": str(user.pk)})


def _days(asked: Asked) -> dict[str, str]:
    return {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
