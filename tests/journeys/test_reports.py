"""Budgets and reports by keyboard alone: each is reached, read and left with keys, and a table stands behind each chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from journeys.conftest import assert_accessible
from journeys.sales_company import Open
from letters.making_letters import make_account
from making import (
    NOW,
    actor,
    make_customer,
    make_entry,
    make_group,
    make_opportunity,
    make_pipeline,
    make_sales_mailbox,
    make_user,
)
from mooring.activities.planning import ActivityData, finish_activity, plan_activity
from mooring.customers.models import Industry
from mooring.reports.catalogue import CATALOGUE, Entry
from mooring.sales.opportunities import win_opportunity
from mooring.sales.versions import save_version
from mooring.users.models import Role

MOST_TABS = 60
"""To anything on a page from its top."""
BEHIND = {
    "forecast": "Ropes",
    "sales-by-person": "Won by Bob",
    "sales-by-group": "Bob",
    "pipeline-changes": "Ropes",
    "changed-opportunities": "Ropes",
    "customers": "Harbour",
    "activity": "Call",
    "done": "Call",
    "mail-accounts": "The first visit is on its way.",
}
"""What the first line of a report leads to."""


@pytest.fixture(scope="module")
def page(open_shared: Open) -> Page:
    """Of Alice, who administers. Bob sells: something is open, something won, something done."""
    alice, bob = make_user("Alice", role=Role.ADMINISTRATOR), make_user("Bob")
    make_group("Coast", kind="sales", members=[bob], now=datetime(2020, 1, 1, tzinfo=UTC))
    make_account(bob)
    now = datetime.now(UTC)
    boats = make_pipeline("Boats", mailbox=make_sales_mailbox("North", number=10, owner=bob, region="Coast"))
    harbour = make_customer("Harbour", owner=bob, industry=make_entry(Industry, "Shipping"))
    save_version(pipeline=boats, by=actor(bob), now=now - timedelta(days=40))
    make_opportunity("Ropes", pipeline=boats, whom=harbour, price=Decimal("1200.50"), owner=bob)
    save_version(pipeline=boats, by=actor(bob), now=now - timedelta(minutes=2))
    sails = make_opportunity("Sails", pipeline=boats, whom=harbour, price=Decimal(800), owner=bob)
    win_opportunity(opportunity=sails, by=actor(bob), now=now - timedelta(minutes=1))
    call = plan_activity(data=ActivityData(title="Call", kind="call", owner=bob, about=harbour), by=actor(bob), now=NOW)
    finish_activity(activity=call, by=actor(bob), now=now - timedelta(minutes=1))
    return open_shared("/", user=alice)


def tab_to(page: Page, aim: Locator) -> None:
    """With the Tab key from where the focus is; where it stands is seen."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if aim.evaluate("each => each === document.activeElement"):
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(f"{aim} is not reached with {MOST_TABS} tabs")


def press(page: Page, aim: Locator) -> None:
    tab_to(page, aim)
    page.keyboard.press("Enter")


def skip_the_menu(page: Page) -> None:
    press(page, page.get_by_role("link", name="Skip to the page"))


def test_a_budget_is_chosen_by_year_spread_over_the_months_edited_and_copied_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/sales/")
    press(page, page.get_by_role("link", name="Budgets"))
    year = page.get_by_label("Year", exact=True)
    this_year = int(year.input_value())
    skip_the_menu(page)
    tab_to(page, page.get_by_label("New total of Bob"))
    page.keyboard.type("12000")
    press(page, page.get_by_role("button", name="Spread new totals evenly"))
    expect(page.get_by_label(f"Bob May {this_year}")).to_have_value("1000.00")
    skip_the_menu(page)
    tab_to(page, page.get_by_label(f"Bob May {this_year}"))
    page.keyboard.press("Control+a")
    page.keyboard.type("1500")
    press(page, page.get_by_role("button", name="Save months"))
    expect(page.get_by_text("All of them: 12,500.00")).to_be_visible()
    skip_the_menu(page)
    tab_to(page, year)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("All of them: 12,500.00")).to_be_visible()
    page.keyboard.press("Enter")
    expect(year).to_have_value(str(this_year + 1))
    skip_the_menu(page)
    tab_to(page, page.get_by_label("Last year and"))
    page.keyboard.type("10")
    press(page, page.get_by_role("button", name="Copy last year"))
    expect(page.get_by_label(f"Bob May {this_year + 1}")).to_have_value("1650.00")
    assert_accessible(page, "budgets")


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: str(entry.name))
def test_a_report_is_reached_read_and_followed_to_its_records_by_keyboard(page: Page, entry: Entry) -> None:
    page.goto("/reports/")
    skip_the_menu(page)
    press(page, page.get_by_role("main").get_by_role("link", name=str(entry.title)).first)
    expect(page.get_by_role("heading", level=1)).to_have_text(str(entry.title))
    assert_accessible(page, entry.name)
    rows = page.get_by_role("table", name=str(entry.title)).locator("tbody tr")
    expect(rows.first).to_be_visible()
    assert page.get_by_role("img", name=str(entry.title)).count() == (
        entry.name not in ("changed-opportunities", "done", "mail-accounts")
    )
    if entry.name in BEHIND:
        skip_the_menu(page)
        press(page, rows.get_by_role("link").first)
        if entry.name == "forecast":  # The branch first, which here is a box without any below it.
            page.wait_for_url("**/?box=*")
            skip_the_menu(page)
            press(page, rows.get_by_role("link").first)
        expect(page.get_by_role("main").get_by_text(BEHIND[entry.name]).first).to_be_visible()
