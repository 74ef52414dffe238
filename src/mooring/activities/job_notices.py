"""Whoever began something that ran in the background is told that it has ended, and what it came to.

The rows of a job say how far it is; a notice keeps what it came to, so that the bell asks nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from mooring.activities.models import Notice, NoticeKind
from mooring.customers.bulk_editing import left_alone
from mooring.customers.bulk_jobs import carry_on_changes
from mooring.customers.bulk_values import MOVES
from mooring.customers.models import BulkChange
from mooring.users.models import User

_log: Final = logging.getLogger(__name__)


def carry_on_jobs(*, now: datetime) -> int:
    """A portion of what people asked for of very many records; returns how many were dealt with.

    Whoever began a job that ends with it is told in the same transaction, never twice. Where telling fails, what was
    done stays done: the page of the job says what it came to.
    """
    with transaction.atomic():
        changed = carry_on_changes(now=now)
        ended = BulkChange.objects.filter(ended_at=now, is_stopped=False).select_related("changed_by", "undone_by")
        for change in ended if changed else ():
            _tell_if_possible(change, now)
    return changed


def tell_of_import(*, user: User, import_id: int, facts: Mapping[str, Any], now: datetime) -> None:
    """An import has ended; within the caller's transaction."""
    facts = {"what": "import", **facts}
    Notice.objects.create(user=user, kind=NoticeKind.JOB, job=f"import-{import_id}", facts=facts, at=now)


def _tell_if_possible(change: BulkChange, now: datetime) -> None:
    try:
        with transaction.atomic():
            _tell_of_change(change, now)
    except Exception:
        _log.exception("Nobody was told that change %s of many records has ended", change.pk)


def _tell_of_change(change: BulkChange, now: datetime) -> None:
    is_undo = change.undone_at is not None
    done = change.given_back_count if is_undo else change.changed_count
    left = change.changed_count - done if is_undo else left_alone(change)
    what = "undo" if is_undo else change.field if change.field in MOVES else "change"
    facts: dict[str, Any] = {"what": what, "done": done, "total": done + left}
    if change.broke_with:
        facts["state"] = "failed"
    _tell(change.undone_by if is_undo else change.changed_by, f"bulk_change-{change.pk}", facts, now)


def _tell(user: User | None, job: str, facts: Mapping[str, Any], now: datetime) -> None:
    """Nobody is told twice, also where two jobs end at one moment."""
    if user is not None:
        Notice.objects.get_or_create(user=user, kind=NoticeKind.JOB, job=job, at=now, defaults={"facts": dict(facts)})
