"""The forecast of a past day: what pipelines added up to in the version that was their latest then (sales.past_sums)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from mooring.sales.forecast import (
    KEYS,
    KINDS,
    NAMED,
    By,
    Extent,
    ForecastLine,
    Key,
    branch_key,
    folded,
    is_id,
    lines_of_pipelines,
    nobody,
    open_ones_of,
    region_key,
)
from mooring.sales.models import Ancestry, PastState, PastSum, Pipeline, PipelineVersion, SalesMailbox, SumKind
from mooring.sales.models.mailbox import boxes_within
from mooring.sales.models.pipeline import IN_USE, PipelineQuerySet
from mooring.sales.periods import Fiscal
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_READ: Final = 500
"""Versions that are read whole at once, for what sums do not tell."""
_WHY: Final = "a forecast adds up what lies below a box that its reader sees"


def past_forecast(extent: Extent, by: str, *, on: datetime, fiscal: Fiscal) -> list[ForecastLine]:
    """As the pipelines stood at a time, in the order of the keys, then of the currencies. At most three queries."""
    by = By(by)
    stood = stood_in(extent, on)
    if by is By.PIPELINE:
        return _lines_of(stood, on, stood.values_list(*NAMED))
    if by in (By.BOX, By.REGION):
        home = Pipeline.objects.unscoped(_WHY).filter(uid=OuterRef("state__uid"))
        sums = _sums(stood, on, SumKind.OWN).annotate(box=Subquery(home.values("mailbox")[:1]))
        rows = _added_up(sums, "box")
        keys = _branches(extent) if by is By.BOX else _regions(row[0] for row in rows)
        return folded((keys[box_id], *rest) for box_id, *rest in rows)
    rows = _added_up(_sums(stood, on, KINDS[by]), "value")
    values = {value for value, *_rest in rows}
    past_keys = _people(values) if by is By.PERSON else KEYS[by](values, by, fiscal)
    return folded((past_keys[value], *rest) for value, *rest in rows)


def past_whole_of(extent: Extent, *, on: datetime) -> list[ForecastLine]:
    """All of the extent in one line for each currency. One query."""
    return folded((Key("", ""), *sums) for sums in _added_up(_sums(stood_in(extent, on), on, SumKind.OWN)))


@dataclass(frozen=True, slots=True)
class ComparedPipelines:
    """The lines of some pipelines on a past day and now, and what the next page begins after, "" after the last."""

    then: list[ForecastLine]
    now: list[ForecastLine]
    next: str


def compared_pipelines(extent: Extent, *, on: datetime, after: str, most: int) -> ComparedPipelines:
    """A page of those in which anything was open then or is now, by name. At most four queries, three for the first page."""
    had_any = PastSum.objects.filter(state=OuterRef("last_state"), kind=SumKind.OWN)
    rows = stood_in(extent, on).annotate(last_state=_last_state(on)).filter(Exists(open_ones_of("pk")) | Exists(had_any))
    rows = rows.order_by("name", "pk")
    last = Pipeline.objects.unscoped(_WHY).filter(pk=int(after)).values_list("name", "pk").first() if is_id(after) else None
    if last is not None:
        rows = rows.filter(Q(name__gt=last[0]) | Q(name=last[0], pk__gt=last[1]))
    found = list(rows.values_list(*NAMED)[: most + 1])
    shown = Pipeline.objects.unscoped(_WHY).filter(pk__in=[pk for pk, _uid, _name in found[:most]])
    then = _lines_of(shown, on, found)
    keys = {pk: Key(str(uid), name, (name, pk)) for pk, uid, name in found}
    following = str(found[most - 1][0]) if len(found) > most else ""
    return ComparedPipelines(then, lines_of_pipelines(shown.filter(IN_USE), keys), following)


def stood_in(extent: Extent, on: datetime) -> PipelineQuerySet:
    """Pipelines in the boxes of the extent; also those removed later, which stood there then; none that a reset took out."""
    stood = Q(removed_at=None) | Q(removed_at__gt=on)
    rows = Pipeline.objects.unscoped(_WHY).filter(stood, reset_by=None).order_by()
    if extent.box is not None:
        return rows.filter(mailbox__in=Ancestry.objects.filter(above=extent.box).values("below_id"))
    return rows.filter(boxes_within(extent.reader, Action.VIEW, "mailbox__"))


@dataclass(frozen=True, slots=True)
class LatestVersions:
    """Of each pipeline the version that was its latest, by its identifier, without contents; `lost` are those destroyed since."""

    versions: dict[Any, PipelineVersion]
    lost: set[Any]


def latest_versions(extent: Extent, on: datetime) -> LatestVersions:
    """Of each pipeline in the boxes of the extent the one that was its latest by then, in whichever box it was saved.

    A pipeline that is saved to the box of somebody else, too, stands in its own box all the same, and is counted once. Where a
    reset of that other box was not undone, the version goes for good with what was reset. Two queries.
    """
    stood = stood_in(extent, on)
    states = PastState.objects.filter(pk__in=stood.values_list(_last_state(on)))
    last = PastState.objects.filter(uid=OuterRef("uid"), saved_at__lte=on).order_by("-number").values("number")[:1]
    inside = PipelineVersion.objects.unscoped(_WHY).filter(uid__in=stood.values("uid"))
    rows = inside.filter(number=Subquery(last)).order_by().defer("content")
    versions = {version.uid: version for version in rows}
    return LatestVersions(versions, set(states.order_by().values_list("uid", flat=True)) - set(versions))


def with_contents(versions: list[PipelineVersion]) -> list[PipelineVersion]:
    """The same, to be read whole. One query."""
    rows = PipelineVersion.objects.unscoped(_WHY).filter(pk__in=[version.pk for version in versions])
    contents = dict(rows.values_list("pk", "content"))
    for version in versions:
        version.content = contents[version.pk]
    return versions


def _last_state(on: datetime) -> Subquery:
    """Of a pipeline the id of its state as saved last by then, in whichever box."""
    states = PastState.objects.filter(uid=OuterRef("uid"), saved_at__lte=on).order_by("-number")
    return Subquery(states.values("pk")[:1])


def _sums(pipelines: QuerySet[Pipeline], on: datetime, kind: SumKind) -> QuerySet[PastSum]:
    return PastSum.objects.filter(state__in=pipelines.order_by().values_list(_last_state(on)), kind=kind).order_by()


def _added_up(sums: QuerySet[PastSum], *fields: str) -> list[Any]:
    """(*fields, currency, count, amount, weighted). One query."""
    return list(sums.values_list(*fields, "currency").annotate(Sum("count"), Sum("amount"), Sum("weighted")))


def _lines_of(pipelines: QuerySet[Pipeline], on: datetime, named: Iterable[tuple[int, UUID, str]]) -> list[ForecastLine]:
    """Under the names that they have today. One query."""
    keys = {uid: Key(str(uid), name, (name, pk)) for pk, uid, name in named}
    rows = _added_up(_sums(pipelines, on, SumKind.OWN), "state__uid")
    return folded((keys[uid], *rest) for uid, *rest in rows)


def _people(addresses: set[str]) -> Mapping[str, Key]:
    """Those who are no users any more by their addresses."""
    users = {user.email: user for user in User.objects.filter(email__in=addresses)}
    keys = {address: Key(address, name := str(users.get(address, address)), (name,)) for address in addresses}
    return {**keys, "": nobody()}


def _branches(extent: Extent) -> dict[int, Key]:
    """Every box by the branch it stands in: the box just below the top of the extent, or the top itself."""
    boxes = SalesMailbox.objects.unscoped(_WHY)
    if extent.box is None:
        seen = {box.pk: box for box in boxes.filter(boxes_within(extent.reader, Action.VIEW)).order_by("number")}
    else:
        lines = Ancestry.objects.filter(above=extent.box).values("below_id")
        seen = {box.pk: box for box in boxes.filter(pk__in=lines).order_by("number")}
    top = extent.box.pk if extent.box else None
    found: dict[int, Key] = {}
    for box in seen.values():
        branch = box
        while branch.pk != top and branch.parent_id != top and branch.parent_id in seen:
            branch = seen[branch.parent_id]
        found[box.pk] = branch_key(branch, extent)
    return found


def _regions(box_ids: Iterable[int]) -> dict[int, Key]:
    rows = SalesMailbox.objects.unscoped(_WHY).filter(pk__in=set(box_ids)).values_list("pk", "region")
    return {pk: region_key(region) for pk, region in rows}
