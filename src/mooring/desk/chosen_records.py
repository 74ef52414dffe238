"""The records that a form of a list is about: the ticked ones, or all that the list finds.

Of very many only the first are looked for here; the worker finds them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.http import HttpRequest

from mooring.customers.bulk_editing import MOST, Wish, change_found, change_many
from mooring.customers.models import BulkChange
from mooring.desk.access import actor_of, user_of
from mooring.desk.list_pages import filters_named, found_pages, ticked_ids
from mooring.desk.lists import RecordList
from mooring.users.permissions import Action

MOST_PAGES: Final = 4
"""Of the list, looked through for what the user may change, who may see much more than that."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Those that the user may do something with: all of them, or the first and the filters that find the rest."""

    ids: Sequence[int]
    is_every: bool
    filters: Any = None
    """Where they are more than one wants to wait for."""

    @property
    def count(self) -> int:
        """As many at least."""
        return len(self.ids)

    @property
    def is_empty(self) -> bool:
        """Whether it is known that there is none."""
        return not self.ids and self.filters is None


def chosen_records(request: HttpRequest, which: RecordList, action: Action) -> Chosen:
    """What the form names. Never looks further than one can wait for."""
    if request.POST.get("every") == "yes":
        ids: list[int] = []
        is_more = False
        for found, goes_on in islice(found_pages(request, which, action, size=MOST + 1), MOST_PAGES):
            ids += found
            is_more = goes_on or len(ids) > MOST
            if len(ids) > MOST:
                break
        return Chosen(ids[:MOST], True, filters_named(request, which) if is_more else None)
    rows = which.kind.model.objects.visible_to(user_of(request), action).filter(pk__in=ticked_ids(request))
    return Chosen(list(rows.order_by("pk").values_list("pk", flat=True)), False)


def change_chosen(request: HttpRequest, chosen: Chosen, wish: Wish, *, now: datetime) -> BulkChange:
    """Raises UnableToChangeMany."""
    by = actor_of(request)
    if chosen.filters is not None:
        return change_found(filters=chosen.filters, wish=wish, by=by, now=now)
    return change_many(record_ids=chosen.ids, wish=wish, by=by, now=now)
