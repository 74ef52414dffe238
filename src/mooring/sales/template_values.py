"""What is put into the places of a template for a sales opportunity: the one that the letter is most likely about."""

from __future__ import annotations

from django.db.models import Q

from mooring.customers.models import Affiliation, EmailAddress
from mooring.mail.addresses import match_key
from mooring.sales.models import Opportunity, Outcome
from mooring.users.models import User


def sale_for_address(*, writer: User, address: str) -> Opportunity | None:
    """The open opportunity, changed last, in which the person with this address takes part, else of their customer or lead."""
    key = match_key(address)
    if not key:
        return None
    rows = list(EmailAddress.objects.filter(key=key).values_list("customer_id", "lead_id", "contact_id")[:20])
    contacts = [contact for _customer, _lead, contact in rows if contact]
    places = list(Affiliation.objects.visible_to(writer).filter(contact__in=contacts).values_list("customer_id", "lead_id"))
    customers = {customer for customer, *_rest in (*rows, *places) if customer}
    leads = {lead for _customer, lead, *_rest in (*rows, *places) if lead}
    sales = Opportunity.objects.visible_to(writer).filter(stage__outcome=Outcome.OPEN).select_related("stage")
    for near in (Q(contacts__contact__in=contacts), Q(customer__in=customers) | Q(lead__in=leads)):
        found = sales.filter(near).order_by("-changed_at", "-pk").first()
        if found is not None:
            return found
    return None
