"""Every list as a file: what its page shows, filtered, with the same columns, in the same order; nothing of it is a formula."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

import making
from desk.world import client_of
from letters.making_letters import make_account, make_letter
from making import archive_customers
from mooring.activities.planning import ActivityData, plan_activity
from mooring.customers.models import Customer
from mooring.desk.lists import LISTS
from mooring.reports.catalogue import CATALOGUE
from mooring.users.models import User

pytestmark = pytest.mark.django_db
FORMULA = "=1+1"
NOW = timezone.now()
OTHER_PAGES = ("/sales/", "/sales/pipelines/{}/list/", "/day/", "/setup/journal/", "/reports/synced-emails/")


@pytest.fixture
def desk(alice: User) -> Client:
    """Alice's browser; of everything that a list shows there is one called by a formula and one called Zebra."""
    for name in (FORMULA, "Zebra"):
        customer, gone = making.make_customer(name), making.make_customer(name)
        archive_customers(customers=Customer.objects.unscoped("a test").filter(pk=gone.pk), by=making.BY_COMMAND, now=NOW)
        making.make_lead(name)
        making.make_contact(name, at=(customer,))
        making.make_project(name, customer=customer)
        plan_activity(data=ActivityData(title=name, owner=alice), by=making.actor(alice), now=NOW)
        pipeline = making.make_pipeline(name, mailbox=making.make_sales_mailbox(name))
        making.make_opportunity(FORMULA, pipeline=pipeline, whom=customer, owner=alice)
        making.make_opportunity("Zebra", pipeline=pipeline, whom=customer, owner=alice)
        make_letter(make_account(alice), subject=name, to_records=(customer,))
    return client_of(alice)


def files_of(desk: Client, page: str) -> tuple[list[list[str]], list[list[str]]]:
    """The rows of the CSV file and of the workbook to which the page leads."""
    answer = desk.get(page)
    assert answer.status_code == 200, page
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*/(?:export|table)/[^"]*)"', answer.content.decode())]
    assert ["as=xlsx" in link for link in links] == [False, True], (page, links)
    table, book = (b"".join(desk.get(link)) for link in links)  # type: ignore[arg-type]  # streams
    sheet: Any = load_workbook(io.BytesIO(book)).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}, f"{page}: no formula"
    cells = [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig")))), cells


def test_every_list_and_report_leads_to_both_files_and_no_cell_is_a_formula(desk: Client) -> None:
    pipeline = making.make_opportunity("=2").pipeline
    pages = [f"/{name}/" if name != "archive" else "/customers/archive/" for name in LISTS]
    others = [page.format(pipeline.pk) for page in OTHER_PAGES]
    for page in (*pages, *others, *(f"/reports/of/{entry.name}/" for entry in CATALOGUE)):
        table, cells = files_of(desk, page)
        texts = [text for row in table for text in row]
        assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))], page
        guarded = re.compile(r"'(?=[=+\-@])")
        assert [[guarded.sub("", text) for text in row] for row in table] == cells, page
        if not page.startswith("/reports/of/"):
            assert [text for text in texts if text.startswith("'=") or "=1+1" in text], page
            assert len(table) > 1, page


@pytest.mark.parametrize("name", LISTS)
def test_the_file_of_a_list_has_its_columns_its_filters_and_its_order(desk: Client, name: str) -> None:
    page = f"/{name}/" if name != "archive" else "/customers/archive/"
    chosen = LISTS[name].columns[-1]
    table, _cells = files_of(desk, f"{page}?sort=-name&columns={chosen.name}")
    assert (table[0][1:], [row[0] for row in table[1:]]) == ([str(chosen.label)], ["Zebra", "'=1+1"])
    found, _cells = files_of(desk, f"{page}?text=zebra&columns=")
    assert found == [["Name"], ["Zebra"]]


def test_the_ticked_rows_come_in_the_order_and_with_the_columns_of_the_list(desk: Client) -> None:
    ids = [making.make_customer(name, number=number).pk for name, number in (("B", "1"), ("C", "2"), ("A", "3"))]
    answer: Any = desk.post("/customers/export/?sort=-name&columns=number", {"ids": ids})
    assert b"".join(answer).decode("utf-8-sig").splitlines() == ["Name,Number", "C,2", "B,1", "A,3"]
    assert 'formaction="/customers/export/?sort=-name&amp;columns=number"' in (
        desk.get("/customers/?sort=-name&columns=number").content.decode()
    )


def test_a_pipeline_the_journal_and_my_day_are_filtered_and_ordered_as_shown(desk: Client, alice: User) -> None:
    alice.time_zone = "Pacific/Kiritimati"
    alice.save()
    pipeline = making.make_opportunity("Ropes").pipeline
    for title in ("Sails", "Masts"):
        making.make_opportunity(title, pipeline=pipeline)
    table, _cells = files_of(desk, f"/sales/pipelines/{pipeline.pk}/list/?sort=-title&text=s")
    assert [row[0] for row in table[1:]] == ["Sails", "Ropes", "Masts"]
    lines, _cells = files_of(desk, "/setup/journal/?kind=lead")
    assert [row[2] for row in lines[1:]] == ["Lead added: Zebra", "Lead added: =1+1"]
    assert lines[1][0] == (making.NOW + timedelta(hours=14)).strftime("%Y-%m-%d %H:%M+14:00")
    day, _cells = files_of(desk, "/day/")
    assert [row[:2] for row in day[1:]] == [["Some day", "'=1+1"], ["Some day", "Zebra"]]
