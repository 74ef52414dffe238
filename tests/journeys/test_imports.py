"""A workbook, tables and address cards are tried out, let in and taken back in the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from playwright.sync_api import Page, expect

from mooring.customers.models import Customer, Lead
from mooring.sync.worker import read_clock
from mooring.transfer.running import run_next
from mooring.users.models import User
from testdata import FOLDER, needs_testdata

Open = Callable[..., Page]
Looks = Callable[..., None]


def firms(folder: Path) -> Path:
    book, path = Workbook(), folder / "firms.xlsx"
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Firm", "Mail"],
        ["Harbour Ltd", "office@harbour.example"],
        [None, "not an address"],
        ["Yard", "not an address"],
    ):
        sheet.append(row)
    book.save(path)
    return path


def work() -> None:
    assert run_next(clock=read_clock, stop=threading.Event())


def test_customers_come_from_a_workbook_and_go_again(open_page: Open, looks_right: Looks, alice: User, tmp_path: Path) -> None:
    page = open_page("/customers/", user=alice)
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(firms(tmp_path))
    looks_right(page, "import-new")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_label("Firm", exact=True).select_option(label="Name")
    expect(page.get_by_label("Mail", exact=True)).to_have_value("email")
    looks_right(page, "import-columns")
    expect(page.get_by_label("Leave the field empty and tell it")).to_be_checked()
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("Trying out, nothing is changed")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    work()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_text("Line 3:")).to_be_visible()
    expect(page.get_by_text("Left out: not an address")).to_be_visible()
    looks_right(page, "import-done")
    page.get_by_role("button", name="Undo the import").click()
    page.locator("#question").get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("The import was undone.")).to_be_visible()
    assert not Customer.objects.unscoped("a test").exists()
    page.goto("/imports/")
    looks_right(page, "imports")


SAMPLES: Final = {
    "crm/customers.csv": ("Customers", 31),
    "csv/thunderbird/csv_semicolon.csv": ("Leads", 2),
    "vcards/ez-vcard/John_Doe_ANDROID.vcf": ("Leads", 5),
}
"""What other programs wrote, as what it is brought, and how many records it makes."""


@needs_testdata
def test_exports_of_other_programs_are_tried_out_let_in_and_taken_back(open_page: Open, alice: User) -> None:
    page = open_page("/imports/", user=alice)
    for sample, (kind, count) in SAMPLES.items():
        page.goto("/imports/new/")
        page.get_by_label(kind, exact=True).check()
        page.get_by_label("File").set_input_files(FOLDER / sample)
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Try it out").click()
        work()
        expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
        assert not any(model.objects.unscoped("a test").exists() for model in (Customer, Lead))
        page.get_by_role("button", name="Import", exact=True).click()
        work()
        expect(page.get_by_role("heading", name="What happened")).to_be_visible()
        assert (Lead if kind == "Leads" else Customer).objects.unscoped("a test").count() == count
        page.get_by_role("button", name="Undo the import").click()
        page.locator("#question").get_by_role("button", name="Undo the import").click()
        expect(page.get_by_text("The import was undone.")).to_be_visible()
        assert not any(model.objects.unscoped("a test").exists() for model in (Customer, Lead))
