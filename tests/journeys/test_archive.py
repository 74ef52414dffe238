"""Customers who pause: to the archive and back, one journey for each thing that is said of it, with the desk in Polish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from journeys.harbour import make_harbour, sign_in
from making import archive_customers
from mooring.customers.models import Customer
from mooring.users.journal import Actor
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]
BOTH = ("Harbour Ltd", "Pier & Sons")


@pytest.fixture
def harbour(alice: User) -> Customer:
    """A customer of Alice's, who works in Polish."""
    User.objects.filter(pk=alice.pk).update(language="pl")
    return make_harbour(alice)


@pytest.fixture
def archived(alice: User, harbour: Customer) -> Customer:
    """It pauses, and so does the customer beside it, for years by now."""
    customers = Customer.objects.visible_to(alice)
    archive_customers(customers=customers, by=Actor(alice, "desk"), now=datetime(2021, 5, 3, 12, tzinfo=UTC))
    return harbour


def names_listed(page: Page) -> list[str]:
    return [name.strip() for name in page.locator("td.main a").all_inner_texts()]


def in_archive() -> list[str]:
    return list(Customer.objects.unscoped("a test").exclude(archived_at=None).values_list("name", flat=True).order_by("name"))


def delete(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Usuń {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Usuń").click()
    expect(page.get_by_text("klient jest teraz w archiwum")).to_be_visible()


def tick(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=name).check()


def test_the_menu_leads_to_the_list_of_customers_and_to_the_archive(open_page: Open, alice: User, archived: Customer) -> None:
    page = open_page("/", user=alice)
    page.get_by_role("navigation").get_by_role("link", name="Klienci").click()
    expect(page.get_by_role("link", name="Lista klientów")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Archiwum").click()
    expect(page.get_by_role("heading", name="Archiwum")).to_be_visible()
    page.get_by_role("link", name="Lista klientów").click()
    expect(page.get_by_role("heading", name="Klienci", exact=True)).to_be_visible()


def test_each_row_of_the_list_has_an_eye_an_envelope_and_a_bin(open_page: Open, alice: User, harbour: Customer) -> None:
    page = open_page("/customers/", user=alice)
    for name in BOTH:
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        row.hover()
        for icon in (f"Podgląd klienta {name}", f"Pokaż pocztę klienta {name}"):
            expect(row.get_by_role("link", name=icon)).to_be_visible()
        expect(row.get_by_role("button", name=f"Usuń {name}")).to_be_visible()


def test_delete_asks_first_says_that_nothing_goes_for_good_and_that_its_users_are_locked_out(
    open_page: Open, looks_right: Looks, alice: User, harbour: Customer
) -> None:
    page = open_page("/customers/", user=alice)
    page.get_by_role("button", name="Usuń Harbour Ltd").click()
    question = page.get_by_role("dialog")
    for words in ("nie znika na zawsze", "trafia do Archiwum", "jego użytkownicy się nie zalogują"):
        expect(question).to_contain_text(words)
    looks_right(page, "archive-question")
    question.get_by_role("link", name="Anuluj").click()
    expect(question).to_be_hidden()
    assert in_archive() == []
    delete(page, "Harbour Ltd")
    assert in_archive() == ["Harbour Ltd"]


def test_ticked_customers_are_deleted_together_and_the_question_names_them(
    open_page: Open, alice: User, harbour: Customer
) -> None:
    page = open_page("/customers/", user=alice)
    tick(page, *BOTH)
    page.get_by_role("button", name="Usuń zaznaczone").click()
    question = page.get_by_role("dialog")
    for words in ("Harbour Ltd, Pier & Sons", "nie znikają na zawsze", "ich użytkownicy się nie zalogują"):
        expect(question).to_contain_text(words)
    question.get_by_role("button", name="Usuń").click()
    expect(page.get_by_role("link", name="Harbour Ltd", exact=True)).to_have_count(0)
    assert in_archive() == list(BOTH)


def test_with_the_customer_in_the_archive_its_users_are_out_at_once_and_cannot_sign_in_until_it_is_back(
    open_page: Open, alice: User, harbour: Customer
) -> None:
    portal = open_page("/portal/", width=390)
    sign_in(portal)
    expect(portal.get_by_text("Sails for the spring")).to_be_visible()
    page = open_page("/customers/", user=alice)
    delete(page, "Harbour Ltd")
    # The very next request of the session that was open
    portal.reload()
    expect(portal.get_by_role("heading", name="Customer portal")).to_be_visible()
    sign_in(portal)
    expect(portal.get_by_text("do not belong together")).to_be_visible()
    page.goto("/customers/archive/")
    page.get_by_role("button", name="Przywróć klienta Harbour Ltd").click()
    expect(page.get_by_text("klient jest znów aktywny")).to_be_visible()
    sign_in(portal)
    expect(portal.get_by_text("Sails for the spring")).to_be_visible()


def test_a_customer_rests_in_the_archive_as_inactive_for_as_long_as_need_be(
    open_page: Open, looks_right: Looks, alice: User, archived: Customer
) -> None:
    page = open_page("/customers/archive/", user=alice)
    row = page.get_by_role("row").filter(has_text="Harbour Ltd")
    expect(row).to_contain_text("Nieaktywny")
    expect(row).to_contain_text("2021")
    looks_right(page, "archive")


def test_the_eye_in_the_archive_shows_the_card_which_says_inactive_and_what_is_known_of_the_customer(
    open_page: Open, alice: User, archived: Customer
) -> None:
    page = open_page("/customers/archive/", user=alice)
    page.get_by_role("link", name="Podgląd klienta Harbour Ltd").click()
    expect(page.get_by_role("heading", name="Harbour Ltd")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Nieaktywny").first).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("office@harbour.example")


def test_the_envelope_in_the_archive_shows_the_mail_of_this_customer_alone(
    open_page: Open, alice: User, archived: Customer
) -> None:
    page = open_page("/customers/archive/", user=alice)
    page.get_by_role("link", name="Pokaż pocztę klienta Harbour Ltd").click()
    expect(page.get_by_text("Sails for the spring").first).to_be_visible()
    expect(page.get_by_text("Planks")).to_have_count(0)


def test_the_plus_makes_a_customer_active_and_puts_it_back_on_the_list_with_all_that_it_had(
    open_page: Open, alice: User, archived: Customer
) -> None:
    page = open_page("/customers/archive/", user=alice)
    page.get_by_role("button", name="Przywróć klienta Harbour Ltd").click()
    expect(page.get_by_role("link", name="Pier & Sons", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Harbour Ltd", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Lista klientów").click()
    page.get_by_role("link", name="Harbour Ltd", exact=True).click()
    expect(page.get_by_role("main").get_by_text("Nieaktywny")).to_have_count(0)
    for part, what in (("emails", "Sails for the spring"), ("contacts", "Carol Quay"), ("files", "prices.pdf")):
        page.goto(f"/customers/{archived.pk}/{part}/")
        expect(page.get_by_text(what).first).to_be_visible()


@pytest.mark.parametrize("place", ["archive", "settings"])
def test_ticked_customers_are_restored_together_in_the_archive_and_in_the_settings_for_crm(
    open_page: Open, alice: User, archived: Customer, place: str
) -> None:
    page = open_page("/customers/archive/" if place == "archive" else "/setup/", user=alice)
    if place == "settings":
        page.get_by_role("link", name="CRM", exact=True).click()
        page.get_by_role("link", name="Przywracanie klientów").click()
    tick(page, *BOTH)
    page.get_by_role("button", name="Przywróć zaznaczonych klientów").click()
    expect(page.get_by_role("link", name="Harbour Ltd", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Lista klientów").click()
    expect(page.get_by_role("link", name="Harbour Ltd", exact=True)).to_be_visible()
    assert (names_listed(page), in_archive()) == (list(BOTH), [])


def test_the_bin_in_the_archive_deletes_a_customer_for_good_once_its_name_is_typed(
    open_page: Open, looks_right: Looks, alice: User, archived: Customer
) -> None:
    page = open_page("/customers/archive/", user=alice)
    page.get_by_role("link", name="Usuń trwale: Harbour Ltd").click()
    expect(page.get_by_text("Tego nie można cofnąć.")).to_be_visible()
    looks_right(page, "delete-for-good")
    page.get_by_label("Aby potwierdzić").fill("Pier & Sons")
    page.get_by_role("button", name="Usuń trwale").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert in_archive() == list(BOTH)
    page.get_by_label("Aby potwierdzić").fill("Harbour Ltd")
    page.get_by_role("button", name="Usuń trwale").click()
    expect(page.get_by_text("Usunięto trwale: Harbour Ltd.")).to_be_visible()
    assert Customer.objects.unscoped("a test").get().name == "Pier & Sons"
