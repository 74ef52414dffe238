"""Reports, budgets and sales settings as people use them: figures, files, where numbers lead, who may see what."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from hypothesis import given
from hypothesis import strategies as st

from desk.world import client_of
from letters.making_letters import make_account, make_letter
from letters.making_outgoing import make_outgoing
from making import actor, make_customer, make_entry, make_group, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.activities.planning import ActivityData, finish_activity, plan_activity
from mooring.customers.counts import count_customers
from mooring.customers.models import Industry
from mooring.desk.csv_export import safe_cell
from mooring.desk.sales_words import money
from mooring.letters.models import OutgoingState
from mooring.reports.catalogue import CATALOGUE
from mooring.sales.budgets import budgets_of
from mooring.sales.models import Budget, SalesMailbox
from mooring.sales.money import places_of, rounded
from mooring.sales.opportunities import win_opportunity
from mooring.sales.periods import Fiscal
from mooring.sales.pipelines import remove_pipeline
from mooring.sales.rates import keep_rate
from mooring.sales.versions import save_version
from mooring.users.models import Membership, PastMembership, Role, User

pytestmark = pytest.mark.django_db
TODAY = timezone.now()


@pytest.fixture
def box(bob: User) -> SalesMailbox:
    """Bob's, with an open sale of 100 EUR and one of 40 EUR and one of 100 PLN that he won just now."""
    make_group("Sales", kind="sales", members=[bob], now=datetime(2020, 1, 1, tzinfo=UTC))
    box = make_sales_mailbox("North", owner=bob, region="Coast")
    pipeline = make_pipeline("Boats", mailbox=box)
    make_opportunity("Ropes", pipeline=pipeline, price=Decimal(100), owner=bob)
    save_version(pipeline=pipeline, by=actor(bob), now=TODAY - timedelta(days=40))
    for title, price, currency in (("Sails", 40, "EUR"), ("Masts", 100, "PLN")):
        sale = make_opportunity(title, pipeline=pipeline, price=Decimal(price), currency=currency, owner=bob)
        win_opportunity(opportunity=sale, by=actor(bob), now=TODAY - timedelta(minutes=1))
    save_version(pipeline=pipeline, by=actor(bob), now=TODAY - timedelta(seconds=1))
    return box


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def table(client: Client, name: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"/reports/of/{name}/table/{query}")
    assert answer.status_code == 200
    content: Any = b"".join(answer)  # type: ignore[arg-type]  # a stream
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_report_has_a_page_a_file_and_few_queries(box: SalesMailbox, alice: User, bob: User) -> None:
    for user in (alice, bob):
        client = client_of(user)
        index = text(client, "/reports/")
        for entry in CATALOGUE:
            assert str(entry.title) in index
            with CaptureQueriesContext(connection) as queries:
                text(client, f"/reports/of/{entry.name}/")
            assert len(queries) <= 16, entry.name
            assert len(table(client, entry.name)) >= 1
    assert client_of(alice).get("/reports/of/unheard-of/").status_code == 404


def test_sales_stand_against_the_budget_and_lead_to_what_was_won(box: SalesMailbox, alice: User, bob: User) -> None:
    client = client_of(alice)
    client.post("/setup/sales/rates/", {"currency": "PLN", "on": "2020-01-01", "worth": "0.25"})
    year = timezone.localdate().year
    client.post(f"/sales/budgets/?year={year}", {"do": "spread", f"total-{bob.pk}": "1200"})
    period = f"?since={year}-01-01&until={year}-12-31"
    assert table(client, "sales-by-person", period)[1] == ["Bob", "2", "65.00", "EUR", "1200.00", "EUR", "5.4"]
    assert table(client, "sales-by-group", period)[1] == ["Sales", "2", "65.00", "EUR", "1200.00", "EUR", "5.4"]
    page = text(client, f"/reports/of/sales-by-person/{period}")
    assert f"/reports/won/opportunities/?since={year}-01-01&amp;until={year}-12-31&amp;person={bob.pk}" in page
    won = text(client, f"/reports/won/opportunities/?since={year}-01-01&until={year}-12-31&person={bob.pk}")
    assert "Sails" in won
    assert "Masts" in won
    assert "Ropes" not in won
    for query in ("", f"?since=x&until=y&person={bob.pk}", f"?since={year}-01-01&until={year}-12-31&person={alice.pk}"):
        assert client.get(f"/reports/won/opportunities/{query}").status_code == 404
    group = make_group("Other", kind="sales", members=[make_user("Eve")])
    assert "Bob" not in text(client, f"/reports/of/sales-by-person/{period}&group={group.pk}")


def test_a_sale_counts_in_the_group_where_the_person_was_on_that_day(box: SalesMailbox, alice: User, bob: User) -> None:
    (sales,) = bob.memberships.all()
    won_on = (TODAY - timedelta(minutes=1)).date()
    later, then = make_group("Later", kind="sales"), make_group("Then", kind="sales", parent=sales.group)
    sales.delete()
    Membership.objects.create(group=later, user=bob, since_on=won_on + timedelta(days=1))
    year = won_on.year
    PastMembership.objects.create(group=then, user=bob, since_on=date(year, 1, 1), until_on=won_on)
    client, period = client_of(alice), f"?since={year}-01-01&until={year}-12-31"
    client.post("/setup/sales/rates/", {"currency": "PLN", "on": "2020-01-01", "worth": "0.25"})
    Budget.objects.bulk_create(
        Budget(user=bob, year=year, month=month, amount=Decimal(amount)) for month, amount in ((1, 10), (12, 3))
    )
    lines = {line[0].strip(): line[1:] for line in table(client, "sales-by-group", period)[1:]}
    assert lines["Sales"] == lines["Then"]
    assert lines["Then"][:2] == ["2", "65.00"]
    assert lines.get("Later", ["0", "0.00"])[:2] == ["0", "0.00"], "gone where it only begins after the period"
    if date(year, 1, 31) <= won_on < date(year, 12, 31):
        assert (lines["Then"][3], lines["Later"][3]) == ("10.00", "3.00")
    for group, count in ((then, 2), (sales.group, 2), (later, 0)):
        query = f"{period}&group={group.pk}"
        person = table(client, "sales-by-person", query)[1]
        assert person[:2] == ["Bob", str(count)]
        behind = text(client, f"/reports/won/opportunities/{query}&person={bob.pk}")
        assert ("Sails" in behind) == bool(count)
    later.memberships.all().delete()
    assert table(client, "sales-by-person", period)[1][:2] == ["Bob", "2"], "whoever was a sales person once keeps what was sold"


def test_the_forecast_leads_to_its_opportunities(box: SalesMailbox, bob: User) -> None:
    client = client_of(bob)
    page = text(client, f"/reports/of/forecast/?box={box.pk}&by=region")
    link = f"/reports/forecast/opportunities/?box={box.pk}&amp;by=region&amp;key=Coast"
    assert link in page
    behind = text(client, link.replace("&amp;", "&"))
    assert "Ropes" in behind
    assert "100.00\N{NO-BREAK SPACE}EUR" in behind
    assert client.get("/reports/forecast/opportunities/?by=nothing").status_code == 404
    assert client_of(make_user()).get(f"/reports/forecast/opportunities/?box={box.pk}&by=region").status_code == 404


def test_every_sale_is_turned_by_the_rate_of_its_day_and_rounded_by_itself(box: SalesMailbox, bob: User) -> None:
    pipeline = box.pipelines.model.objects.visible_to(bob).get()
    for on, worth in ((date(2025, 1, 1), "0.25"), (date(2025, 6, 15), "0.5")):
        keep_rate(currency="PLN", on=on, worth=Decimal(worth), by=actor(bob), now=TODAY)
    for day, price, currency in ((14, "0.02", "PLN"), (14, "0.02", "PLN"), (15, "0.01", "PLN"), (15, "3.07", "EUR")):
        sale = make_opportunity(pipeline=pipeline, price=Decimal(price), currency=currency, owner=bob)
        win_opportunity(opportunity=sale, by=actor(bob), now=datetime(2025, 6, day, 23, 59, 59, 999_999, tzinfo=UTC))
    period = "?period=chosen&since=2025-06-01&until=2025-06-30"
    (_header, line, total) = table(client_of(bob), "sales-by-person", period)
    assert line[:4] == ["Bob", "4", "3.10", "EUR"]
    assert total[:4] == ["Total", "4", "3.10", "EUR"]


@given(amount=st.decimals(-(10**14), 10**14, places=4), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_is_written_as_numbers_are_in_each_language(amount: Decimal, currency: str) -> None:
    for language in ("en", "pl"):
        with translation.override(language):
            places = places_of(currency)
            text = number_format(rounded(amount, currency), decimal_pos=places, use_l10n=True, force_grouping=True)
            assert money(amount, currency) == f"{text}\N{NO-BREAK SPACE}{currency}"


def test_pipeline_changes_are_steps_from_one_day_to_another(box: SalesMailbox, bob: User) -> None:
    since = (timezone.localdate() - timedelta(days=30)).isoformat()
    rows = table(client_of(bob), "pipeline-changes", f"?since={since}")
    sums = {row[0]: row[1] for row in rows[1:] if row[2] == "EUR"}
    begin, end = (date_format(day, "N j, Y") for day in (timezone.localdate() - timedelta(days=30), timezone.localdate()))
    assert Decimal(sums[f"Open on {begin}"]) == Decimal(sums[f"Open on {end}"]) == 100
    assert "waterfall" in text(client_of(bob), f"/reports/of/pipeline-changes/?since={since}")


def test_the_steps_of_pipeline_changes_lead_to_the_opportunities_that_they_add_up(box: SalesMailbox, bob: User) -> None:
    since = (timezone.localdate() - timedelta(days=30)).isoformat()
    pipeline = box.pipelines.model.objects.visible_to(bob).get()
    for title, price in (("Nets", 25), ("Buoys", 30)):
        make_opportunity(title, pipeline=pipeline, price=Decimal(price), owner=bob)
    save_version(pipeline=pipeline, by=actor(bob), now=TODAY)
    client = client_of(bob)
    steps = text(client, f"/reports/of/pipeline-changes/?since={since}")
    until = timezone.localdate().isoformat()
    link = f"/reports/of/changed-opportunities/?since={since}&amp;until={until}&amp;by=new"
    assert link in steps
    assert "by=won" not in steps, "nothing is behind a step of nothing"
    behind = table(client, "changed-opportunities", f"?since={since}&by=new")
    assert [(row[0], row[2], row[3]) for row in behind[1:]] == [
        ("Buoys", "Boats", "30.00"),
        ("Nets", "Boats", "25.00"),
        ("Total", "", "55.00"),
    ]
    page = text(client, link.replace("&amp;", "&"))
    nets = pipeline.opportunities.model.objects.visible_to(bob).get(title="Nets")
    assert reverse("opportunity", args=[nets.pk]) in page
    assert "Nets" not in text(client_of(make_user()), link.replace("&amp;", "&"))


def test_what_a_removed_pipeline_held_is_told_as_removed(box: SalesMailbox, bob: User) -> None:
    pipeline = make_pipeline("Gone", mailbox=box)
    make_opportunity("Rafts", pipeline=pipeline, price=Decimal(70), owner=bob)
    save_version(pipeline=pipeline, by=actor(bob), now=TODAY - timedelta(days=3))
    remove_pipeline(pipeline=pipeline, by=actor(bob), now=TODAY - timedelta(days=1))
    days = f"?since={(TODAY - timedelta(days=2)).date()}&until={TODAY.date()}"
    assert ["Removed", "-70.00", "EUR"] in table(client_of(bob), "pipeline-changes", days)


def test_customers_activity_and_accounts_are_counted(box: SalesMailbox, alice: User, bob: User) -> None:
    industry = make_entry(Industry, "Fishing")
    cod = make_customer("Cod Ltd", industry=industry, owner=bob)
    make_account(alice, address="box@mooring.example")
    call = plan_activity(data=ActivityData(title="Call", kind="call", owner=bob, about=cod), by=actor(bob), now=TODAY)
    finish_activity(activity=call, by=actor(bob), now=TODAY - timedelta(seconds=1))
    client = client_of(alice)
    assert ["Fishing", "1"] in table(client, "customers")
    assert f"/customers/?industry={industry.pk}" in text(client, "/reports/of/customers/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mooring.customers.counts.AT_ONCE", 0)
        count_customers(now=TODAY)
        assert ["Fishing", "1"] in table(client, "customers")
        assert "counted once an hour" in text(client, "/reports/of/customers/")
    assert ["Bob", "0", "1", "0", "0", "0"] in table(client, "activity")
    assert table(client, "mail-accounts")[1][0] == "box@mooring.example"
    assert [row[0] for row in table(client_of(bob), "activity")[1:-1]] == ["Bob"]


def test_what_was_done_is_listed_as_far_as_the_reader_may_see_it(
    box: SalesMailbox, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mooring.reports.activity.MOST_LISTED", 3)
    cod, account = make_customer("Cod Ltd", owner=bob), make_account(bob)
    for title, about in (("Call Cod", cod), ("Call my mother", None)):
        call = plan_activity(data=ActivityData(title=title, kind="call", owner=bob, about=about), by=actor(bob), now=TODAY)
        finish_activity(activity=call, by=actor(bob), now=TODAY - timedelta(hours=1))
    for number, customer in enumerate((cod, None, None, None)):
        subject = f"Offer {number}"
        letter = make_letter(account, to_records=(customer,) if customer else (), subject=subject)
        at = TODAY - timedelta(minutes=30 - number)
        make_outgoing(account, state=OutgoingState.SENT, author=bob, letter=letter, sent_at=at, subject=subject)
    link = f"since={timezone.localdate().year}-01-01&amp;until={timezone.localdate()}&amp;person={bob.pk}"
    assert f"/reports/of/done/?{link}" in text(client_of(alice), "/reports/of/activity/")
    assert ["Bob", "0", "2", "0", "0", "4"] in table(client_of(alice), "activity")
    assert [row[3] for row in table(client_of(alice), "done")[1:]] == ["Offer 0", "Call Cod"]
    assert [row[3] for row in table(client_of(bob), "done")[1:]] == [
        "Offer 3",
        "Offer 2",
        "Offer 1",
        "Offer 0",
        "Call my mother",
        "Call Cod",
    ]
    page = text(client_of(bob), "/reports/of/done/")
    assert ("These are the latest 3; the file has all." in page, "Offer 0" in page) == (True, False)
    assert table(client_of(make_user("Eve")), "done")[1:] == []


def test_whoever_only_reads_is_led_to_the_record_of_an_activity(alice: User, bob: User) -> None:
    cod = make_customer("Cod Ltd", owner=bob)
    call = plan_activity(data=ActivityData(title="Call", kind="call", owner=bob, about=cod), by=actor(bob), now=TODAY)
    finish_activity(activity=call, by=actor(bob), now=TODAY - timedelta(seconds=1))
    form, card = reverse("edit_activity", args=[call.pk]), reverse("customer", args=[cod.pk])
    for reader, is_form in ((alice, True), (make_user("Rita", role=Role.READ_ONLY), False)):
        page = text(client_of(reader), "/reports/of/done/")
        assert (form in page, card in page) == (is_form, not is_form)


def test_amounts_below_nothing_are_numbers_in_a_file_and_formulas_are_not() -> None:
    cells = [safe_cell(value) for value in ("-100.00", "-5", "-1+cmd", "-", "=1", "-1.", "-0x1")]
    assert cells == ["-100.00", "-5", "'-1+cmd", "'-", "'=1", "'-1.", "'-0x1"]


def test_budgets_are_typed_copied_and_only_set_by_managers(box: SalesMailbox, alice: User, bob: User) -> None:
    client = client_of(alice)
    months = {f"m-{bob.pk}-2026-{month}": "" for month in range(1, 13)}
    client.post("/sales/budgets/?year=2026", {"do": "save", **months, f"m-{bob.pk}-2026-3": "1 234.5", "ids": bob.pk})
    assert budgets_of([bob], year=2026, fiscal=Fiscal())[bob.pk] == {(2026, 3): Decimal("1234.5")}
    client.post("/sales/budgets/?year=2027", {"do": "copy", "percent": "-10"})
    assert budgets_of([bob], year=2027, fiscal=Fiscal())[bob.pk] == {(2027, 3): Decimal("1111.05")}
    for data in (
        {"do": "copy", "percent": "-101"},
        {"do": "spread", f"total-{bob.pk}": "much"},
        {"do": "spread", f"total-{bob.pk}": "1.234"},
    ):
        refused = client.post("/sales/budgets/?year=2026", {**data, f"m-{bob.pk}-2026-5": "typed"})
        assert refused.status_code == 422
        assert "Nothing was changed" in refused.content.decode()
        assert all(f'value="{typed}"' in refused.content.decode() for typed in ("typed", *list(data.values())[1:]))
    assert len(budgets_of([bob], year=2026, fiscal=Fiscal())[bob.pk]) == 1
    own = text(client_of(bob), "/sales/budgets/?year=2026&words=bo")
    assert "1234.50" in own
    User.objects.filter(pk=bob.pk).update(language="pl")
    in_polish = text(client_of(bob), "/sales/budgets/?year=2026")
    assert ("1234,50" in in_polish, "Mar 2026" in in_polish) == (True, True)
    assert "Save months" not in own
    assert client_of(bob).post("/sales/budgets/", {"do": "save"}).status_code == 403
    assert "No sales people" in text(client, "/sales/budgets/?words=nobody")


def test_the_fiscal_year_and_the_home_currency_are_chosen(box: SalesMailbox, alice: User) -> None:
    client = client_of(alice)
    shown = text(client, "/setup/sales/")
    assert "Home currency" in shown
    data = {"sales_home_currency": "PLN", "sales_fiscal_year_start": "4", "sales_silent_after_days": "10"}
    assert client.post("/setup/sales/", data).status_code == 303
    page = text(client, "/sales/budgets/?year=2026")
    assert "2026/27" in page
    assert "Mar 2027" in page
    assert "A rate has a currency" in client.post("/setup/sales/rates/", {"currency": "EUR"}, follow=True).content.decode()
    wrong = client.post("/setup/sales/rates/", {"currency": "EUR", "on": "2026-01-01", "worth": "-1"}, follow=True)
    assert "A rate is a number above 0" in wrong.content.decode()
    assert reverse("sales_settings") == "/setup/sales/"
