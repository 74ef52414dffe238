"""What the small world has for the portal and the archive."""

from __future__ import annotations

from typing import Any

import making
from making import archive_customers
from mooring.customers.models import Contact, Customer
from mooring.customers.portal_access import invite, lock
from mooring.letters.record_files import add_file, file_store
from mooring.users.journal import Actor
from mooring.users.models import User


def archived_customer(owner: User, mark: str) -> Customer:
    """A customer of the owner's that rests in the archive."""
    customer = making.make_customer(f"Lightship{mark}", owner=owner)
    archive_customers(
        customers=Customer.objects.visible_to(owner).filter(pk=customer.pk), by=Actor(owner, "desk"), now=making.NOW
    )
    return customer


def portal_of(owner: User, customer: Customer, contact: Contact, mark: str) -> dict[str, Any]:
    """Two contacts with a login, one of them locked, and a file that the portal shows."""
    by = Actor(owner, "desk")
    dan = making.make_contact(f"Dan{mark}", at=(customer,))
    users = [
        invite(contact=each, customer=customer, email=f"{name}@harbour.example", language="en", by=by, now=making.NOW).portal_user
        for name, each in (("carol", contact), ("dan", dan))
    ]
    lock(portal_user=users[1], by=by, now=making.NOW)
    name = f"prices{mark}.txt"
    file = add_file(
        customer=customer,
        files=file_store(),
        name=name,
        content_type="text/plain",
        chunks=[b"x"],
        is_shared=True,
        by=by,
        now=making.NOW,
    )
    return {"portal_user": users[0], "locked_portal_user": users[1], "file": file}
