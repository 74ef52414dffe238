"""Lists and search: right rows in the right order, in a fixed number of queries, found through an index."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from making import (
    actor,
    make_contact,
    make_customer,
    make_entry,
    make_lead,
    make_project,
    make_user,
)
from mooring.customers import narrowing, pages, word_search
from mooring.customers.counting import counts_up_to
from mooring.customers.editing import change_owner
from mooring.customers.finding import KINDS, find, find_names
from mooring.customers.models import Affiliation, Contact, Customer, Industry, Lead, Project
from mooring.customers.pages import SORTS, Page
from mooring.customers.queries import (
    ContactFilters,
    CustomerFilters,
    LeadFilters,
    ProjectFilters,
    contacts_page,
    customers_page,
    leads_page,
    projects_page,
)
from mooring.customers.seen_roots import roots_seen_by
from mooring.customers.word_search import found_by
from mooring.users.journal import entries_about
from mooring.users.models import User
from mooring.users.permissions import rights_of


def names(page: Page[Any]) -> list[str]:
    return [row.name for row in page.rows]


def all_pages(ask: Callable[[str], Page[Any]]) -> list[list[str]]:
    """Forwards to the end and back to the start; both ways must show the same."""
    forwards = [ask("")]
    while forwards[-1].next:
        forwards.append(ask(forwards[-1].next))
    backwards = [forwards[-1]]
    while backwards[-1].previous:
        backwards.append(ask(backwards[-1].previous))
    assert [names(page) for page in backwards[::-1]] == [names(page) for page in forwards]
    return [names(page) for page in forwards]


@contextmanager
def plans(limit: int) -> Iterator[list[str]]:
    """The plans of the SELECTs that run inside; SQLite says SCAN and PostgreSQL Seq Scan where a table is read as a whole."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield found
    assert len(queries) <= limit
    found += [explained(query["sql"]) for query in queries]


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of three rows is sorted sooner than walked; only what no index can serve is left with these off.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_incremental_sort = off")
            cursor.execute("EXPLAIN " + sql)
            return "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("EXPLAIN QUERY PLAN " + sql)
        return "\n".join(row[3] for row in cursor.fetchall())


def reads_a_table_as_a_whole(plan: str) -> bool:
    if connection.vendor == "postgresql":
        return "Seq Scan on customers_" in plan
    return any(line.startswith("SCAN customers_") and "USING" not in line for line in plan.splitlines())


def sorts_rows(plan: str) -> bool:
    return "Sort" in plan or "TEMP B-TREE FOR ORDER BY" in plan or "TEMP B-TREE FOR RIGHT PART" in plan


@pytest.fixture
def fleet(bob: User, now: datetime) -> list[Customer]:
    """Seven customers of bob, of a colleague and of nobody, with names and times in different orders."""
    eve = make_user("Eve")
    rows = (("Żaba", bob), ("alfa", None), ("Beta", eve), ("ćma", bob), ("Delta", None), ("alfa", bob), ("Łódź Port", eve))
    return [
        make_customer(name, owner=owner, now=now + timedelta(minutes=(index * 5) % 7), emails=(f"office{index}@{index}.example",))
        for index, (name, owner) in enumerate(rows)
    ]


def test_customers_are_sorted_by_name_whatever_case_and_accents(alice: User, fleet: list[Customer]) -> None:
    assert names(customers_page(reader=alice)) == ["alfa", "alfa", "Beta", "ćma", "Delta", "Łódź Port", "Żaba"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_forwards_and_backwards_show_every_row_once_in_order(
    alice: User, bob: User, fleet: list[Customer], sort: str, size: int
) -> None:
    order = SORTS[sort]
    for reader in (alice, bob):
        shown = all_pages(lambda cursor, reader=reader: customers_page(reader=reader, sort=sort, cursor=cursor, size=size))  # type: ignore[misc]
        mine = [row for row in fleet if reader == alice or row.owner_id in (bob.pk, None)]
        expected = sorted(mine, key=lambda row: (getattr(row, order.column), row.pk), reverse=order.is_descending)
        assert [name for page in shown for name in page] == [row.name for row in expected]


def test_a_first_page_has_no_previous_and_a_last_no_next(alice: User, fleet: list[Customer]) -> None:
    page = customers_page(reader=alice)
    assert (page.next, page.previous) == ("", "")


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "bm90IGpzb24", "WyJuYW1lX2tleSIsMSwxLDBd", "W10", "WyJuYW1lX2tleSIsImEiLCJ4IixmYWxzZV0", "ÿ"]
)
def test_a_cursor_made_by_hand_shows_the_first_page(alice: User, fleet: list[Customer], cursor: str) -> None:
    assert names(customers_page(reader=alice, cursor=cursor, size=2)) == ["alfa", "alfa"]


def test_a_time_without_its_zone_is_no_cursor(alice: User, fleet: list[Customer]) -> None:
    cursor = base64.urlsafe_b64encode(b'["created_at", "2026-03-02T09:30:00", 1, false]').decode()
    assert customers_page(reader=alice, sort="created", cursor=cursor).rows[0] == fleet[0]


def test_counts_stop_at_their_cap(db: None, django_assert_num_queries: Any) -> None:
    for _ in range(4):
        make_customer()
    rows = Customer.objects.unscoped("a test counts everything")
    with django_assert_num_queries(1):
        assert counts_up_to(2, [rows, rows.filter(pk__in=()), rows.filter(number="x")]) == [3, 0, 0]
    assert counts_up_to(2, []) == []


def test_a_cursor_of_another_sorting_shows_the_first_page(alice: User, fleet: list[Customer]) -> None:
    cursor = customers_page(reader=alice, sort="name", size=2).next
    assert names(customers_page(reader=alice, sort="-created", cursor=cursor, size=1)) == names(
        customers_page(reader=alice, sort="-created", size=1)
    )


def test_an_unknown_sorting_sorts_by_name(alice: User, fleet: list[Customer]) -> None:
    assert names(customers_page(reader=alice, sort="owner__password")) == names(customers_page(reader=alice))


def test_going_back_past_rows_that_are_gone_shows_the_first_page_in_full(alice: User, fleet: list[Customer]) -> None:
    second = customers_page(reader=alice, cursor=customers_page(reader=alice, size=2).next, size=2)
    Customer.objects.unscoped("a test removes rows").filter(name="alfa").delete()
    page = customers_page(reader=alice, cursor=second.previous, size=2)
    assert (names(page), page.previous) == (["Beta", "ćma"], "")


def test_filters_narrow_the_list(alice: User, bob: User, fleet: list[Customer], now: datetime) -> None:
    make_customer("Zed", kind="person", now=now + timedelta(days=3))

    def shown(**filters: Any) -> list[str]:
        return names(customers_page(reader=alice, filters=CustomerFilters(**filters)))

    assert shown(owner_id=bob.pk) == ["alfa", "ćma", "Żaba"]
    assert shown(has_no_owner=True) == ["alfa", "Delta", "Zed"]
    assert shown(kind="person") == shown(has_email=False) == shown(created_since=now + timedelta(days=1)) == ["Zed"]
    assert "Zed" not in shown(has_email=True)
    assert shown(text="lodz") == ["Łódź Port"]
    assert shown(text="office1@1.example") == ["alfa"]
    assert shown(text="  ") == shown()
    assert shown(text="---") == shown(text="nothing like it") == []


def test_a_sales_person_finds_ones_own_records_and_those_of_nobody(bob: User, fleet: list[Customer]) -> None:
    assert names(customers_page(reader=bob, filters=CustomerFilters(text="lodz"))) == []
    assert names(customers_page(reader=bob, filters=CustomerFilters(text="office"))) == ["alfa", "alfa", "ćma", "Delta", "Żaba"]
    eve = User.objects.get(name="Eve")
    assert names(customers_page(reader=bob, filters=CustomerFilters(owner_id=eve.pk))) == []


def test_who_left_sees_nothing(dave: User, fleet: list[Customer]) -> None:
    assert names(customers_page(reader=dave)) == []
    assert find(reader=dave, text="alfa") == []


@pytest.mark.parametrize("few", [0, 2, 8_000])
@pytest.mark.parametrize("window", [0, 1, 3, 5_000])
def test_every_way_to_search_finds_the_same(
    alice: User, bob: User, now: datetime, monkeypatch: pytest.MonkeyPatch, few: int, window: int
) -> None:
    monkeypatch.setattr(word_search, "FEW", few)
    monkeypatch.setattr(pages, "WINDOW", window)
    for index in range(12):
        name = ("Jan" if index % 2 else "Anna") + (" Kowalski" if index % 3 else " Nowak")
        make_customer(f"{name} {index:02}", owner=bob if index % 4 else None, now=now + timedelta(hours=index))
    for reader in (alice, bob):
        for sort in ("name", "-created"):
            shown = all_pages(
                lambda cursor, reader=reader, sort=sort: customers_page(  # type: ignore[misc]
                    reader=reader, filters=CustomerFilters(text="kow jan"), sort=sort, cursor=cursor, size=2
                )
            )
            expected = ["Jan Kowalski 01", "Jan Kowalski 05", "Jan Kowalski 07", "Jan Kowalski 11"]
            assert [name for page in shown for name in page] == (expected if sort == "name" else expected[::-1])


def test_leads_are_listed_searched_and_filtered(alice: User, bob: User) -> None:
    make_lead("Quay Works", company_name="Pier & Sons", emails=("q@quay.example",), owner=bob)
    make_lead("Other")
    assert names(leads_page(reader=alice)) == ["Other", "Quay Works"]
    assert names(leads_page(reader=alice, filters=LeadFilters(text="pier"))) == ["Quay Works"]
    assert names(leads_page(reader=alice, filters=LeadFilters(owner_id=bob.pk))) == ["Quay Works"]
    assert [row.address for row in leads_page(reader=bob, filters=LeadFilters(text="q@q")).rows[0].emails.all()] == [
        "q@quay.example"
    ]


def test_contacts_show_only_places_that_the_reader_may_see(alice: User, bob: User) -> None:
    mine, other = make_customer("Mine", owner=bob), make_customer("Other", owner=alice)
    lead = make_lead("Lead", owner=bob)
    make_contact("Both", at=(mine, other, lead))
    make_contact("Hidden", at=(other,))
    (row,) = contacts_page(reader=bob).rows
    assert [str(place.customer or place.lead) for place in row.places] == ["Mine", "Lead"]  # type: ignore[attr-defined]
    assert names(contacts_page(reader=alice)) == ["Both", "Hidden"]
    assert names(contacts_page(reader=alice, filters=ContactFilters(customer_id=other.pk))) == ["Both", "Hidden"]
    assert names(contacts_page(reader=alice, filters=ContactFilters(lead_id=lead.pk, text="bo"))) == ["Both"]
    assert names(contacts_page(reader=bob, filters=ContactFilters(customer_id=other.pk))) == []


def test_projects_are_listed_within_their_customers(alice: User, bob: User) -> None:
    mine, other = make_customer("Mine", owner=bob), make_customer("Other", owner=alice)
    make_project("Mast", customer=mine)
    make_project("Keel", customer=other, is_closed=True)
    assert names(projects_page(reader=bob)) == ["Mast"]
    assert names(projects_page(reader=alice)) == ["Keel", "Mast"]
    assert names(projects_page(reader=alice, filters=ProjectFilters(is_closed=True))) == ["Keel"]
    assert names(projects_page(reader=alice, filters=ProjectFilters(customer_id=mine.pk, text="ma"))) == ["Mast"]


def test_many_roots_lead_to_a_walk_with_the_same_rows(bob: User, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.customers.seen_roots.FEW", 1)
    mine = [make_customer(owner=bob) for _ in range(3)]
    hidden = make_customer(owner=alice)
    for place in (*mine, hidden):
        make_contact(f"At {place.pk}", at=(place,))
        make_project(f"For {place.pk}", customer=place)
    assert len(contacts_page(reader=bob).rows) == len(projects_page(reader=bob).rows) == 3


def test_the_palette_finds_every_kind_and_gives_each_its_share(alice: User) -> None:
    for index in range(5):
        make_customer(f"Harbour {index}")
    lead, customer = make_lead("Harbour lead"), make_customer("Elsewhere")
    contact, project = make_contact("Harbour Hank", at=(customer,)), make_project("Harbour wall", customer=customer)
    found = find(reader=alice, text="harb", limit=5)
    assert [type(row) for row in found] == [Customer, Customer, Lead, Contact, type(project)]
    assert found[2:] == [lead, contact, project]
    assert find(reader=alice, text=" ") == []


def test_the_number_of_queries_does_not_depend_on_the_rows(alice: User, bob: User) -> None:
    def counted(ask: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    rights_of(bob)  # read with the user of a request
    roots_seen_by(bob)  # counted once for each
    asks: list[Callable[[], object]] = [
        lambda: customers_page(reader=bob),
        lambda: customers_page(reader=alice, filters=CustomerFilters(text="cust")),
        lambda: leads_page(reader=bob),
        lambda: contacts_page(reader=bob),
        lambda: projects_page(reader=bob),
        lambda: find(reader=bob, text="c"),
        lambda: find_names(reader=bob, found=found_by(KINDS, "c")),
    ]
    for _ in range(2):
        make_project("C", customer=make_customer("Cust", emails=("a@cust.example",), owner=bob))
        make_contact("C", at=(make_lead("C", owner=bob),), emails=("c@cust.example",))
    before = [counted(ask) for ask in asks]
    for index in range(20):
        make_project("C", customer=make_customer("Cust", emails=(f"a@{index}.example",), owner=bob))
        make_contact("C", at=(make_lead("C", owner=bob), make_customer("Cust")), emails=(f"c@{index}.example",))
    assert [counted(ask) for ask in asks] == before
    assert max(before) <= 12


@pytest.mark.parametrize("sort", SORTS)
def test_every_sorting_of_every_list_reads_an_index(alice: User, bob: User, sort: str) -> None:
    for reader in (alice, bob):
        for page in (customers_page, leads_page):
            make_customer()
            make_lead()
            first = page(reader=reader, sort=sort, size=1)
            with plans(limit=5) as found:
                page(reader=reader, sort=sort, cursor=first.next, size=1)
            assert not any(reads_a_table_as_a_whole(plan) for plan in found), found
            assert not sorts_rows(found[0]), found


@pytest.mark.parametrize(
    "filters", [CustomerFilters(kind="person"), CustomerFilters(has_no_owner=True), CustomerFilters(owner_id=1)]
)
def test_filters_by_kind_and_owner_read_an_index(alice: User, filters: CustomerFilters) -> None:
    make_customer(kind="person")
    with plans(limit=5) as found:
        customers_page(reader=alice, filters=filters)
    assert not reads_a_table_as_a_whole(found[0])
    assert not sorts_rows(found[0])


def test_a_common_industry_is_met_on_a_walk_by_name_and_not_sorted(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowing, "FEW", 0)
    industry = make_entry(Industry, "Shipping")
    make_customer(industry=industry)
    with plans(limit=6) as found:
        assert customers_page(reader=alice, filters=CustomerFilters(industry_id=industry.pk)).rows
    assert not any(reads_a_table_as_a_whole(plan) or sorts_rows(plan) for plan in found[:3]), found


@pytest.mark.parametrize("few", [0, 8_000])
def test_word_search_reads_an_index_for_rare_and_for_common_words(alice: User, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(word_search, "FEW", few)
    for name in ("Jan Kowalski", "Jan Nowak", "Anna Kowalska"):
        make_customer(name)
    with plans(limit=6) as found:
        assert len(customers_page(reader=alice, filters=CustomerFilters(text="kow jan")).rows) == 1
    assert not any(reads_a_table_as_a_whole(plan) for plan in found), found
    assert (
        "a_word_finds_a_customer_once" in found[0] or "customers_customerword_1" in found[0] or "words_of_a_customer" in found[0]
    ), found[0]


def test_records_change_hands_together_with_a_line_each(alice: User, bob: User, now: datetime) -> None:

    for model, make in ((Customer, make_customer), (Lead, make_lead)):
        mine, free = make(owner=bob), make()  # type: ignore[operator]
        rows = model.objects.visible_to(alice)
        later = now + timedelta(hours=1)
        assert change_owner(records=rows, owner=bob, by=actor(alice), now=later) == 1
        free.refresh_from_db()
        assert (free.owner, free.changed_at) == (bob, later)
        kind = model.__name__.lower()
        assert entries_about(kind=kind, record_id=free.pk)[0].changes == {"owner": [None, "Bob"]}
        assert len(entries_about(kind=kind, record_id=mine.pk)) == 1
        assert change_owner(records=rows, owner=None, by=actor(alice), now=later) == 2
        assert change_owner(records=rows, owner=None, by=actor(alice), now=later) == 0


WORDS = st.lists(st.sampled_from(["jan", "anna", "łódź", "port", "a", "ab", "abc", "b"]), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(WORDS, max_size=8), query=WORDS, few=st.sampled_from([0, 3, 8_000]))
def test_search_agrees_with_looking_at_every_name(alice: User, texts: list[list[str]], query: list[str], few: int) -> None:
    Contact.objects.unscoped("a test begins anew").delete()
    Customer.objects.unscoped("a test begins anew").delete()
    made = [make_customer(" ".join(text)) for text in texts]
    patch = pytest.MonkeyPatch()
    patch.setattr(word_search, "FEW", few)
    try:
        found = customers_page(reader=alice, filters=CustomerFilters(text=" ".join(query)))
    finally:
        patch.undo()
    fits = [
        row.pk
        for row, text in zip(made, texts, strict=True)
        if all(any(word.startswith(part) for word in text) for part in query)
    ]
    assert sorted(row.pk for row in found.rows) == fits


def test_whether_a_contact_or_project_is_seen_is_asked_by_id(bob: User) -> None:
    """A list of all customers within the reader's rights would be made for each of them, and grow with the company."""
    for rows in (Contact.objects.visible_to(bob), Project.objects.visible_to(bob), Affiliation.objects.visible_to(bob)):
        assert "owner_id" in str(rows.query)
        assert " IN (SELECT" not in str(rows.query)
