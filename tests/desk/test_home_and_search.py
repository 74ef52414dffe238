"""Home with its first steps, and search as a page and as the palette."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import making
from desk.world import client_of
from letters.making_letters import make_account, make_letter
from mooring.activities.planning import ActivityData, plan_activity
from mooring.customers.editing import change_customer
from mooring.customers.record_data import CustomerData
from mooring.letters.models import Letter
from mooring.sales.budgets import keep_budgets
from mooring.sales.mailboxes import change_mailbox, data_of
from mooring.sales.opportunities import win_opportunity
from mooring.users.models import User
from mooring.users.permissions import Scope

PALETTE = {"HX-Request": "true"}


@pytest.fixture
def desk(alice: User) -> Client:
    """Alice's browser."""
    return client_of(alice)


def test_the_first_steps_say_what_is_done(desk: Client) -> None:
    assert [step.is_done for step in desk.get("/").context["steps"]] == [False, False, False]
    making.make_customer("Acme")
    assert [step.is_done for step in desk.get("/").context["steps"]] == [False, True, False]


def test_the_first_steps_can_be_put_aside_and_taken_up_again(desk: Client) -> None:
    desk.post("/first-steps/", {"fold": "yes"})
    assert desk.get("/").context["is_folded"]
    desk.post("/first-steps/", {"fold": "no"})
    assert not desk.get("/").context["is_folded"]


def test_first_steps_that_one_put_aside_are_open_for_the_next_who_signs_in_there(desk: Client, bob: User) -> None:
    desk.force_login(making.make_user("Rita", role="read_only"))
    desk.get("/")
    desk.force_login(bob)
    assert not desk.get("/").context["is_folded"]
    desk.post("/first-steps/", {"fold": "yes"})
    desk.force_login(making.make_user("Eve"))
    assert not desk.get("/").context["is_folded"]


def test_home_shows_what_is_due_today_and_what_is_overdue(desk: Client, alice: User) -> None:
    assert "Nothing is due today." in desk.get("/").content.decode()
    now = timezone.now()
    for title, due_at in (("Overdue", now - timedelta(days=2)), ("In a week", now + timedelta(days=7)), ("Some day", None)):
        plan_activity(data=ActivityData(title=title, owner=alice, due_at=due_at), by=making.actor(alice), now=now)
    answer = desk.get("/")
    assert [activity.title for activity in answer.context["activities"]] == ["Overdue"]
    assert "Overdue" in answer.content.decode()


def test_home_lists_the_cards_opened_last_as_far_as_they_may_still_be_seen(bob: User, alice: User) -> None:
    browser = client_of(bob)
    mine, other = making.make_customer("Mine", owner=bob), making.make_customer("Given away", owner=bob)
    for customer in (mine, other, mine):
        browser.get(f"/customers/{customer.pk}/")
    assert [found.label for found in browser.get("/").context["recent"]] == ["Mine", "Given away"]
    other.owner = alice
    other.save()
    assert [found.label for found in browser.get("/").context["recent"]] == ["Mine"]


def test_home_shows_sales_people_with_a_budget_where_they_stand(bob: User, alice: User) -> None:
    browser, now = client_of(bob), timezone.now()
    pipeline = making.make_pipeline(mailbox=making.make_sales_mailbox(owner=bob))
    making.make_group("Sales", kind="sales", members=[bob])
    assert browser.get("/").context["budget"] is None
    months = {(year, month): Decimal(1_000) for year in (now.year, now.year + 1) for month in range(1, 13)}
    keep_budgets(budgets={bob.pk: months, alice.pk: months}, by=making.BY_COMMAND, now=now)
    assert client_of(alice).get("/").context["budget"] is None, "she has a budget, but is no sales person"

    won = making.make_opportunity("Sails", pipeline=pipeline, price=Decimal(250), owner=bob)
    win_opportunity(opportunity=won, by=making.actor(bob), now=now)
    making.make_opportunity("Ropes", pipeline=pipeline, price=Decimal(80), probability=50, owner=bob, close_on=now.date())
    making.make_opportunity("Some day", pipeline=pipeline, price=Decimal(80), owner=bob)
    making.make_opportunity("Hers", pipeline=pipeline, price=Decimal(80), owner=alice, close_on=now.date())
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get("/")
    assert len(queries) <= 12
    month, year = answer.context["budget"].lines
    assert (month.budget, month.won, month.reached, month.open) == (
        "1,000.00\xa0EUR",
        "250.00\xa0EUR",
        "25.0\xa0%",
        "40.00\xa0EUR",
    )
    assert (year.budget, year.won, year.open) == ("12,000.00\xa0EUR", "250.00\xa0EUR", "40.00\xa0EUR")
    assert "Sails" in browser.get(month.won_url).content.decode()
    report = browser.get(month.url).content.decode()
    assert "1,000.00\xa0EUR" in report
    assert "250.00\xa0EUR" in report


def test_home_shows_what_others_changed_since_the_last_visit(bob: User, alice: User) -> None:
    now = timezone.now()
    mine = making.make_customer("Harbour", owner=bob, now=now - timedelta(days=40))
    alices = making.make_customer("Pier", owner=alice, by=making.actor(alice), now=now)
    box = making.make_sales_mailbox("North", owner=bob, now=now - timedelta(days=40))
    browser = client_of(bob)
    assert browser.get("/").context["changes"] == []
    for customer in (mine, alices):
        data = CustomerData(name=f"{customer} Ltd", owner=customer.owner)
        change_customer(customer=customer, data=data, by=making.actor(alice), now=now)
    change_mailbox(box=box, data=data_of(box, name="Far north"), by=making.actor(alice), now=now)
    win = making.make_opportunity("Ropes", owner=bob, by=making.actor(bob), now=now)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get("/")
    said = [change.title for change in page.context["changes"]]
    assert len(said) == 2, said
    assert "Since you were here last" in page.content.decode()
    assert str(win) not in " ".join(said), "one's own changes are known"
    assert not any(change.detail for change in page.context["changes"])
    assert len(queries) <= 24
    an_hour_ago, long_ago = (int((now - timedelta(hours=hours)).timestamp()) for hours in (2, 90))
    browser.cookies["visits"] = f"{long_ago}.{int((now + timedelta(seconds=5)).timestamp())}"
    assert len(browser.get("/").context["changes"]) == 2, "the same visit still"
    browser.cookies["visits"] = f"{long_ago}.{an_hour_ago}"
    assert int(browser.get("/").context["since"].timestamp()) == an_hour_ago
    for nonsense in ("x.y", "9" * 40, "-1.-1", ""):
        browser.cookies["visits"] = nonsense
        assert browser.get("/").status_code == 200


def test_home_shows_letters_of_customers_that_nobody_answered(bob: User, alice: User) -> None:
    harbour = making.make_customer("Harbour", emails=("office@harbour.example",), owner=bob)
    account, now = make_account(bob, address="bob@mooring.example"), timezone.now()
    for subject, more in (("Rope?", {}), ("Auto", {"is_automatic": True}), ("Unlinked", {"is_linked": False})):
        letter = make_letter(account, to_records=(harbour,), now=now, subject=subject)
        Letter.objects.limited_to(Q(pk=letter.pk)).update(**more or {"is_linked": True})
    shown = client_of(bob).get("/")
    assert [each.subject for each in shown.context["unanswered"]] == ["Rope?"]
    assert "Unanswered emails" in shown.content.decode()
    assert client_of(alice).get("/").context["unanswered"] == [], "only one's own mailboxes"
    (rope,) = shown.context["unanswered"]
    rope.deliveries.update(done_at=now)
    assert client_of(bob).get("/").context["unanswered"] == []


def test_a_broken_memory_of_cards_is_no_harm(desk: Client) -> None:
    desk.cookies["recent"] = "customer-x.ship-1..lead-99999999999999999999.customer-7"
    assert desk.get("/").status_code == 200


def test_the_palette_finds_records_pages_and_actions(desk: Client) -> None:
    making.make_customer("Customs Office")
    groups = desk.get("/search/?q=cust", headers=PALETTE).context["groups"]
    found = {group.label: [entry.label for entry in group.entries] for group in groups}
    assert found["Customers"] == ["Customs Office"]
    assert "Customers" in found["Pages"]
    assert "New: Customer" in found["Actions"]


def test_the_palette_offers_nothing_that_a_role_does_not_open(rita: User) -> None:
    groups = client_of(rita).get("/search/", headers=PALETTE).context["groups"]
    labels = [entry.label for group in groups for entry in group.entries]
    assert "Staff" not in labels
    assert not [label for label in labels if label.startswith("New")]


def test_search_works_as_a_page_without_a_script(desk: Client) -> None:
    making.make_contact("Carol Quay")
    page = desk.get("/search/?q=carol").content.decode()
    assert "<html" in page
    assert "Carol Quay" in page


def test_suggestions_of_places_carry_their_code(desk: Client) -> None:
    customer = making.make_customer("Acme")
    assert f'value="Acme – C{customer.pk}"' in desk.get("/places/?affiliations-0-place=acm&kinds=CL").content.decode()


def test_search_finds_letters_that_the_reader_may_read(bob: User, rita: User) -> None:
    letter = make_letter(make_account(bob), subject="Ropes and anchors")
    found = {user: client_of(user).get("/search/?q=anchors").context["groups"] for user in (bob, rita)}
    emails = [entry.url for group in found[bob] if group.label == "Emails" for entry in group.entries]
    assert emails == [f"/letters/{letter.pk}/"]
    assert "Emails" not in [group.label for group in found[rita]]


def test_search_finds_sales_and_says_where_they_lie(desk: Client, bob: User) -> None:
    top = making.make_sales_mailbox("Company", number=1)
    north = making.make_sales_mailbox("Anchor North", number=2, owner=bob, parent=top, password=making.PASSWORD)
    harbour = making.make_customer("Harbour", owner=bob)
    sale = making.make_opportunity("Anchor chains", pipeline=making.make_pipeline("Anchors", mailbox=north), whom=harbour)
    works = making.make_customer("Anchor works", owner=bob)
    making.make_contact("Anchor Andy", at=(works, making.make_lead("Anchor", owner=bob)))
    making.make_project("Anchor", customer=harbour)
    make_letter(make_account(bob), to_records=(harbour,), subject="Anchor away")
    of_tests = ("SAVEPOINT", "reset_val")
    for browser, way in ((desk, "1 Company › 2 Anchor North"), (client_of(bob), "2 Anchor North")):
        with CaptureQueriesContext(connection) as queries:
            groups = browser.get("/search/?q=anchor").context["groups"]
        found = {group.label: [(each.label, each.url, each.detail) for each in group.entries] for group in groups}
        assert found["Sales opportunities"] == [
            ("Anchor chains", f"/sales/opportunities/{sale.pk}/", f"Harbour · {way} › Anchors")
        ]
        assert found["Pipelines"] == [("Anchors", f"/sales/pipelines/{sale.pipeline_id}/", way)]
        above = way.removesuffix("2 Anchor North").removesuffix(" › ")
        assert found["Sales mailboxes"] == [("2 Anchor North", f"/sales/boxes/{north.pk}/", above)]
        assert {"Customers", "Leads", "Contacts", "Projects", "Emails"} <= found.keys()
        asked = [query for query in queries.captured_queries if not any(word in query["sql"] for word in of_tests)]
        assert len(asked) <= 12, "but for what only a test's transaction around the page adds"


def test_search_names_a_box_only_while_its_password_opens_it(bob: User) -> None:
    north = making.make_sales_mailbox("Anchor North", number=2, password=making.PASSWORD)
    browser = client_of(bob)
    assert "Anchor North" not in browser.get("/search/?q=anchor").content.decode()
    browser.post("/sales/open/", {"number": 2, "password": making.PASSWORD})
    assert "Anchor North" in browser.get("/search/?q=anchor").content.decode()
    change_mailbox(box=north, data=data_of(north, password="another of 2026"), by=making.BY_COMMAND, now=making.NOW)
    assert "Anchor North" not in browser.get("/search/?q=anchor").content.decode()


@pytest.fixture
def north_opened(bob: User) -> Client:
    """Of somebody of the office, who opened the box North with its password."""
    clerk = making.make_user("Clerk", role="office")
    north = making.make_sales_mailbox("North", number=2, owner=bob, password=making.PASSWORD)
    browser = client_of(clerk)
    browser.post("/sales/open/", {"number": "2", "password": making.PASSWORD})
    assert str(north.pk) in browser.session["opened_boxes"]
    return browser


def test_search_asks_nothing_about_sales_for_whose_role_opens_none(north_opened: Client) -> None:
    assert "Sales mailboxes" in [group.label for group in north_opened.get("/search/?q=north").context["groups"]]
    making.give_rights(role="office", sales_view=Scope.NONE)
    making.make_customer("North")
    with CaptureQueriesContext(connection) as queries:
        groups = north_opened.get("/search/?q=north").context["groups"]
    assert [group.label for group in groups] == ["Customers"]
    assert not [query["sql"] for query in queries.captured_queries if '"sales_' in query["sql"]]


def test_the_most_common_words_ask_little_more(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("customers.word_search", "customers.queries", "customers.seen_roots", "sales.finding"):
        monkeypatch.setattr(f"mooring.{room}.FEW", 0)
    harbour = making.make_customer("Anchor works", owner=bob)
    making.make_contact("Anchor Andy", at=(harbour, making.make_lead("Anchor", owner=bob)))
    making.make_project("Anchor", customer=harbour)
    making.make_opportunity("Anchor", pipeline=making.make_pipeline("Anchor", mailbox=making.make_sales_mailbox(owner=bob)))
    make_letter(make_account(bob), to_records=(harbour,), subject="Anchor away")
    browser = client_of(bob)
    with CaptureQueriesContext(connection) as queries:
        groups = browser.get("/search/?q=anchor").context["groups"]
    found = {group.label for group in groups}
    assert {"Customers", "Leads", "Contacts", "Projects", "Sales opportunities", "Pipelines", "Emails"} <= found
    of_tests = ("SAVEPOINT", "reset_val")
    assert len([query for query in queries.captured_queries if not any(word in query["sql"] for word in of_tests)]) <= 13
