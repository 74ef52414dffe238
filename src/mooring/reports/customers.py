"""How many customers there are by what administrators' lists say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.customers.counts import Counted, CustomersOf, customers_by
from mooring.reports.asked import Asked
from mooring.reports.report import Column, Report, Row, Way, added_up, bars

BY: Final[Mapping[str, Any]] = {
    "industry": gettext_lazy("Industry"),
    "category": gettext_lazy("Category"),
    "status": gettext_lazy("Status"),
    "source": gettext_lazy("Source"),
}


def customers_by_list(asked: Asked) -> Report:
    """Active customers that the reader sees; one with several categories counts in each of them."""
    by = asked.by if asked.by in BY else "industry"
    counted = customers_by(by=by, reader=asked.reader)
    columns = [Column(str(BY[by])), Column(_("Customers"), "count")]
    lines = [Row((str(line.entry or _("none")), line.count), _way(by, line)) for line in counted.lines]
    totals = [] if by == "category" else added_up(lines, columns, _("Total"))
    remarks = [*_remarks(by), *_age(counted)]
    return Report(columns=columns, rows=lines, totals=totals, charts=bars(lines, columns, (1,)), remarks=remarks)


def _way(by: str, line: CustomersOf) -> Way | None:
    return Way("customers", (), {by: str(line.entry.pk)}) if line.entry else None


def _remarks(by: str) -> list[str]:
    return [_("A customer with several categories counts in each of them.")] if by == "category" else []


def _age(counted: Counted) -> list[str]:
    if counted.at is None:
        return []
    at = date_format(localtime(counted.at), "SHORT_DATETIME_FORMAT")
    return [_("There are so many customers that they are counted once an hour: these are the numbers of %(at)s.") % {"at": at}]
