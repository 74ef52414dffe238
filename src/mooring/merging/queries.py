"""Reading merges: what a record took in, where a record that was taken in is now, the latest of all; and pairs told apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import Exists, OuterRef

from mooring.customers.json_rows import JsonRows
from mooring.customers.models import Customer, Lead
from mooring.customers.value_lists import any_of
from mooring.merging.models import Different, Merge, MergeKind
from mooring.merging.tables import RECORD_MODELS, Record, kind_of_record
from mooring.merging.undoing import KEPT_FOR
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_SHOWN: Final = 50
_READ_ALONG: Final = ("id", "loser_id", "winner_id", "loser_name", "merged_at")


def merges_into(kind: MergeKind) -> JsonRows:
    """For annotating records: what is in each by now, read with it in the same query, as `merge_rows`."""
    found = Merge.objects.filter(kind=kind, now_id=OuterRef("pk"), undone_at=None)
    return JsonRows(found, {name: name for name in _READ_ALONG}, order="-merged_at")


def taken_in(record: Record) -> list[Merge]:
    """What is in this record by now, the latest first; asks nothing where it was read with the record."""
    rows = getattr(record, "merge_rows", None)
    if rows is not None:
        return [Merge(**{**row, "now_id": record.pk, "merged_at": _moment(row["merged_at"])}) for row in rows]
    found = Merge.objects.filter(kind=kind_of_record(record), now_id=record.pk, undone_at=None)
    return list(found.select_related("merged_by")[:MOST_SHOWN])


def where_now(kind: str, record_id: int, reader: User) -> int | None:
    """The id of the record that holds all of one that was taken in, if the reader may see it."""
    merge = Merge.objects.filter(kind=kind, loser_id=record_id, undone_at=None).first()
    if merge is None or not RECORD_MODELS[merge.kind].objects.visible_to(reader).filter(pk=merge.now_id).exists():
        return None
    return merge.now_id


def latest_merges(kind: MergeKind, reader: User, *, now: datetime) -> list[Merge]:
    """Merges of the last thirty days into records that the reader may change, the latest first."""
    latest = list(Merge.objects.filter(kind=kind, merged_at__gt=now - KEPT_FOR).select_related("merged_by")[:MOST_SHOWN])
    if not latest:
        return []
    rows = RECORD_MODELS[kind].objects.visible_to(reader, Action.CHANGE)
    ids = {merge.now_id for merge in latest}
    seen = set(rows.filter(pk__in=any_of(ids)).values_list("pk", flat=True))
    return [merge for merge in latest if merge.now_id in seen]


@dataclass(frozen=True, slots=True)
class ToldApart:
    """Two records, both within the reader's rights, of which somebody said that they are not duplicates."""

    difference: Different
    low: Record
    high: Record


def told_apart(kind: MergeKind, reader: User, *, before: int | None = None) -> tuple[list[ToldApart], int | None]:
    """A page of those that the reader may change, the latest first, and where the next page goes on. Two queries."""
    seen = RECORD_MODELS[kind].objects.visible_to(reader, Action.CHANGE)
    both = [Exists(seen.filter(pk=OuterRef(column))) for column in ("low_id", "high_id")]
    found = Different.objects.filter(*both, kind=kind).select_related("said_by").order_by("-pk")
    rows = list((found.filter(pk__lt=before) if before else found)[: MOST_SHOWN + 1])
    shown = rows[:MOST_SHOWN]
    ids = {pk for row in shown for pk in (row.low_id, row.high_id)}
    records = {record.pk: record for record in seen.filter(pk__in=any_of(ids))}
    pairs = [ToldApart(row, records[row.low_id], records[row.high_id]) for row in shown]
    return pairs, shown[-1].pk if len(rows) > MOST_SHOWN else None


def _moment(text: str) -> datetime:
    """A time as the databases write it in JSON: SQLite without its zone, which is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_mergeable(record: object) -> bool:
    """Whether it can be merged as it stands."""
    if isinstance(record, Customer):
        return record.archived_at is None
    return not isinstance(record, Lead) or record.converted_at is None
