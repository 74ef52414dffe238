"""A customer of Halyard & Sons whose contact signs in to the portal, and what they see there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from mooring.config.demo.company import PASSWORD
from mooring.customers.models import Contact, Customer, PortalKeyUse
from mooring.customers.portal_access import invite
from mooring.customers.portal_sign_in import choose_password
from mooring.letters.models import Link
from mooring.letters.record_files import add_file, file_store
from mooring.letters.sharing import share_letter
from mooring.users.journal import Actor
from mooring.users.models import User

CUSTOMER: Final = "Brightwater Yacht Charter"
_MOST_SHOWN: Final = 6
_PRICES: Final = b"Rope,Per metre\nBraided polyester 8 mm,1.20\nBraided polyester 12 mm,2.10\nHemp 20 mm,4.80\n"
_WHY: Final = "the demo is filled by the program itself, on behalf of nobody"


def open_portal(by: User, *, now: datetime) -> str:
    """Invite the first contact of the customer, show the latest letters and a price list; says how to sign in."""
    actor = Actor(by, "command")
    customer = Customer.objects.unscoped(_WHY).get(name=CUSTOMER)
    contact = Contact.objects.unscoped(_WHY).filter(affiliations__customer=customer, emails__isnull=False).order_by("pk")[0]
    email = contact.emails.all()[0].address
    key = invite(contact=contact, customer=customer, email=email, language="en", by=actor, now=now).key
    choose_password(word=key, use=PortalKeyUse.INVITATION, password=PASSWORD, address="", now=now)
    links = Link.objects.filter(customer=customer, removed_at=None, letter__is_private=False)
    for link in links.select_related("letter").order_by("-position")[:_MOST_SHOWN]:
        share_letter(letter=link.letter, customer=customer, by=actor, now=now)
    add_file(
        customer=customer,
        files=file_store(),
        name="Price list.csv",
        content_type="text/csv",
        chunks=[_PRICES],
        is_shared=True,
        by=actor,
        now=now,
    )
    return f"The portal at /portal/ is open to {email} with the same password."
