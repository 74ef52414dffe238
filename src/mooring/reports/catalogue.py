"""All reports. A new one is a function that returns a Report, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from mooring.reports.accounts import account_health
from mooring.reports.activity import activity_by_person, what_was_done
from mooring.reports.asked import BOX, BY, COMPARED, GROUP, PERIOD, PERSON, Asked
from mooring.reports.changes import BY as CHANGED_BY
from mooring.reports.changes import changed_opportunities, pipeline_changes
from mooring.reports.customers import BY as CUSTOMERS_BY
from mooring.reports.customers import customers_by_list
from mooring.reports.forecasts import forecast_report
from mooring.reports.report import Report
from mooring.reports.selling import sales_by_group, sales_by_person
from mooring.sales.forecast import By
from mooring.users.permissions import Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`name` is the last part of its address; `asks` what a reader chooses; `by` the choices where it asks by what."""

    name: str
    title: Any
    words: Any
    icon: str
    make: Callable[[Asked], Report]
    module: Module
    """What one has to be able to see at all, beside reports."""
    asks: Collection[str] = ()
    by: tuple[tuple[str, Any], ...] = ()
    by_label: Any = ""
    """How that choice is called, where “By” says too little."""


CATALOGUE: Final = (
    Entry(
        name="forecast",
        title=_("Forecast"),
        words=_("What is open, by sales mailbox, region, month, quarter, person, stage or pipeline; now and on an earlier day."),
        icon="chart-bar",
        make=forecast_report,
        module=Module.SALES,
        asks=(BOX, BY, COMPARED),
        by=tuple(By.choices),
    ),
    Entry(
        name="sales-by-person",
        title=_("Sales by person"),
        words=_("What each sales person won in a period, against the budget."),
        icon="user",
        make=sales_by_person,
        module=Module.SALES,
        asks=(PERIOD, GROUP),
    ),
    Entry(
        name="sales-by-group",
        title=_("Sales by group"),
        words=_("The same for groups, each with all groups below it."),
        icon="hierarchy",
        make=sales_by_group,
        module=Module.SALES,
        asks=(PERIOD,),
    ),
    Entry(
        name="pipeline-changes",
        title=_("Pipeline changes"),
        words=_("How the open amounts came from one day to another: new, won, lost, raised, lowered."),
        icon="history",
        make=pipeline_changes,
        module=Module.SALES,
        asks=(PERIOD, BOX),
    ),
    Entry(
        name="changed-opportunities",
        title=_("Changed opportunities"),
        words=_("The opportunities behind each step of the pipeline changes."),
        icon="cash",
        make=changed_opportunities,
        module=Module.SALES,
        asks=(PERIOD, BOX, BY),
        by=tuple(CHANGED_BY.items()),
        by_label=_("Step"),
    ),
    Entry(
        name="customers",
        title=_("Customers"),
        words=_("How many there are by industry, category, status or source."),
        icon="building",
        make=customers_by_list,
        module=Module.CUSTOMERS,
        asks=(BY,),
        by=tuple(CUSTOMERS_BY.items()),
    ),
    Entry(
        name="activity",
        title=_("Activity"),
        words=_("Tasks, calls, meetings and notes that were done, and emails sent, person by person."),
        icon="checklist",
        make=activity_by_person,
        module=Module.CUSTOMERS,
        asks=(PERIOD,),
    ),
    Entry(
        name="done",
        title=_("What was done"),
        words=_("The activities and emails behind those numbers, the latest first."),
        icon="list-check",
        make=what_was_done,
        module=Module.CUSTOMERS,
        asks=(PERIOD, PERSON),
    ),
    Entry(
        name="mail-accounts",
        title=_("Mail accounts"),
        words=_("How they are doing, the troubled ones first."),
        icon="mailbox",
        make=account_health,
        module=Module.ACCOUNTS,
    ),
)


def entry_named(name: str) -> Entry | None:
    """The report of this name."""
    return next((entry for entry in CATALOGUE if entry.name == name), None)
