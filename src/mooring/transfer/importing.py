"""Importing customers, leads and contacts from a file: streamed, in batches that are stored as a whole or not at all.

A row that cannot be used is reported with its line and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.checking import checked, line
from mooring.customers.creating_many import create_contacts, create_customers, create_leads
from mooring.customers.editing import change_contact, change_customer, change_lead
from mooring.customers.facts import contact_data, customer_data, lead_data
from mooring.customers.models import Contact, Customer, Lead
from mooring.customers.names import fold, name_key
from mooring.customers.record_data import AffiliationData, ContactData, CustomerData, LeadData, UnableToSave
from mooring.transfer.cells import contact_of, customer_of, lead_of
from mooring.transfer.chosen import Chosen
from mooring.transfer.columns import Columns, Kind
from mooring.transfer.formats.any import demand_whole, read_file
from mooring.transfer.formats.csv import Row, Table, UnableToReadFile
from mooring.transfer.known_records import KnownRecords, Mark, marks_of, parents_by_number, places_by_name
from mooring.transfer.merging_rows import laid_over, with_places
from mooring.users.journal import Actor
from mooring.users.models import User

BATCH: Final = 500
NAMING: Final = frozenset({"name", "last_name", "first_name", "email", "company_name"})
"""One of these fields must be there, so that a record has a name."""
_GUARDED: Final = frozenset("=+-@")
"""Exports put an apostrophe before a text that begins like a formula; it is taken off again."""
MOST_PROBLEMS: Final = 1_000
"""Problems that the summary holds; the others are only counted."""

Data = CustomerData | LeadData | ContactData


class OnDuplicate(StrEnum):
    """What becomes of a row whose record exists already."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    text: str


@dataclass(slots=True)
class Summary:
    """What an import did, or in a dry run would do; a dry run does not see that rows of two batches repeat each other."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()
    rows_done: int = 0
    """Rows of the file that were read, empty ones and those skipped at the beginning included."""
    new_ids: list[int] = field(default_factory=list)
    """The records that the last batch created."""
    before: list[tuple[int, Data]] = field(default_factory=list)
    """How the records stood that the last batch changed."""

    @property
    def row_count(self) -> int:
        return self.created + self.updated + self.skipped + self.failed

    def add_problem(self, at_line: int, text: str) -> None:
        self.failed += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(at_line, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be imported. `owner` gets the new customers and leads for which the file names nobody."""

    kind: Kind
    by: Actor
    now: datetime
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    owner: User | None = None
    is_dry_run: bool = False
    fields: Sequence[str] | None = None
    """For each column what it is, where a person chose it."""
    skips: int = 0
    """So many rows were done before."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rows of a file are read with."""

    order: Order
    owners: dict[str, User]
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that can be used. `names_kind`: whether it tells company from person."""

    line: int
    data: Data
    names_kind: bool
    marks: Sequence[Mark]

    @property
    def number(self) -> Mark | None:
        """What is used once."""
        return next((mark for mark in self.marks if mark[0] == "number"), None)


def import_records(
    *,
    file: BinaryIO,
    order: Order,
    progress: Callable[[Summary], None] | None = None,
    settle: Callable[[Summary], None] | None = None,
) -> Summary:
    """Import all rows. Raises UnableToReadFile, where the file itself is at fault before anything is stored.

    `settle` is told the summary so far within the transaction of every batch, `progress` after it; what either raises ends it.
    """
    if not order.skips:
        demand_whole(file)
    table = read_file(file)
    chosen = Chosen.of_installation(order.kind)
    columns = columns_of(table, order, chosen)
    summary = Summary(ignored_columns=columns.unknown, rows_done=order.skips)
    reading = Reading(order, {user.email.lower(): user for user in User.objects.filter(is_active=True)}, chosen)
    for rows in _batches(islice(table.rows, order.skips, None)):
        summary.new_ids, summary.before = [], []
        with transaction.atomic():
            with transaction.atomic():
                _import_batch(_read_rows(rows, columns, reading, summary), reading, summary)
                if order.is_dry_run:
                    transaction.set_rollback(True)
            summary.rows_done += len(rows)
            if settle:
                settle(summary)
        if progress:
            progress(summary)
    return summary


def columns_of(table: Table, order: Order, chosen: Chosen) -> Columns:
    """As chosen, or as recognised. Raises UnableToReadFile where none holds names."""
    columns = chosen.columns_of(table.header) if order.fields is None else Columns(tuple(order.fields), ())
    if not NAMING.intersection(columns.field_at):
        names = ", ".join(table.header)[:200]
        raise UnableToReadFile(_("No column holds names. The columns of the file are: %(names)s.") % {"names": names})
    return columns


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _read_rows(rows: Sequence[Row], columns: Columns, reading: Reading, summary: Summary) -> list[ReadRow]:
    """The rows that can be used, each with its line; the others go to the summary."""
    usable = []
    cells = [(row, _cells(row, columns)) for row in rows]
    parents = _parents([values for _row, values in cells]) if reading.order.kind == "contacts" else {}
    for row, values in cells:
        try:
            if row.problem:
                raise UnableToSave({"": row.problem})
            if values:
                data = checked(_data(values, reading, parents))
                usable.append(ReadRow(row.line, data, "kind" in values, marks_of(data)))
        except UnableToSave as error:
            summary.add_problem(row.line, str(error))
    return usable


def _parents(rows: Sequence[dict[str, str]]) -> dict[tuple[str, str], Any]:
    """Where contacts can be: by the number that a row names, or by the name of the firm."""
    numbers = {line(values.get("parent_id", "")) for values in rows} - {""}
    names = {line(values.get("company_name", "")) for values in rows if not values.get("parent_id")} - {""}
    return {**(parents_by_number(numbers) if numbers else {}), **(places_by_name(names) if names else {})}


def _cells(row: Row, columns: Columns) -> dict[str, str]:
    """Field -> text without needless blanks; columns that are empty or unknown are left out. More than one of a field joins."""
    cells: dict[str, str] = {}
    for name, text in zip(columns.field_at, row.cells, strict=False):
        text = text.strip()
        if name and text:
            text = text.removeprefix("'") if text[1:2] in _GUARDED else text
            cells[name] = f"{cells[name]} {text}" if name in cells else text
    return cells


def _data(cells: dict[str, str], reading: Reading, parents: dict[tuple[str, str], Any]) -> Data:
    chosen = reading.chosen.of_row(cells)
    if reading.order.kind == "customers":
        return replace(customer_of(cells, owners=reading.owners), **chosen)
    if reading.order.kind == "leads":
        return replace(lead_of(cells, owners=reading.owners), **chosen)
    place = replace(_place(cells, parents), role=chosen.pop("role", None))
    return replace(contact_of(cells), affiliations=(place,), **chosen)


def _place(cells: dict[str, str], parents: dict[tuple[str, str], Any]) -> AffiliationData:
    number, kind = line(cells.get("parent_id", "")), fold(cells.get("parent_kind", ""))
    firm = line(cells.get("company_name", ""))
    if not number and not firm:
        raise UnableToSave({"affiliations": _("The row does not say to which customer or lead the contact belongs.")})
    how, key = ("", number) if number else ("_name", name_key(firm))
    customer = parents.get((f"customer{how}", key)) if kind != "lead" else None
    lead = parents.get((f"lead{how}", key)) if kind in ("lead", "") and customer is None else None
    if customer is None and lead is None and number:
        raise UnableToSave({"affiliations": _("No customer or lead has the number “%(number)s”.") % {"number": number[:40]}})
    if customer is None and lead is None:
        text = _("No customer or lead, or more than one, is called “%(name)s”.")
        raise UnableToSave({"affiliations": text % {"name": firm[:100]}})
    return AffiliationData(customer=customer, lead=lead, job_title=cells.get("job_title", ""))


def _import_batch(rows: Sequence[ReadRow], reading: Reading, summary: Summary) -> None:
    """New rows are stored together; before a row that repeats one of them and has to find it."""
    order = reading.order
    creates_always = order.on_duplicate is OnDuplicate.CREATE
    passes_over = order.on_duplicate is OnDuplicate.SKIP and order.kind != "contacts"
    known = KnownRecords(_MODELS[order.kind], chain.from_iterable(row.marks for row in rows))
    waiting: list[ReadRow] = []
    marks: set[Mark] = set()
    for row in rows:
        repeats = not creates_always and not marks.isdisjoint(row.marks)
        if passes_over and (repeats or known.id_of(row.marks) is not None):
            summary.skipped += 1
            continue
        if repeats:
            _create_all(waiting, known, order, summary)
            marks.clear()
        record_id = None if creates_always else known.id_of(row.marks)
        if record_id is not None:
            _meet_duplicate(row, record_id, known, order, summary)
        elif creates_always and (row.number in known or row.number in marks):
            summary.add_problem(row.line, _("This number is in use already."))
        elif lack := _lack(row.data, reading):
            summary.add_problem(row.line, lack)
        else:
            waiting.append(row)
            marks.update(row.marks)
    _create_all(waiting, known, order, summary)


def _lack(data: Data, reading: Reading) -> str:
    """What has to be filled in for a new customer and is not."""
    return " ".join(reading.chosen.missing(data.info).values()) if isinstance(data, CustomerData) else ""


def _create_all(waiting: list[ReadRow], known: KnownRecords, order: Order, summary: Summary) -> None:
    """`waiting` is empty afterwards."""
    owner = order.owner
    new = [row.data for row in waiting]
    if owner is not None:
        new = [data if isinstance(data, ContactData) or data.owner else replace(data, owner=owner) for data in new]
    ids = _CREATE[order.kind](rows=new, by=order.by, now=order.now)
    for row, record_id in zip(waiting, ids, strict=True):
        known.add(row.marks, record_id)
    summary.new_ids += ids
    summary.created += len(waiting)
    waiting.clear()


def _meet_duplicate(row: ReadRow, record_id: int, known: KnownRecords, order: Order, summary: Summary) -> None:
    """Skip or update. A known contact at a place where it was not yet gets that place either way: this is no repetition."""
    record = _MODELS[order.kind].objects.unscoped("an import reads all records").get(pk=record_id)
    before = _DATA[order.kind](record)
    try:
        with transaction.atomic():
            if order.on_duplicate is OnDuplicate.UPDATE:
                changed = _lay_over(record, row, order)
            else:
                changed = isinstance(row.data, ContactData) and _add_places(record, row.data, order)
    except UnableToSave as error:
        summary.add_problem(row.line, str(error))
        return
    if changed:
        known.follow(record_id, before=before, after=row.marks)
        summary.before.append((record_id, before))
    summary.updated += changed
    summary.skipped += not changed


def _lay_over(record: Any, row: ReadRow, order: Order) -> bool:
    """Whether anything was different."""
    how: dict[str, Any] = {"by": order.by, "now": order.now}
    if isinstance(row.data, CustomerData):
        customer = customer_data(record)
        merged_customer = laid_over(customer, row.data, names_kind=row.names_kind)
        change_customer(customer=record, data=merged_customer, **how)
        return merged_customer != customer
    if isinstance(row.data, LeadData):
        lead = lead_data(record)
        merged_lead = laid_over(lead, row.data)
        change_lead(lead=record, data=merged_lead, **how)
        return merged_lead != lead
    contact = contact_data(record)
    merged_contact = laid_over(contact, row.data)
    change_contact(contact=record, data=merged_contact, **how)
    return merged_contact != contact


def _add_places(contact: Contact, data: ContactData, order: Order) -> bool:
    stored = contact_data(contact)
    if {row.place for row in data.affiliations} <= {row.place for row in stored.affiliations}:
        return False
    change_contact(contact=contact, data=with_places(stored, data), by=order.by, now=order.now)
    return True


_MODELS: Final[dict[Kind, Any]] = {"customers": Customer, "leads": Lead, "contacts": Contact}
_DATA: Final[dict[Kind, Callable[[Any], Data]]] = {"customers": customer_data, "leads": lead_data, "contacts": contact_data}
_CREATE: Final[dict[Kind, Callable[..., Sequence[int]]]] = {
    "customers": create_customers,
    "leads": create_leads,
    "contacts": create_contacts,
}
