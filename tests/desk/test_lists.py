"""Lists of records: filters, columns, saved views, files, bulk changes, and what a page costs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

import making
from desk.world import client_of
from mooring.customers.models import Customer
from mooring.users.models import SavedView, User

LISTS = {
    "customers": making.make_customer,
    "leads": making.make_lead,
    "contacts": making.make_contact,
    "projects": making.make_project,
}


@pytest.fixture
def desk(alice: User) -> Client:
    """Alice's browser."""
    return client_of(alice)


def names_in(answer: Any) -> list[str]:
    return [row.name for row in answer.context["page"].rows]


@pytest.mark.parametrize("list_name", LISTS)
def test_a_list_costs_the_same_however_long_it_is(list_name: str, desk: Client) -> None:
    make = LISTS[list_name]
    make("One", emails=("a@one.example",)) if list_name != "projects" else make("One")
    few = _queries(desk, f"/{list_name}/")
    for number in range(30):
        make(f"More {number}")
    assert _queries(desk, f"/{list_name}/") == few
    assert few <= 12


def test_what_can_be_done_with_a_row_is_about_that_row(desk: Client) -> None:
    rows = [making.make_customer(name) for name in ("Acme & <b>Sons</b>", "row", "Zenith")]
    drawn = desk.get("/customers/").content.decode()
    for row, name in zip(rows, ("Acme &amp; &lt;b&gt;Sons&lt;/b&gt;", "row", "Zenith"), strict=True):
        assert drawn.count(f'href="/customers/{row.pk}/" aria-label="View {name}" title="View {name}"') == 1
        assert drawn.count(f'name="only" value="{row.pk}" aria-label="Delete {name}"') == 1
    assert "<b>Sons" not in drawn


def _queries(desk: Client, url: str) -> int:
    desk.get(url)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert desk.get(url).status_code == 200
    return len(asked)


def test_filters_narrow_the_list_and_read_as_words(desk: Client, bob: User) -> None:
    making.make_customer("Acme", owner=bob)
    making.make_customer("Jan Kowalski", kind="person", owner=bob)
    making.make_customer("Nobody's")
    answer = desk.get(f"/customers/?owner={bob.pk}&kind=person")
    assert names_in(answer) == ["Jan Kowalski"]
    assert [(chip.label, chip.value) for chip in answer.context["asked"].chips] == [
        ("of type", "Person"),
        ("looked after by", "Bob"),
    ]


def test_dropping_a_filter_keeps_the_others(desk: Client, bob: User) -> None:
    chips = desk.get(f"/customers/?owner={bob.pk}&kind=person&sort=-name").context["asked"].chips
    assert chips[0].off_url == f"/customers/?owner={bob.pk}&sort=-name"


def test_a_filter_that_makes_no_sense_is_none(desk: Client) -> None:
    making.make_customer("Acme")
    assert names_in(desk.get("/customers/?owner=99999999&kind=ship&since=soon&sort=';--&after=%%%&columns=x&view=q")) == ["Acme"]


def test_words_are_searched_from_their_beginning_without_accents(desk: Client) -> None:
    making.make_customer("Bałtyk Logistyka")
    making.make_customer("Other")
    assert names_in(desk.get("/customers/?text=balt log")) == ["Bałtyk Logistyka"]


def test_pages_follow_each_other_without_gap_or_double(desk: Client) -> None:
    for number in range(120):
        making.make_customer(f"Customer {number:03}")
    seen, url = [], "/customers/"
    while url:
        answer = desk.get(url)
        seen += names_in(answer)
        after = answer.context["page"].next
        url = f"/customers/?after={after}" if after else ""
    assert seen == [f"Customer {number:03}" for number in range(120)]


def test_chosen_columns_are_remembered_by_the_browser(desk: Client) -> None:
    making.make_customer("Acme", number="C-7")
    desk.post("/lists/customers/columns/", {"columns": ["added"], "next": "/customers/"})
    shown = desk.get("/customers/").context["shown"]
    assert shown == ["added"]


def test_a_saved_view_is_a_tab_with_its_filters_order_and_columns(desk: Client) -> None:
    sent = {"view_name": "People", "kind": "person", "sort": "-created", "columns": "owner,added"}
    answer = desk.post("/lists/customers/views/", sent, follow=True)
    view = SavedView.objects.get()
    assert view.query == {"kind": "person", "sort": "-created", "columns": "owner,added"}
    current = [tab.label for tab in answer.context["asked"].tabs if tab.is_current]
    assert current == ["People"]
    assert answer.context["shown"] == ["owner", "added"]


def test_a_shared_view_is_a_tab_of_colleagues_who_cannot_remove_it(desk: Client, bob: User) -> None:
    desk.post("/lists/customers/views/", {"view_name": "Ours", "kind": "person", "is_shared": "on"})
    colleague = client_of(bob)
    assert "Ours" in [tab.label for tab in colleague.get("/customers/").context["asked"].tabs]
    assert colleague.post(f"/views/{SavedView.objects.get().pk}/remove/").status_code == 404


def test_a_view_keeps_nothing_but_filters_of_its_list(desk: Client) -> None:
    desk.post("/lists/customers/views/", {"view_name": "V", "next": "//evil.example", "role": "x", "kind": "ship"})
    assert SavedView.objects.get().query == {}


def test_ticked_records_get_a_new_owner(desk: Client, bob: User) -> None:
    one, two, three = (making.make_customer(name) for name in ("One", "Two", "Three"))
    desk.post("/customers/change/", {"ids": [one.pk, two.pk], "change": "owner", "sent": "yes", "value": bob.pk})
    owners = dict(Customer.objects.unscoped("what the page did").values_list("name", "owner__name"))
    assert owners == {"One": "Bob", "Two": "Bob", "Three": None}
    assert three.pk


def test_a_bulk_change_leaves_records_of_others_alone(bob: User, alice: User) -> None:
    hidden = making.make_customer("Hidden", owner=alice)
    client_of(bob).post("/customers/change/", {"ids": [hidden.pk], "change": "owner", "sent": "yes", "value": bob.pk})
    hidden.refresh_from_db()
    assert hidden.owner == alice


def test_the_file_holds_the_ticked_rows(desk: Client) -> None:
    one = making.make_customer("One", emails=("a@one.example",))
    making.make_customer("Two")
    rows = _rows_of_file(desk.post("/customers/export/", {"ids": [one.pk]}))
    assert [row["Name"] for row in rows] == ["One"]
    assert rows[0]["Email"] == "a@one.example"


@pytest.mark.parametrize("list_name", LISTS)
def test_the_file_holds_everything_that_the_filters_leave(list_name: str, desk: Client) -> None:
    LISTS[list_name]("Wanted one")
    LISTS[list_name]("Left out")
    rows = _rows_of_file(desk.get(f"/{list_name}/export/?text=wanted"))
    assert [row["Name"] for row in rows] == ["Wanted one"]


def test_no_cell_of_the_file_is_a_formula(desk: Client) -> None:
    making.make_customer('=HYPERLINK("https://evil.example")', number="+1", phones=("+48 1",))
    rows = _rows_of_file(desk.get("/customers/export/"))
    assert rows[0]["Name"].startswith("'=")
    assert rows[0]["Number"] == "'+1"


def test_the_file_is_a_workbook_when_asked_for_and_its_cells_are_texts(desk: Client) -> None:
    making.make_customer('=HYPERLINK("https://evil.example")', number="+1")
    answer = desk.get("/customers/export/?as=xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.xlsx"'
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert sheet is not None
    header, row = sheet.iter_rows()
    assert (header[0].value, row[0].value) == ("Name", '=HYPERLINK("https://evil.example")')
    assert {cell.data_type for cell in row} <= {"s", "n", "inlineStr"}, "no formula"


def _rows_of_file(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(io.StringIO(text)))


def test_records_are_filtered_by_when_they_were_added(desk: Client) -> None:
    making.make_customer("Old", now=datetime.now(UTC) - timedelta(days=20))
    making.make_customer("New", now=datetime.now(UTC))
    assert names_in(desk.get("/customers/?since=7")) == ["New"]
