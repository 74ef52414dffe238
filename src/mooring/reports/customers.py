"""How many customers there are by what administrators' lists say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.customers.models import Customer
from mooring.reports.asked import Asked
from mooring.reports.report import Column, Report, Row, Way, added_up, bars

BY: Final[Mapping[str, Any]] = {
    "industry": gettext_lazy("Industry"),
    "category": gettext_lazy("Category"),
    "status": gettext_lazy("Status"),
    "source": gettext_lazy("Source"),
}
_FIELDS: Final = {"industry": "industry", "category": "categories", "status": "status", "source": "source"}


def customers_by_list(asked: Asked) -> Report:
    """Active customers that the reader sees; one with several categories counts in each of them."""
    by = asked.by if asked.by in BY else "industry"
    field = _FIELDS[by]
    rows = Customer.objects.visible_to(asked.reader).filter(archived_at=None).order_by()
    counted = rows.values_list(field, f"{field}__name").annotate(count=Count("pk"))
    found = sorted(counted, key=lambda row: (-row[2], row[1] or ""))
    columns = [Column(str(BY[by])), Column(_("Customers"), "count")]
    lines = [Row((name or _("none"), count), Way("customers", (), {by: str(pk)}) if pk else None) for pk, name, count in found]
    remarks = [_("A customer with several categories counts in each of them.")] if by == "category" else []
    totals = [] if by == "category" else added_up(lines, columns, _("Total"))
    return Report(columns=columns, rows=lines, totals=totals, charts=bars(lines, columns, (1,)), remarks=remarks)
