"""Versions of pipelines as pages show them: lists of them, one of them, and what happened between two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mooring.desk.access import user_of
from mooring.desk.opened_boxes import opened
from mooring.desk.sales_words import money
from mooring.sales.comparing import KINDS, STEPS, Change, ComparedSale, Waterfall
from mooring.sales.models import PipelineVersion

MOST: Final = 200
FIRST_LINES: Final = 25
"""Of each kind of change, where all kinds are shown."""
MOST_LINES: Final = 100
"""Of one kind alone."""
_KINDS: Final = {
    "new": pgettext_lazy("opportunities", "New"),
    "won": pgettext_lazy("opportunities", "Won"),
    "lost": pgettext_lazy("opportunities", "Lost"),
    "reopened": pgettext_lazy("opportunities", "Open again"),
    "moved": pgettext_lazy("opportunities", "Moved to another stage"),
    "slipped": pgettext_lazy("opportunities", "Slipped to a later day"),
    "sooner": pgettext_lazy("opportunities", "Expected sooner"),
    "amount": pgettext_lazy("opportunities", "Amount changed"),
    "removed": pgettext_lazy("opportunities", "Taken out"),
}
_STEPS: Final = {
    "new": pgettext_lazy("opportunities", "New"),
    "reopened": pgettext_lazy("opportunities", "Open again"),
    "more": gettext_lazy("Amounts raised"),
    "less": gettext_lazy("Amounts lowered"),
    "won": pgettext_lazy("opportunities", "Won"),
    "lost": pgettext_lazy("opportunities", "Lost"),
    "removed": pgettext_lazy("opportunities", "Taken out"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version in a list, with what was open in it."""

    version: PipelineVersion
    amounts: str
    weighted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One thing that happened, in words."""

    title: str
    whom: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """What happened of one kind: how often, and lines of it; `next` is where the next ones begin, 0 after the last."""

    kind: str
    label: str
    count: int
    lines: list[ChangeLine]
    next: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWaterfall:
    """A chart and the table behind it; `chart` goes to the script as JSON."""

    currency: str
    rows: list[tuple[str, str]]
    chart: dict[str, Any]


def versions_seen(request: HttpRequest, **where: Any) -> Any:
    """Versions in boxes that are open to the user, without their contents, newest first."""
    rows = PipelineVersion.objects.visible_to(user_of(request), opened=opened(request)).filter(**where)
    return rows.select_related("mailbox", "saved_by").defer("content")


def version_lines(versions: Iterable[PipelineVersion]) -> list[VersionLine]:
    """Each with its sums in words."""
    return [VersionLine(version=each, amounts=_sums(each, 0) or "–", weighted=_sums(each, 1) or "–") for each in versions]


def change_groups(changes: Sequence[Change]) -> list[ChangeGroup]:
    """By kind, in the order of KINDS, without empty ones; of each the first lines."""
    groups = ((kind, [change for change in changes if change.kind == kind]) for kind in KINDS)
    return [_group(kind, found, 0, FIRST_LINES) for kind, found in groups if found]


def change_group(changes: Sequence[Change], *, kind: str, start: int) -> list[ChangeGroup]:
    """Of one kind alone, the lines from `start` on; none of a kind that did not happen."""
    found = [change for change in changes if change.kind == kind]
    return [_group(kind, found, start, MOST_LINES)] if found else []


def _group(kind: str, found: Sequence[Change], start: int, most: int) -> ChangeGroup:
    end = start + most
    return ChangeGroup(
        kind=kind,
        label=str(_KINDS[kind]),
        count=len(found),
        lines=[_line(change) for change in found[start:end]],
        next=end if end < len(found) else 0,
    )


def shown_waterfalls(found: Sequence[Waterfall]) -> list[ShownWaterfall]:
    """A chart for each currency. The numbers of a chart are only drawn; the table has the exact ones."""
    return [_shown(each) for each in found]


def _shown(fall: Waterfall) -> ShownWaterfall:
    steps = [(str(_STEPS[step]), fall.steps[step]) for step in STEPS if fall.steps[step]]
    rows: list[tuple[str, Decimal]] = [(_("Open before"), fall.before), *steps, (_("Open after"), fall.after)]
    chart = {
        "kind": "waterfall",
        "labels": [label for label, _amount in rows],
        "series": [{"label": _("Open amount"), "values": [float(amount) for _label, amount in rows]}],
        "unit": fall.currency,
    }
    return ShownWaterfall(
        currency=fall.currency, rows=[(label, money(amount, fall.currency)) for label, amount in rows], chart=chart
    )


def _sums(version: PipelineVersion, which: int) -> str:
    return " · ".join(money(Decimal(amounts[which]), code) for code, amounts in version.sums.items())


def _line(change: Change) -> ChangeLine:
    before, after = change.before, change.after
    facts: tuple[str, str]
    if change.kind in ("slipped", "sooner"):
        facts = (_day(before), _day(after))
    elif change.kind == "amount":
        facts = (_worth(before), _worth(after))
    elif change.kind == "new":
        facts = ("", _worth(after))
    elif change.kind == "removed":
        facts = (_worth(before), "")
    else:
        facts = (change.stage_before.title if change.stage_before else "", change.stage_after.title if change.stage_after else "")
    return ChangeLine(title=change.opportunity.title, whom=change.opportunity.whom.name, before=facts[0], after=facts[1])


def _worth(sale: ComparedSale | None) -> str:
    return money(sale.amount, sale.currency) if sale else ""


def _day(sale: ComparedSale | None) -> str:
    return date_format(sale.close_on, "SHORT_DATE_FORMAT") if sale and sale.close_on else ""
