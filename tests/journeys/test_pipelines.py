"""A week in a pipeline: cards moved by hand and by keys, won, lost with a reason, the whole saved, compared, brought back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from making import PASSWORD, make_contact, make_customer, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.sales.models import Pipeline, Rejection
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[[Page, str], None]


def test_a_pipeline_is_worked_saved_compared_and_brought_back(
    open_page: Open, looks_right: Looks, bob: User, tmp_path: Path
) -> None:
    pipeline = _filled(bob)
    page = open_page(f"/sales/pipelines/{pipeline.pk}/", user=bob)
    looks_right(page, "pipeline-board")
    _move_by_keys_and_by_hand(page)
    _lose_with_a_reason(page)
    _look_at_a_card(page, looks_right)
    page.goto(f"/sales/pipelines/{pipeline.pk}/list/")
    expect(page.get_by_role("row").filter(has_text="Awnings")).to_be_visible()
    looks_right(page, "pipeline-list")
    _save_compare_and_go_back(page, looks_right, pipeline, tmp_path)


def test_a_pipeline_is_worked_without_a_script(open_page: Open, bob: User) -> None:
    pipeline = _filled(bob)
    page = open_page(f"/sales/pipelines/{pipeline.pk}/", user=bob, has_script=False)
    page.get_by_role("link", name="Move Ropes for the fleet").click()
    page.get_by_label("Stage").select_option(label="Offer made")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(_column(page, "Offer made").get_by_text("Ropes for the fleet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(_column(page, "New").get_by_text("Ropes for the fleet")).to_be_visible()


def _filled(bob: User) -> Pipeline:
    """Three opportunities of Bob, one of which nobody looked after for long; and a box of Eve with a password."""
    old = datetime.now(UTC) - timedelta(days=60)
    harbour = make_customer("Harbour Ltd", owner=bob, now=old)
    make_contact("Carol Quay", at=(harbour,), now=old)
    make_sales_mailbox("Inland", number=8, owner=make_user("Eve"), password=PASSWORD)
    pipeline = make_pipeline("Ropes and sails", mailbox=make_sales_mailbox("Coast", number=7, owner=bob), now=old)
    day = old.date()
    make_opportunity("Ropes for the fleet", pipeline=pipeline, whom=harbour, price=Decimal(1_200), owner=bob)
    make_opportunity("Awnings", pipeline=pipeline, whom=harbour, price=Decimal(800), owner=bob, close_on=day, now=old)
    make_opportunity("Winter check", pipeline=pipeline, whom=harbour, price=Decimal(300), owner=bob)
    Rejection.objects.create(name="Too expensive")
    return pipeline


def _column(page: Page, title: str) -> Locator:
    return page.locator(".board-column").filter(has=page.get_by_role("heading", name=title))


def _move_by_keys_and_by_hand(page: Page) -> None:
    page.get_by_role("link", name="Ropes for the fleet", exact=True).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(_column(page, "Qualified").get_by_text("1,200.00", exact=False).first).to_be_visible()
    expect(page.get_by_text("“Ropes for the fleet” is in “Qualified” now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(_column(page, "New").get_by_role("link", name="Ropes for the fleet", exact=True)).to_be_visible()
    page.wait_for_function("document.querySelector('[data-drop]') !== null")
    page.locator("[data-sale]").filter(has_text="Winter check").drag_to(_column(page, "Negotiation").locator("[data-column]"))
    expect(page.get_by_text("“Winter check” is in “Negotiation” now.")).to_be_visible()
    page.reload()
    expect(_column(page, "Negotiation").get_by_text("Winter check")).to_be_visible()


def _lose_with_a_reason(page: Page) -> None:
    """By keys through all columns: the last one asks why."""
    page.get_by_role("link", name="Move Winter check").click()
    page.get_by_label("Stage").select_option(label="Lost")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("Say why it was lost.")).to_be_visible()
    page.get_by_label("Rejection reason").select_option(label="Too expensive")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(_column(page, "Lost").get_by_text("Winter check")).to_be_visible()


def _look_at_a_card(page: Page, looks_right: Looks) -> None:
    page.get_by_role("link", name="Awnings", exact=True).click()
    expect(page.get_by_text("past its close date")).to_be_visible()
    expect(page.get_by_text("silent for 60 days")).to_be_visible()
    page.get_by_label("Change: Probability").click()
    page.get_by_label("Probability in %").fill("40")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("320.00")).to_be_visible()
    page.get_by_role("link", name="Add a contact").click()
    page.get_by_label("Contact").select_option(label="Carol Quay")
    page.get_by_role("button", name="Add").first.click()
    page.get_by_label("New line of the checklist").fill("Measured on board")
    page.get_by_role("button", name="Add").last.click()
    page.get_by_role("button", name="“Measured on board” is done").click()
    expect(page.get_by_role("link", name="Carol Quay")).to_be_visible()
    looks_right(page, "opportunity")


def _save_compare_and_go_back(page: Page, looks_right: Looks, pipeline: Pipeline, folder: Path) -> None:
    page.goto(f"/sales/pipelines/{pipeline.pk}/save/")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Version 1 was saved")).to_be_visible()
    page.get_by_text("Save", exact=True).first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as a file (JSON)").click()
    file = folder / "ropes.json"
    download.value.save_as(file)
    page.goto(f"/sales/pipelines/{pipeline.pk}/")
    page.get_by_role("link", name="Awnings", exact=True).click()
    page.get_by_role("button", name="Won").click()
    expect(page.locator(".stage.current")).to_contain_text("Won")
    page.goto(f"/sales/pipelines/{pipeline.pk}/compare/")
    expect(page.get_by_role("row", name="Won -800.00")).to_be_visible()
    looks_right(page, "pipeline-compare")
    page.goto(f"/sales/boxes/{pipeline.mailbox_id}/upload/")
    page.get_by_label("File of a pipeline").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(_column(page, "New").get_by_text("Awnings")).to_be_visible()
