"""A customer whose contact signs in to the portal, for journeys through the archive and the portal."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Page

import making
from letters.making_letters import make_account, make_folder, make_letter
from mooring.customers.models import Customer, PortalKeyUse
from mooring.customers.portal_access import invite
from mooring.customers.portal_sign_in import choose_password
from mooring.letters.record_files import add_file, file_store
from mooring.letters.sharing import share_letter
from mooring.users.journal import Actor
from mooring.users.models import User

HOME = "carol@harbour.example"
"""With which Carol signs in to the portal."""


def make_harbour(owner: User) -> Customer:
    """A customer whose contact signs in to the portal, with a shown letter, a file and a project; and one beside it."""
    by, now = Actor(owner, "desk"), datetime.now(UTC)
    customer = making.make_customer("Harbour Ltd", owner=owner, emails=("office@harbour.example",))
    pier = making.make_customer("Pier & Sons", owner=owner)
    carol = making.make_contact("Carol Quay", at=(customer,), emails=(HOME,))
    making.make_project("New sails", customer=customer)
    account = make_account(owner, is_main=True, outgoing_protocol="smtp", outgoing_host="smtp.mooring.example")
    make_folder(account, "INBOX")
    letter = make_letter(account, to_records=(customer,), subject="Sails for the spring", body="They are ready on Monday.")
    make_letter(account, to_records=(pier,), subject="Planks")
    share_letter(letter=letter, customer=customer, by=by, now=now)
    add_file(
        customer=customer,
        files=file_store(),
        name="prices.pdf",
        content_type="application/pdf",
        chunks=[b"%PDF"],
        is_shared=True,
        by=by,
        now=now,
    )
    key = invite(contact=carol, customer=customer, email=HOME, language="en", by=by, now=now).key
    choose_password(word=key, use=PortalKeyUse.INVITATION, password=making.PASSWORD, address="", now=now)
    return customer


def sign_in(page: Page) -> None:
    """Carol does, on the page of the portal that asks for it."""
    page.get_by_label("Email address").fill(HOME)
    page.get_by_label("Password").fill(making.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
