"""A pipeline as its pages show it: columns with their sums and their first cards, further cards, and the same as a list.

Everything within one pipeline, which the page reached within the reader's rights. A fixed number of queries each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When, Window
from django.db.models.functions import RowNumber

from mooring.customers.models import Customer, Lead
from mooring.customers.names import name_key
from mooring.letters.models import Link
from mooring.sales.models import Opportunity, OpportunityLetter, Outcome, Pipeline, Stage
from mooring.users.models import User

CARDS: Final = 20
"""So many cards of a column at once."""
ROWS: Final = 50
MOST_LISTED: Final = 20_000
_PORTION: Final = 500
_WHY: Final = "the page reached this pipeline within the reader's rights"
_CURSOR: Final = re.compile(r"(-?\d{1,18})\.(\d{1,18})\Z", re.ASCII)
SORTS: Final = ("close", "-close", "amount", "-amount", "title", "-title", "stage", "-stage", "changed", "-changed")
_COLUMNS: Final = {"close": "close_on", "amount": "amount", "title": "title", "stage": "stage__place", "changed": "changed_at"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilters:
    """What a page asks for; `outcome` is one of Outcome, or empty."""

    text: str = ""
    owner_id: int | None = None
    overdue_on: date | None = None
    """Only open ones whose close date is before this day."""
    outcome: str = ""
    stage_id: int | None = None
    tag_id: int | None = None
    silent_since: datetime | None = None
    """Only open ones that were not changed after that, and whose customer or lead sent and got no letter."""
    also: Q = field(default_factory=Q)
    """What is known of opportunities by rooms above this one."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one currency."""

    currency: str
    amount: Decimal
    weighted: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A stage with the first of its cards; `more` is where the next ones begin, empty where these are all."""

    stage: Stage
    count: int = 0
    sums: Sequence[Sums] = ()
    cards: list[Opportunity] = field(default_factory=list)
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRows:
    """A page of the list; `next` and `previous` are the places of the pages around it."""

    rows: list[Opportunity]
    next: str = ""
    previous: str = ""


def board_of(pipeline: Pipeline, filters: BoardFilters = BoardFilters()) -> list[Column]:
    """All columns. Four queries."""
    stages = list(pipeline.stages.all())
    rows = _rows(pipeline, filters)
    counts, sums = _totals(rows)
    cards = _first_cards(rows, {stage.pk: stage for stage in stages})
    return [
        Column(
            stage=stage,
            count=counts.get(stage.pk, 0),
            sums=sums.get(stage.pk, ()),
            cards=(found := cards.get(stage.pk, []))[:CARDS],
            more=place_of(found[CARDS - 1]) if len(found) > CARDS else "",
        )
        for stage in stages
    ]


def heads_of(pipeline: Pipeline, filters: BoardFilters = BoardFilters()) -> list[Column]:
    """The columns without their cards: what changes when one is moved. Two queries."""
    counts, sums = _totals(_rows(pipeline, filters))
    return [Column(stage=stage, count=counts.get(stage.pk, 0), sums=sums.get(stage.pk, ())) for stage in pipeline.stages.all()]


def cards_behind(stage: Stage, place: str, filters: BoardFilters = BoardFilters()) -> Column:
    """The next cards of a stage; a place that makes no sense begins at the top. One query."""
    rows = _rows(stage.pipeline, filters).filter(stage=stage)
    if found := _CURSOR.match(place):
        at, pk = int(found[1]), int(found[2])
        rows = rows.filter(Q(place__gt=at) | Q(place=at, pk__gt=pk))
    cards = list(_shown(rows).order_by("place", "pk")[: CARDS + 1])
    for card in cards:
        card.stage = stage
    return Column(stage=stage, cards=cards[:CARDS], more=place_of(cards[CARDS - 1]) if len(cards) > CARDS else "")


def sales_list(pipeline: Pipeline, filters: BoardFilters, *, sort: str, place: str) -> SaleRows:
    """A page of the list in one of SORTS; a pipeline is short enough to be put in order anew. Two queries."""
    ids = _ids_in_order(pipeline, filters, sort)
    start = ids.index(int(place)) if place.isascii() and place.isdigit() and int(place) in ids else 0
    shown = ids[start : start + ROWS]
    found = _found(pipeline, shown)
    following, before = ids[start + ROWS : start + ROWS + 1], ids[max(0, start - ROWS) :][:1] if start else []
    return SaleRows(
        rows=found,
        next=str(following[0]) if following else "",
        previous=str(before[0]) if before else "",
    )


def all_sales(pipeline: Pipeline, filters: BoardFilters, *, sort: str) -> Iterator[Opportunity]:
    """The whole list in one of SORTS, read in portions. One query for each, and one before."""
    ids = _ids_in_order(pipeline, filters, sort)
    for start in range(0, len(ids), _PORTION):
        yield from _found(pipeline, ids[start : start + _PORTION])


def totals_of(pipeline: Pipeline, filters: BoardFilters) -> list[Sums]:
    """The sums over all that the filters leave, by currency. One query."""
    rows = _rows(pipeline, filters).order_by("currency").values_list("currency")
    return [Sums(*row) for row in rows.annotate(Sum("amount"), Sum("weighted"))]


def sales_of(record: Customer | Lead, *, reader: User, opened: Collection[int], most: int) -> list[Opportunity]:
    """What the reader sees of the opportunities with a customer or lead: open ones first, then by close date. One query."""
    rows = Opportunity.objects.visible_to(reader, opened=opened).filter(**{type(record).__name__.lower(): record})
    is_closed = Case(When(stage__outcome=Outcome.OPEN, then=Value(0)), default=Value(1))
    return list(_shown(rows).order_by(is_closed, F("close_on").asc(nulls_last=True), "pk")[:most])


def next_to_close(owner: User, *, most: int) -> list[Opportunity]:
    """The open opportunities of a person that are to be closed first, those past their day before all. One query."""
    rows = Opportunity.objects.visible_to(owner).filter(owner=owner, stage__outcome=Outcome.OPEN, close_on__isnull=False)
    return list(_shown(rows).order_by("close_on", "pk")[:most])


def place_of(card: Opportunity) -> str:
    """Where the cards behind this one begin."""
    return f"{card.place}.{card.pk}"


def _ids_in_order(pipeline: Pipeline, filters: BoardFilters, sort: str) -> list[int]:
    expression = F(_COLUMNS.get(sort.removeprefix("-"), "close_on"))
    order = expression.desc(nulls_last=True) if sort.startswith("-") else expression.asc(nulls_last=True)
    return list(_rows(pipeline, filters).order_by(order, "pk").values_list("pk", flat=True)[:MOST_LISTED])


def _found(pipeline: Pipeline, ids: Sequence[int]) -> list[Opportunity]:
    found = {row.pk: row for row in _shown(_rows(pipeline, BoardFilters())).filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def _rows(pipeline: Pipeline, filters: BoardFilters) -> Any:
    rows = Opportunity.objects.unscoped(_WHY).filter(pipeline=pipeline, removed_at=None)
    if filters.text:
        key = name_key(filters.text)
        named = Q(customer__name_key__contains=key) | Q(lead__name_key__contains=key)
        rows = rows.filter(Q(title__icontains=filters.text) | named)
    if filters.owner_id is not None:
        rows = rows.filter(owner_id=filters.owner_id)
    if filters.overdue_on is not None:
        rows = rows.filter(stage__outcome=Outcome.OPEN, close_on__lt=filters.overdue_on)
    if filters.outcome:
        rows = rows.filter(stage__outcome=filters.outcome)
    if filters.stage_id is not None:
        rows = rows.filter(stage_id=filters.stage_id)
    if filters.tag_id is not None:
        rows = rows.filter(tags=filters.tag_id)
    if filters.silent_since is not None:
        rows = rows.filter(
            _no_letter_after(filters.silent_since), stage__outcome=Outcome.OPEN, changed_at__lte=filters.silent_since
        )
    return rows.filter(filters.also)


def _shown(rows: Any) -> Any:
    """With tags, with whom, whose, and when the latest letter of the customer or lead was written or came."""
    return (
        rows.with_tags()
        .select_related("customer", "lead", "owner", "stage")
        .annotate(customer_letter_at=_latest("customer"), lead_letter_at=_latest("lead"), own_letter_at=_latest_own())
    )


def _no_letter_after(at: datetime) -> Q:
    """The same letters as those of `heard_of`."""
    links = Link.objects.filter(removed_at=None, letter__at__gt=at)
    of_its_own = OpportunityLetter.objects.filter(opportunity=OuterRef("pk"), removed_at=None, letter__at__gt=at)
    ends = [links.filter(**{kind: OuterRef(f"{kind}_id")}) for kind in ("customer", "lead")]
    return Q(*(~Exists(letters) for letters in (*ends, of_its_own)))


def _latest(kind: str) -> Subquery:
    links = Link.objects.filter(**{kind: OuterRef(f"{kind}_id")}, removed_at=None).order_by("-position")
    return Subquery(links.values("letter__at")[:1])


def _latest_own() -> Subquery:
    links = OpportunityLetter.objects.filter(opportunity=OuterRef("pk"), removed_at=None).order_by("-position")
    return Subquery(links.values("letter__at")[:1])


def _totals(rows: QuerySet[Opportunity]) -> tuple[dict[int, int], dict[int, list[Sums]]]:
    counts: dict[int, int] = {}
    sums: dict[int, list[Sums]] = {}
    grouped = rows.order_by("stage_id", "currency").values_list("stage_id", "currency")
    for stage_id, currency, count, amount, chance in grouped.annotate(Count("pk"), Sum("amount"), Sum("weighted")):
        counts[stage_id] = counts.get(stage_id, 0) + count
        sums.setdefault(stage_id, []).append(Sums(currency, amount, chance))
    return counts, sums


def _first_cards(rows: Any, stages: dict[int, Stage]) -> dict[int, list[Opportunity]]:
    number = Window(RowNumber(), partition_by=F("stage_id"), order_by=(F("place"), F("pk")))
    numbered = rows.annotate(number=number).filter(number__lte=CARDS + 1)
    found: dict[int, list[Opportunity]] = {}
    ids = [pk for pk, _number in numbered.values_list("pk", "number")]
    cards: Iterable[Opportunity] = _shown(Opportunity.objects.unscoped(_WHY).filter(pk__in=ids)).order_by("place", "pk")
    for card in cards:
        card.stage = stages[card.stage_id]
        found.setdefault(card.stage_id, []).append(card)
    return found


def with_letters(sale: Opportunity) -> Opportunity:
    """The same, with when the latest letter of its customer or lead was; for a card of its own. One query."""
    names = ("customer_letter_at", "lead_letter_at", "own_letter_at")
    times = _shown(Opportunity.objects.unscoped(_WHY).filter(pk=sale.pk)).values_list(*names).get()
    for name, at in zip(names, times, strict=True):
        setattr(sale, name, at)
    return sale


def heard_of(card: Any) -> datetime:
    """When something happened last: a change, or a letter of its customer or lead."""
    times: list[datetime] = [card.changed_at]
    times += [at for at in (card.customer_letter_at, card.lead_letter_at, card.own_letter_at) if at is not None]
    return max(times)
