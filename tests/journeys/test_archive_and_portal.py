"""The archive as its handbook has it, sentence by sentence and in its words, and the portal that it closes and opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

import making
from letters.making_letters import make_account, make_folder, make_letter
from mooring.customers.models import Customer, PortalKeyUse, PortalUser
from mooring.customers.portal_access import invite
from mooring.customers.portal_sign_in import choose_password
from mooring.letters.record_files import add_file, file_store
from mooring.letters.sharing import share_letter
from mooring.users.journal import Actor
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]
HOME = "carol@harbour.example"


@pytest.fixture
def harbour(alice: User) -> Customer:
    """A customer of Alice's, with a contact who signs in to the portal, a shown letter, a file and a project."""
    by, now = Actor(alice, "desk"), datetime.now(UTC)
    customer = making.make_customer("Harbour Ltd", owner=alice, emails=("office@harbour.example",))
    making.make_customer("Pier & Sons", owner=alice)
    carol = making.make_contact("Carol Quay", at=(customer,), emails=(HOME,))
    making.make_project("New sails", customer=customer)
    account = make_account(alice, is_main=True, outgoing_protocol="smtp", outgoing_host="smtp.mooring.example")
    make_folder(account, "INBOX")
    letter = make_letter(account, to_records=(customer,), subject="Sails for the spring", body="They are ready on Monday.")
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
    page.get_by_label("Email address").fill(HOME)
    page.get_by_label("Password").fill(making.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def delete_for_good(page: Page, name: str) -> None:
    """„usuń (ikona kosza) – wybór tej opcji powoduje trwałe usunięcie Klienta z bazy”"""
    page.goto("/customers/")
    page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Usuń zaznaczone").click()
    page.get_by_role("dialog").get_by_role("button", name="Usuń").click()
    page.goto("/customers/archive/")
    page.get_by_role("link", name=f"Usuń trwale: {name}").click()
    expect(page.get_by_text("Tego nie można cofnąć.")).to_be_visible()
    page.get_by_label("Aby potwierdzić").fill(name)
    page.get_by_role("button", name="Usuń trwale").click()
    expect(page.get_by_text(f"Usunięto trwale: {name}.")).to_be_visible()


def test_the_archive_there_and_back_in_the_words_of_the_handbook(open_page: Open, alice: User, harbour: Customer) -> None:
    User.objects.filter(pk=alice.pk).update(language="pl")
    portal = open_page("/portal/", width=390)
    sign_in(portal)
    expect(portal.get_by_text("Sails for the spring")).to_be_visible()
    page = open_page("/", user=alice)
    # „W menu po lewej stronie wybieramy Klienci -> Lista klientów”
    page.get_by_role("navigation").get_by_role("link", name="Klienci").click()
    # „przy każdym Kliencie zauważymy szereg ikon … przycisk Usuń … Usuń zaznaczone”
    for icon in ("Podgląd klienta Harbour Ltd", "Pokaż pocztę klienta Harbour Ltd"):
        expect(page.get_by_role("link", name=icon)).to_be_visible()
    page.get_by_role("button", name="Usuń Harbour Ltd").click()
    # „Klient nie zostaje trwale usunięty z naszej bazy … jego użytkownicy nie będą mogli logować się do systemu”
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Klient nie zostaje trwale usunięty z bazy")
    expect(question).to_contain_text("jego użytkownicy nie będą mogli logować się do systemu")
    question.get_by_role("button", name="Usuń").click()
    expect(page.get_by_role("link", name="Harbour Ltd", exact=True)).to_have_count(0)
    # The very next request of the open session
    portal.reload()
    expect(portal.get_by_role("heading", name="Customer portal")).to_be_visible()
    sign_in(portal)
    expect(portal.get_by_text("do not belong together")).to_be_visible()
    # „wybieramy sekcję Klienci -> Archiwum … jego status w Kartotece będzie Nieaktywny”
    page.goto("/customers/archive/")
    expect(page.get_by_role("heading", name="Archiwum")).to_be_visible()
    expect(page.get_by_text("Nieaktywny").first).to_be_visible()
    look_at_the_archived(page)
    # „przywróć klienta (ikona plusa lub przycisk „Przywróć zaznaczonych klientów”)”
    page.goto("/setup/crm/")
    page.get_by_role("link", name="Przywracanie klientów").click()
    page.get_by_role("checkbox", name="Harbour Ltd").check()
    page.get_by_role("button", name="Przywróć zaznaczonych klientów").click()
    expect(page.get_by_text("Harbour Ltd")).to_have_count(0)
    sign_in(portal)
    expect(portal.get_by_text("Sails for the spring")).to_be_visible()
    restore_by_the_plus(page)
    delete_for_good(page, "Pier & Sons")


def look_at_the_archived(page: Page) -> None:
    """„podgląd Klienta (ikona oczka) … pokaż pocztę (ikona koperty) … wyfiltrować pocztę klienta Archiwum”"""
    page.get_by_role("link", name="Pokaż pocztę klienta Harbour Ltd").click()
    expect(page.get_by_text("Sails for the spring").first).to_be_visible()
    page.goto("/customers/archive/")
    page.get_by_role("link", name="Podgląd klienta Harbour Ltd").click()
    expect(page.get_by_role("heading", name="Harbour Ltd")).to_be_visible()


def restore_by_the_plus(page: Page) -> None:
    """„przywróć klienta (ikona plusa …) … zmianę statusu z nieaktywnego na aktywny … przeniesieniem na listę klientów”"""
    page.goto("/customers/")
    page.get_by_role("button", name="Usuń Pier & Sons").click()
    page.get_by_role("dialog").get_by_role("button", name="Usuń").click()
    page.goto("/customers/archive/")
    page.get_by_role("button", name="Przywróć klienta Pier & Sons").click()
    expect(page.get_by_role("link", name="Pier & Sons", exact=True)).to_have_count(0)
    page.goto("/customers/")
    expect(page.get_by_role("link", name="Pier & Sons", exact=True)).to_be_visible()


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
