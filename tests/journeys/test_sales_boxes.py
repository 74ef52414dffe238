"""Sales mailboxes as the managers of a sales organisation use them: reorganised, handed to others, reset, rolled up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import Page, expect

from making import PASSWORD, make_group, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[[Page, str], None]


def test_boxes_are_handed_over_renamed_moved_and_reset(open_page: Open, looks_right: Looks, alice: User, bob: User) -> None:
    eve = make_user("Eve")
    make_group("Sales", kind="sales", members=[bob, eve])
    top = make_sales_mailbox("Head office", number=1, owner=alice, region="All")
    north = make_sales_mailbox("North", number=10, owner=bob, parent=top, region="Coast", password=PASSWORD)
    make_sales_mailbox("South", number=20, owner=eve, parent=top, purpose="Tenders")
    boats = make_pipeline("Boats", mailbox=north)
    make_opportunity("Ropes", pipeline=boats, price=Decimal("1200.50"), owner=bob)
    make_opportunity("Sails", pipeline=boats, price=Decimal(800), currency="PLN", owner=bob)

    page = open_page("/sales/", user=alice)
    expect(page.get_by_role("tree", name="Sales mailboxes")).to_be_visible()
    looks_right(page, "boxes")
    _keeps_names_on_the_phone(page)
    _walk_and_move(page)

    # A change in sales staff: the name and the password change, the pipelines stay.
    page.goto(f"/sales/boxes/{north.pk}/name/")
    page.get_by_label("Name").fill("North of Eve")
    page.get_by_label("New password").fill("another tide table")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Its pipelines stayed.")).to_be_visible()
    looks_right(page, "box")
    page.goto(f"/sales/boxes/{north.pk}/hand-over/")
    page.get_by_label("New owner", exact=True).select_option(label="Eve")
    page.get_by_role("button", name="Show what it will mean").click()
    expect(page.get_by_text("What Eve will see")).to_be_visible()
    looks_right(page, "box-hand-over")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("was handed over to Eve.")).to_be_visible()

    _roll_up(page, looks_right)
    _reset_and_undo(page, looks_right, north.pk)


def _keeps_names_on_the_phone(page: Page) -> None:
    """Beside its number and its owner the whole name of a box is read; what it is for has no room there."""
    page.set_viewport_size({"width": 390, "height": 844})
    south = page.get_by_role("treeitem", name="20 South")
    expect(south.get_by_text("Tenders")).to_be_hidden()
    assert south.get_by_role("link", name="20 South").evaluate("link => link.scrollWidth <= link.clientWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(south.get_by_text("Tenders")).to_be_visible()


def _walk_and_move(page: Page) -> None:
    """Arrows walk and fold; Alt with an arrow moves a box below the one before it; right click shows what can be done."""
    page.get_by_role("treeitem", name="1 Head office").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="10 North")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="20 South")).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_text("20 South stands below 10 North.")).to_be_visible()
    expect(page.get_by_role("treeitem", name="20 South")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("20 South stands below 1 Head office.")).to_be_visible()
    page.get_by_role("treeitem", name="10 North").click(button="right", position={"x": 60, "y": 12})
    expect(page.get_by_role("link", name="Name and password")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="20 South").drag_to(page.get_by_role("link", name="10 North"))
    expect(page.get_by_text("20 South stands below 10 North.")).to_be_visible()


def _roll_up(page: Page, looks_right: Looks) -> None:
    """The forecast of the parent, by branch and by month, as a chart and as a table; reports and budgets beside it."""
    page.goto("/reports/of/forecast/")
    expect(page.get_by_role("cell", name="1,200.50 EUR").first).to_be_visible()
    looks_right(page, "forecast")
    page.get_by_label("By", exact=True).select_option(label="Region")
    page.get_by_role("main").get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Coast").first.click()
    expect(page.get_by_role("link", name="Ropes")).to_be_visible()
    page.goto("/sales/budgets/?year=2026")
    page.get_by_label("New total of Bob").fill("12000")
    page.get_by_role("button", name="Spread new totals evenly").click()
    expect(page.get_by_label("Bob May 2026")).to_have_value("1000.00")
    looks_right(page, "budgets")
    page.goto("/reports/of/sales-by-person/?since=2026-01-01&until=2026-12-31")
    expect(page.get_by_role("cell", name="12,000.00 EUR").first).to_be_visible()


def _reset_and_undo(page: Page, looks_right: Looks, box_id: int) -> None:
    """Caution: resetting empties the box. The number is typed, and for thirty days everything comes back."""
    page.goto("/sales/reset/")
    page.get_by_label("10 North of Eve").check()
    page.get_by_role("button", name="Reset those ticked").click()
    expect(page.get_by_text("Caution!")).to_be_visible()
    looks_right(page, "box-reset")
    page.get_by_label("Type the number of the sales mailbox: 10").fill("10")
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.get_by_text("1 sales mailbox was reset.")).to_be_visible()
    page.goto(f"/sales/boxes/{box_id}/")
    expect(page.get_by_role("heading", name="10 Sales mailbox 10")).to_be_visible()
    page.goto("/sales/reset/")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("1 sales mailbox is as it was before.")).to_be_visible()
    expect(page.get_by_role("treeitem", name="10 North of Eve")).to_be_visible()
