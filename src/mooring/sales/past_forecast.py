"""The forecast of a past day: from the versions of pipelines that were the latest then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Max, OuterRef, Q, Subquery

from mooring.sales.forecast import By, Extent, ForecastLine, Key, branch_key, folded, nobody, period_key, region_key
from mooring.sales.models import Ancestry, Pipeline, PipelineVersion, SalesMailbox
from mooring.sales.models.mailbox import boxes_within
from mooring.sales.models.pipeline import PipelineQuerySet
from mooring.sales.money import weighted
from mooring.sales.periods import Fiscal
from mooring.sales.versions import content_of_version
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_READ: Final = 500
"""Versions that are read whole; more are added up by box, region and pipeline only, of which sums are kept beside each."""
_WHY: Final = "a forecast adds up what lies below a box that its reader sees"


def past_forecast(extent: Extent, by: str, *, on: datetime, fiscal: Fiscal) -> list[ForecastLine] | None:
    """As the pipelines stood at a time, from the version that was the latest then; None where too many would have to be read."""
    versions = latest_versions(extent, on)
    if by in (By.BOX, By.REGION):
        homes = dict(_pipelines_in(extent, on).values_list("uid", "mailbox_id"))
        keys = _branches(extent) if by == By.BOX else _regions(homes.values())
        return folded(row for version in versions for row in _kept_sums(version, keys[homes[version.uid]]))
    if by == By.PIPELINE:
        return folded(
            row for version in versions for row in _kept_sums(version, Key(str(version.uid), version.name, (version.name,)))
        )
    if len(versions) > MOST_READ:
        return None
    versions = with_contents(versions)
    people = {user.email: str(user) for user in User.objects.all()} if by == By.PERSON else {}
    return folded(row for version in versions for row in _read_sums(version, By(by), fiscal, people))


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


def latest_versions(extent: Extent, on: datetime) -> list[PipelineVersion]:
    """Of each pipeline in the boxes of the extent the version that was its latest by then, in whichever box it was saved.

    A pipeline that is saved to the box of somebody else, too, stands in its own box all the same, and is counted once. A reset
    of that other box changes nothing about it, until the version goes for good with what was reset.
    """
    rows = PipelineVersion.objects.unscoped(_WHY).filter(saved_at__lte=on)
    latest = rows.filter(uid=OuterRef("uid")).order_by().values("uid").annotate(last=Max("number")).values("last")
    inside = rows.filter(uid__in=_pipelines_in(extent, on).values("uid"))
    return list(inside.filter(number=Subquery(latest)).defer("content"))


def _pipelines_in(extent: Extent, on: datetime) -> PipelineQuerySet:
    """Also those removed later, which stood there then; none that a reset took out."""
    stood = Q(removed_at=None) | Q(removed_at__gt=on)
    rows = Pipeline.objects.unscoped(_WHY).filter(stood, reset_by=None).order_by()
    if extent.box is not None:
        return rows.filter(mailbox__in=Ancestry.objects.filter(above=extent.box).values("below_id"))
    return rows.filter(boxes_within(extent.reader, Action.VIEW, "mailbox__"))


def with_contents(versions: list[PipelineVersion]) -> list[PipelineVersion]:
    """The same, to be read whole. One query."""
    rows = PipelineVersion.objects.unscoped(_WHY).filter(pk__in=[version.pk for version in versions])
    contents = dict(rows.values_list("pk", "content"))
    for version in versions:
        version.content = contents[version.pk]
    return versions


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
            key = Key(row.owner, name, (name,)) if row.owner else nobody()
        else:
            key = period_key(by, row.close_on, fiscal)
        yield key, row.currency, 1, row.amount, chance
