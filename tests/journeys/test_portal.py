"""The portal as a customer's contact has it on a phone, and what staff see of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from journeys.harbour import HOME, make_harbour, sign_in
from mooring.customers.models import Customer, PortalUser
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def harbour(alice: User) -> Customer:
    return make_harbour(alice)


def test_the_portal_on_a_phone_and_what_staff_see_of_it(
    open_page: Open, looks_right: Looks, alice: User, harbour: Customer
) -> None:
    portal = open_page("/portal/", width=390)
    looks_right(portal, "portal-sign-in")
    sign_in(portal)
    looks_right(portal, "portal-letters")
    portal.get_by_text("Sails for the spring").click()
    expect(portal.get_by_text("They are ready on Monday.")).to_be_visible()
    looks_right(portal, "portal-letter")
    for path, name in (("files", "prices.pdf"), ("projects", "New sails")):
        portal.goto(f"/portal/{path}/")
        expect(portal.get_by_text(name)).to_be_visible()
        looks_right(portal, f"portal-{path}")
    portal.goto("/portal/me/")
    looks_right(portal, "portal-me")
    portal.goto("/portal/me/two-step/")
    looks_right(portal, "portal-two-step")
    portal.goto("/portal/write/")
    looks_right(portal, "portal-write")
    portal.get_by_label("Subject").fill("Delivery")
    portal.get_by_label("Message").fill("Can you come on Tuesday?")
    portal.get_by_role("button", name="Send").click()
    expect(portal.get_by_text("Your message has arrived.")).to_be_visible()
    page = open_page(f"/customers/{harbour.pk}/portal/", user=alice)
    expect(page.get_by_text("May sign in")).to_be_visible()
    looks_right(page, "customer-portal")
    page.goto(f"/customers/{harbour.pk}/files/")
    looks_right(page, "customer-files")
    page.goto("/notices/")
    page.get_by_role("link", name="Delivery").click()
    expect(page.get_by_text("written in the portal by carol@harbour.example")).to_be_visible()
    expect(page.get_by_role("button", name="In the portal")).to_be_visible()
    page.goto(f"/customers/{harbour.pk}/portal/")
    page.get_by_role("button", name=f"Lock {HOME}").click()
    expect(page.get_by_text("can no longer sign in")).to_be_visible()
    portal.reload()
    expect(portal.get_by_role("heading", name="Customer portal")).to_be_visible()
    assert PortalUser.objects.get().sessions.count() == 0
    assert Client().get("/portal/").status_code == 303
