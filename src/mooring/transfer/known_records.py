"""Which rows of a batch are records that exist already: by number, else by e-mail address, else by name.

An import is an administrator's deed over all records; whoever may see which of them plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mooring.customers.models import Affiliation, Contact, Customer, EmailAddress, Lead
from mooring.customers.names import name_key
from mooring.customers.record_data import ContactData, CustomerData, LeadData
from mooring.customers.value_lists import any_of
from mooring.mail.addresses import match_key

Data = CustomerData | LeadData | ContactData
Mark = tuple[str, str]
"""("number", ...), ("email", ...) or ("name", ...)."""


def marks_of(data: Data) -> list[Mark]:
    """By what the record would be known, the surest first. A name counts only where there is nothing else.

    A contact without an address is known by its name and where it is.
    """
    number = "" if isinstance(data, ContactData) else data.number
    marks = [("number", number)] if number else []
    marks += [("email", match_key(email)) for email in data.emails]
    if not marks and isinstance(data, ContactData):
        return [("name", f"{name_key(data.name)}\n{place.place}") for place in data.affiliations]
    return marks or [("name", name_key(data.name))]


class KnownRecords:
    """The ids of records that exist, by their marks. Three queries when made; grows with what the batch adds."""

    def __init__(self, model: type[Any], marks: Iterable[Mark]) -> None:
        self._ids: dict[Mark, int] = {}
        wanted: dict[str, set[str]] = {"number": set(), "email": set(), "name": set()}
        for kind, text in marks:
            wanted[kind].add(text)
        if wanted["number"]:
            found = _numbered(model, wanted["number"]).values_list("number", "pk")
            self._ids |= {("number", number): pk for number, pk in found}
        if wanted["email"]:
            self._ids |= _by_email(model, wanted["email"])
        if wanted["name"]:
            self._ids |= _by_place(wanted["name"]) if model is Contact else _by_name(model, wanted["name"])

    def id_of(self, marks: Iterable[Mark]) -> int | None:
        return next((self._ids[mark] for mark in marks if mark in self._ids), None)

    def __contains__(self, mark: Mark | None) -> bool:
        return mark in self._ids

    def add(self, marks: Iterable[Mark], record_id: int) -> None:
        for mark in marks:
            self._ids.setdefault(mark, record_id)

    def follow(self, record_id: int, *, before: Data, after: Sequence[Mark]) -> None:
        """The record was changed: it is known by what the row says, and not by the number that it had."""
        old = ("number", getattr(before, "number", ""))
        if old not in after and any(kind == "number" for kind, _text in after):
            self._ids.pop(old, None)
        self.add(after, record_id)


def parents_by_number(numbers: set[str]) -> dict[Mark, Customer | Lead]:
    """Customers as ("customer", number) and leads as ("lead", number), with two queries."""
    found: dict[Mark, Customer | Lead] = {}
    for customer in _numbered(Customer, numbers):
        found["customer", customer.number] = customer
    for lead in _numbered(Lead, numbers):
        found["lead", lead.number] = lead
    return found


def places_by_name(names: set[str]) -> dict[Mark, Customer | Lead]:
    """Customers as ("customer_name", key) and leads as ("lead_name", key), where the name is that of one only; two queries."""
    keys = any_of(sorted({name_key(name) for name in names}))
    found: dict[Mark, Customer | Lead] = {}
    seen: set[Mark] = set()
    for kind, model in (("customer_name", Customer), ("lead_name", Lead)):
        for record in _all(model).filter(name_key__in=keys):
            mark = (kind, record.name_key)
            if mark in seen:
                found.pop(mark, None)
            else:
                found[mark] = record
            seen.add(mark)
    return found


def _all(model: type[Any]) -> Any:
    return model.objects.unscoped("an import reads all records").order_by()


def _numbered(model: type[Any], numbers: set[str]) -> Any:
    """Said that they have a number, so that the index of numbers serves, which leaves out those without one."""
    return _all(model).filter(number__in=any_of(sorted(numbers))).exclude(number="")


def _by_email(model: type[Any], keys: set[str]) -> dict[Mark, int]:
    owner = f"{model.__name__.lower()}_id"
    rows = EmailAddress.objects.filter(key__in=any_of(sorted(keys)), **{f"{owner}__isnull": False}).order_by("-id")
    return {("email", key): record_id for key, record_id in rows.values_list("key", owner)}


def _by_name(model: type[Any], names: set[str]) -> dict[Mark, int]:
    rows = _all(model).filter(name_key__in=any_of(sorted(names))).order_by("-id")
    return {("name", name): record_id for name, record_id in rows.values_list("name_key", "pk")}


def _by_place(names: set[str]) -> dict[Mark, int]:
    keys = sorted({name.partition("\n")[0] for name in names})
    rows = Affiliation.objects.filter(contact__name_key__in=any_of(keys)).order_by("-id")
    columns = rows.values_list("contact__name_key", "customer_id", "lead_id", "contact_id")
    return {("name", f"{name}\n{(customer, lead)}"): contact for name, customer, lead, contact in columns}
