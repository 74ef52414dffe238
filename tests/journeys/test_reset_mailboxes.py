"""Sales mailboxes that are reset, one promise for each test, in a browser.

All share one company and one browser for each person; each has a territory of its own, so that no test hangs on another.
"""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.sales_company import (
    Company,
    Open,
    choose,
    confirm,
    fact,
    new_number,
    open_by_password,
    reset,
    said,
    status_of,
    type_what_is_asked,
    undo,
)
from letters.making_letters import make_account, make_letter
from making import NOW, PASSWORD, actor, make_sales_mailbox
from mooring.activities.planning import ActivityData, plan_activity
from mooring.sales.letter_links import link_to_sale
from mooring.sales.models import SalesMailbox


@pytest.fixture(scope="module")
def company(open_shared: Open) -> Company:
    return Company(open_shared)


@pytest.fixture
def alice_page(company: Company) -> Page:
    return company.page_of(company.alice)


@pytest.fixture
def bob_page(company: Company) -> Page:
    return company.page_of(company.bob)


def test_before_a_reset_a_caution_counts_all_that_goes_with_the_name(company: Company, alice_page: Page) -> None:
    north = company.territory("North")
    alice_page.goto(north.address)
    alice_page.locator("summary[aria-label=More]").click()
    alice_page.get_by_role("link", name="Reset", exact=True).click()
    caution = alice_page.locator(".notice.bad")
    expect(caution).to_contain_text("A reset is more than a new name")
    expect(caution).to_contain_text("it takes everything out of a sales mailbox")
    expect(caution).to_contain_text("1 pipeline, 2 opportunities, 1 saved version")
    expect(caution).to_contain_text("1,200.50 EUR")
    expect(caution).to_contain_text("800.00 PLN")


def test_what_was_destroyed_at_once_does_not_come_back(company: Company, alice_page: Page) -> None:
    gone = company.territory("Gone")
    choose(alice_page, gone)
    expect(alice_page.get_by_text("After that, or at once if you destroy now, it is gone for good.")).to_be_visible()
    alice_page.get_by_label("Destroy now").check()
    type_what_is_asked(alice_page)
    confirm(alice_page)
    expect(alice_page.get_by_text("1 sales mailbox was reset.")).to_be_visible()
    expect(alice_page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(alice_page.get_by_text("Resets that can be undone")).to_have_count(0)
    assert status_of(alice_page, f"/sales/opportunities/{gone.ropes.pk}/") == 404
    alice_page.goto(f"{gone.address}versions/")
    expect(alice_page.get_by_text("No versions yet")).to_be_visible()


def test_every_way_to_a_reset_warns_and_asks_for_the_numbers(company: Company, alice_page: Page) -> None:
    one, other = company.territory("Cautious"), company.territory("Careful")
    for command in (f"?box={one.box.pk}", f"?box={one.box.pk}&box={other.box.pk}", "?all=yes"):
        alice_page.goto(f"/sales/reset/{command}")
        expect(alice_page.get_by_text("Caution!")).to_be_visible()
        alice_page.locator("label", has_text="Type ").click()
        alice_page.keyboard.type("7")
        confirm(alice_page)
        expect(alice_page.get_by_text("These are not the numbers asked for. Nothing was reset.")).to_be_visible()
    alice_page.goto(one.address)
    expect(alice_page.get_by_role("heading", level=1)).to_have_text(f"{one.number} Cautious")
    assert status_of(company.page_of(company.bob), f"/sales/reset/?box={one.box.pk}") == 403, "a right of its own"


def test_several_boxes_are_reset_together(company: Company, alice_page: Page) -> None:
    east, west, apart = company.territory("East"), company.territory("West"), company.territory("Apart")
    reset(alice_page, east, west)
    alice_page.goto("/sales/")
    for number in (east.number, west.number):
        expect(alice_page.get_by_role("treeitem", name=f"{number} Sales mailbox {number}")).to_be_visible()
    expect(alice_page.get_by_role("treeitem", name=str(apart.box))).to_be_visible()


def test_after_a_reset_nobody_finds_the_pipelines_any_more(company: Company, alice_page: Page, bob_page: Page) -> None:
    emptied = company.territory("Emptied")
    reset(alice_page, emptied)
    alice_page.goto(emptied.address)
    expect(alice_page.get_by_text("No pipelines in this box")).to_be_visible()
    for page in (alice_page, bob_page):
        assert status_of(page, f"/sales/pipelines/{emptied.pipeline.pk}/") == 404
        assert status_of(page, f"/sales/opportunities/{emptied.ropes.pk}/") == 404
    bob_page.goto("/sales/mine/")
    expect(bob_page.get_by_text("Ropes for Emptied")).to_have_count(0)
    alice_page.goto(f"/reports/of/forecast/?box={emptied.box.pk}")
    expect(alice_page.get_by_role("cell", name="1,200.50 EUR")).to_have_count(0)


def test_a_reset_box_has_the_name_and_the_facts_of_a_new_one(company: Company, alice_page: Page, bob_page: Page) -> None:
    plain = company.territory("Named", owner=company.eve)
    alice_page.goto(plain.address)
    before = [fact(alice_page, name) for name in ("Password", "Region", "Created on")]
    assert before == ["set", "Coast", "Jan. 2, 2020"]
    reset(alice_page, plain)
    alice_page.goto(plain.address)
    expect(alice_page.get_by_role("heading", level=1)).to_have_text(f"{plain.number} Sales mailbox {plain.number}")
    assert [fact(alice_page, name) for name in ("Password", "Region")] == ["none: opened by right only", "–"]
    today = SalesMailbox.objects.unscoped("a test looks").get(pk=plain.box.pk).created_on
    assert today > date(2026, 1, 1)
    assert str(today.year) in fact(alice_page, "Created on")
    open_by_password(bob_page, plain.number, PASSWORD)
    expect(bob_page.get_by_text("The number or the password is not right.")).to_be_visible()


def test_a_reset_box_stands_at_the_top_of_the_tree(company: Company, alice_page: Page) -> None:
    freed = company.territory("Freed")
    paula_page = company.page_of(company.paula)
    paula_page.goto(freed.address)
    expect(paula_page.get_by_text("below 1 Head office")).to_be_visible()
    reset(alice_page, freed)
    alice_page.goto("/sales/")
    at_the_top = alice_page.get_by_role("tree").locator("> li").filter(has_text=f"Sales mailbox {freed.number}")
    expect(at_the_top).to_be_visible()
    assert status_of(paula_page, freed.address) == 404, "the owner of the parent sees it no more"


def test_a_successor_gets_the_box_with_another_password_and_without_a_reset(
    company: Company, alice_page: Page, bob_page: Page
) -> None:
    kept = company.territory("Kept", owner=company.eve)
    alice_page.goto("/sales/reset/")
    expect(alice_page.get_by_text("Does somebody else call in the territory from now on?")).to_be_visible()
    open_by_password(bob_page, kept.number, PASSWORD)
    expect(bob_page.get_by_text("is open for you for the next hours")).to_be_visible()
    alice_page.goto(f"{kept.address}name/")
    alice_page.get_by_label("New password").fill("another tide table")
    alice_page.get_by_role("button", name="Save", exact=True).click()
    expect(alice_page.get_by_text("Its pipelines stayed.")).to_be_visible()
    assert status_of(bob_page, kept.address) == 404, "who knew the old password does not get in any more"
    open_by_password(bob_page, kept.number, PASSWORD)
    expect(bob_page.get_by_text("The number or the password is not right.")).to_be_visible()
    open_by_password(bob_page, kept.number, "another tide table")
    expect(bob_page.get_by_role("heading", level=1)).to_have_text(f"{kept.number} Kept")


def test_pipelines_stay_for_a_successor_under_another_name_and_password(company: Company, alice_page: Page) -> None:
    handed = company.territory("Handed")
    alice_page.goto(f"{handed.address}hand-over/")
    alice_page.get_by_label("New owner", exact=True).select_option(label="Eve")
    alice_page.get_by_label("Name").fill("Territory of Eve")
    alice_page.get_by_label("New password").fill("another tide table")
    alice_page.get_by_role("button", name="Show what it will mean").click()
    alice_page.get_by_role("button", name="Hand over", exact=True).click()
    expect(alice_page.get_by_text("was handed over to Eve.")).to_be_visible()
    eve_page = company.page_of(company.eve)
    eve_page.goto(handed.address)
    expect(eve_page.get_by_role("heading", level=1)).to_have_text(f"{handed.number} Territory of Eve")
    eve_page.get_by_role("link", name=handed.pipeline.name).click()
    eve_page.get_by_role("link", name="Ropes for Handed", exact=True).click()
    expect(eve_page.get_by_text("Call them")).to_be_visible()
    expect(eve_page.get_by_text("Measured on board")).to_be_visible()
    eve_page.get_by_role("button", name="Won").click()
    expect(eve_page.locator(".stage.current")).to_contain_text("Won")


def test_before_a_reset_everything_can_be_downloaded(company: Company, alice_page: Page, tmp_path: Path) -> None:
    safe, elsewhere = company.territory("Safe"), company.territory("Elsewhere")
    choose(alice_page, safe)
    with alice_page.expect_download() as download:
        alice_page.get_by_role("button", name="Download 1 pipeline as one ZIP file").click()
    download.value.save_as(tmp_path / "pipelines.zip")
    with zipfile.ZipFile(tmp_path / "pipelines.zip") as package:
        file = package.read(f"{safe.number} Safe/Boats of Safe.json")
    titles = [each["title"] for each in json.loads(file)["pipeline"]["opportunities"]]
    assert titles == ["Ropes for Safe", "Sails for Safe"]
    alice_page.get_by_label("Destroy now").check()
    type_what_is_asked(alice_page)
    confirm(alice_page)
    expect(alice_page.get_by_text("1 sales mailbox was reset.")).to_be_visible()
    alice_page.goto(f"{elsewhere.address}upload/")
    upload: Any = {"name": "boats.json", "mimeType": "application/json", "buffer": file}
    alice_page.get_by_label("File of a pipeline").set_input_files(upload)
    alice_page.get_by_role("button", name="Upload").click()
    expect(alice_page.get_by_role("heading", level=1)).to_have_text("Boats of Safe")
    alice_page.get_by_role("link", name="Ropes for Safe", exact=True).click()
    expect(alice_page.locator(".record-head")).to_contain_text("1,200.50 EUR")
    expect(alice_page.get_by_text("Carol of Safe")).to_be_visible()


def test_a_pipeline_is_opened_in_one_box_and_saved_to_another_by_number_and_password(
    company: Company, alice_page: Page, bob_page: Page
) -> None:
    old = company.territory("Old")
    new = make_sales_mailbox("New", number=new_number(), owner=company.eve, password="open this box")
    bob_page.goto(old.address)
    bob_page.get_by_role("link", name=old.pipeline.name).click()
    bob_page.locator("summary", has_text="Save").click()
    bob_page.get_by_role("link", name="To a sales mailbox").click()
    bob_page.get_by_label("Number of the sales mailbox").fill(str(new.number))
    bob_page.get_by_role("button", name="Save", exact=True).click()
    expect(bob_page.get_by_text("The number or the password is not right.")).to_be_visible()
    bob_page.get_by_label("Password").fill("open this box")
    bob_page.get_by_role("button", name="Save", exact=True).click()
    expect(bob_page.get_by_text(f"Version 2 was saved to the sales mailbox {new}.")).to_be_visible()
    reset(alice_page, old)
    eve_page = company.page_of(company.eve)
    eve_page.goto(f"/sales/boxes/{new.pk}/")
    eve_page.get_by_role("link", name="Saved versions").click()
    eve_page.get_by_role("link", name="Boats of Old 2").click()
    eve_page.get_by_role("button", name="Open as a pipeline").click()
    expect(eve_page.get_by_text(f"“Boats of Old” is open in the sales mailbox {new}.")).to_be_visible()
    expect(eve_page.get_by_role("link", name="Ropes for Old", exact=True)).to_be_visible()


def test_versions_in_the_box_of_another_are_opened_by_number_and_password_until_the_password_is_changed(
    company: Company, alice_page: Page, bob_page: Page
) -> None:
    lent = company.territory("Lent", owner=company.eve)
    assert status_of(bob_page, f"{lent.address}versions/") == 404
    open_by_password(bob_page, lent.number, "wrong password")
    expect(bob_page.get_by_text("The number or the password is not right.")).to_be_visible()
    assert status_of(bob_page, f"{lent.address}versions/") == 404
    open_by_password(bob_page, lent.number, PASSWORD)
    expect(bob_page.get_by_role("link", name="Forecast")).to_have_count(0)
    bob_page.get_by_role("link", name="Saved versions").click()
    for order in ("Newest first", "Oldest first", "Latest of each"):
        bob_page.get_by_role("link", name=order).click()
        expect(bob_page.get_by_role("link", name="Boats of Lent 1")).to_be_visible()
    bob_page.get_by_role("link", name="Boats of Lent 1").click()
    expect(bob_page.get_by_role("cell", name="Ropes for Lent")).to_be_visible()
    version = bob_page.url
    alice_page.goto(f"{lent.address}history/")
    for line in ("Opened with its password", "A wrong password was tried"):
        expect(alice_page.get_by_role("listitem").filter(has_text=line)).to_contain_text("Bob")
    alice_page.goto(f"{lent.address}name/")
    alice_page.get_by_label("New password").fill("another tide table")
    alice_page.get_by_role("button", name="Save", exact=True).click()
    expect(alice_page.get_by_text("Its pipelines stayed.")).to_be_visible()
    for address in (version, f"{version}pipeline.json", f"{lent.address}versions/", lent.address):
        assert status_of(bob_page, address) == 404, address
    open_by_password(bob_page, lent.number, PASSWORD)
    expect(bob_page.get_by_text("The number or the password is not right.")).to_be_visible()


def test_undo_brings_back_every_field_opportunity_version_link_and_line_of_the_journal(
    company: Company, alice_page: Page
) -> None:
    back = company.territory("Back")
    letter = make_letter(make_account(company.alice), subject="How much are ropes?")
    link_to_sale(letter=letter, opportunity=back.ropes, by=actor(company.bob), now=NOW)
    plan_activity(data=ActivityData(title="Offer ropes", owner=company.bob, about=back.ropes), by=actor(company.bob), now=NOW)
    sale = f"/sales/opportunities/{back.ropes.pk}/"
    pages = (back.address, f"/sales/pipelines/{back.pipeline.pk}/list/", sale, f"{sale}emails/", f"{sale}tasks/")
    before = [said(alice_page, address) for address in pages]
    assert [word for word in ("Call them", "Carol of Back", "Measured on board") if word not in before[2]] == []
    assert ("How much are ropes?" in before[3], "Offer ropes" in before[4]) == (True, True)
    versions = said(alice_page, f"{back.address}versions/?which=newest")
    history = said(alice_page, f"{back.address}history/")
    reset(alice_page, back)
    undo(alice_page)
    assert [said(alice_page, address) for address in pages] == before
    assert set(versions.splitlines()) <= set(said(alice_page, f"{back.address}versions/?which=newest").splitlines())
    assert set(history.splitlines()) <= set(said(alice_page, f"{back.address}history/").splitlines())


def test_all_boxes_are_reset_and_all_come_back(company: Company, alice_page: Page) -> None:
    company.territory("Last")
    tree = said(alice_page, "/sales/")
    alice_page.goto("/sales/reset/")
    alice_page.get_by_role("button", name="Reset all").click()
    expect(alice_page.get_by_text("Caution!")).to_be_visible()
    type_what_is_asked(alice_page)
    confirm(alice_page)
    expect(alice_page.get_by_text("sales mailboxes were reset.")).to_be_visible()
    assert "No pipelines yet" in said(alice_page, "/sales/pipelines/")
    alice_page.goto("/sales/")
    expect(alice_page.get_by_role("treeitem", name="1 Sales mailbox 1")).to_be_visible()
    expect(alice_page.get_by_text("Head office")).to_have_count(0)
    expect(alice_page.get_by_role("treeitem").get_by_role("treeitem")).to_have_count(0)
    alice_page.goto("/sales/reset/")
    alice_page.get_by_role("button", name="Undo").first.click()
    expect(alice_page.get_by_text("sales mailboxes are as they were before.")).to_be_visible()
    assert said(alice_page, "/sales/") == tree
