"""Importing whole files: broken ones of each kind, and lists and address cards that other programs wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from making import BY_COMMAND, NOW, make_customer
from mooring.customers.models import Contact, Customer, CustomerDomain, EmailAddress, Lead
from mooring.transfer.columns import Kind
from mooring.transfer.importing import import_records
from mooring.transfer.orders import OnDuplicate, Order, Summary
from mooring.users.models import JournalEntry
from testdata import FOLDER, needs_testdata
from transfer.test_importing import all_of, import_text, problems, workbook_of

pytestmark = pytest.mark.django_db


def import_file(path: Path, kind: Kind, **order: Any) -> Summary:
    with path.open("rb") as file:
        return import_records(file=file, order=Order(kind=kind, by=BY_COMMAND, now=NOW, **order))


BROKEN = {
    "csv": b"name,city\nA,\xc5\x81\xc3\xb3d\xc5\xba\nB,\xff\nC\nD,x,y\n",
    "xlsx": b"",
    "vcf": b"BEGIN:VCARD\nVERSION:3.0\nFN:A\nN:A;;;;\nEND:VCARD\nBEGIN:VCARD\n" + b"BEGIN:VCARD\nnothing\nEND:VCARD\n" * 2,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_of_each_kind_is_told_by_row_and_changes_nothing_in_a_dry_run(kind: str) -> None:
    raw = BROKEN[kind] or workbook_of(["name", "email"], ["A"], ["B", "nonsense"], ["C", "", "", "beside"], ["D", "no one"])
    summary = import_text(raw, is_dry_run=True)
    assert [problem.text for problem in summary.problems if not problem.text] == []
    assert (summary.created + summary.failed, summary.failed + summary.incomplete) == (4, 3)
    assert (all_of(Customer), JournalEntry.objects.count()) == ([], 0)


@needs_testdata
@pytest.mark.parametrize("customers", ["customers.csv", "customers_excel.csv"])
def test_collected_lists_are_imported_without_a_problem(customers: str) -> None:
    for name, kind in ((customers, "customers"), ("leads.csv", "leads"), ("contacts.csv", "contacts")):
        summary = import_file(FOLDER / "crm" / name, kind)  # type: ignore[arg-type]
        assert (problems(summary), summary.skipped, summary.ignored_columns) == ([], 0, ())
    assert (len(all_of(Customer)), len(all_of(Lead)), len(all_of(Contact))) == (31, 23, 38)
    assert CustomerDomain.objects.get(customer__number="C002").domain == "intel.com"
    assert EmailAddress.objects.get(customer__number="C007").key == "dan.carpenter@linaro.org"
    assert set(CustomerDomain.objects.filter(customer__number="C008").values_list("domain", flat=True)) == {
        "os.amperecomputing.com",
        "amperecomputing.com",
    }


@needs_testdata
def test_address_books_of_another_program_are_read() -> None:
    make_customer("Everybody", number="1")
    for name in ("basic_csv_addressbook.csv", "csv_semicolon.csv"):
        summary = import_file(FOLDER / "csv" / "thunderbird" / name, "leads")
        assert summary.failed == 0
    assert [row.name for row in all_of(Lead)] == ["John Doe", "Jane Doe"]


@needs_testdata
def test_address_cards_of_many_programs_are_read() -> None:
    """Of a telephone's cards one was cut within a letter and one has an address that is none; one card is a picture alone."""
    files = [*(FOLDER / "vcards").rglob("*.vcf"), FOLDER / "crm" / "contacts.vcf"]
    found = {file.name: import_file(file, "leads", on_duplicate=OnDuplicate.CREATE) for file in files}
    assert {name: problems(summary) for name, summary in found.items() if summary.problems} == {
        "John_Doe_ANDROID.vcf": [(36, "“ÑÑÑÑÑÑÑÑÑÑÑÑÑÑ” is not a complete email address."), (71, "This card cannot be read.")],
        "issue64.vcf": [(1, "Enter a name.")],
    }
    assert (sum(summary.created for summary in found.values()), len(found)) == (64, len(files))
    assert {row.website for row in all_of(Lead) if "\\" in row.website} == set()
