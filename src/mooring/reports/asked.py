"""What a report was asked: by whom, for which part of the company and which time. Days are those of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from mooring.sales.forecast import Extent
from mooring.sales.models import SalesMailbox
from mooring.sales.periods import Fiscal
from mooring.users.models import Group, User

PERIOD: Final = "period"
BOX: Final = "box"
BY: Final = "by"
COMPARED: Final = "compared"
GROUP: Final = "group"
PERSON: Final = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`since` and `until` are whole days, both included. What a report does not ask for is left at its default."""

    reader: User
    now: datetime
    since: date
    until: date
    begins_at: datetime
    """When `since` begins in the reader's time zone."""
    ends_at: datetime
    """When the day after `until` begins."""
    fiscal: Fiscal
    home: str
    """The home currency."""
    box: SalesMailbox | None = None
    by: str = ""
    compared_on: date | None = None
    compared_at: datetime | None = None
    """When the day after `compared_on` begins."""
    group: Group | None = None
    person: User | None = None
    after: str = ""
    """Where a page of lines begins, as the page before it said; empty for the first one."""
    most: int = 0
    """So many lines at once where a report has pages; 0 for all of them, as in a file."""

    @property
    def extent(self) -> Extent:
        """Of whom sums are made."""
        return Extent(self.reader, self.box)
