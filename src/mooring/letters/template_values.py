"""What is put into the places of a template: who is written to, where they work, and who writes. Within the reader's rights."""

from __future__ import annotations

from typing import Any

from mooring.customers.models import Affiliation, Contact, Customer, EmailAddress, Lead
from mooring.letters.models import MailAccount
from mooring.mail.addresses import match_key
from mooring.users.models import User


def values_for(*, writer: User, account: MailAccount | None, address: str) -> dict[str, str]:
    """Values by the names of placeholders; what is not known is left out. At most eight queries."""
    values = {
        "me.name": (account.your_name if account else "") or writer.name,
        "me.email": account.address if account else writer.email,
        "me.organization": account.organization if account else "",
        **_of_recipient(writer, match_key(address)),
    }
    return {name: value for name, value in values.items() if value}


def _of_recipient(writer: User, key: str) -> dict[str, str]:
    if not key:
        return {}
    rows = EmailAddress.objects.filter(key=key)
    contact = Contact.objects.visible_to(writer).filter(pk__in=rows.values("contact_id")).order_by("id").first()
    if contact is not None:
        return _of_contact(writer, contact, key)
    customer = Customer.objects.visible_to(writer).filter(pk__in=rows.values("customer_id")).order_by("id").first()
    if customer is not None:
        return {"contact.email": key, **_of_customer(customer)}
    lead = Lead.objects.visible_to(writer).filter(pk__in=rows.values("lead_id")).order_by("id").first()
    return {"contact.email": key, **_of_lead(lead)} if lead is not None else {}


def _of_contact(writer: User, contact: Contact, key: str) -> dict[str, str]:
    places = Affiliation.objects.visible_to(writer).filter(contact=contact).select_related("customer", "lead").order_by("id")
    place = min(places, key=lambda each: each.customer is None, default=None)
    values = {"contact.name": contact.name, "contact.first_name": contact.name.split()[0], "contact.email": key}
    if place is None:
        return values
    values["contact.job_title"] = place.job_title
    if place.customer is not None:
        return {**values, **_of_customer(place.customer)}
    return {**values, "customer.name": place.lead.company_name or place.lead.name} if place.lead is not None else values


def _of_customer(customer: Customer) -> dict[str, str]:
    city: Any = customer.postal_addresses.exclude(city="").values_list("city", flat=True).first()
    return {
        "customer.name": customer.name,
        "customer.number": customer.number,
        "customer.website": customer.website,
        "customer.city": city or "",
    }


def _of_lead(lead: Lead) -> dict[str, str]:
    return {
        "contact.name": lead.name,
        "contact.first_name": lead.name.split()[0],
        "customer.name": lead.company_name,
        "customer.website": lead.website,
    }
