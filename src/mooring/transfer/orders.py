"""What an import is asked to do, and what it has to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from mooring.customers.record_data import ContactData, CustomerData, LeadData
from mooring.transfer.columns import Kind
from mooring.users.journal import Actor
from mooring.users.models import User

MOST_PROBLEMS: Final = 1_000
"""Problems that the summary holds from one batch to the next; the others are only counted."""

Data = CustomerData | LeadData | ContactData


class OnDuplicate(StrEnum):
    """What becomes of a row whose record exists already."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


class OnBadValue(StrEnum):
    """What becomes of a row with a value that is no good, such as an address that is not complete."""

    LEAVE_OUT = "leave_out"
    """The row comes in without it, and it is told."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out and why; with a `value`, only that one, which stood in this column of the file."""

    line: int
    text: str
    column: str = ""
    value: str = ""


@dataclass(slots=True)
class Summary:
    """What an import did, or in a dry run would do; a dry run does not see that rows of two batches repeat each other."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    incomplete: int = 0
    """Rows that came in without a value that was no good; they count as created, updated or known, too."""
    problems: list[Problem] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()
    rows_done: int = 0
    """Rows of the file that were read, empty ones and those skipped at the beginning included."""
    new_ids: list[int] = field(default_factory=list)
    """The records that the last batch created."""
    before: list[tuple[int, Data]] = field(default_factory=list)
    """How the records stood that the last batch changed."""

    @property
    def row_count(self) -> int:
        return self.created + self.updated + self.skipped + self.failed

    def refuse(self, at_line: int, text: str, left_out: Sequence[Problem] = ()) -> None:
        """A row was left out. `left_out` are values of it that were no good, either."""
        self.failed += 1
        texts = dict.fromkeys((text, *(each.text for each in left_out)))
        self.problems.append(Problem(at_line, " ".join(texts)))

    def tell(self, left_out: Sequence[Problem]) -> None:
        """A row came in without these values, if any."""
        if left_out:
            self.incomplete += 1
            self.problems += left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be imported. `owner` gets the new customers and leads for which the file names nobody."""

    kind: Kind
    by: Actor
    now: datetime
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    on_bad_value: OnBadValue = OnBadValue.LEAVE_OUT
    owner: User | None = None
    is_dry_run: bool = False
    fields: Sequence[str] | None = None
    """For each column what it is, where a person chose it."""
    skips: int = 0
    """So many rows were done before."""
