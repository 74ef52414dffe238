"""The small world of the desk, with portal users who may see some of it, and some who may see nothing any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

import making
from desk.world import World, make_world
from letters.making_letters import make_letter
from making import archive_customers
from mooring.customers.models import Affiliation, Contact, Customer, PortalKeyUse, PortalUser
from mooring.customers.portal_access import invite, lock
from mooring.customers.portal_sign_in import choose_password, open_session
from mooring.letters.models import Letter, RecordFile, SharedLetter
from mooring.letters.record_files import add_file, file_store
from mooring.portal.access import COOKIE

MARK = " Barnacle"
"""Stands in every text of the desk's world and in none of the portal users of other customers."""


@dataclass
class PortalWorld:
    desk: World
    member: PortalUser
    private_letter: Letter
    unshown_letter: Letter
    unlinked_letter: Letter
    unshown_file: RecordFile
    clients: dict[str, Client]
    now: Any

    def value(self, text: Any) -> Any:
        """ "$member.pk" is an attribute of something here, or else in the desk's world; anything else is itself."""
        if not isinstance(text, str) or not text.startswith("$"):
            return text
        name, _dot, rest = text[1:].partition(".")
        if not hasattr(self, name):
            return self.desk.value(text)
        return getattr(getattr(self, name), rest) if rest else getattr(self, name)


def make_portal_world(now: Any) -> PortalWorld:
    """`now` must be near the clock of the machine: sessions end."""
    desk = make_world(MARK)
    customer = desk.customer
    sessions = {
        "member": joined(desk.contact, customer, "carol@harbour.example", now),
        "other": _at_new_customer("Elsewhere", "oscar@else.example", now),
        "archived": _at_new_customer("Paused", "petra@paused.example", now),
        "locked": joined(making.make_contact("Lou", at=(customer,)), customer, "lou@harbour.example", now),
        "gone": joined(making.make_contact("Greta", at=(customer,)), customer, "greta@harbour.example", now),
    }
    archive_customers(customers=Customer.objects.unscoped("a test archives").filter(name="Paused"), by=making.BY_COMMAND, now=now)
    lock(portal_user=sessions["locked"][0], by=making.BY_COMMAND, now=now)
    Affiliation.objects.filter(contact__name="Greta").delete()
    clients = {name: client_of_portal(key) for name, (_user, key) in sessions.items()}
    clients |= desk.clients
    private = _shared(make_letter(desk.account, to_records=(customer,), private=True), customer)
    unlinked = _shared(make_letter(desk.account), customer)
    return PortalWorld(
        desk=desk,
        member=sessions["member"][0],
        private_letter=private,
        unshown_letter=make_letter(desk.account, to_records=(customer,)),
        unlinked_letter=unlinked,
        unshown_file=add_file(
            customer=customer,
            files=file_store(),
            name="secret.txt",
            content_type="text/plain",
            chunks=[b"y"],
            by=making.BY_COMMAND,
            now=now,
        ),
        clients=clients,
        now=now,
    )


def client_of_portal(key: str) -> Client:
    """A browser in which a portal user has signed in."""
    client = Client()
    client.cookies[COOKIE] = key
    return client


def _at_new_customer(name: str, email: str, now: Any) -> tuple[PortalUser, str]:
    customer = making.make_customer(name)
    return joined(making.make_contact(email, at=(customer,)), customer, email, now)


def joined(contact: Contact, customer: Customer, email: str, now: Any) -> tuple[PortalUser, str]:
    key = invite(contact=contact, customer=customer, email=email, language="en", by=making.BY_COMMAND, now=now).key
    user = choose_password(word=key, use=PortalKeyUse.INVITATION, password=making.PASSWORD, address="", now=now)
    return user, open_session(portal_user=user, now=now)


def _shared(letter: Letter, customer: Customer) -> Letter:
    """Marked visible whatever the deed would have said, as if it became private or lost its link afterwards."""
    SharedLetter.objects.create(letter=letter, customer=customer, position=letter.position, shared_at=making.NOW)
    return letter
