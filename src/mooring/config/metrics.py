"""How much of everything there is, for monitoring: five queries, none of which looks at every letter.

What the database keeps anyway is read: the counts of waiting letters by its triggers, the highest number of a letter, the index
of letters that are to be sent. So it costs the same at a thousand letters and at a million.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q, Sum

from mooring.letters.models import Letter, MailAccount
from mooring.letters.models.outgoing import AT_WORK
from mooring.sync.models import AccountState, ItemCount, ItemState
from mooring.sync.outbox_leases import letters_of_everybody

_WHY: Final = "monitoring is told how many letters there are, and reads none"
_OVERDUE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Numbers by the values of a label; a single one has no label and stands under ""."""

    name: str
    what: str
    values: Mapping[str, float]
    label: str = ""


def read_gauges(*, now: datetime) -> list[Gauge]:
    """All of them, as they are now."""
    return [_letters(), _items(), *_accounts(now), _outbox(), _database_size(), *_worker(now)]


def as_prometheus(gauges: list[Gauge]) -> str:
    """The text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
    return "".join(f"{line}\n" for gauge in gauges for line in _lines(gauge))


def _lines(gauge: Gauge) -> Iterator[str]:
    yield f"# HELP {gauge.name} {gauge.what}"
    yield f"# TYPE {gauge.name} gauge"
    for value, number in gauge.values.items():
        label = f'{{{gauge.label}="{value}"}}' if gauge.label else ""
        yield f"{gauge.name}{label} {number:.15g}"


def _letters() -> Gauge:
    highest = Letter.objects.unscoped(_WHY).aggregate(highest=Max("pk"))["highest"] or 0
    what = "Number of the newest letter: about how many were archived since the beginning. Erasing the newest lowers it."
    return Gauge("mooring_newest_letter", what, {"": highest})


def _items() -> Gauge:
    counted = dict(ItemCount.objects.values_list("state").annotate(Sum("item_count")).order_by("state"))
    values = {state.name.lower(): counted.get(state.value, 0) for state in ItemState}
    return Gauge("mooring_items", "Letters in synced folders by what became of them; listed ones wait.", values, "state")


def _accounts(now: datetime) -> Iterator[Gauge]:
    on, failing = Q(account__is_scanned=True), ~Q(error_code="")
    waits = Q(is_stopped=False, next_visit_at__lt=now - _OVERDUE) & (Q(lease_until=None) | Q(lease_until__lte=now))
    numbers = AccountState.objects.filter(account__removed_at=None).aggregate(
        off=Count("pk", filter=~on),
        stopped=Count("pk", filter=on & Q(is_stopped=True)),
        failing=Count("pk", filter=on & Q(is_stopped=False) & failing),
        new=Count("pk", filter=on & Q(is_stopped=False, last_visit_at=None) & ~failing),
        well=Count("pk", filter=on & Q(is_stopped=False, last_visit_at__isnull=False) & ~failing),
        overdue=Count("pk", filter=on & waits),
    )
    overdue = numbers.pop("overdue")
    yield Gauge("mooring_accounts", "Mail accounts by how their visits go.", numbers, "state")
    what = "Mail accounts that wait for a visit for more than 15 minutes: no worker runs, or it has too much to do."
    yield Gauge("mooring_accounts_overdue", what, {"": overdue})


def _outbox() -> Gauge:
    # Account by account, which leads to the index of their outboxes past all that was sent.
    accounts = MailAccount.objects.unscoped(_WHY).values("pk")
    at_work = letters_of_everybody().filter(account__in=accounts, state__in=AT_WORK).order_by()
    counted = dict(at_work.values_list("state").annotate(Count("pk")))
    values = {state.value: counted.get(state.value, 0) for state in AT_WORK}
    return Gauge("mooring_outbox_letters", "Letters on their way out, by state.", values, "state")


def _database_size() -> Gauge:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            (size,) = cursor.fetchone()
    else:
        size = os.stat(connection.settings_dict["NAME"]).st_size
    return Gauge("mooring_database_bytes", "Size of the database.", {"": size})


def _worker(now: datetime) -> Iterator[Gauge]:
    """Nothing where no worker has ever run on this data folder."""
    try:
        beat = Path(settings.WORKER_BEAT_FILE).stat().st_mtime
    except OSError:
        return
    age = max(0.0, now.timestamp() - beat)
    what = "Since a worker last looked around, which it does every 10 seconds."
    yield Gauge("mooring_worker_age_seconds", what, {"": age})
