"""Groups of staff as Settings > CRM promise them: a tree, two types, members with their position, and what follows for sales."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from mooring.users.groups import group_lines
from mooring.users.models import Group, Membership, User

Open = Callable[..., Page]
Looks = Callable[..., None]


def tree() -> list[tuple[str, int]]:
    """Names and levels from the top."""
    return [(line.group.name, line.level) for line in group_lines()]


def test_a_new_group_has_a_name_a_description_and_one_of_two_types(open_page: Open, looks_right: Looks, alice: User) -> None:
    page = open_page("/setup/groups/", user=alice)
    looks_right(page, "groups-empty")
    page.get_by_role("link", name="New group").first.click()
    assert page.get_by_label("Type").locator("option").all_inner_texts() == ["Standard", "Sales"]
    page.get_by_label("Name").fill("Export")
    page.get_by_label("Type").select_option(label="Sales")
    page.get_by_label("Description").fill("Sells abroad")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The group Export was added.")).to_be_visible()
    group = Group.objects.get()
    assert (group.name, group.kind, group.description, group.parent) == ("Export", "sales", "Sells abroad", None)


def test_a_subgroup_is_made_by_right_click_by_the_menu_key_and_from_the_group_itself(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    making.make_group("Sales", kind="sales")
    page = open_page("/setup/groups/", user=alice)
    page.get_by_role("treeitem", name="Sales").click(button="right", position={"x": 60, "y": 10})
    page.get_by_role("link", name="New subgroup").click()
    page.get_by_label("Name").fill("North")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="New subgroup").click()
    page.get_by_label("Name").fill("Coast")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="All groups").click()
    page.get_by_role("treeitem", name="Sales").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="North")).to_be_focused()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("link", name="New subgroup")).to_be_focused()
    looks_right(page, "groups")
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Islands")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The group Islands was added.")).to_be_visible()
    assert tree() == [("Sales", 0), ("North", 1), ("Coast", 2), ("Islands", 2)]


def test_groups_are_folded_and_moved_in_their_tree_by_keys_and_by_dragging(open_page: Open, alice: User) -> None:
    sales = making.make_group("Sales")
    making.make_group("Export", parent=sales)
    making.make_group("Office")
    page = open_page("/setup/groups/", user=alice)
    page.get_by_role("treeitem", name="Sales").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="Export")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.get_by_role("treeitem", name="Office").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("treeitem").first).to_have_accessible_name("Office")
    page.get_by_role("treeitem", name="Sales").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-record-tree] > li")).to_have_count(1)
    assert tree() == [("Office", 0), ("Sales", 1), ("Export", 2)]
    page.wait_for_load_state("networkidle")
    shown = page.get_by_role("tree", name="Groups")
    shown.get_by_role("link", name="Export", exact=True).drag_to(shown.get_by_role("link", name="Sales", exact=True))
    expect(page.get_by_role("treeitem", name="Office").get_by_role("treeitem").first).to_have_accessible_name("Export")
    assert tree() == [("Office", 0), ("Export", 1), ("Sales", 1)]


def test_members_are_searched_for_and_added_each_with_a_position(
    open_page: Open, looks_right: Looks, alice: User, bob: User, rita: User
) -> None:
    group = making.make_group("Export", kind="sales")
    page = open_page(f"/setup/groups/{group.pk}/", user=alice)
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Add a colleague").fill("bob")
    page.get_by_label("Position of Bob").fill("Head of export")
    expect(page.get_by_label("Position of Rita")).to_have_count(0)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("Position of Bob")).to_have_value("Head of export")
    looks_right(page, "group")
    page.get_by_label("Position of Bob").fill("Consultant")
    page.get_by_label("Position of Bob").press("Enter")
    expect(page.get_by_text("Bob works in Export.")).to_be_visible()
    assert Membership.objects.get().position == "Consultant"


def test_who_is_in_a_group_of_type_sales_and_nobody_else_is_in_sales_reports_and_has_a_sales_budget(
    open_page: Open, alice: User, bob: User, rita: User
) -> None:
    making.make_group("Office", members=[rita])
    making.make_group("Export", kind="sales", members=[bob])
    page = open_page("/sales/budgets/?year=2026", user=alice)
    expect(page.get_by_label("New total of Rita")).to_have_count(0)
    page.get_by_label("New total of Bob").fill("12000")
    page.get_by_role("button", name="Spread new totals evenly").click()
    page.goto("/reports/of/sales-by-person/?since=2026-01-01&until=2026-12-31")
    expect(page.get_by_role("row").filter(has_text="Bob").first).to_contain_text("12,000.00")
    expect(page.get_by_role("row").filter(has_text="Rita")).to_have_count(0)
