"""Importing customers, leads and contacts from a file: streamed, in batches that are stored as a whole or not at all.

A row that cannot be used is reported with its line and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from operator import attrgetter
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.checking import line
from mooring.customers.creating_many import create_contacts, create_customers, create_leads
from mooring.customers.editing import change_contact, change_customer, change_lead
from mooring.customers.facts import contact_data, customer_data, lead_data
from mooring.customers.models import Contact, Customer, Lead
from mooring.customers.record_data import ContactData, CustomerData, LeadData, UnableToSave
from mooring.customers.tagging import retired_tags
from mooring.transfer.chosen import Chosen
from mooring.transfer.columns import Columns, Kind
from mooring.transfer.formats.any import demand_whole, read_file
from mooring.transfer.formats.csv import Row, Table, UnableToReadFile
from mooring.transfer.known_records import KnownRecords, Mark
from mooring.transfer.merging_rows import laid_over, with_places
from mooring.transfer.orders import MOST_PROBLEMS, Data, OnDuplicate, Order, Summary
from mooring.transfer.reading_rows import Reading, ReadRow, read_rows
from mooring.users.models import User

BATCH: Final = 500
NAMING: Final = frozenset({"name", "last_name", "first_name", "email", "company_name"})
"""One of these fields must be there, so that a record has a name."""


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
    owners = {user.email.lower(): user for user in User.objects.filter(is_active=True)}
    reading = Reading(order, table.header, columns, owners, chosen, retired_tags())
    for rows in _batches(islice(table.rows, order.skips, None)):
        summary.new_ids, summary.before, told = [], [], len(summary.problems)
        with transaction.atomic():
            with transaction.atomic():
                _import_batch(read_rows(rows, reading, summary), reading, summary)
                if order.is_dry_run:
                    transaction.set_rollback(True)
            summary.problems[told:] = sorted(summary.problems[told:], key=attrgetter("line"))
            summary.rows_done += len(rows)
            if settle:
                settle(summary)
        if progress:
            progress(summary)
        del summary.problems[MOST_PROBLEMS:]
    return summary


def columns_of(table: Table, order: Order, chosen: Chosen) -> Columns:
    """As chosen, or as recognised. Raises UnableToReadFile where none holds names."""
    columns = chosen.columns_of(table.header) if order.fields is None else Columns(tuple(order.fields), ())
    if not NAMING.intersection(columns.field_at):
        names = line(", ".join(table.header))[:200]
        raise UnableToReadFile(_("No column holds names. The columns of the file are: %(names)s.") % {"names": names})
    return columns


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


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
            summary.refuse(row.line, _("This number is in use already."), row.left_out)
        elif lack := _lack(row.data, reading):
            summary.refuse(row.line, lack, row.left_out)
        else:
            waiting.append(row)
            marks.update(row.marks)
            summary.tell(row.left_out)
    _create_all(waiting, known, order, summary)


def _lack(data: Data, reading: Reading) -> str:
    """What has to be filled in for a new customer and is not, or a tag that no new record gets."""
    missing = reading.chosen.missing(data.info).values() if isinstance(data, CustomerData) else ()
    return " ".join(missing) or reading.retired(data.tags)


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
        summary.refuse(row.line, str(error), row.left_out)
        return
    if changed or order.on_duplicate is OnDuplicate.UPDATE:
        summary.tell(row.left_out)
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
