"""A pipeline as a board: its columns and cards as the templates draw them, with the marks of overdue and of silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.activities.queries import last_done, nothing_done_after
from mooring.desk.access import may_change_pipeline
from mooring.desk.forms.pipelines import BoardFilterForm
from mooring.desk.sales_words import amounts, money, weighted_amounts, worth
from mooring.options.values import read
from mooring.sales.board import BoardFilters, Column, Sums, heard_of
from mooring.sales.models import Opportunity, Outcome, Pipeline, Stage
from mooring.sales.options import SILENT_AFTER_DAYS
from mooring.ui.parts import Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One opportunity on the board or in the list."""

    sale: Opportunity
    worth: str
    weighted: str
    is_overdue: bool = False
    silent_days: int = 0
    """0 where it is not silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownColumn:
    """A stage with its head and its cards; `more_url` fetches the next ones."""

    stage: Stage
    count: int
    amounts: list[str]
    weighted: list[str]
    cards: list[Card]
    more_url: str = ""
    is_open: bool = True


def shown_columns(
    request: HttpRequest, pipeline: Pipeline, columns: Sequence[Column], silent_since: datetime | None = None
) -> list[ShownColumn]:
    """Two queries, whatever they hold: the last activities and the setting of silence."""
    found = {card.sale.pk: card for card in cards_of([sale for column in columns for sale in column.cards], silent_since)}
    query = request.GET.copy()
    query.pop("place", None)
    return [
        ShownColumn(
            stage=column.stage,
            count=column.count,
            amounts=amounts(column.sums),
            weighted=weighted_amounts(column.sums),
            cards=[found[sale.pk] for sale in column.cards],
            more_url=_more_url(pipeline, column, query.urlencode()),
            is_open=column.stage.outcome == Outcome.OPEN,
        )
        for column in columns
    ]


def cards_of(sales: Sequence[Opportunity], silent_since: datetime | None = None) -> list[Card]:
    """Each with its marks, counted in days of the reader's time zone. At most two queries, one where `silent_since` is known."""
    if not sales:
        return []
    done, now, today = last_done(sales), timezone.now(), timezone.localdate()
    since = silent_since or _silent_since(now)
    return [_card(sale, done.get(sale.pk), since, now, today) for sale in sales]


def around_pipeline(request: HttpRequest, pipeline: Pipeline) -> dict[str, Any]:
    """What stands above every page of a pipeline. One query."""
    places = (
        (_("Board"), "pipeline"),
        (_("List"), "pipeline_list"),
        (_("Versions"), "pipeline_versions"),
    )
    tabs = [(label, reverse(name, args=[pipeline.pk])) for label, name in places]
    is_version = request.path.endswith(("/compare/", "/save/"))
    current = max((url for _label, url in tabs if request.path.startswith(url)), key=len, default="")
    current = tabs[-1][1] if is_version else current
    return {
        "pipeline": pipeline,
        "tabs": [Tab(label=label, url=url, is_current=url == current) for label, url in tabs],
        "may_change": may_change_pipeline(request, pipeline),
    }


def filters_of(request: HttpRequest, pipeline: Pipeline) -> tuple[BoardFilterForm, BoardFilters]:
    """What the address asks for; three queries, for owners, tags and stages, which the pipeline keeps."""
    prefetch_related_objects([pipeline], "stages")
    form = BoardFilterForm(request.GET, pipeline=pipeline)
    asked = form.asked()
    filters = BoardFilters(text=asked.get("text", ""), owner_id=int(asked["owner"]) if asked.get("owner") else None)
    mark = asked.get("mark", "")
    if mark == "overdue":
        filters = replace(filters, overdue_on=timezone.localdate())
    elif mark == "silent":
        since = _silent_since(timezone.now())
        filters = replace(filters, silent_since=since, also=nothing_done_after(since))
    elif mark in Outcome.values:
        filters = replace(filters, outcome=mark)
    if asked.get("tag"):
        filters = replace(filters, tag_id=int(asked["tag"]))
    if asked.get("stage"):
        filters = replace(filters, stage_id=int(asked["stage"]))
    return form, filters


def sums_in_words(sums: Sequence[Sums]) -> Mapping[str, str]:
    """The totals under a list."""
    return {"amount": " · ".join(amounts(sums)), "weighted": " · ".join(weighted_amounts(sums))}


def _silent_since(now: datetime) -> datetime:
    """What was heard of last then, or before, is silent. One query."""
    return now - timedelta(days=read(SILENT_AFTER_DAYS))


def _card(sale: Opportunity, done_at: datetime | None, silent_since: datetime, now: datetime, today: date) -> Card:
    heard_at = max(filter(None, (heard_of(sale), done_at)))
    is_silent = sale.stage.outcome == Outcome.OPEN and heard_at <= silent_since
    return Card(
        sale=sale,
        worth=worth(sale),
        weighted=money(sale.weighted, sale.currency),
        is_overdue=sale.is_overdue(today),
        silent_days=(now - heard_at).days if is_silent else 0,
    )


def _more_url(pipeline: Pipeline, column: Column, query: str) -> str:
    if not column.more:
        return ""
    url = reverse("pipeline_stage", args=[pipeline.pk, column.stage.pk])
    return f"{url}?place={column.more}{'&' + query if query else ''}"
