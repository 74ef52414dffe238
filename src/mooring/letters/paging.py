"""Pages of letters by position, newest first. A page is found through the index of positions, however far down it is.

A cursor is "<position" for what is older than a position and ">position" for what is newer; anything else is the first page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db.models import QuerySet

Row = TypeVar("Row")

PAGE_SIZE: Final = 50
_CURSOR: Final = re.compile(r"([<>])(-?[0-9]{1,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page and the cursors of its neighbours, empty where there is none."""

    rows: list[Row]
    next: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """What a cursor asks for."""

    edge: int | None
    is_upwards: bool

    @classmethod
    def of(cls, cursor: str) -> Window:
        found = _CURSOR.match(cursor)
        return cls(int(found[2]), found[1] == ">") if found else cls(None, False)

    def bounds(self) -> dict[str, int]:
        """The conditions on `position`, as keyword arguments of filter()."""
        if self.edge is None:
            return {}
        return {"position__gt": self.edge} if self.is_upwards else {"position__lt": self.edge}

    @property
    def order(self) -> str:
        return "position" if self.is_upwards else "-position"

    def page(self, found: Sequence[Row], *, size: int, position: Callable[[Row], int]) -> Page[Row]:
        """The page from at most size + 1 rows found in this window's order."""
        has_more, rows = len(found) > size, list(found[:size])
        if self.is_upwards:
            rows.reverse()
        if not rows:
            return Page([])
        has_older, has_newer = (True, has_more) if self.is_upwards else (has_more, self.edge is not None)
        older = f"<{position(rows[-1])}" if has_older else ""
        newer = f">{position(rows[0])}" if has_newer else ""
        return Page(rows, older, newer)


def page_of(rows: QuerySet[Any, Row], *, cursor: str, size: int, position: Callable[[Row], int]) -> Page[Row]:
    """One page of rows that have a position; one query."""
    window = Window.of(cursor)
    found = rows.filter(**window.bounds()).order_by(window.order)[: size + 1]
    return window.page(list(found), size=size, position=position)
