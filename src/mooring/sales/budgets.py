"""Sales people, what they are meant to sell, and what they sold. A budget is a person's amount for a month, in home currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import BigIntegerField, CharField, ExpressionWrapper, F, Func, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from mooring.sales.models import Ancestry, Budget, Opportunity, Outcome, Pipeline
from mooring.sales.models.mailbox import boxes_within
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import MOST, NOTHING, places_of, rounded
from mooring.sales.periods import Fiscal
from mooring.users.journal import Actor, Line, record_all
from mooring.users.membership_dates import TimeInGroup
from mooring.users.models import Group, GroupKind, User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import among_owners, owners_within

_WHY: Final = "what was sold is added up within the boxes that the reader sees"


class UnableToBudget(Exception):
    """No budget was changed; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Sold:
    """One opportunity that was won."""

    owner_id: int
    currency: str
    on: date
    amount: Decimal


def sales_people() -> QuerySet[User]:
    """Members of at least one group of type sales, by name; those who may not sign in any more, too."""
    return User.objects.filter(memberships__group__kind=GroupKind.SALES).distinct().order_by("name", "pk")


def sales_people_seen_by(reader: User, *, or_once: bool = False) -> QuerySet[User]:
    """All, or the reader with those within reach, and the owners of boxes below theirs.

    With `or_once` those who were sales people, too.
    """
    people = sales_people()
    if or_once:
        once = Q(past_memberships__group__kind=GroupKind.SALES)
        people = User.objects.filter(Q(memberships__group__kind=GroupKind.SALES) | once).distinct().order_by("name", "pk")
    scope = scope_of(reader, Module.REPORTS, Action.VIEW)
    if scope is Scope.ALL:
        return people
    within = owners_within(reader, max(scope, Scope.OWN))
    owners = Ancestry.objects.filter(among_owners(within, "above__owner")).values("below__owner")
    return people.filter(Q(pk__in=within) | Q(pk__in=owners))


def groups_from(group: Group, groups: Iterable[Group]) -> set[int]:
    """The ids of a group and of all groups under it."""
    below: dict[int | None, list[int]] = {}
    for each in groups:
        below.setdefault(each.parent_id, []).append(each.pk)
    found, waiting = {group.pk}, [group.pk]
    while waiting:
        children = below.get(waiting.pop(), [])
        found.update(children)
        waiting += children
    return found


def won_by(people: Iterable[User], *, reader: User, since: datetime, until: datetime) -> QuerySet[Opportunity]:
    """What they won from `since` to before `until`, within the boxes that the reader sees, or by people within reach."""
    scope = scope_of(reader, Module.SALES, Action.VIEW)
    seen = boxes_within(reader, Action.VIEW, "pipeline__mailbox__")
    if scope is not Scope.ALL:
        seen |= among_owners(owners_within(reader, max(scope, Scope.OWN)))
    # They are few: asking of each sale for its pipeline was a third of the time.
    not_in_use = Pipeline.objects.unscoped(_WHY).exclude(IN_USE).order_by()
    rows = Opportunity.objects.unscoped(_WHY).exclude(pipeline__in=not_in_use.values("pk"))
    return rows.filter(
        seen,
        owner__in=[user.pk for user in people],
        stage__outcome=Outcome.WON,
        closed_at__gte=since,
        closed_at__lt=until,
        removed_at=None,
    )


def won_within(rows: QuerySet[Opportunity], times: Iterable[TimeInGroup]) -> QuerySet[Opportunity]:
    """Of these only what was won on one of the days."""
    days = Q(pk__in=())
    for time in times:
        begins = datetime.combine(time.since or date(1, 1, 1), datetime.min.time(), UTC)
        ends = datetime.combine(time.until or date(9999, 12, 30), datetime.min.time(), UTC) + timedelta(days=1)
        days |= Q(closed_at__gte=begins, closed_at__lt=ends)
    return rows.filter(days)


def sold_by(people: Iterable[User], *, reader: User, since: datetime, until: datetime) -> Iterator[Sold]:
    """The same as plain values, in any order. One query.

    Days and amounts are taken as they stand in the database: what Django makes of 25,000 of them was half the time of a report.
    """
    units = ExpressionWrapper(F("amount"), output_field=BigIntegerField())
    rows = won_by(people, reader=reader, since=since, until=until).order_by()
    days: dict[str, date] = {}
    for owner_id, currency, day, amount in rows.values_list("owner_id", "currency", _Day("closed_at"), units).iterator():
        on = days.get(day) or days.setdefault(day, date.fromisoformat(day))
        yield Sold(owner_id, currency, on, Decimal(amount).scaleb(-4))


class _Day(Func):
    """The day of a moment, in UTC, as 2026-03-31."""

    output_field = CharField()
    template = "SUBSTR(%(expressions)s, 1, 10)"

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """SQLite keeps moments as such texts."""
        return self.as_sql(compiler, connection, template="TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD')")


def open_by_close_date(user: User, days: Iterable[date]) -> list[dict[str, Decimal]]:
    """For each day what is open of a person and is to be closed by then: currency -> weighted amount. One query."""
    ends = {f"by_{number}": day for number, day in enumerate(days)}
    sums = {name: Sum("weighted", filter=Q(close_on__lte=day)) for name, day in ends.items()}
    rows = Opportunity.objects.visible_to(user).filter(owner=user, closed_at=None).order_by().values_list("currency")
    found: list[dict[str, Decimal]] = [{} for _end in ends]
    for currency, *amounts in rows.annotate(**sums):
        for by_then, amount in zip(found, amounts, strict=True):
            if amount:
                by_then[currency] = amount
    return found


def budgets_of(people: Sequence[User], *, year: int, fiscal: Fiscal) -> dict[int, dict[tuple[int, int], Decimal]]:
    """Person's id -> {(calendar year, month): amount} for a fiscal year. One query."""
    months = fiscal.months_of(year)
    rows = Budget.objects.filter(user__in=[user.pk for user in people], year__in={each for each, _month in months})
    wanted = set(months)
    found: dict[int, dict[tuple[int, int], Decimal]] = {user.pk: {} for user in people}
    for row in rows:
        if (row.year, row.month) in wanted:
            found[row.user_id][row.year, row.month] = row.amount
    return found


def budgets_by_month(people: Iterable[User], *, since: date, until: date) -> dict[int, dict[date, Decimal]]:
    """Person's id -> {last day of the month: amount}, of months wholly between two days, both included. One query."""
    rows = Budget.objects.filter(user__in=[user.pk for user in people], year__range=(since.year, until.year))
    found: dict[int, dict[date, Decimal]] = {}
    for row in rows:
        last = date(row.year + row.month // 12, row.month % 12 + 1, 1) - timedelta(days=1)
        if since <= last.replace(day=1) and last <= until:
            found.setdefault(row.user_id, {})[last] = row.amount
    return found


def spread(total: Decimal, currency: str) -> list[Decimal]:
    """A year's total evenly over twelve months, in whole minor units; what cannot be divided goes to the last months."""
    unit = Decimal(1).scaleb(-places_of(currency))
    units = int((total / unit).to_integral_value(rounding=ROUND_HALF_UP))
    each, rest = divmod(units, 12)
    return [Decimal(each + (1 if month >= 12 - rest else 0)) * unit for month in range(12)]


def grown(amounts: Mapping[tuple[int, int], Decimal], percent: Decimal, currency: str) -> dict[tuple[int, int], Decimal]:
    """Last year's months as those of this year, plus so many per cent (minus, where negative)."""
    return {(year + 1, month): rounded(amount * (100 + percent) / 100, currency) for (year, month), amount in amounts.items()}


def keep_budgets(*, budgets: Mapping[int, Mapping[tuple[int, int], Decimal]], by: Actor, now: datetime) -> int:
    """Make these months of these people what is given; returns how many changed. A line in the journal for each person.

    Raises UnableToBudget.
    """
    amounts = [amount for months in budgets.values() for amount in months.values()]
    if any(not amount.is_finite() or amount < 0 or amount >= MOST for amount in amounts):
        raise UnableToBudget(_("A budget is an amount from 0 up."))
    with transaction.atomic():
        people = {user.pk: user for user in User.objects.filter(pk__in=budgets)}
        present = {
            (row.user_id, row.year, row.month): row
            for row in Budget.objects.select_for_update().filter(
                user__in=people, year__in={y for m in budgets.values() for y, _ in m}
            )
        }
        written: list[Budget] = []
        lines = []
        for user_id, months in budgets.items():
            changes = {}
            for (year, month), amount in months.items():
                row = present.get((user_id, year, month)) or Budget(user=people[user_id], year=year, month=month, amount=NOTHING)
                if row.amount != amount:
                    changes[f"{year}-{month:02}"] = [f"{row.amount:f}", f"{amount:f}"]
                    row.amount = amount
                    written.append(row)
            if changes:
                lines.append(Line(action="changed", kind="budget", record_id=user_id, name=str(people[user_id]), changes=changes))
        Budget.objects.bulk_create([row for row in written if row.pk is None], batch_size=500)
        Budget.objects.bulk_update([row for row in written if row.pk is not None], ["amount"], batch_size=500)
        record_all(lines, by=by, now=now)
    return len(written)
