"""The roll-up: what is open in all pipelines of a box and of every box below it, exactly.

By branch of the tree, region, month, quarter, person, stage or pipeline; always by currency; read from sums that are kept per box
(sales.kept_sums), so that it costs what it shows, not what lies below. The forecast of a past day (sales.past_forecast) is put
beside that of today by the words that both share.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.sales.kept_sums import sums_by
from mooring.sales.models import Ancestry, Opportunity, Pipeline, SalesMailbox, SumKind
from mooring.sales.models.mailbox import boxes_within
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import NOTHING
from mooring.sales.periods import Fiscal, month_in_words
from mooring.users.models import User
from mooring.users.permissions import Action

_WHY: Final = "a forecast adds up what lies below a box that its reader sees"
_LAST: Final = "\uffff"
NAMED: Final = ("pk", "uid", "name")
"""What a pipeline is known by in lines."""
_PERIOD: Final = re.compile(r"(\d{4})-(\d{1,2})\Z", re.ASCII)
_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class By(TextChoices):
    """What the lines of a forecast are about."""

    BOX = "box", gettext_lazy("Sales mailbox")
    REGION = "region", gettext_lazy("Region")
    MONTH = "month", gettext_lazy("Month")
    QUARTER = "quarter", gettext_lazy("Quarter")
    PERSON = "person", gettext_lazy("Person")
    STAGE = "stage", gettext_lazy("Stage")
    PIPELINE = "pipeline", gettext_lazy("Pipeline")


@dataclass(frozen=True, slots=True)
class Extent:
    """Of whom a forecast is: all below a box, or all that the reader sees by right."""

    reader: User
    box: SalesMailbox | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What a line is about: `value` finds its opportunities again, `order` sorts, `label` is read and shared with other days."""

    value: str
    label: str
    order: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """The sums of one key in one currency."""

    key: Key
    currency: str
    count: int
    amount: Decimal
    weighted: Decimal


def pipelines_in(extent: Extent) -> QuerySet[Pipeline]:
    """Those in use in the boxes of the extent."""
    rows = Pipeline.objects.unscoped(_WHY).filter(IN_USE)
    if extent.box is not None:
        return rows.filter(mailbox__in=Ancestry.objects.filter(above=extent.box).values("below_id"))
    return rows.filter(boxes_within(extent.reader, Action.VIEW, "mailbox__"))


def open_ones_of(pipeline: str) -> QuerySet[Opportunity]:
    """To be asked for within a query of which `pipeline` names the column."""
    return Opportunity.objects.unscoped(_WHY).filter(pipeline=OuterRef(pipeline), closed_at=None, removed_at=None)


def open_in(extent: Extent) -> QuerySet[Opportunity]:
    """The open opportunities of the extent."""
    rows = Opportunity.objects.unscoped(_WHY).filter(closed_at=None, removed_at=None)
    return rows.filter(pipeline__in=pipelines_in(extent).values("pk"))


def forecast(extent: Extent, by: str, *, fiscal: Fiscal) -> list[ForecastLine]:
    """In the order of the keys, then of the currencies. At most four queries, whatever lies below."""
    by = By(by)
    if by is By.BOX:
        return folded(_by_branch(extent))
    if by is By.REGION:
        sums = sums_by(Q(box__in=_boxes_in(extent).values("pk"), kind=SumKind.OWN), "box__region")
        return folded((region_key(region), *rest) for region, *rest in sums)
    if by is By.PIPELINE:
        return lines_of_pipelines(pipelines_in(extent))
    rows = sums_by(Q(box__in=_tops(extent), kind=KINDS[by]), "value")
    keys = KEYS[by]({value for value, *_rest in rows}, by, fiscal)
    return folded((keys[value], *rest) for value, *rest in rows)


def whole_of(extent: Extent) -> list[ForecastLine]:
    """All of the extent in one line for each currency. One query."""
    return folded((Key("", ""), *sums) for sums in sums_by(Q(box__in=_tops(extent), kind__in=_WHOLE)))


def forecast_of_pipelines(extent: Extent, *, after: str, most: int) -> tuple[list[ForecastLine], str]:
    """A page of the lines by pipeline, and what the next one begins `after`, "" after the last. At most three queries."""
    rows = pipelines_in(extent).filter(Exists(open_ones_of("pk"))).order_by("name", "pk")
    last = Pipeline.objects.unscoped(_WHY).filter(pk=int(after)).values_list("name", "pk").first() if is_id(after) else None
    if last is not None:
        rows = rows.filter(Q(name__gt=last[0]) | Q(name=last[0], pk__gt=last[1]))
    found = list(rows.values_list(*NAMED)[: most + 1])
    keys = {pk: Key(str(uid), name, (name, pk)) for pk, uid, name in found[:most]}
    lines = lines_of_pipelines(Pipeline.objects.unscoped(_WHY).filter(pk__in=list(keys)), keys)
    return lines, str(found[most - 1][0]) if len(found) > most else ""


def is_id(text: str) -> bool:
    """Whether it can be the id of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19


def opportunities_behind(extent: Extent, by: str, value: str, *, fiscal: Fiscal) -> QuerySet[Opportunity]:
    """Those that a line added up, the largest first; nothing for a value that no line has."""
    by = By(by)
    condition = _behind(extent, by, value, fiscal)
    rows = open_in(extent)
    if by in (By.MONTH, By.QUARTER):
        # Asked pipeline by pipeline, so that SQLite begins with the days and not with all that is open.
        known = pipelines_in(extent).filter(pk=OuterRef("pipeline_id"))
        rows = Opportunity.objects.unscoped(_WHY).filter(Exists(known), closed_at=None, removed_at=None)
    rows = rows.select_related("pipeline__mailbox", "stage", "customer", "lead", "owner").order_by("-amount", "pk")
    return rows.none() if condition is None else rows.filter(**condition)


def _tops(extent: Extent) -> QuerySet[SalesMailbox]:
    """The boxes that with all below them are the extent: the one it is of, or those seen whose parent is not seen."""
    if extent.box is not None:
        return SalesMailbox.objects.unscoped(_WHY).filter(pk=extent.box.pk)
    seen = _boxes_in(extent)
    return seen.filter(Q(parent=None) | ~Q(parent__in=seen.values("pk")))


def _boxes_in(extent: Extent) -> QuerySet[SalesMailbox]:
    boxes = SalesMailbox.objects.unscoped(_WHY).order_by()
    if extent.box is not None:
        return boxes.filter(pk__in=Ancestry.objects.filter(above=extent.box).values("below_id"))
    return boxes.filter(boxes_within(extent.reader, Action.VIEW))


def _by_branch(extent: Extent) -> Iterator[Any]:
    """A line for the top itself, then one for each box just below it with all that is below that one."""
    rows = sums_by(Q(box=extent.box, kind=SumKind.OWN), "box_id") if extent.box is not None else []
    branches = Q(box__parent=extent.box) if extent.box is not None else Q(box__in=_tops(extent))
    rows += sums_by(branches & Q(kind__in=_WHOLE), "box_id")
    boxes = SalesMailbox.objects.unscoped(_WHY).in_bulk({row[0] for row in rows})
    for box_id, *sums in rows:
        yield branch_key(boxes[box_id], extent), *sums


def branch_key(box: SalesMailbox, extent: Extent) -> Key:
    """What a line about a branch is called; the top of the extent comes first."""
    return Key(str(box.pk), str(box), (extent.box is None or box.pk != extent.box.pk, box.number))


def region_key(region: str) -> Key:
    """What a line about a region is called."""
    return Key(region, region or _("no region"), (region or _LAST,))


def lines_of_pipelines(pipelines: QuerySet[Pipeline], keys: Mapping[int, Key] | None = None) -> list[ForecastLine]:
    """What is open in these now, under `keys` by their ids where these are known. Two queries, one with keys."""
    keys = keys or {pk: Key(str(uid), name, (name, pk)) for pk, uid, name in pipelines.order_by().values_list(*NAMED)}
    rows = Opportunity.objects.unscoped(_WHY).filter(closed_at=None, removed_at=None)
    rows = rows.filter(pipeline__in=pipelines.order_by().values("pk")).order_by()
    sums = rows.values_list("pipeline_id", "currency").annotate(Count("pk"), Sum("amount"), Sum("weighted"))
    return folded((keys[pk], *rest) for pk, *rest in sums)


def _people(values: set[str], _by: By, _fiscal: Fiscal) -> dict[str, Key]:
    users = User.objects.filter(pk__in=[int(value) for value in values if value])
    return {"": nobody(), **{str(user.pk): Key(str(user.pk), str(user), (user.name,)) for user in users}}


def _stages(values: set[str], _by: By, _fiscal: Fiscal) -> dict[str, Key]:
    """By title, where one of that title stands first."""
    first: dict[str, int] = {}
    for place, title in (value.split(" ", 1) for value in values):
        first[title] = min(int(place), first.get(title, int(place)))
    titles = {value: value.split(" ", 1)[1] for value in values}
    return {value: Key(title, title, (first[title], title)) for value, title in titles.items()}


def _periods(values: set[str], by: By, fiscal: Fiscal) -> dict[str, Key]:
    return {value: period_key(by, date.fromisoformat(f"{value}-01") if value else None, fiscal) for value in values}


_WHOLE: Final = (SumKind.OWN, SumKind.BELOW)
KINDS: Final = {
    By.MONTH: SumKind.MONTH,
    By.QUARTER: SumKind.MONTH,
    By.PERSON: SumKind.PERSON,
    By.STAGE: SumKind.STAGE,
}
"""Which kept sums tell it, value by value."""
KEYS: Final[dict[By, Callable[[set[str], By, Fiscal], dict[str, Key]]]] = {
    By.MONTH: _periods,
    By.QUARTER: _periods,
    By.PERSON: _people,
    By.STAGE: _stages,
}
"""What the values of these sums are called."""


def nobody() -> Key:
    """What a line about opportunities without an owner is called."""
    return Key("", _("nobody"), (_LAST,))


def period_key(by: By, day: date | None, fiscal: Fiscal) -> Key:
    """What a line about the month or quarter of a day is called."""
    if day is None:
        return Key("", _("no date"), (_LAST,))
    if by is By.MONTH:
        label = month_in_words(day.year, day.month)
        return Key(label, label, (label,))
    year, quarter = fiscal.quarter_of(day)
    label = _("Q%(quarter)d %(year)s") % {"quarter": quarter, "year": fiscal.year_in_words(year)}
    return Key(f"{year}-{quarter}", label, (f"{year}-{quarter}",))


def _behind(extent: Extent, by: By, value: str, fiscal: Fiscal) -> dict[str, Any] | None:
    """The condition that finds a line's opportunities."""
    if by in (By.MONTH, By.QUARTER):
        return {"close_on__range": found} if (found := _days_of(by, value, fiscal)) else None if value else {"close_on": None}
    if by is By.BOX:
        return {"pipeline__mailbox__in": _boxes_of_branch(extent, int(value))} if is_id(value) else None
    if by is By.PERSON:
        return {"owner_id": int(value)} if is_id(value) else None if value else {"owner": None}
    if by is By.PIPELINE:
        return {"pipeline__uid": value} if _UID.match(value) else None
    return {"stage__title": value} if by is By.STAGE else {"pipeline__mailbox__region": value}


def _boxes_of_branch(extent: Extent, box_id: int) -> Any:
    """The top of an extent is a line of its own without what is below it."""
    if extent.box is not None and box_id == extent.box.pk:
        return [box_id]
    return Ancestry.objects.filter(above=box_id).values("below_id")


def _days_of(by: By, value: str, fiscal: Fiscal) -> tuple[date, date] | None:
    """The first and the last day of the month 2026-03 or the quarter 2026-1; None where it is none of these."""
    found = _PERIOD.match(value)
    if found is None:
        return None
    year, number = int(found[1]), int(found[2])
    if year < 1 or year > 9_990 or not 1 <= number <= (12 if by is By.MONTH else 4):
        return None
    first = (year, number) if by is By.MONTH else fiscal.months_of(year)[number * 3 - 3]
    last = first if by is By.MONTH else fiscal.months_of(year)[number * 3 - 1]
    return date(*first, 1), date(*last, monthrange(*last)[1])


def folded(rows: Iterable[Any]) -> list[ForecastLine]:
    """Lines made of (key, currency, count, amount, weighted), those of one key and currency added up."""
    sums: dict[tuple[Key, str], list[Any]] = {}
    for key, currency, count, amount, chance in rows:
        line = sums.setdefault((key, currency), [0, NOTHING, NOTHING])
        line[0] += count
        line[1] += amount
        line[2] += chance
    ordered = sorted(sums.items(), key=lambda each: (each[0][0].order, each[0][1]))
    return [ForecastLine(key, currency, *line) for (key, currency), line in ordered]
