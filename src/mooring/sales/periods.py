"""Months, quarters and years as a company counts them: its fiscal year may begin in any month. Pure: no database, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Fiscal:
    """`starts_in` is the month (1 to 12) in which the fiscal year begins."""

    starts_in: int = 1

    def year_of(self, day: date) -> int:
        """The calendar year in which the fiscal year of a day began."""
        return day.year if day.month >= self.starts_in else day.year - 1

    def quarter_of(self, day: date) -> tuple[int, int]:
        """(fiscal year, quarter from 1 to 4) of a day."""
        return self.year_of(day), (day.month - self.starts_in) % 12 // 3 + 1

    def months_of(self, year: int) -> list[tuple[int, int]]:
        """(calendar year, month) of the twelve months of a fiscal year, in their order."""
        return [(year + (self.starts_in + at - 1) // 12, (self.starts_in + at - 1) % 12 + 1) for at in range(12)]

    def year_in_words(self, year: int) -> str:
        """ "2026", or "2026/27" where it lies in two calendar years."""
        return str(year) if self.starts_in == 1 else f"{year}/{(year + 1) % 100:02}"

    def begin_of(self, year: int) -> date:
        """Its first day."""
        return date(year, self.starts_in, 1)

    def end_of(self, year: int) -> date:
        """Its last day."""
        return self.begin_of(year + 1) - timedelta(days=1)


def month_in_words(year: int, month: int) -> str:
    """ "2026-03"."""
    return f"{year}-{month:02}"
