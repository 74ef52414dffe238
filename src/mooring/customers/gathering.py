"""The filters of a list kept as JSON, and the ids of what they find, page by page: for jobs that begin after the asking.

Pages go by the moment at which a record was added, which never changes, so that whatever is found all the while is met once. What
was added after the asking is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from mooring.customers import queries
from mooring.customers.bulk_values import MODELS
from mooring.customers.info_values import InfoFilter
from mooring.customers.models import BulkKind
from mooring.users.models import User
from mooring.users.permissions import Action

PAGE: Final = 2_000
_LISTS: Final[dict[str, tuple[type[Any], Callable[..., Any]]]] = {
    BulkKind.CUSTOMER: (queries.CustomerFilters, queries.customers_page),
    BulkKind.LEAD: (queries.LeadFilters, queries.leads_page),
    BulkKind.CONTACT: (queries.ContactFilters, queries.contacts_page),
    BulkKind.PROJECT: (queries.ProjectFilters, queries.projects_page),
}


@dataclass(frozen=True, slots=True)
class Gathered:
    """`cursor` leads to the next page; it is empty after the last one."""

    ids: list[int]
    cursor: str


def to_json(filters: Any) -> dict[str, Any]:
    """What a list's query takes, as it is kept with a job."""
    kept = asdict(filters)
    since = kept["created_since"]
    return {**kept, "created_since": since and since.isoformat()}


def from_json(kind: str, kept: dict[str, Any]) -> Any:
    """What was kept."""
    values, since = dict(kept), kept["created_since"]
    values["created_since"] = since and datetime.fromisoformat(since)
    if "info" in values:
        values["info"] = tuple(InfoFilter(**each) for each in values["info"])
    return _LISTS[kind][0](**values)


def gather(*, kind: str, filters: Any, reader: User, action: Action, until: datetime, cursor: str) -> Gathered:
    """A page of what the reader's filters find and they may do `action` with, added by `until`."""
    rows = _LISTS[kind][1](reader=reader, filters=filters, sort="created", cursor=cursor, size=PAGE, is_bare=True)
    found = [record.pk for record in rows.rows]
    allowed = MODELS[kind].objects.visible_to(reader, action).filter(pk__in=found, created_at__lte=until)
    return Gathered(list(allowed.order_by("pk").values_list("pk", flat=True)), rows.next)
