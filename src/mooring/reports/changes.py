"""What changed in the pipelines of a branch between two days: the open amounts step by step, from the versions of those days."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.reports.asked import Asked
from mooring.reports.report import Cell, Chart, Column, Money, Report, Row, Series
from mooring.sales.comparing import STEPS, waterfalls
from mooring.sales.models import PipelineVersion
from mooring.sales.past_forecast import MOST_READ, latest_versions, with_contents
from mooring.sales.pipeline_content import PipelineContent
from mooring.sales.versions import content_of_version

WORDS: Final = {
    "new": gettext_lazy("New"),
    "won": gettext_lazy("Won"),
    "lost": gettext_lazy("Lost"),
    "removed": gettext_lazy("Removed"),
    "reopened": gettext_lazy("Open again"),
    "more": gettext_lazy("Amount raised"),
    "less": gettext_lazy("Amount lowered"),
    "amount": gettext_lazy("Amount changed"),
}
_NOTHING: Final = Decimal(0)


def pipeline_changes(asked: Asked) -> Report:
    """A column for each currency; a pipeline that was not saved by the first day begins with nothing."""
    before = {version.uid: version for version in latest_versions(asked.extent, asked.begins_at)}
    after = {version.uid: version for version in latest_versions(asked.extent, asked.ends_at)}
    if len(before) + len(after) > MOST_READ:
        said = _("More than %(count)d versions would have to be read for that; choose a sales mailbox with fewer below it.")
        return Report(columns=[Column(_("Step"))], rows=(), remarks=[said % {"count": MOST_READ}])
    with_contents([*before.values(), *after.values()])
    starts: dict[str, Decimal] = {}
    ends: dict[str, Decimal] = {}
    steps: dict[str, dict[str, Decimal]] = {}
    for uid in {**before, **after}:
        was, comes = before.get(uid), after.get(uid, before.get(uid))
        for fall in waterfalls(_content(was, comes), _content(comes, was)):
            starts[fall.currency] = starts.get(fall.currency, _NOTHING) + fall.before
            ends[fall.currency] = ends.get(fall.currency, _NOTHING) + fall.after
            sums = steps.setdefault(fall.currency, {})
            for step, amount in fall.steps.items():
                sums[step] = sums.get(step, _NOTHING) + amount
    return _report(asked, starts, steps, ends)


def _content(version: PipelineVersion | None, other: PipelineVersion | None) -> PipelineContent:
    """What the pipeline held; nothing, in the stages it has on the other day, where it was not saved yet."""
    if version is not None:
        return content_of_version(version)
    assert other is not None
    held = content_of_version(other)
    return PipelineContent(
        uid=held.uid, name=held.name, note=held.note, currency=held.currency, stages=held.stages, opportunities=()
    )


def _report(asked: Asked, starts: dict[str, Decimal], steps: dict[str, dict[str, Decimal]], ends: dict[str, Decimal]) -> Report:
    currencies = sorted(starts)
    columns = [Column(_("Step")), *(Column(currency, "money") for currency in currencies)]
    begin, end = _("Open on %(day)s") % {"day": asked.since}, _("Open on %(day)s") % {"day": asked.until}
    lines = [
        (begin, starts),
        *((str(WORDS.get(step, step)), {c: steps[c][step] for c in currencies}) for step in STEPS),
        (end, ends),
    ]
    rows = []
    for name, amounts in lines:
        cells: list[Cell] = [Money(amounts.get(currency, _NOTHING), currency) for currency in currencies]
        rows.append(Row((name, *cells)))
    charts = [
        Chart(
            kind="waterfall",
            labels=tuple(name for name, _amounts in lines),
            series=(Series(currency, tuple(float(amounts.get(currency, _NOTHING)) for _name, amounts in lines)),),
            unit=currency,
        )
        for currency in currencies
    ]
    remarks = [_("Told by the versions of pipelines that were the latest on each of the two days.")]
    return Report(columns=columns, rows=rows if currencies else (), charts=charts, remarks=remarks)
