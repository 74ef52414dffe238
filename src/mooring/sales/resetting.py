"""Resetting sales mailboxes, undoing that within thirty days, and destroying what nobody brought back.

A reset gives a box its default name, password (none), region (none) and creation date (today), uncouples it from its parent and
empties it. The rows of its pipelines stay where they are and are stamped with the reset; `IN_USE` leaves stamped ones out
everywhere. An undo takes the stamp off, so that every opportunity, version, link and line of the journal is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from mooring.customers.names import words_of
from mooring.customers.word_rows import keep_words
from mooring.sales.mailboxes import couple, default_name, hold_tree, keep_words_of, note, uncouple
from mooring.sales.models import BoxReset, Cause, Opportunity, Outcome, Pipeline, PipelineVersion, SalesMailbox
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import rounded
from mooring.sales.past_sums import drop_past_sums
from mooring.sales.pipeline_content import PipelineContent
from mooring.sales.versions import save_version
from mooring.users.journal import WORKER, Actor
from mooring.users.models import User
from mooring.users.permissions import Action

UNDO_FOR: Final = timedelta(days=30)
_AT_ONCE: Final = 500
_WHY: Final = "these boxes were chosen within the rights of whoever resets them"
_DESTROYED: Final = "what a reset took away is destroyed when its time is over"
_BEFORE: Final = ("name", "password", "region", "created_on", "parent_id", "wrong_count", "locked_at")


class UnableToReset(Exception):
    """Nothing was reset, or brought back; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a reset would take out of one box: counts, and the open amounts by currency."""

    box: SalesMailbox
    pipeline_count: int
    opportunity_count: int
    version_count: int
    amounts: Mapping[str, Decimal]


def losses_of(boxes: Sequence[SalesMailbox]) -> list[Loss]:
    """What would be taken out of each. Three queries."""
    ids = [box.pk for box in boxes]
    pipelines = Pipeline.objects.unscoped(_WHY).filter(IN_USE, mailbox__in=ids)
    versions = PipelineVersion.objects.unscoped(_WHY).filter(mailbox__in=ids, reset_by=None)
    inside = Opportunity.objects.unscoped(_WHY).filter(
        pipeline__mailbox__in=ids, pipeline__reset_by=None, pipeline__removed_at=None, removed_at=None
    )
    rows = (
        inside.order_by()
        .values("pipeline__mailbox", "currency")
        .annotate(count=Count("pk"), amount=Sum("amount", filter=Q(stage__outcome=Outcome.OPEN)))
    )
    counts: dict[int, int] = {}
    amounts: dict[int, dict[str, Decimal]] = {}
    for row in rows:
        box_id = row["pipeline__mailbox"]
        counts[box_id] = counts.get(box_id, 0) + row["count"]
        if row["amount"]:
            amounts.setdefault(box_id, {})[row["currency"]] = row["amount"]
    pipeline_counts, version_counts = _counted(pipelines), _counted(versions)
    return [
        Loss(
            box=box,
            pipeline_count=pipeline_counts.get(box.pk, 0),
            opportunity_count=counts.get(box.pk, 0),
            version_count=version_counts.get(box.pk, 0),
            amounts=dict(sorted(amounts.get(box.pk, {}).items())),
        )
        for box in boxes
    ]


def reset_mailboxes(*, boxes: Sequence[SalesMailbox], by: Actor, now: datetime, destroy_now: bool = False) -> UUID:
    """Reset these; returns the batch by which all of them come back. A version of every pipeline is saved first.

    With `destroy_now` nothing comes back. Raises UnableToReset.
    """
    batch = uuid4()
    with transaction.atomic():
        hold_tree()
        rows = SalesMailbox.objects.unscoped(_WHY).select_for_update(of=("self",)).filter(pk__in=[box.pk for box in boxes])
        held = list(rows.select_related("parent").order_by("pk"))
        if not held:
            raise UnableToReset(_("There is no sales mailbox to be reset."))
        for box in held:
            reset = _reset(box, batch, by=by, now=now)
            if destroy_now:
                _destroy(reset, by=by, now=now)
    return batch


def undo_resets(*, resets: Iterable[BoxReset], by: Actor, now: datetime) -> list[SalesMailbox]:
    """Everything as it was before, at the latest reset of each box first. Raises UnableToReset when nothing can come back."""
    with transaction.atomic():
        hold_tree()
        rows = BoxReset.objects.select_for_update(of=("self",)).filter(pk__in=[reset.pk for reset in resets])
        held = list(rows.filter(undone_at=None, destroyed_at=None, until__gt=now).order_by("-at", "-pk"))
        if not held:
            raise UnableToReset(_("This reset cannot be undone any more."))
        _demand_latest(held)
        return [_undo(reset, by=by, now=now) for reset in held]


def resets_to_undo(user: User, *, now: datetime) -> QuerySet[BoxReset]:
    """Those that the user may still undo, the latest first, with their boxes and who did them."""
    boxes = SalesMailbox.objects.visible_to(user, Action.RESET)
    resets = BoxReset.objects.filter(mailbox__in=boxes, undone_at=None, destroyed_at=None, until__gt=now)
    return resets.select_related("mailbox", "user").order_by("-at", "-pk")


def reset_that_took(content: PipelineContent, *, now: datetime) -> BoxReset | None:
    """The reset that took the content's pipeline out of its box, as long as that can be undone."""
    taken = Pipeline.objects.unscoped(_WHY).filter(uid=content.uid, removed_at=None, reset_by__until__gt=now)
    pipeline = taken.filter(reset_by__undone_at=None, reset_by__destroyed_at=None).select_related("reset_by").first()
    return None if pipeline is None else pipeline.reset_by


def destroy_due(*, now: datetime, most: int = 20) -> int:
    """What was reset thirty days ago and not brought back is destroyed for good, at most `most` boxes at once."""
    due = BoxReset.objects.filter(undone_at=None, destroyed_at=None, until__lte=now).order_by("until", "pk")[:most]
    for reset in list(due):
        with transaction.atomic():
            _destroy(reset, by=WORKER, now=now)
    return len(due)


def _reset(box: SalesMailbox, batch: UUID, *, by: Actor, now: datetime) -> BoxReset:
    (loss,) = losses_of([box])
    pipelines = Pipeline.objects.unscoped(_WHY).filter(mailbox=box, reset_by=None)
    for pipeline in pipelines.filter(IN_USE):
        save_version(pipeline=pipeline, cause=Cause.RESET, by=by, now=now)
    before = {field: _as_json(getattr(box, field)) for field in _BEFORE}
    facts = _facts(box, loss)
    reset = BoxReset.objects.create(batch=batch, mailbox=box, user=by.user, at=now, until=now + UNDO_FOR, before=before)
    pipelines.update(reset_by=reset)
    PipelineVersion.objects.unscoped(_WHY).filter(mailbox=box, reset_by=None).update(reset_by=reset)
    box.name, box.password, box.region, box.created_on = default_name(box.number), "", "", now.date()
    box.wrong_count, box.locked_at = 0, None
    box.save()
    keep_words_of(box)
    if box.parent_id is not None:
        uncouple(box)
    note("reset", box, facts, by=by, now=now)
    return reset


def _undo(reset: BoxReset, *, by: Actor, now: datetime) -> SalesMailbox:
    box = SalesMailbox.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=reset.mailbox_id)
    before = dict(reset.before)
    parent = SalesMailbox.objects.unscoped(_WHY).filter(pk=before.pop("parent_id")).first()
    for field, value in before.items():
        setattr(box, field, value)
    box.created_on = date.fromisoformat(before["created_on"])
    box.locked_at = datetime.fromisoformat(before["locked_at"]) if before["locked_at"] else None
    box.save()
    keep_words_of(box)
    if reset.before["parent_id"] != box.parent_id:
        uncouple(box)
        if parent is not None:
            couple(box, parent)
    _make_way(reset)
    Pipeline.objects.unscoped(_WHY).filter(reset_by=reset).update(reset_by=None)
    PipelineVersion.objects.unscoped(_WHY).filter(reset_by=reset).update(reset_by=None)
    reset.undone_at = now
    reset.save(update_fields=["undone_at"])
    note("reset_undone", box, {}, by=by, now=now)
    return box


def _demand_latest(resets: Sequence[BoxReset]) -> None:
    """A box that was reset again since holds the defaults of the later reset, and would get them back with that one's undo."""
    can_be_undone = BoxReset.objects.filter(undone_at=None, destroyed_at=None).exclude(pk__in=[reset.pk for reset in resets])
    later = can_be_undone.filter(mailbox__in=[reset.mailbox_id for reset in resets]).select_related("mailbox")
    firsts = {reset.mailbox_id: (reset.at, reset.pk) for reset in resets}
    for other in later:
        if (other.at, other.pk) > firsts[other.mailbox_id]:
            said = _("%(name)s was reset once more since then. Undo the later reset first.")
            raise UnableToReset(said % {"name": other.mailbox})


def _make_way(reset: BoxReset) -> None:
    """A pipeline made since under the name of one that comes back steps aside, with a number behind its name."""
    present = Pipeline.objects.unscoped(_WHY).filter(IN_USE, mailbox=reset.mailbox_id)
    coming = Pipeline.objects.unscoped(_WHY).filter(reset_by=reset, removed_at=None)
    taken = {name.lower() for name in [*coming.values_list("name", flat=True), *present.values_list("name", flat=True)]}
    comes_back = {name.lower() for name in coming.values_list("name", flat=True)}
    for pipeline in present:
        if pipeline.name.lower() in comes_back:
            number = next(number for number in range(2, 10_000) if f"{pipeline.name} {number}".lower() not in taken)
            pipeline.name = f"{pipeline.name[:190]} {number}"
            taken.add(pipeline.name.lower())
            pipeline.save(update_fields=["name"])
            keep_words(pipeline, words_of(texts=(pipeline.name,)))


def _destroy(reset: BoxReset, *, by: Actor, now: datetime) -> None:
    """Opportunities first, a portion at a time: their stages protect them.

    What pipelines of other boxes added up to in a version that goes stays: past_forecast.
    """
    box = SalesMailbox.objects.unscoped(_DESTROYED).get(pk=reset.mailbox_id)
    inside = Opportunity.objects.unscoped(_DESTROYED).filter(pipeline__reset_by=reset).order_by()
    while ids := list(inside.values_list("pk", flat=True)[:_AT_ONCE]):
        Opportunity.objects.unscoped(_DESTROYED).filter(pk__in=ids).delete()
    versions = PipelineVersion.objects.unscoped(_DESTROYED).filter(reset_by=reset).order_by()
    rows = Pipeline.objects.unscoped(_DESTROYED).filter(reset_by=reset).order_by()
    uids = {*rows.values_list("uid", flat=True), *versions.values_list("uid", flat=True)}
    pipelines, _by_model = rows.delete()
    versions.delete()
    drop_past_sums(uids)
    reset.before, reset.destroyed_at = {}, now
    reset.save(update_fields=["before", "destroyed_at"])
    note("reset_destroyed", box, {"count": pipelines}, by=by, now=now)


def _facts(box: SalesMailbox, loss: Loss) -> dict[str, Any]:
    return {
        "name": box.name,
        "region": box.region,
        "created_on": box.created_on.isoformat(),
        "parent": str(box.parent or ""),
        "pipelines": loss.pipeline_count,
        "opportunities": loss.opportunity_count,
        "amounts": [f"{rounded(amount, currency):f} {currency}" for currency, amount in loss.amounts.items()],
    }


def _counted(rows: Any) -> dict[int, int]:
    return dict(rows.order_by().values("mailbox").annotate(count=Count("pk")).values_list("mailbox", "count"))


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
