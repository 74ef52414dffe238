"""The report of synced emails: every letter the reader may see, with where it lies, what it is linked to and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import position_of
from mooring.letters.link_rows import ends_of
from mooring.letters.linking import target_of
from mooring.letters.models import Delivery, Letter, Link
from mooring.letters.models.letter import LetterQuerySet
from mooring.letters.paging import PAGE_SIZE, Page, Window
from mooring.letters.search import newest_with
from mooring.letters.visibility import few_own_positions, few_positions, visible_deliveries, visible_letters, visible_links
from mooring.users.models import User

COLUMNS: Final = (
    "account",
    "folder",
    "message_id",
    "date",
    "from",
    "to",
    "subject",
    "record_type",
    "record_id",
    "record_name",
    "rule",
    "matched_address",
    "linked_by",
)
_WHY: Final = "the command line prints the whole report"
_STREAMED: Final = 500
_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class ReportFilters:
    """What the report is narrowed to. `since` is included, `before` is not."""

    since: datetime | None = None
    before: datetime | None = None
    account_id: int | None = None
    folder_id: int | None = None
    is_linked: bool | None = None
    rule: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A letter with its places and links, as far as the reader may know them."""

    letter: Letter
    deliveries: list[Delivery] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


def report_page(*, reader: User, filters: ReportFilters, cursor: str = "", size: int = PAGE_SIZE) -> Page[ReportRow]:
    """A page of the report, newest first. At most nine queries."""
    return _page(reader, filters, cursor, size)


def report_records(*, reader: User | None, filters: ReportFilters, is_guarded: bool = True) -> Iterator[tuple[str, ...]]:
    """The lines of the report as a table, COLUMNS first: one per place and link of a letter. Read in portions.

    `reader` None is the command line. Cells that a spreadsheet would take for a formula are preceded by an apostrophe, unless
    whoever writes the file sees to that.
    """
    yield COLUMNS
    cursor = ""
    while True:
        page = _page(reader, filters, cursor, _STREAMED)
        for row in page.rows:
            yield from (tuple(map(_harmless, cells)) if is_guarded else cells for cells in _lines(row))
        cursor = page.next
        if not cursor:
            return


def _page(reader: User | None, filters: ReportFilters, cursor: str, size: int) -> Page[ReportRow]:
    window = Window.of(cursor)
    positions = _positions(reader, filters, window, size + 1)
    letters = Letter.objects.unscoped("their positions come from a query with the reader's rights")
    found = list(letters.filter(position__in=positions).order_by(window.order))
    page = window.page(found, size=size, position=lambda letter: letter.position)
    return Page(_with_places_and_links(page.rows, reader), page.next, page.previous)


def _positions(reader: User | None, filters: ReportFilters, window: Window, most: int) -> list[int]:
    """The positions of the page's letters, by a walk through the index that suits the filters."""
    letters = _filtered(visible_letters(reader) if reader is not None else Letter.objects.unscoped(_WHY), filters, reader)
    walk: QuerySet[Any] = letters
    few = _few(reader, filters)
    if few == []:
        return []
    if filters.text.strip():
        found = newest_with(letters.filter(**_bounds(filters)), text=filters.text, window=window, most=most, few=few)
        return [letter.position for letter in found]
    if few is not None:
        walk = letters.filter(position__in=any_of(few))
    elif filters.folder_id is not None or filters.account_id is not None:
        walk = _deliveries(reader, filters).filter(Exists(letters.filter(pk=OuterRef("letter_id"))))
    elif filters.rule:
        walk = _links(reader, filters).filter(Exists(letters.filter(pk=OuterRef("letter_id"))))
    walk = walk.filter(**_bounds(filters)).filter(**window.bounds())
    return list(walk.order_by(window.order).values_list("position", flat=True).distinct()[:most])


def _few(reader: User | None, filters: ReportFilters) -> list[int] | None:
    """The positions that all letters of the report are among, if these are few; None where they are many."""
    if reader is None:
        return None
    return few_own_positions(reader) if filters.is_linked is False else few_positions(reader)


def _filtered(letters: LetterQuerySet, filters: ReportFilters, reader: User | None) -> LetterQuerySet:
    if filters.is_linked is not None:
        # SQLite finds no index for "NOT is_linked", which Django makes of is_linked=False.
        letters = letters.filter(is_linked__in=[filters.is_linked])
    if filters.rule:
        letters = letters.filter(Exists(_links(reader, filters).filter(letter=OuterRef("pk"))))
    if filters.folder_id is not None or filters.account_id is not None:
        letters = letters.filter(Exists(_deliveries(reader, filters).filter(letter=OuterRef("pk"))))
    return letters


def _bounds(filters: ReportFilters) -> dict[str, int]:
    bounds = {}
    if filters.since is not None:
        bounds["position__gte"] = position_of(filters.since, tie=0)
    if filters.before is not None:
        # Beside the cursor's own position__lt this one needs a name of its own.
        bounds["position__lte"] = position_of(filters.before, tie=0) - 1
    return bounds


def _deliveries(reader: User | None, filters: ReportFilters) -> QuerySet[Delivery]:
    deliveries = visible_deliveries(reader) if reader is not None else Delivery.objects.all()
    if filters.folder_id is not None:
        return deliveries.filter(folder_id=filters.folder_id)
    return deliveries.filter(account_id=filters.account_id)


def _links(reader: User | None, filters: ReportFilters) -> QuerySet[Link]:
    links = visible_links(reader) if reader is not None else Link.objects.filter(removed_at=None)
    return links.filter(rule=filters.rule)


def _with_places_and_links(letters: list[Letter], reader: User | None) -> list[ReportRow]:
    rows = {letter.pk: ReportRow(letter) for letter in letters}
    deliveries = visible_deliveries(reader) if reader is not None else Delivery.objects.all()
    for delivery in deliveries.filter(letter_id__in=rows).select_related("account").order_by("id"):
        rows[delivery.letter_id].deliveries.append(delivery)
    links = visible_links(reader) if reader is not None else Link.objects.filter(removed_at=None)
    links = links.filter(letter_id__in=rows).select_related("customer", "lead", "project", "created_by")
    for link in links.order_by("id"):
        rows[link.letter_id].links.append(link)
    return list(rows.values())


def _lines(row: ReportRow) -> Iterator[tuple[str, ...]]:
    letter = row.letter
    date = (letter.date or letter.at).isoformat()
    sender = f"{letter.from_name} <{letter.from_address}>" if letter.from_name else letter.from_address
    places = [(delivery.account.address, delivery.folder_path) for delivery in row.deliveries] or [("", "")]
    reasons = [_reason(link) for link in row.links] or [("",) * 6]
    for place, reason in product(places, reasons):
        yield (*place, letter.message_id, date, sender, letter.recipients, letter.subject, *reason)


def _reason(link: Link) -> tuple[str, ...]:
    _letter_id, kind, record_id = ends_of(link)
    linked_by = str(link.created_by) if link.created_by is not None else ""
    return kind, str(record_id), str(target_of(link)), link.rule, link.matched_address, linked_by


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
