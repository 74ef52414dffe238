"""Setup > Settings > CRM, and what was chosen from its lists on cards, in forms, filters and columns."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

import making
from desk.world import client_of
from mooring.customers.lists import offered
from mooring.customers.models import (
    Category,
    ContactRole,
    Customer,
    CustomerStatus,
    Industry,
    IndustryMove,
    InfoField,
    Source,
)
from mooring.sales.models import OpportunityKind, Rejection
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice: User) -> Client:
    return client_of(alice)


def stored(customer: Customer) -> Customer:
    return Customer.objects.unscoped("a test").get(pk=customer.pk)


def page(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def test_a_list_is_kept_on_one_page(desk: Client) -> None:
    assert desk.get("/setup/crm/", follow=True).status_code == 200
    desk.post("/setup/crm/sources/", {"name": "Web", "colour": "blue"})
    desk.post("/setup/crm/sources/", {"name": "Fair", "colour": "grey"})
    web, fair = Source.objects.all()
    assert page(desk.post("/setup/crm/sources/", {"name": "web", "colour": "blue"})).count("already") == 1
    desk.post(f"/setup/crm/sources/{web.pk}/", {"name": "Website", "colour": "green"})
    desk.post(f"/setup/crm/sources/{fair.pk}/place/", {"direction": "up"})
    assert [entry.name for entry in Source.objects.all()] == ["Fair", "Website"]
    desk.post(f"/setup/crm/sources/{fair.pk}/place/", {"to": "1"})
    assert [entry.name for entry in Source.objects.all()] == ["Website", "Fair"]
    desk.post(f"/setup/crm/sources/{fair.pk}/retire/")
    assert "Fair" in page(desk.get("/setup/crm/sources/?all=yes"))
    assert "Fair" not in page(desk.get("/setup/crm/sources/"))
    desk.post(f"/setup/crm/sources/{fair.pk}/back/")
    assert "Fair" in page(desk.get("/setup/crm/sources/"))
    assert desk.get(f"/setup/crm/nonsense/{fair.pk}/").status_code == 404


def test_types_of_opportunities_and_rejection_reasons_are_kept_like_the_other_lists(desk: Client, bob: User) -> None:
    for address, kind, word in (
        ("opportunity_types", OpportunityKind, "opportunitykind"),
        ("rejection_reasons", Rejection, "rejection"),
    ):
        for name in ("First", "Second"):
            desk.post(f"/setup/crm/{address}/", {"name": name, "colour": "grey"})
        first, second = kind.objects.all()
        desk.post(f"/setup/crm/{address}/{first.pk}/", {"name": "Renamed", "colour": "red"})
        desk.post(f"/setup/crm/{address}/{second.pk}/place/", {"direction": "up"})
        assert [(entry.name, entry.colour) for entry in kind.objects.all()] == [("Second", "grey"), ("Renamed", "red")]
        desk.post(f"/setup/crm/{address}/{second.pk}/retire/")
        assert list(offered(kind)) == [first]
        lines = JournalEntry.objects.filter(record_kind=word).order_by("pk")
        assert [line.action for line in lines] == ["added", "added", "changed", "ordered", "retired"]
        assert client_of(bob).get(f"/setup/crm/{address}/").status_code == 403
    journal = page(desk.get("/setup/journal/?kind=rejection"))
    assert "Rejection reason" in journal
    assert "Renamed" in journal


def test_a_category_says_where_it_is_displayed(desk: Client) -> None:
    for display in ("companies", "contacts", "both"):
        desk.post("/setup/crm/categories/", {"name": display, "colour": "grey", "display": display})
    found = {entry.name: (entry.is_of_customers, entry.is_of_contacts) for entry in Category.objects.all()}
    assert found == {"companies": (True, False), "contacts": (False, True), "both": (True, True)}
    of_company = page(desk.get(f"/customers/{making.make_customer().pk}/facts/categories/"))
    assert [name for name in found if f"{name}\n" in of_company or f" {name}<" in of_company] == ["companies", "both"]


def test_customers_are_moved_to_another_industry_after_a_question_and_come_back(desk: Client) -> None:
    ships, boats = making.make_entry(Industry, "Ships"), making.make_entry(Industry, "Boats")
    customer = making.make_customer(industry=ships)
    url = f"/setup/crm/industries/{ships.pk}/move/"
    asked = desk.post(url, {"new": boats.pk})
    assert "Are you sure?" in page(asked)
    assert "1 customer, all there is in Ships, is to be moved to Boats." in page(asked)
    assert stored(customer).industry == ships
    answer = desk.post(url, {"new": boats.pk, "sure": "yes"}, follow=True)
    assert "1 customer was moved from Ships to Boats." in page(answer)
    assert stored(customer).industry == boats
    assert "No customer is in the industry" in page(desk.post(url, {"new": boats.pk, "sure": "yes"}, follow=True))
    undone = desk.post(f"/setup/crm/industry-moves/{IndustryMove.objects.get().pk}/undo/", follow=True)
    assert "1 customer is in Ships again." in page(undone)
    assert stored(customer).industry == ships
    assert "Select the industry" in page(desk.post(url, {"new": ships.pk}, follow=True))


def test_a_new_category_is_added_where_categories_are_selected(bob: User) -> None:
    old = making.make_entry(Category, "Old")
    customer = making.make_customer(owner=bob)
    url = f"/customers/{customer.pk}/facts/categories/"
    browser = client_of(bob)
    form = browser.post(url, {"categories": [old.pk], "new_category": "Fresh", "more": "new_category"})
    fresh = Category.objects.get(name="Fresh")
    assert [f'value="{entry.pk}"' in page(form) for entry in (old, fresh)] == [True, True]
    assert page(form).count("checked") == 2
    assert not stored(customer).categories.exists()
    version = stored(customer).changed_at.isoformat()
    browser.post(url, {"categories": [old.pk, fresh.pk], "changed_at": version})
    assert set(stored(customer).categories.all()) == {old, fresh}
    again = browser.post(url, {"new_category": "fresh", "more": "new_category"})
    assert "already" in page(again)


def test_what_was_retired_stays_with_those_who_have_it_and_is_offered_to_nobody_else(desk: Client) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    has, lacks = making.make_customer(status=status), making.make_customer()
    desk.post(f"/setup/crm/customer_statuses/{status.pk}/retire/")
    assert "Dormant" in page(desk.get(f"/customers/{has.pk}/edit/"))
    assert "Dormant" not in page(desk.get(f"/customers/{lacks.pk}/edit/"))
    assert "Dormant" in page(desk.get(f"/customers/{has.pk}/"))


def test_a_contact_has_a_role_of_the_list_at_each_customer(desk: Client) -> None:
    role = making.make_entry(ContactRole, "Finance Manager", colour="blue")
    customer = making.make_customer("Harbour")
    contact = making.make_contact("Carol", at=(customer,))
    place = f"Harbour – C{customer.pk}"
    data = {
        "name": "Carol",
        "changed_at": making.NOW.isoformat(),
        "affiliations-total": "1",
        "affiliations-0-place": place,
        "affiliations-0-role": role.pk,
        "emails-total": "0",
        "phones-total": "0",
        "addresses-total": "0",
    }
    assert desk.post(f"/contacts/{contact.pk}/edit/", data).status_code == 303
    for url in (f"/contacts/{contact.pk}/", f"/customers/{customer.pk}/contacts/", f"/contacts/?role={role.pk}"):
        assert "Finance Manager" in page(desk.get(url))


@pytest.mark.parametrize("is_rare", [True, False])
def test_lists_are_filtered_by_what_was_chosen(desk: Client, monkeypatch: pytest.MonkeyPatch, is_rare: bool) -> None:
    if not is_rare:
        monkeypatch.setattr("mooring.customers.narrowing.FEW", 0)
    chosen = {
        "status": making.make_entry(CustomerStatus, "Bankrupt"),
        "industry": making.make_entry(Industry, "Ships"),
        "source": making.make_entry(Source, "Web"),
    }
    category, unused = making.make_entry(Category, "Key"), making.make_entry(Category, "Unused")
    making.make_customer("Harbour", categories=(category,), **chosen)
    making.make_customer("Yard", industry=chosen["industry"])
    making.make_lead("Lighthouse", source=chosen["source"])
    for query in [f"{name}={entry.pk}" for name, entry in chosen.items() if name != "industry"] + [f"category={category.pk}"]:
        assert _names(desk, f"/customers/?{query}") == ["Harbour"]
    assert _names(desk, f"/customers/?industry={chosen['industry'].pk}") == ["Harbour", "Yard"]
    assert _names(desk, f"/customers/?industry={chosen['industry'].pk}&text=yard") == ["Yard"]
    assert _names(desk, f"/customers/?industry={chosen['industry'].pk}&category={category.pk}&text=harb") == ["Harbour"]
    assert _names(desk, f"/customers/?category={unused.pk}") == []
    assert _names(desk, f"/leads/?source={chosen['source'].pk}") == ["Lighthouse"]
    text = page(desk.get(f"/customers/?status={chosen['status'].pk}&columns=crm_status,industry,categories,source"))
    assert all(word in text for word in ("with status", "Bankrupt", "Ships", "Key", "Web"))
    assert "Bankrupt" in b"".join(desk.get("/customers/export/?columns=crm_status")).decode()


def _names(desk: Client, url: str) -> list[str]:
    return [row.name for row in desk.get(url).context["page"].rows]


def test_additional_information_is_defined_asked_for_shown_and_found(desk: Client) -> None:
    origin = {"name": "Origin of contact", "kind": "choice", "choices": "Web\nFair", "shown": "card", "is_required": "on"}
    assert desk.post("/setup/crm/additional_information/", origin).status_code == 303
    desk.post("/setup/crm/additional_information/", {"name": "Employees", "kind": "number", "shown": "tab", "choices": ""})
    assert desk.post("/setup/crm/additional_information/", {**origin, "name": "employees"}).status_code == 422
    choice, number = InfoField.objects.all()
    rows = {f"{name}-total": "0" for name in ("emails", "domains", "phones", "addresses")}
    new = {"kind": "company", "name": "Harbour", "anyway": "yes", **rows}
    refused = desk.post("/customers/new/", {**new, f"info_{number.pk}": "many"})
    assert [text in page(refused) for text in ("This field is required.", "Enter a number, like 1234.5.")] == [True, True]
    desk.post("/customers/new/", {**new, f"info_{choice.pk}": "2", f"info_{number.pk}": "1200,5"})
    (customer,) = Customer.objects.unscoped("a test")
    assert customer.info == {str(choice.pk): 2, str(number.pk): "1200.5"}
    card, tab = page(desk.get(f"/customers/{customer.pk}/")), page(desk.get(f"/customers/{customer.pk}/info/"))
    assert ("Origin of contact" in card, "1,200.5" in card, "1,200.5" in tab) == (True, False, True)
    fact = f"/customers/{customer.pk}/facts/info_{choice.pk}/"
    assert "Fair" in page(desk.get(fact))
    desk.post(fact, {f"info_{choice.pk}": "1", "changed_at": customer.changed_at.isoformat()})
    assert stored(customer).info == {str(choice.pk): 1, str(number.pk): "1200.5"}
    assert "Origin of contact: Fair → Web" in page(desk.get(f"/customers/{customer.pk}/"))
    assert desk.get(f"/customers/{customer.pk}/facts/info_999/").status_code == 404
    found = desk.get(f"/customers/?info_{choice.pk}=1&info_{number.pk}_from=1000&columns=info_{choice.pk},info_{number.pk}")
    assert [text in page(found) for text in ("Origin of contact:", "Web", "1,200.5")] == [True, True, True]
    assert _names(desk, f"/customers/?info_{number.pk}_to=1000") == []
    assert _names(desk, f"/customers/?info_{number.pk}_to=nonsense") == ["Harbour"]
    export = b"".join(desk.get(f"/customers/export/?columns=info_{choice.pk},info_{number.pk}")).decode()
    assert [text in export for text in ("Employees", "1200.5", "Web")] == [True, True, True]


def test_a_choice_is_renamed_everywhere_and_a_retired_field_asks_no_more(desk: Client) -> None:
    field = making.make_info_field("Origin", "choice", choices=("Web", "Fair"))
    customer = making.make_customer(info={str(field.pk): 1})
    data = {"name": "Origin", "shown": "card", "choice_1": "Internet", "offered_1": "on", "choice_2": "Fair", "choices": ""}
    desk.post(f"/setup/crm/additional_information/{field.pk}/", data)
    assert "Internet" in page(desk.get(f"/customers/{customer.pk}/"))
    form = page(desk.get(f"/customers/{customer.pk}/edit/"))
    assert ("Internet" in form, ">Fair<" in form) == (True, False)
    desk.post(f"/setup/crm/additional_information/{field.pk}/retire/")
    assert "Internet" not in page(desk.get(f"/customers/{customer.pk}/edit/"))
    assert "Internet" in page(desk.get(f"/customers/{customer.pk}/"))
