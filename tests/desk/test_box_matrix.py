"""Who sees a sales mailbox, its pipeline and its opportunity: by right and by password, before and after what changes that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from desk.world import client_of
from making import (
    BY_COMMAND,
    NOW,
    PASSWORD,
    archive_customers,
    make_customer,
    make_opportunity,
    make_pipeline,
    make_sales_mailbox,
    make_user,
)
from mooring.customers.models import Customer
from mooring.sales.mailboxes import change_mailbox, data_of
from mooring.sales.models import SalesMailbox

pytestmark = pytest.mark.django_db
WHO = ("owner", "above", "beside", "below", "by password", "of the customer", "administrator")


@dataclass
class Fleet:
    """North with a sale to Harbour, boxes above, beside and below it, and a browser for each of those who come near it."""

    box: SalesMailbox
    urls: dict[str, str]
    customer: Customer
    browsers: dict[str, Client]

    def seen(self) -> dict[str, str]:
        """Who may open which page: the first letters of box, pipeline, opportunity, customer."""
        found = {}
        for who, browser in self.browsers.items():
            codes = {name: browser.get(url).status_code for name, url in self.urls.items()}
            assert set(codes.values()) <= {200, 404}
            found[who] = "".join(name[0] for name, code in codes.items() if code == 200)
        return found


@pytest.fixture
def fleet(alice: object) -> Iterator[Fleet]:
    cache.clear()
    people = {who: make_user(who.title()) for who in WHO if who != "administrator"}
    top = make_sales_mailbox("Top", owner=people["above"])
    north = make_sales_mailbox("North", number=10, owner=people["owner"], parent=top, password=PASSWORD)
    make_sales_mailbox("South", owner=people["beside"], parent=top)
    make_sales_mailbox("Fjords", owner=people["below"], parent=north)
    harbour = make_customer("Harbour", owner=people["of the customer"])
    pipeline = make_pipeline("Boats", mailbox=north)
    sale = make_opportunity("Ropes", pipeline=pipeline, price=Decimal(10), owner=people["owner"], whom=harbour)
    records = {"box": north, "pipeline": pipeline, "opportunity": sale, "customer": harbour}
    urls = {name: reverse(name, args=[record.pk]) for name, record in records.items()}
    browsers = {who: client_of(user) for who, user in people.items()}
    browsers["administrator"] = client_of(alice)  # type: ignore[arg-type]  # a fixture
    yield Fleet(north, urls, harbour, browsers)
    cache.clear()


def test_rights_and_passwords_open_boxes_and_what_is_in_them(fleet: Fleet) -> None:
    by_right = {"owner": "bpo", "above": "bpo", "beside": "", "below": "", "of the customer": "oc", "administrator": "bpoc"}
    assert fleet.seen() == {**by_right, "by password": ""}
    opened = fleet.browsers["by password"].post(reverse("open_box"), {"number": "10", "password": PASSWORD})
    assert opened.status_code == 303
    assert fleet.seen() == {**by_right, "by password": "bpo"}
    change_mailbox(box=fleet.box, data=data_of(fleet.box, password="another tide table"), by=BY_COMMAND, now=NOW)
    assert fleet.seen() == {**by_right, "by password": ""}, "a new password closes what the old one opened"


def test_in_the_archive_a_customer_keeps_its_sales_for_those_who_had_them(fleet: Fleet) -> None:
    fleet.browsers["by password"].post(reverse("open_box"), {"number": "10", "password": PASSWORD})
    before = fleet.seen()
    archived = Customer.objects.unscoped("a test looks").filter(pk=fleet.customer.pk)
    archive_customers(customers=archived, by=BY_COMMAND, now=NOW)
    assert fleet.seen() == before
    assert archived.get().archived_at is not None
    for who in ("owner", "above", "of the customer"):
        assert "Ropes" in fleet.browsers[who].get(fleet.urls["opportunity"]).content.decode()
    assert "Ropes" not in fleet.browsers["beside"].get(reverse("pipelines")).content.decode()
