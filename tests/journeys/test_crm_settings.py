"""Administration > Settings > CRM, sentence by sentence of what is said of it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from mooring.customers.lists import retire_entry
from mooring.customers.models import Category, ContactRole, Customer, CustomerStatus, Industry
from mooring.users.groups import group_lines
from mooring.users.models import Membership, User

Open = Callable[..., Page]
Looks = Callable[..., None]


def stored(customer: Customer) -> Customer:
    return Customer.objects.unscoped("a test").get(pk=customer.pk)


def test_additional_information_about_the_company_is_added_and_appears_on_a_separate_tab_if_you_prefer(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    customer = making.make_customer("Harbour")
    page = open_page("/setup/", user=alice)
    page.get_by_role("link", name="CRM", exact=True).click()
    for name, kind, choices, shown in (
        ("Origin of contact", "Choice", "Web\nTrade fair", "in the card"),
        ("Products of interest", "Several choices", "Rope\nSails", "on a separate tab"),
    ):
        page.get_by_label("Name").fill(name)
        page.get_by_label("Type").select_option(label=kind)
        page.get_by_label("Choices").fill(choices)
        page.get_by_label(shown).check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(f"{name} was added.")).to_be_visible()
    looks_right(page, "crm-additional-information")
    page.goto(f"/customers/{customer.pk}/")
    expect(page.get_by_text("Origin of contact")).to_be_visible()
    page.get_by_role("link", name="Additional information").click()
    looks_right(page, "customer-information")
    page.get_by_role("link", name="Change: Products of interest").click()
    page.get_by_label("Sails").check()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_label("Sails")).to_have_count(0)
    page.get_by_role("link", name="Additional information").click()
    expect(page.locator(".facts.wide").get_by_text("Sails")).to_be_visible()


def test_a_category_is_displayed_as_chosen_ticked_on_the_card_and_created_in_the_same_screen(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    customer = making.make_customer("Harbour")
    page = open_page("/setup/crm/categories/", user=alice)
    for name, display in (
        ("Key customer", "Companies"),
        ("Signs orders", "Contacts"),
        ("Newsletter", "Both companies and contacts"),
    ):
        page.get_by_label("Name").fill(name)
        page.get_by_label(display, exact=True).check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(f"{name} was added.")).to_be_visible()
    looks_right(page, "crm-categories")
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_role("link", name="Select categories").click()
    expect(page.get_by_label("Signs orders")).to_have_count(0)
    page.get_by_label("Key customer").check()
    page.get_by_label("Newsletter").check()
    page.get_by_label("Name of the new category").fill("Partner")
    page.get_by_role("button", name="New category").click()
    expect(page.get_by_label("Partner")).to_be_checked()
    looks_right(page, "customer-categories")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".facts .label", has_text="Partner")).to_be_visible()
    names = {category.name for category in stored(customer).categories.all()}
    assert names == {"Key customer", "Newsletter", "Partner"}
    assert Category.objects.count() == 4


def test_groups_are_a_tree_with_subgroups_by_right_click_and_members_with_their_role(
    open_page: Open, alice: User, bob: User
) -> None:
    making.make_group("Sales", kind="sales")
    making.make_group("Office")
    page = open_page("/setup/groups/", user=alice)
    page.get_by_role("treeitem", name="Sales").click(button="right", position={"x": 60, "y": 10})
    page.get_by_role("link", name="New subgroup").click()
    page.get_by_label("Name").fill("Export")
    page.get_by_label("Type").select_option(label="Sales")
    page.get_by_label("Description").fill("Sells abroad")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Add a colleague").fill("bob")
    page.get_by_label("Position of Bob").fill("Head of export")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("Position of Bob")).to_have_value("Head of export")
    page.goto("/setup/groups/")
    page.get_by_role("treeitem", name="Office").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("treeitem").first).to_have_accessible_name("Office")
    page.get_by_role("treeitem", name="Sales").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-record-tree] > li")).to_have_count(1)
    lines = [(line.group.name, line.level) for line in group_lines()]
    assert lines == [("Office", 0), ("Sales", 1), ("Export", 2)]
    assert Membership.objects.get().position == "Head of export"


def test_customers_move_to_another_industry_after_are_you_sure_and_a_message_says_that_they_were_moved(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    ships, _boats = (making.make_entry(Industry, name) for name in ("Ships", "Boats"))
    customers = [making.make_customer(name, industry=ships) for name in ("Harbour", "Yard")]
    page = open_page("/setup/crm/industries/", user=alice)
    expect(page.get_by_role("link", name="Show all")).to_be_visible()
    page.get_by_role("link", name="Ships").click()
    expect(page.get_by_label("Industry name")).to_have_value("Ships")
    page.get_by_label("Select industry").select_option(label="Boats")
    page.get_by_role("button", name="Move customers").click()
    dialog = page.get_by_role("dialog", name="Are you sure?")
    expect(dialog.get_by_text("2 customers, all there are in Ships, are to be moved to Boats.")).to_be_visible()
    dialog.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("2 customers were moved from Ships to Boats.")).to_be_visible()
    looks_right(page, "crm-industries")
    page.goto(f"/customers/{customers[0].pk}/facts/industry/")
    expect(page.get_by_label("Industry")).to_have_value(str(stored(customers[0]).industry_id))
    page.get_by_label("Industry").select_option(label="Ships")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".facts .label", has_text="Ships")).to_be_visible()


def test_role_descriptions_are_assigned_to_contacts_and_statuses_used_per_customer(open_page: Open, alice: User) -> None:
    customer = making.make_customer("Harbour")
    contact = making.make_contact("Carol", at=(customer,))
    page = open_page("/setup/crm/contact_roles/", user=alice)
    for address, name in (("contact_roles", "Finance Manager"), ("customer_statuses", "Bankrupt")):
        page.goto(f"/setup/crm/{address}/")
        page.get_by_label("Name").fill(name)
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{name} was added.")).to_be_visible()
    page.goto(f"/contacts/{contact.pk}/edit/")
    page.get_by_label("Role", exact=True).first.select_option(label="Finance Manager")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Finance Manager").first).to_be_visible()
    page.goto(f"/customers/{customer.pk}/facts/status/")
    page.get_by_label("Status").select_option(label="Bankrupt")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".record-head .label", has_text="Bankrupt")).to_be_visible()
    assert stored(customer).status == CustomerStatus.objects.get()
    assert ContactRole.objects.get().name == "Finance Manager"


def test_a_source_for_contact_made_here_is_there_for_customers_and_as_the_source_of_a_sales_opportunity(
    open_page: Open, alice: User
) -> None:
    customer = making.make_customer("Harbour")
    making.make_pipeline("Ropes", mailbox=making.make_sales_mailbox("Coast", number=7, owner=alice))
    page = open_page("/setup/crm/", user=alice)
    page.get_by_role("link", name="Sources").click()
    page.get_by_label("Name").fill("Boat show")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Boat show was added.")).to_be_visible()
    for place in (f"/customers/{customer.pk}/facts/source/", "/sales/opportunities/new/"):
        page.goto(place)
        page.get_by_label("Source").select_option(label="Boat show")


def test_who_is_in_a_group_of_type_sales_is_in_sales_reports_and_can_have_a_sales_budget(
    open_page: Open, alice: User, bob: User
) -> None:
    page = open_page("/sales/budgets/?year=2026", user=alice)
    expect(page.get_by_label("New total of Bob")).to_have_count(0)
    page.goto("/setup/groups/")
    page.get_by_role("link", name="New group").first.click()
    page.get_by_label("Name").fill("Export")
    page.get_by_label("Type").select_option(label="Sales")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Add a colleague").fill("bob")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("Position of Bob")).to_be_visible()
    page.goto("/sales/budgets/?year=2026")
    page.get_by_label("New total of Bob").fill("12000")
    page.get_by_role("button", name="Spread new totals evenly").click()
    page.goto("/reports/of/sales-by-person/?since=2026-01-01&until=2026-12-31")
    expect(page.get_by_role("row").filter(has_text="Bob").first).to_contain_text("12,000.00")


def test_a_new_industry_is_listed_by_show_all_like_those_no_longer_used_and_chosen_on_the_card(
    open_page: Open, alice: User
) -> None:
    customer = making.make_customer("Harbour")
    retire_entry(entry=making.make_entry(Industry, "Whaling"), by=making.BY_COMMAND, now=making.NOW)
    page = open_page("/setup/crm/industries/", user=alice)
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Name").fill("Ferries")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Whaling")).to_have_count(0)
    page.get_by_role("link", name="Show all").click()
    for name in ("Ferries", "Whaling"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_role("link", name="Change: Industry").click()
    page.get_by_role("combobox", name="Industry").select_option(label="Ferries")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".facts .label", has_text="Ferries")).to_be_visible()
