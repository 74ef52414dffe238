"""Sales mailboxes, pipelines and opportunities as lines of the palette and of the search page, each with where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mooring.customers.word_search import Found as ByWords
from mooring.desk.access import user_of
from mooring.desk.opened_boxes import opened
from mooring.sales.finding import FoundSale, find_sales
from mooring.sales.models import Opportunity, Pipeline, SalesMailbox
from mooring.ui.parts import Found, FoundGroup


@dataclass(frozen=True, slots=True)
class _Kind:
    """`address` is the name of the page of one."""

    model: type[SalesMailbox | Pipeline | Opportunity]
    label: Any
    address: str
    icon: str


_KINDS: Final = (
    _Kind(Opportunity, _("Sales opportunities"), "opportunity", icon="cash"),
    _Kind(Pipeline, _("Pipelines"), "pipeline", icon="layout-kanban"),
    _Kind(SalesMailbox, _("Sales mailboxes"), "box", icon="inbox"),
)


def sales_lines(request: HttpRequest, found: Sequence[ByWords], limit: int) -> list[FoundGroup]:
    """A group of each kind, empty where nothing is found; `found` is by KINDS of sales.finding.

    The queries of find_sales, and one for a session that opened boxes with their passwords.
    """
    sales = find_sales(reader=user_of(request), found=found, opened=opened(request), limit=limit)
    return [
        FoundGroup(
            label=str(kind.label),
            entries=[
                Found(label=_name_of(each), url=reverse(kind.address, args=[each.pk]), icon=kind.icon, detail=_place_of(each))
                for each in sales
                if each.model is kind.model
            ],
        )
        for kind in _KINDS
    ]


def _name_of(sale: FoundSale) -> str:
    """Of a box with its number, as everywhere."""
    return sale.path[-1] if sale.model is SalesMailbox else sale.name


def _place_of(sale: FoundSale) -> str:
    """With whom, and the way to it as far as the reader sees the boxes on it."""
    path = sale.path[:-1] if sale.model is SalesMailbox else sale.path
    way = " › ".join((*path, sale.pipeline) if path and sale.pipeline else path)
    return " · ".join(part for part in (sale.whom, way) if part)
