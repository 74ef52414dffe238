"""From the rows of a batch to records that can be stored, each with its line; what cannot be used goes to the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from mooring.customers.checking import checked, line
from mooring.customers.models import Customer
from mooring.customers.names import fold, name_key
from mooring.customers.record_data import AffiliationData, TagData, UnableToSave
from mooring.customers.tagging import used_no_more
from mooring.transfer.cells import contact_of, customer_of, lead_of
from mooring.transfer.chosen import Chosen
from mooring.transfer.columns import Columns
from mooring.transfer.formats.csv import Row
from mooring.transfer.known_records import Mark, marks_of, parents_by_number, places_by_name
from mooring.transfer.orders import Data, OnBadValue, Order, Problem, Summary
from mooring.transfer.sifting import BadValue, Cell, sift
from mooring.users.models import User

Cells = dict[str, str]
Parents = dict[tuple[str, str], Any]

_GUARDED: Final = frozenset("=+-@")
"""Exports put an apostrophe before a text that begins like a formula; it is taken off again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rows of a file are read with."""

    order: Order
    header: Sequence[str]
    columns: Columns
    owners: Mapping[str, User]
    chosen: Chosen
    retired_tags: Mapping[str, str]
    """By their names in lower case."""

    def retired(self, tags: Iterable[TagData]) -> str:
        """What is wrong with the first of the tags that is used no more, if any is."""
        names = (self.retired_tags.get(tag.name.lower()) for tag in tags) if self.retired_tags else ()
        return next((used_no_more(name) for name in names if name), "")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that can be used. `names_kind`: whether it tells company from person. `left_out`: its values that were no good."""

    line: int
    data: Data
    names_kind: bool
    marks: Sequence[Mark]
    left_out: Sequence[Problem] = ()

    @property
    def number(self) -> Mark | None:
        """What is used once."""
        return next((mark for mark in self.marks if mark[0] == "number"), None)


def read_rows(rows: Sequence[Row], reading: Reading, summary: Summary) -> list[ReadRow]:
    """The rows that can be used; of the others the summary is told."""
    usable = []
    cells = [(row, _joined(zip(reading.columns.field_at, map(_plain, row.cells), strict=False))) for row in rows]
    parents = _parents([values for _row, values in cells]) if reading.order.kind == "contacts" else {}
    for row, values in cells:
        try:
            if row.problem:
                raise UnableToSave({"": row.problem})
            if values:
                usable.append(_read_row(row, values, reading, parents))
        except UnableToSave as error:
            summary.refuse(row.line, str(error))
    return usable


def _read_row(row: Row, cells: Cells, reading: Reading, parents: Parents) -> ReadRow:
    bad: Sequence[BadValue] = ()
    try:
        data = _data(cells, reading, parents)
    except UnableToSave:
        if reading.order.on_bad_value is OnBadValue.REFUSE:
            raise
        kept, bad = _sifted(row, reading)
        cells = _joined((cell.field, cell.text) for cell in kept)
        if not bad:
            raise
        try:
            data = _data(cells, reading, parents)
        except UnableToSave as rest:
            texts = dict.fromkeys([*(each.why for each in bad), *rest.problems.values()])
            raise UnableToSave({"": " ".join(texts)}) from rest
    left_out = [Problem(row.line, each.why, _heading(each.cell.place, reading), each.value) for each in bad]
    return ReadRow(row.line, data, "kind" in cells, _marks(data, bad), left_out)


def _marks(data: Data, bad: Iterable[BadValue]) -> Sequence[Mark]:
    """Who had an address that was no good is not known by name: nobody can say whether it is the one of that name."""
    marks = marks_of(data)
    lacks_address = any(each.cell.field in ("email", "more_emails") for each in bad)
    return [mark for mark in marks if mark[0] != "name"] if lacks_address else marks


def _heading(place: int, reading: Reading) -> str:
    return reading.header[place] or str(place + 1)


def _sifted(row: Row, reading: Reading) -> tuple[list[Cell], list[BadValue]]:
    """What is good of a row, and the values that are not."""
    anywhere = Customer()

    def problem_with(field: str, value: str) -> str:
        place = AffiliationData(customer=anywhere, job_title=value if field == "job_title" else "")
        try:
            _usable({"name": "x", field: value}, reading, place)
        except UnableToSave as error:
            return str(error).removeprefix(f"{reading.chosen.info_names.get(field)}: ")
        return ""

    return sift(_filled(row, reading.columns), problem_with, lists=reading.chosen.lists_of_several)


def _parents(rows: Sequence[Cells]) -> Parents:
    """Where contacts can be: by the number that a row names, or by the name of the firm."""
    numbers = {line(values.get("parent_id", "")) for values in rows} - {""}
    names = {line(values.get("company_name", "")) for values in rows if not values.get("parent_id")} - {""}
    return {**(parents_by_number(numbers) if numbers else {}), **(places_by_name(names) if names else {})}


def _plain(text: str) -> str:
    """Without needless blanks and guards."""
    text = text.strip()
    return text.removeprefix("'") if text[1:2] in _GUARDED else text


def _filled(row: Row, columns: Columns) -> Iterator[Cell]:
    """Columns that are empty or unknown are left out."""
    for place, (field, text) in enumerate(zip(columns.field_at, map(_plain, row.cells), strict=False)):
        if field and text:
            yield Cell(place, field, text)


def _joined(cells: Iterable[tuple[str, str]]) -> Cells:
    """Field -> text. Further addresses stand in several columns; none of them is the name of the next one."""
    joined: Cells = {}
    for field, text in cells:
        if field and text:
            between = ";" if field == "more_emails" else " "
            joined[field] = f"{joined[field]}{between}{text}" if field in joined else text
    return joined


def _data(cells: Cells, reading: Reading, parents: Parents) -> Data:
    return _usable(cells, reading, _place(cells, parents) if reading.order.kind == "contacts" else None)


def _usable(cells: Cells, reading: Reading, place: AffiliationData | None) -> Data:
    """Tidied. A retired tag is no good; where it costs the row, a record that has it is looked at first (transfer.importing)."""
    data = checked(_record(cells, reading, place))
    if reading.order.on_bad_value is OnBadValue.LEAVE_OUT and (why := reading.retired(data.tags)):
        raise UnableToSave({"tags": why})
    return data


def _record(cells: Cells, reading: Reading, place: AffiliationData | None) -> Data:
    """`place` is where a contact is."""
    chosen = reading.chosen.of_row(cells)
    if reading.order.kind == "customers":
        return customer_of(cells, owners=reading.owners, chosen=chosen)
    if reading.order.kind == "leads":
        return lead_of(cells, owners=reading.owners, chosen=chosen)
    assert place is not None
    role = chosen.pop("role", None)
    at = AffiliationData(customer=place.customer, lead=place.lead, job_title=place.job_title, role=role)
    return contact_of(cells, at=at, chosen=chosen)


def _place(cells: Cells, parents: Parents) -> AffiliationData:
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
