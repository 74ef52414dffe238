"""The forecast: what is open in a branch of the tree of sales mailboxes, and how that was on an earlier day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from mooring.reports.asked import Asked
from mooring.reports.rates import Home
from mooring.reports.report import Cell, Column, Money, Report, Row, Way, added_up, bars
from mooring.sales.forecast import By, ForecastLine, forecast, forecast_of_pipelines, whole_of
from mooring.sales.money import summed
from mooring.sales.past_forecast import compared_pipelines, past_forecast, past_whole_of

_NOTHING = Decimal(0)


def forecast_report(asked: Asked) -> Report:
    """By what was asked, sales mailboxes by default; beside the sums of an earlier day where one is asked for."""
    by = By(asked.by) if asked.by in By.values else By.BOX
    home = Home(asked.home, on=asked.now.date())
    if asked.compared_at is not None:
        return _compared(asked, by)
    if by is By.PIPELINE and asked.most:
        lines, following = forecast_of_pipelines(asked.extent, after=asked.after, most=asked.most)
        whole = whole_of(asked.extent)
    else:
        lines, following = forecast(asked.extent, by, fiscal=asked.fiscal), ""
        whole = lines
    columns = [
        Column(str(by.label)),
        Column(_("Opportunities"), "count"),
        Column(_("Amount"), "money"),
        Column(_("Weighted amount"), "money"),
    ]
    rows = [_row(line, _way(asked, by, line)) for line in lines]
    totals = added_up([_row(line) for line in whole], columns, _("Total"))
    if len({line.currency for line in whole}) > 1:
        totals.append(_in_home(home, whole, _("Total in %(currency)s") % {"currency": home.currency}))
    charts = bars(rows, columns, (2, 3))
    return Report(columns=columns, rows=rows, totals=totals, charts=charts, remarks=home.remarks(), next=following)


def _row(line: ForecastLine, way: Way | None = None) -> Row:
    return Row((line.key.label, line.count, Money(line.amount, line.currency), Money(line.weighted, line.currency)), way)


def _way(asked: Asked, by: By, line: ForecastLine) -> Way:
    """To the branch below, or to the opportunities themselves."""
    if by is By.BOX and line.key.value != str(asked.box.pk if asked.box else ""):
        return Way("report", ("forecast",), {"box": line.key.value, "by": by.value})
    box = {"box": str(asked.box.pk)} if asked.box else {}
    return Way("forecast_opportunities", (), {**box, "by": by.value, "key": line.key.value})


def _in_home(home: Home, lines: list[ForecastLine], name: str) -> Row:
    """The sum of each currency is turned and rounded once, so that the total is the same by whatever the lines are."""
    amount = home.total(summed((line.currency, line.amount) for line in lines).items())
    chance = home.total(summed((line.currency, line.weighted) for line in lines).items())
    count = sum(line.count for line in lines)
    return Row((name, count, Money(amount, home.currency), Money(chance, home.currency)))


def _compared(asked: Asked, by: By) -> Report:
    assert asked.compared_at is not None
    on, day = asked.compared_at, asked.compared_on
    columns = [
        Column(str(by.label)),
        Column(_("Amount on %(day)s") % {"day": day}, "money"),
        Column(_("Amount now"), "money"),
        Column(_("Change"), "money"),
        Column(_("Weighted on %(day)s") % {"day": day}, "money"),
        Column(_("Weighted now"), "money"),
    ]
    following = ""
    if by is By.PIPELINE and asked.most:
        shown = compared_pipelines(asked.extent, on=on, after=asked.after, most=asked.most)
        rows, following = _side_by_side(by, shown.then, shown.now), shown.next
        whole = _side_by_side(by, past_whole_of(asked.extent, on=on), whole_of(asked.extent))
    else:
        then = past_forecast(asked.extent, by, on=on, fiscal=asked.fiscal)
        rows = whole = _side_by_side(by, then, forecast(asked.extent, by, fiscal=asked.fiscal))
    return Report(
        columns=columns,
        rows=rows,
        totals=added_up(whole, columns, _("Total")),
        charts=bars(rows, columns, (1, 2)),
        remarks=[_("The earlier day is told by the versions of pipelines that were the latest then.")],
        next=following,
    )


def _side_by_side(by: By, then: list[ForecastLine], now: list[ForecastLine]) -> list[Row]:
    """In the order of both. Pipelines are met by what they are, all else by the words that both days share."""
    order: dict[tuple[str, str], tuple[Any, str]] = {}
    amounts: dict[tuple[str, str], list[Decimal]] = {}
    for at, lines in enumerate((then, now)):
        for line in lines:
            key = (line.key.value if by is By.PIPELINE else line.key.label, line.currency)
            order[key] = (line.key.order, line.key.label)
            sums = amounts.setdefault(key, [_NOTHING] * 4)
            sums[at] += line.amount
            sums[at + 2] += line.weighted
    rows = []
    for key in sorted(order, key=lambda each: (order[each], each)):
        before, after, *chances = amounts[key]
        cells: list[Cell] = [Money(amount, key[1]) for amount in (before, after, after - before, *chances)]
        rows.append(Row((order[key][1], *cells)))
    return rows
