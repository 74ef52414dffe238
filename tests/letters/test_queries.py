"""What pages read: a record's letters, conversations, mailboxes, the report, refused senders. In a fixed number of queries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from letters.making_letters import arrival, make_account, make_folder, make_letter, match_of, raw_letter
from making import BY_COMMAND, NOW, actor, make_contact, make_customer, make_lead, make_project, make_user
from mooring.customers.models import Customer, Lead
from mooring.letters.linking import add_link, remove_link
from mooring.letters.models import Delivery, Letter, Link, MailAccount, UnwantedSender
from mooring.letters.paging import Page, Window
from mooring.letters.queries import (
    deliveries_of,
    letter_count_of,
    letters_of,
    letters_with,
    links_of,
    thread_of,
)
from mooring.letters.report import COLUMNS, ReportFilters, report_page, report_records
from mooring.letters.search import search
from mooring.letters.storing import store_batch
from mooring.letters.unwanted import (
    UnableToRefuseSender,
    accept_sender,
    kept_letters_of,
    refuse_sender,
    unlink_kept_letters,
    unwanted_senders,
)
from mooring.users.models import User
from mooring.users.permissions import rights_of

pytestmark = pytest.mark.django_db


def subjects(page: Page[Any]) -> list[str]:
    return [row.letter.subject for row in page.rows]


def several(account: MailAccount, count: int, **fields: Any) -> list[Letter]:
    return [make_letter(account, subject=f"{number}", **fields) for number in range(count)]


def test_a_records_letters_come_newest_first_with_the_reason_in_one_query(bob: User, django_assert_num_queries: Any) -> None:
    customer = make_customer()
    several(make_account(bob), 5, to_records=(customer,))
    make_letter(make_account(bob), subject="of nobody")
    rights_of(bob)  # read with the user of a request
    with django_assert_num_queries(1):
        page = letters_of(record=customer, reader=bob, size=3)
        assert subjects(page) == ["4", "3", "2"]
        assert page.rows[0].rule == "customer_email"
    second = letters_of(record=customer, reader=bob, size=3, cursor=page.next)
    assert (subjects(second), second.next) == (["1", "0"], "")
    back = letters_of(record=customer, reader=bob, size=3, cursor=second.previous)
    assert (subjects(back), back.previous) == (["4", "3", "2"], "")
    assert letter_count_of(record=customer, reader=bob) == 5


def test_private_letters_and_removed_links_are_not_on_the_record(alice: User, bob: User) -> None:
    lead = make_lead()
    account = make_account(alice)
    make_letter(account, subject="private", to_records=(lead,), private=True)
    taken_off = make_letter(account, subject="taken off", to_records=(lead,))
    remove_link(link=Link.objects.get(letter=taken_off), by=BY_COMMAND, now=NOW)
    make_letter(account, subject="open", to_records=(lead,))
    assert subjects(letters_of(record=lead, reader=bob)) == ["open"]
    assert subjects(letters_of(record=lead, reader=alice)) == ["open", "private"]
    assert letter_count_of(record=lead, reader=bob) == 1


@pytest.mark.parametrize("cursor", ["nonsense", "<", ">x", "<99999999999999999999", "<1\n", "<²"])
def test_a_cursor_that_makes_no_sense_is_the_first_page(cursor: str) -> None:
    assert Window.of(cursor) == Window(None, False)


def test_a_page_beyond_the_end_is_empty(bob: User) -> None:
    customer = make_customer()
    several(make_account(bob), 1, to_records=(customer,))
    assert letters_of(record=customer, reader=bob, cursor="<-99") == Page([])


def test_a_contacts_letters_are_those_with_one_of_its_addresses(bob: User) -> None:
    contact = make_contact(emails=("carol@harbour.example", "c2@harbour.example"))
    account = make_account(bob)
    one = make_letter(account, sender="carol@harbour.example")
    two = make_letter(account, to="C <c2@harbour.example>")
    make_letter(account, sender="else@harbour.example")
    make_letter(make_account(), sender="carol@harbour.example")
    assert letters_with(contact=contact, reader=bob).rows == [two, one]


def test_a_conversation_is_read_from_its_beginning_as_far_as_one_may(alice: User, bob: User, now: datetime) -> None:
    account = make_account(bob)
    first = make_letter(account, message_id="<1@t>", subject="first")
    make_letter(make_account(alice), message_id="<2@t>", extra="In-Reply-To: <1@t>", subject="of alice")
    last = make_letter(account, message_id="<3@t>", extra="In-Reply-To: <2@t>", subject="last")
    assert thread_of(letter=last, reader=bob) == [first, last]
    assert thread_of(letter=Letter(subject="alone"), reader=bob)[0].subject == "alone"


def test_where_letters_lie_and_what_they_are_linked_to_in_one_query_each(
    alice: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    own, other, customer = make_account(bob), make_account(alice), make_customer()
    raw = raw_letter()
    batch = [arrival(own, raw, matches=(match_of(customer),)), arrival(other, raw, is_private=True)]
    letter = store_batch(arrivals=batch, now=NOW)[0].letter
    rights_of(bob)  # read with the user of a request
    with django_assert_max_num_queries(2):
        (delivery,) = deliveries_of(letters=[letter], reader=bob)[letter.pk]
        (link,) = links_of(letters=[letter], reader=bob)[letter.pk]
        assert (delivery.account.owner_id, str(link.customer)) == (bob.pk, customer.name)
    remove_link(link=link, by=BY_COMMAND, now=NOW)
    assert links_of(letters=[letter], reader=bob) == {letter.pk: []}
    assert len(links_of(letters=[letter], reader=bob, with_removed=True)[letter.pk]) == 1


class TestReport:
    """One archive for all filters: letters 0 to 5, a day apart, in two accounts."""

    @pytest.fixture(params=[5_000, 0], ids=["few", "many"])
    def account(self, bob: User, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> MailAccount:
        monkeypatch.setattr("mooring.letters.visibility.MOST_FEW", request.param)
        customer, lead = make_customer("Harbour"), make_lead("Buoy")
        account, second = make_account(bob, address="bob@us.example"), make_account(bob, address="second@us.example")
        for day in range(6):
            raw = raw_letter(subject=f"letter {day}", at=NOW + timedelta(days=day), message_id=f"<{day}@x>", body=f"body{day}")
            matches = (match_of(customer), match_of(lead)) if day % 2 else ()
            store_batch(arrivals=[arrival(account if day < 4 else second, raw, matches=matches)], now=NOW)
        two = Letter.objects.unscoped("test").get(message_id="2@x")
        add_link(letter=two, to=make_project("Dock", customer=customer), by=actor(bob), now=NOW)
        return account

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({}, "543210"),
            ({"since": NOW + timedelta(days=2)}, "5432"),
            ({"before": NOW + timedelta(days=2)}, "10"),
            ({"since": NOW + timedelta(days=1), "before": NOW + timedelta(days=3)}, "21"),
            ({"is_linked": True}, "5321"),
            ({"is_linked": False}, "40"),
            ({"rule": "lead_email"}, "531"),
            ({"rule": "manual"}, "2"),
            ({"text": "body3"}, "3"),
            ({"text": "letter -body3", "is_linked": True}, "521"),
            ({"rule": "customer_email", "text": "letter", "since": NOW + timedelta(days=2)}, "53"),
        ],
    )
    def test_filters_narrow(self, account: MailAccount, bob: User, filters: dict[str, Any], found: str) -> None:
        page = report_page(reader=bob, filters=ReportFilters(**filters))
        assert [row.letter.subject[-1] for row in page.rows] == list(found)
        numbers = {line[2][0] for line in report_records(reader=None, filters=ReportFilters(**filters)) if line != COLUMNS}
        assert numbers == set(found)

    def test_an_account_and_a_folder_narrow(self, account: MailAccount, bob: User, alice: User) -> None:
        by_account = ReportFilters(account_id=account.pk)
        assert [row.letter.subject[-1] for row in report_page(reader=bob, filters=by_account).rows] == list("3210")
        by_folder = replace(by_account, folder_id=make_folder(account).pk, rule="lead_email")
        assert [row.letter.subject[-1] for row in report_page(reader=bob, filters=by_folder).rows] == list("31")
        assert [row.letter.subject[-1] for row in report_page(reader=alice, filters=by_account).rows] == list("321")
        assert len(list(report_records(reader=None, filters=by_folder))) == 1 + 4

    def test_pages_lead_to_the_end(self, account: MailAccount, bob: User, django_assert_max_num_queries: Any) -> None:
        seen, cursor = "", ""
        while True:
            with django_assert_max_num_queries(9):
                page = report_page(reader=bob, filters=ReportFilters(before=NOW + timedelta(days=5)), cursor=cursor, size=2)
            seen += "".join(row.letter.subject[-1] for row in page.rows)
            cursor = page.next
            if not cursor:
                break
        assert seen == "43210"
        previous = report_page(reader=bob, filters=ReportFilters(), cursor=page.previous, size=2)
        assert [row.letter.subject[-1] for row in previous.rows] == list("21")

    def test_the_table_has_a_line_per_place_and_link(
        self, account: MailAccount, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mooring.letters.report._STREAMED", 2)
        lines = list(report_records(reader=bob, filters=ReportFilters()))
        assert lines[0] == COLUMNS
        assert len(lines) == 1 + 3 * 2 + 1 + 2
        (by_hand,) = [line for line in lines if line[2] == "2@x"]
        assert by_hand[:2] == ("bob@us.example", "INBOX")
        assert by_hand[3:6] == ("2026-03-04T09:30:00+00:00", "Ann <ann@harbour.example>", "Box")
        assert by_hand[7] == "project"
        assert by_hand[9:] == ("Dock", "manual", "", "Bob")
        unlinked = next(line for line in lines if line[2] == "0@x")
        assert unlinked[7:] == ("",) * 6

    def test_who_may_read_nothing_has_an_empty_report(self, account: MailAccount) -> None:
        newcomer = make_user()
        Customer.objects.unscoped("test").update(owner=make_user())
        Lead.objects.unscoped("test").update(owner=make_user())
        assert report_page(reader=newcomer, filters=ReportFilters()) == Page([])
        assert search(reader=newcomer, text="letter") == Page([])

    @pytest.mark.parametrize("subject", ["=1+1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)"])
    def test_what_a_spreadsheet_takes_for_a_formula_is_made_harmless(self, bob: User, subject: str) -> None:
        store_batch(arrivals=[arrival(make_account(bob), raw_letter(subject=subject))], now=NOW)
        (line,) = list(report_records(reader=bob, filters=ReportFilters()))[1:]
        assert line[6] == f"'{subject}"

    def test_a_letter_whose_places_one_may_not_know_still_has_a_line(self, alice: User, bob: User) -> None:
        raw, customer = raw_letter(sender="=cmd()@evil.example", subject="=1+1"), make_customer()
        store_batch(arrivals=[arrival(make_account(bob), raw, matches=(match_of(customer),))], now=NOW)
        Delivery.objects.all().delete()
        (line,) = list(report_records(reader=alice, filters=ReportFilters()))[1:]
        assert line[:2] == ("", "")
        assert line[6] == "'=1+1"
        assert line[4].startswith("'=")


def test_a_sender_is_refused_once_by_an_account_or_by_everybody(alice: User, bob: User, now: datetime) -> None:
    account = make_account(bob)
    for _ in range(2):
        own = refuse_sender(address="Spam@Else.example", account=account, by=actor(bob), now=now)
    everybody = refuse_sender(address="spam@else.example", account=None, by=actor(alice), now=now)
    assert UnwantedSender.objects.count() == 2
    assert list(unwanted_senders(reader=alice)) == [own, everybody]
    make_account(alice)
    hidden = refuse_sender(address="other@else.example", account=make_account(alice), by=actor(alice), now=now)
    assert hidden not in unwanted_senders(reader=bob)
    assert set(unwanted_senders(reader=bob)) == {own, everybody}
    accept_sender(sender=own, by=actor(bob), now=now)
    assert not UnwantedSender.objects.filter(account=account).exists()


def test_only_administrators_refuse_for_others(alice: User, bob: User, now: datetime) -> None:
    for account in (None, make_account(alice)):
        with pytest.raises(UnableToRefuseSender, match="administrator"):
            refuse_sender(address="spam@else.example", account=account, by=actor(bob), now=now)
    with pytest.raises(UnableToRefuseSender, match="not an email address"):
        refuse_sender(address="spam", account=None, by=actor(alice), now=now)


def test_kept_letters_of_a_refused_sender_stay_and_can_be_taken_off_records(bob: User, now: datetime) -> None:
    account, customer, lead = make_account(bob), make_customer(), make_lead()
    by_rule = make_letter(account, sender="spam@else.example", to_records=(customer,))
    by_hand = make_letter(account, sender="spam@else.example")
    add_link(letter=by_hand, to=lead, by=actor(bob), now=now)
    make_letter(account, sender="spam@else.example")
    make_letter(make_account(), sender="spam@else.example", to_records=(make_lead(),))
    sender = refuse_sender(address="spam@else.example", account=account, by=actor(bob), now=now)
    kept = kept_letters_of(sender=sender, reader=bob)
    assert (kept.count, kept.linked_count) == (3, 2)
    assert unlink_kept_letters(sender=sender, by=actor(bob), now=now) == 1
    assert unlink_kept_letters(sender=sender, by=actor(bob), now=now) == 0
    assert Letter.objects.unscoped("test").count() == 4
    assert Link.objects.get(letter=by_rule).removed_at == now
    assert Link.objects.get(letter=by_hand).removed_at is None
    everybody = refuse_sender(address="spam@else.example", account=None, by=BY_COMMAND, now=now)
    assert unlink_kept_letters(sender=everybody, by=BY_COMMAND, now=now) == 1


def test_who_has_no_mailbox_is_told_without_looking_that_nothing_unlinked_is_theirs(
    alice: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert report_page(reader=alice, filters=ReportFilters(is_linked=False)).rows == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by statistics that a small table does not have")
def test_letters_not_linked_are_found_through_their_index(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.letters.visibility.MOST_FEW", -1)
    with CaptureQueriesContext(connection) as queries:
        report_page(reader=bob, filters=ReportFilters(is_linked=False))
    walk = next(query["sql"] for query in queries if "DISTINCT" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {walk}")
        assert "letters_linked_newest" in str(cursor.fetchall())
