"""A lead becomes a customer, and a contact where it was a person at a company; letters, tasks and opportunities go along.

The lead stays as a row that nobody sees any more, so that all of it can be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from mooring.activities.models import Activity
from mooring.customers.child_rows import keep_found_true
from mooring.customers.editing import AffiliationData, ContactData, CustomerData, create_contact, create_customer
from mooring.customers.facts import kind_of
from mooring.customers.models import (
    Affiliation,
    Contact,
    Customer,
    CustomerKind,
    EmailAddress,
    Lead,
    Phone,
    PostalAddress,
    Project,
)
from mooring.customers.tagging import tags_of
from mooring.letters.models import Link, RecordFile, Rule
from mooring.sales.models import LeadConversion, Opportunity
from mooring.users.journal import Actor, record
from mooring.users.scoping import has_none

_WHY: Final = "all that belongs to a lead goes along, whoever may see which; the right to change it was asked before"
_CHUNK: Final = 500
_AS_CUSTOMER: Final = {Rule.LEAD_EMAIL: Rule.CUSTOMER_EMAIL, Rule.LEAD_CONTACT: Rule.CUSTOMER_CONTACT}
_AS_LEAD: Final = {after: before for before, after in _AS_CUSTOMER.items()}
_REACHED: Final[dict[str, Any]] = {"emails": EmailAddress, "phones": Phone, "addresses": PostalAddress}


class UnableToConvert(Exception):
    """Nothing was converted, or taken back; the text is fit for the user."""


def convert_lead(*, lead: Lead, by: Actor, now: datetime, into: Customer | None = None) -> LeadConversion:
    """Into a new customer, or into one that is there already. Raises UnableToConvert."""
    with transaction.atomic():
        lead = Lead.objects.unscoped(_WHY).select_for_update(of=("self",)).select_related("owner", "source").get(pk=lead.pk)
        if lead.converted_at is not None:
            raise UnableToConvert(_("This lead was converted already."))
        customer = into or _new_customer(lead, by=by, now=now)
        contact = _new_contact(lead, customer, by=by, now=now) if lead.company_name or into else None
        made = LeadConversion(
            lead=lead, customer=customer, contact=contact, made_customer=into is None, converted_by=by.user, converted_at=now
        )
        made.moved = _move_all(lead, customer, contact)
        made.save(force_insert=True)
        lead.converted_at = lead.changed_at = now
        lead.save(update_fields=["converted_at", "changed_at"])
        _find_again(customer, contact)
        _note("converted", lead, {"customer": customer.name}, by=by, now=now)
        _note("converted_from", customer, {"lead": lead.name}, by=by, now=now)
    return made


def undo_conversion(*, conversion: LeadConversion, by: Actor, now: datetime) -> Lead:
    """The lead as it was, with all that is still the customer's. What was made for it goes if nothing else came to it since.

    Raises UnableToConvert.
    """
    with transaction.atomic():
        held = (
            LeadConversion.objects.select_for_update(of=("self",))
            .select_related("lead", "customer", "contact")
            .get(pk=conversion.pk)
        )
        if held.undone_at is not None:
            raise UnableToConvert(_("This was taken back already."))
        lead, customer, contact = held.lead, held.customer, held.contact
        _move_back(held)
        held.undone_at = now
        held.save(update_fields=["undone_at"])
        lead.converted_at, lead.changed_at = None, now
        lead.save(update_fields=["converted_at", "changed_at"])
        _note("conversion_undone", lead, {"customer": customer.name}, by=by, now=now)
        if contact is not None and _is_bare_contact(contact, held.converted_at):
            contact.delete()
        if held.made_customer and _is_bare(customer, held.converted_at):
            customer.delete()
        else:
            _find_again(customer, None)
    return lead


def last_conversion() -> Subquery:
    """For annotating customers: {"id", "lead"} of the last conversion into each that was not taken back, else null."""
    conversions = LeadConversion.objects.filter(customer=OuterRef("pk"), undone_at=None)
    return Subquery(conversions.values(found=JSONObject(id="pk", lead="lead__name"))[:1])


def _new_customer(lead: Lead, *, by: Actor, now: datetime) -> Customer:
    data = CustomerData(
        name=lead.company_name or lead.name,
        kind=CustomerKind.COMPANY.value if lead.company_name else CustomerKind.PERSON.value,
        website=lead.website,
        note=lead.note,
        owner=lead.owner,
        source=lead.source,
        tags=tags_of(lead),
    )
    return create_customer(data=data, by=by, now=now)


def _new_contact(lead: Lead, customer: Customer, *, by: Actor, now: datetime) -> Contact:
    data = ContactData(name=lead.name, affiliations=(AffiliationData(customer=customer),))
    return create_contact(data=data, by=by, now=now)


def _move_all(lead: Lead, customer: Customer, contact: Contact | None) -> dict[str, list[int]]:
    """Addresses of the person go to the contact, else to the customer; postal addresses and all else to the customer."""
    person: dict[str, Any] = {"contact": contact} if contact is not None else {"customer": customer}
    moved = {
        name: _moved(model.objects.filter(lead=lead), model, **({"customer": customer} if name == "addresses" else person))
        for name, model in _REACHED.items()
    }
    there = Affiliation.objects.filter(customer=customer, contact=OuterRef("contact_id"))
    moved["contacts"] = _moved(Affiliation.objects.filter(has_none(there), lead=lead), Affiliation, customer=customer)
    linked = Link.objects.filter(customer=customer, letter=OuterRef("letter_id"))
    moved["links"] = _moved(Link.objects.filter(has_none(linked), lead=lead), Link, customer=customer)
    _rename_rules(moved["links"], _AS_CUSTOMER)
    for name, model in (("activities", Activity), ("opportunities", Opportunity)):
        moved[name] = _moved(model.objects.unscoped(_WHY).filter(lead=lead), model.objects.unscoped(_WHY), customer=customer)
    return moved


def _moved(rows: Any, model: Any, **to: Any) -> list[int]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    table = model if not hasattr(model, "objects") else model.objects
    for chunk in _chunks(ids):
        changes: dict[str, Any] = {"lead": None, **to}
        if model is EmailAddress and any(_has_main(end) for end in to.values()):
            changes["is_main"] = False
        table.filter(pk__in=chunk).update(**changes)
    return ids


def _has_main(end: Customer | Contact) -> bool:
    """Whether a main address is there already; a record has one."""
    return bool(end.emails.filter(is_main=True).exists())


def _move_back(held: LeadConversion) -> None:
    """Only what still is where it went."""
    lead, customer, contact, moved = held.lead, held.customer, held.contact, held.moved
    for name, model in _REACHED.items():
        rows = model.objects.filter(pk__in=moved.get(name, ()))
        rows.filter(customer=customer).update(lead=lead, customer=None)
        if contact is not None:
            rows.filter(contact=contact).update(lead=lead, contact=None)
    _rename_rules(moved.get("links", ()), _AS_LEAD)
    tables: dict[str, Any] = {
        "contacts": Affiliation.objects,
        "links": Link.objects,
        "activities": Activity.objects.unscoped(_WHY),
        "opportunities": Opportunity.objects.unscoped(_WHY),
    }
    for name, table in tables.items():
        for chunk in _chunks(moved.get(name, ())):
            table.filter(pk__in=chunk, customer=customer).update(lead=lead, customer=None)
    first = lead.emails.order_by("pk").first()
    if first is not None and not lead.emails.filter(is_main=True).exists():
        EmailAddress.objects.filter(pk=first.pk).update(is_main=True)


def _rename_rules(ids: Iterable[int], names: dict[Rule, Rule]) -> None:
    for chunk in _chunks(list(ids)):
        for before, after in names.items():
            Link.objects.filter(pk__in=chunk, rule=before).update(rule=after)


def _find_again(customer: Customer, contact: Contact | None) -> None:
    """Words under which the two are found, now that they have other addresses."""
    for each in (customer, contact):
        if each is not None:
            fresh: Any = type(each).objects.unscoped(_WHY).get(pk=each.pk)
            keep_found_true(fresh)


def _is_bare(customer: Customer, made_at: datetime) -> bool:
    """Whether nothing came to a customer that was made for a lead, and nobody changed it."""
    rows: tuple[Any, ...] = (
        customer.affiliations.all(),
        customer.emails.all(),
        customer.phones.all(),
        customer.postal_addresses.all(),
        customer.portal_users.all(),
        Project.objects.unscoped(_WHY).filter(customer=customer),
        Link.objects.filter(customer=customer),
        RecordFile.objects.unscoped(_WHY).filter(customer=customer),
        Activity.objects.unscoped(_WHY).filter(customer=customer),
        Opportunity.objects.unscoped(_WHY).filter(customer=customer),
    )
    return customer.changed_at <= made_at and not any(each.exists() for each in rows)


def _is_bare_contact(contact: Contact, made_at: datetime) -> bool:
    """Whether the person that was made for a lead has nothing but a place at the customer, and nobody changed it."""
    rows: tuple[Any, ...] = (contact.emails, contact.phones, contact.postal_addresses, contact.portal_users)
    is_empty = contact.affiliations.count() <= 1 and not any(each.exists() for each in rows)
    return contact.changed_at <= made_at and is_empty


def _chunks(ids: list[int] | Iterable[int]) -> Iterable[list[int]]:
    known = list(ids)
    return (known[start : start + _CHUNK] for start in range(0, len(known), _CHUNK))


def _note(action: str, row: Lead | Customer, changes: dict[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind=kind_of(row), record_id=row.pk, name=row.name, changes=changes, now=now)
