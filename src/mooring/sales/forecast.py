"""The roll-up: what is open in all pipelines of a box and of every box below it, added up by the database, exactly.

By branch of the tree, region, month, quarter, person, stage or pipeline; always by currency. The forecast of a past day comes
from the versions that were the latest on that day, and is put beside that of today by the words that both share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery, Sum, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.sales.models import Ancestry, Opportunity, Pipeline, PipelineVersion, SalesMailbox, Stage
from mooring.sales.models.mailbox import boxes_within
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import NOTHING, weighted
from mooring.sales.periods import Fiscal, month_in_words
from mooring.sales.versions import content_of_version
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_READ: Final = 500
"""Versions that are read whole for a past forecast; more are added up by box, region and pipeline only."""
_WHY: Final = "a forecast adds up what lies below a box that its reader sees"
_LAST: Final = "\uffff"


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


def open_in(extent: Extent) -> QuerySet[Opportunity]:
    """The open opportunities of the extent."""
    rows = Opportunity.objects.unscoped(_WHY).filter(closed_at=None, removed_at=None)
    return rows.filter(pipeline__in=pipelines_in(extent).values("pk"))


def forecast(extent: Extent, by: str, *, fiscal: Fiscal) -> list[ForecastLine]:
    """In the order of the keys, then of the currencies. At most four queries, whatever lies below."""
    field = _FIELDS[By(by)]
    sums = open_in(extent).order_by().values_list(field, "currency")
    rows = list(sums.annotate(Count("pk"), Sum("amount"), Sum("weighted")))
    keys = _keys(extent, by, {row[0] for row in rows}, fiscal)
    return _folded((keys(value), *rest) for value, *rest in rows)


def past_forecast(extent: Extent, by: str, *, on: datetime, fiscal: Fiscal) -> list[ForecastLine] | None:
    """As the pipelines stood at a time, from the version that was the latest then; None where too many would have to be read."""
    versions = latest_versions(extent, on)
    if by in (By.BOX, By.REGION):
        keys = _keys(extent, by, {version.mailbox_id for version in versions}, fiscal)
        return _folded(row for version in versions for row in _kept_sums(version, keys(version.mailbox_id)))
    if by == By.PIPELINE:
        return _folded(
            row for version in versions for row in _kept_sums(version, Key(str(version.uid), version.name, (version.name,)))
        )
    if len(versions) > MOST_READ:
        return None
    people = {user.email: str(user) for user in User.objects.all()} if by == By.PERSON else {}
    return _folded(row for version in versions for row in _read_sums(version, By(by), fiscal, people))


def opportunities_behind(extent: Extent, by: str, value: str, *, fiscal: Fiscal) -> QuerySet[Opportunity]:
    """Those that a line added up, the largest first; nothing for a value that no line has."""
    rows = open_in(extent).select_related("pipeline__mailbox", "stage", "customer", "lead", "owner").order_by("-amount", "pk")
    condition = _behind(extent, By(by), value, fiscal)
    return rows.none() if condition is None else rows.filter(**condition)


_FIELDS: Final = {
    By.BOX: "pipeline__mailbox_id",
    By.REGION: "pipeline__mailbox_id",
    By.MONTH: "close_on",
    By.QUARTER: "close_on",
    By.PERSON: "owner_id",
    By.STAGE: "stage_id",
    By.PIPELINE: "pipeline_id",
}


def _keys(extent: Extent, by: str, values: set[Any], fiscal: Fiscal) -> Callable[[Any], Key]:
    """From what the database grouped by to what a line is about."""
    if by in (By.MONTH, By.QUARTER):
        return lambda day: _period(By(by), day, fiscal)
    known = _KNOWN[By(by)](extent, values)
    return lambda value: known.get(value, _nobody())


def _branches(extent: Extent, _values: set[Any]) -> dict[Any, Key]:
    """Every box by the branch it stands in: the box just below the top of the extent, or the top itself."""
    boxes = SalesMailbox.objects.unscoped(_WHY)
    if extent.box is None:
        seen = {box.pk: box for box in boxes.filter(boxes_within(extent.reader, Action.VIEW)).order_by("number")}
    else:
        lines = Ancestry.objects.filter(above=extent.box).values("below_id")
        seen = {box.pk: box for box in boxes.filter(pk__in=lines).order_by("number")}
    top = extent.box.pk if extent.box else None
    found: dict[Any, Key] = {}
    for box in seen.values():
        branch = box
        while branch.pk != top and branch.parent_id != top and branch.parent_id in seen:
            branch = seen[branch.parent_id]
        found[box.pk] = Key(str(branch.pk), str(branch), (branch.pk != top, branch.number))
    return found


def _regions(_extent: Extent, values: set[Any]) -> dict[Any, Key]:
    rows = SalesMailbox.objects.unscoped(_WHY).filter(pk__in=values).values_list("pk", "region")
    return {pk: Key(region, region or _("no region"), (region or _LAST,)) for pk, region in rows}


def _people(_extent: Extent, values: set[Any]) -> dict[Any, Key]:
    return {user.pk: Key(str(user.pk), str(user), (user.name,)) for user in User.objects.filter(pk__in=values - {None})}


def _stages(extent: Extent, _values: set[Any]) -> dict[Any, Key]:
    rows = Stage.objects.filter(pipeline__in=pipelines_in(extent).values("pk")).values_list("pk", "title", "place")
    first: dict[str, int] = {}
    found = list(rows)
    for _pk, title, place in found:
        first[title] = min(place, first.get(title, place))
    return {pk: Key(title, title, (first[title], title)) for pk, title, _place in found}


def _pipelines(extent: Extent, _values: set[Any]) -> dict[Any, Key]:
    rows = pipelines_in(extent).values_list("pk", "uid", "name")
    return {pk: Key(str(uid), name, (name,)) for pk, uid, name in rows}


_KNOWN: Final[dict[By, Callable[[Extent, set[Any]], dict[Any, Key]]]] = {
    By.BOX: _branches,
    By.REGION: _regions,
    By.PERSON: _people,
    By.STAGE: _stages,
    By.PIPELINE: _pipelines,
}


def _nobody() -> Key:
    return Key("", _("nobody"), (_LAST,))


def _period(by: By, day: date | None, fiscal: Fiscal) -> Key:
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
        if not value:
            return {"close_on": None}
        days = open_in(extent).exclude(close_on=None).order_by().values_list("close_on", flat=True).distinct()
        return {"close_on__in": [day for day in days if _period(by, day, fiscal).value == value]}
    if by is By.BOX:
        return {"pipeline__mailbox__in": [pk for pk, key in _branches(extent, set()).items() if key.value == value]}
    if by is By.PERSON:
        return {"owner_id": int(value)} if value.isdecimal() else {"owner": None} if not value else None
    if by is By.PIPELINE:
        return {"pipeline__in": [pk for pk, key in _pipelines(extent, set()).items() if key.value == value]}
    return {"stage__title": value} if by is By.STAGE else {"pipeline__mailbox__region": value}


def _folded(rows: Iterable[Any]) -> list[ForecastLine]:
    sums: dict[tuple[Key, str], list[Any]] = {}
    for key, currency, count, amount, chance in rows:
        line = sums.setdefault((key, currency), [0, NOTHING, NOTHING])
        line[0] += count
        line[1] += amount
        line[2] += chance
    ordered = sorted(sums.items(), key=lambda each: (each[0][0].order, each[0][1]))
    return [ForecastLine(key, currency, *line) for (key, currency), line in ordered]


def latest_versions(extent: Extent, on: datetime) -> list[PipelineVersion]:
    """Of each pipeline that was saved in a box of the extent by then, the version that was its latest."""
    rows = PipelineVersion.objects.unscoped(_WHY).filter(saved_at__lte=on, reset_by=None)
    latest = rows.filter(uid=OuterRef("uid")).order_by().values("uid").annotate(last=Max("number")).values("last")
    if extent.box is not None:
        rows = rows.filter(mailbox__in=Ancestry.objects.filter(above=extent.box).values("below_id"))
    else:
        rows = rows.filter(boxes_within(extent.reader, Action.VIEW, "mailbox__"))
    return list(rows.filter(number=Subquery(latest)).defer("content"))


def _kept_sums(version: PipelineVersion, key: Key) -> Iterable[Any]:
    """Of the sums kept beside a version; how many opportunities are open is told with the first currency."""
    count = version.open_count
    for currency, (amount, chance) in version.sums.items():
        yield key, currency, count, Decimal(amount), Decimal(chance)
        count = 0


def _read_sums(version: PipelineVersion, by: By, fiscal: Fiscal, people: Mapping[str, str]) -> Iterable[Any]:
    content = content_of_version(version)
    stages = {stage.uid: (place, stage) for place, stage in enumerate(content.stages)}
    for row in content.opportunities:
        place, stage = stages[row.stage]
        if stage.outcome != "open":
            continue
        chance = weighted(row.amount, stage.probability if row.probability is None else row.probability, row.currency)
        if by is By.STAGE:
            key = Key(stage.title, stage.title, (place, stage.title))
        elif by is By.PERSON:
            name = people.get(row.owner, row.owner)
            key = Key(row.owner, name, (name,)) if row.owner else _nobody()
        else:
            key = _period(by, row.close_on, fiscal)
        yield key, row.currency, 1, row.amount, chance
