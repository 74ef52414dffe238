"""What changed in the pipelines of a branch between two days: the open amounts step by step, from the versions of those days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mooring.reports.asked import Asked
from mooring.reports.report import Cell, Chart, Column, Money, Report, Row, Series, Way, added_up
from mooring.sales.comparing import STEPS, steps_between, waterfalls
from mooring.sales.models import Opportunity, PipelineVersion
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
BY: Final = {step: WORDS[step] for step in STEPS}
_NOTHING: Final = Decimal(0)
_MOST_LED_TO: Final = 500
"""Lines that lead to their opportunity; a page shows no more."""


def pipeline_changes(asked: Asked) -> Report:
    """A column for each currency; a pipeline that was not saved by the first day begins with nothing."""
    told = _told(asked)
    if told is None:
        return _too_many()
    starts: dict[str, Decimal] = {}
    ends: dict[str, Decimal] = {}
    steps: dict[str, dict[str, Decimal]] = {}
    for before, after in told.pairs:
        for fall in waterfalls(before, after):
            starts[fall.currency] = starts.get(fall.currency, _NOTHING) + fall.before
            ends[fall.currency] = ends.get(fall.currency, _NOTHING) + fall.after
            sums = steps.setdefault(fall.currency, {})
            for step, amount in fall.steps.items():
                sums[step] = sums.get(step, _NOTHING) + amount
    return _report(asked, told, starts, steps, ends)


def changed_opportunities(asked: Asked) -> Report:
    """Those behind one step of the pipeline changes, the largest first; together they are its amount."""
    told = _told(asked)
    if told is None:
        return _too_many()
    columns = [Column(_("What")), Column(_("With whom")), Column(_("Pipeline")), Column(_("Amount"), "money")]
    found = [
        (taken, after.name) for before, after in told.pairs for taken in steps_between(before, after) if taken.step == asked.by
    ]
    found.sort(key=lambda each: (each[0].currency, -abs(each[0].amount), each[0].opportunity.title, each[0].opportunity.uid))
    seen = _seen(asked, [taken.opportunity.uid for taken, _name in found[:_MOST_LED_TO]])
    rows = [
        Row(
            (taken.opportunity.title, taken.opportunity.whom.name, name, Money(taken.amount, taken.currency)),
            Way("opportunity", (seen[taken.opportunity.uid],)) if taken.opportunity.uid in seen else None,
        )
        for taken, name in found
    ]
    return Report(columns=columns, rows=rows, totals=added_up(rows, columns, _("Total")), remarks=told.remarks())


@dataclass(frozen=True, slots=True)
class _Told:
    """Each pipeline as it stood on the two days, empty where it was not there; how many cannot be told of any more."""

    pairs: list[tuple[PipelineContent, PipelineContent]]
    lost_count: int

    def remarks(self) -> list[str]:
        """What the steps rest on, and what they leave out."""
        said = [_("Told by the versions of pipelines that were the latest on each of the two days.")]
        if self.lost_count:
            left_out = ngettext(
                "%(count)d pipeline is left out: its version of then was destroyed with another sales mailbox.",
                "%(count)d pipelines are left out: their versions of then were destroyed with other sales mailboxes.",
                self.lost_count,
            )
            said.append(left_out % {"count": self.lost_count})
        return said


def _told(asked: Asked) -> _Told | None:
    """None where too many versions would have to be read."""
    then, later = latest_versions(asked.extent, asked.begins_at), latest_versions(asked.extent, asked.ends_at)
    lost = then.lost | later.lost
    before, after = ({uid: row for uid, row in each.versions.items() if uid not in lost} for each in (then, later))
    if len(before) + len(after) > MOST_READ:
        return None
    with_contents([*before.values(), *after.values()])
    both = ((before.get(uid), after.get(uid)) for uid in {**before, **after})
    return _Told([(_content(was, comes), _content(comes, was)) for was, comes in both], len(lost))


def _too_many() -> Report:
    said = _("More than %(count)d versions would have to be read for that; choose a sales mailbox with fewer below it.")
    return Report(columns=[Column(_("Step"))], rows=(), remarks=[said % {"count": MOST_READ}])


def _seen(asked: Asked, uids: list[str]) -> dict[str, int]:
    """The ids of those that are still there and that the reader sees."""
    rows = Opportunity.objects.visible_to(asked.reader).filter(uid__in=uids)
    return {str(uid): pk for uid, pk in rows.order_by().values_list("uid", "pk")}


def _way(asked: Asked, step: str) -> Way:
    box = {"box": str(asked.box.pk)} if asked.box else {}
    days = {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
    return Way("report", ("changed-opportunities",), {**days, **box, "by": step})


def _content(version: PipelineVersion | None, other: PipelineVersion | None) -> PipelineContent:
    """What the pipeline held; nothing, in the stages it has on the other day, where it was not saved yet, or removed."""
    if version is not None:
        return content_of_version(version)
    assert other is not None
    held = content_of_version(other)
    return PipelineContent(
        uid=held.uid, name=held.name, note=held.note, currency=held.currency, stages=held.stages, opportunities=()
    )


def _report(
    asked: Asked, told: _Told, starts: dict[str, Decimal], steps: dict[str, dict[str, Decimal]], ends: dict[str, Decimal]
) -> Report:
    currencies = sorted(starts)
    columns = [Column(_("Step")), *(Column(currency, "money") for currency in currencies)]
    begin, end = (_("Open on %(day)s") % {"day": date_format(day, "SHORT_DATE_FORMAT")} for day in (asked.since, asked.until))
    lines: list[tuple[str, dict[str, Decimal], Way | None]] = [
        (begin, starts, None),
        *((str(WORDS[step]), {c: steps[c][step] for c in currencies}, _way(asked, step)) for step in STEPS),
        (end, ends, None),
    ]
    rows = []
    for name, amounts, way in lines:
        cells: list[Cell] = [Money(amounts.get(currency, _NOTHING), currency) for currency in currencies]
        rows.append(Row((name, *cells), way if any(amounts.values()) else None))
    charts = [
        Chart(
            kind="waterfall",
            labels=tuple(name for name, _amounts, _way in lines),
            series=(Series(currency, tuple(float(amounts.get(currency, _NOTHING)) for _name, amounts, _way in lines)),),
            unit=currency,
        )
        for currency in currencies
    ]
    return Report(columns=columns, rows=rows if currencies else (), charts=charts, remarks=told.remarks())
