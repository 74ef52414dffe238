"""Versions: a pipeline saved whole, by hand, weekly, and before anything that replaces or empties it.

All versions of one pipeline carry its stable identifier and are numbered together, in whichever sales mailbox they were saved.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from mooring.sales.models import Cause, PastSum, Pipeline, PipelineVersion, SalesMailbox, SumKind
from mooring.sales.models.pipeline import IN_USE
from mooring.sales.money import rounded
from mooring.sales.past_sums import highest_number, keep_past_sums, past_sums_of
from mooring.sales.pipeline_content import PipelineContent, as_json, from_own_json
from mooring.sales.reading_content import content_of
from mooring.users.journal import WORKER, Actor, record

WEEK: Final = timedelta(days=7)
_WHY: Final = "versions of one pipeline are numbered together, whoever may see which"
_WEEKLY: Final = "every pipeline in use is saved weekly"


def save_version(
    *,
    pipeline: Pipeline,
    by: Actor,
    now: datetime,
    cause: str = Cause.BY_HAND,
    note: str = "",
    mailbox: SalesMailbox | None = None,
) -> PipelineVersion:
    """Save the pipeline as it stands, in its own sales mailbox unless another one is named. One journal line."""
    with transaction.atomic():
        held = Pipeline.objects.unscoped(_WHY).select_for_update(of=("self",)).select_related("mailbox").get(pk=pipeline.pk)
        content = content_of(held)
        sums = past_sums_of(content)
        version = _version(content, sums, held, mailbox or held.mailbox)
        version.cause, version.note = cause, " ".join(note.split())[:300]
        version.saved_at, version.held_until, version.saved_by = now, now, by.user
        version.save(force_insert=True)
        keep_past_sums(version, sums)
        changes = {"version": version.number, "mailbox": str(version.mailbox), "cause": version.cause, "note": version.note}
        record(by=by, action="version_saved", kind="pipeline", record_id=held.pk, name=held.name, changes=changes, now=now)
    return version


def content_of_version(version: PipelineVersion) -> PipelineContent:
    """What the pipeline held when it was saved."""
    return from_own_json(zlib.decompress(bytes(version.content)))


def latest_version_of(pipeline: Pipeline) -> PipelineVersion | None:
    """The one saved last, in whichever sales mailbox."""
    return PipelineVersion.objects.unscoped(_WHY).filter(uid=pipeline.uid).order_by("-number").first()


def latest_of_each(versions: Iterable[PipelineVersion]) -> list[PipelineVersion]:
    """Of each pipeline the version with the highest number, in the order given."""
    latest: dict[object, PipelineVersion] = {}
    for version in versions:
        known = latest.get(version.uid)
        if known is None or version.number > known.number:
            latest[version.uid] = version
    return list(latest.values())


def save_weekly(*, now: datetime, most: int = 50) -> int:
    """Save those pipelines that changed and were not saved for a week, at most `most` at once; returns how many were saved."""
    last = PipelineVersion.objects.unscoped(_WEEKLY).filter(uid=OuterRef("uid")).order_by("-number")
    pipelines = Pipeline.objects.unscoped(_WEEKLY).filter(IN_USE)
    known = pipelines.annotate(held_until=Subquery(last.values("held_until")[:1]))
    due = known.filter(Q(held_until=None) | Q(held_until__lte=now - WEEK))
    count = 0
    for pipeline in due.order_by(F("held_until").asc(nulls_first=True), "pk")[:most]:
        version = latest_version_of(pipeline)
        if version is not None and _stands_as_saved(pipeline, version):
            version.held_until = now
            version.save(update_fields=["held_until"])
        else:
            save_version(pipeline=pipeline, by=WORKER, now=now, cause=Cause.WEEKLY)
            count += 1
    return count


def _stands_as_saved(pipeline: Pipeline, version: PipelineVersion) -> bool:
    """What it was after that may have been destroyed with another sales mailbox."""
    return version.number == highest_number(pipeline.uid) and version.digest == _digest(as_json(content_of(pipeline)))


def _version(content: PipelineContent, sums: Sequence[PastSum], pipeline: Pipeline, mailbox: SalesMailbox) -> PipelineVersion:
    text = as_json(content)
    own = sorted((row for row in sums if row.kind == SumKind.OWN), key=lambda row: row.currency)
    return PipelineVersion(
        uid=pipeline.uid,
        number=highest_number(pipeline.uid) + 1,
        mailbox=mailbox,
        name=pipeline.name,
        content=zlib.compress(text.encode(), 6),
        digest=_digest(text),
        open_count=sum(row.count for row in own),
        sums={row.currency: [_text(row.amount, row.currency), _text(row.weighted, row.currency)] for row in own},
    )


def _text(amount: Decimal, currency: str) -> str:
    return format(rounded(amount, currency), "f")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
