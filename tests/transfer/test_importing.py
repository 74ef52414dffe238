"""Importing CSV files: whatever wrote them, every row is created, updated, skipped or reported with its line."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import Workbook

from customers.test_queries import explained
from making import BY_COMMAND, NOW, make_contact, make_customer, make_lead
from mooring.customers.facts import contact_data, customer_data
from mooring.customers.models import Contact, Customer, EmailAddress, Lead
from mooring.transfer.columns import Kind
from mooring.transfer.formats.csv import UnableToReadFile
from mooring.transfer.importing import import_records
from mooring.transfer.orders import OnBadValue, OnDuplicate, Order, Summary
from mooring.users.journal import entries_about
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db


def import_text(text: str | bytes, kind: Kind = "customers", **order: Any) -> Summary:
    raw = text.encode() if isinstance(text, str) else text
    return import_records(file=io.BytesIO(raw), order=Order(kind=kind, by=BY_COMMAND, now=NOW, **order))


def workbook_of(*rows: list[object]) -> bytes:
    made, file = Workbook(), io.BytesIO()
    for row in rows:
        made.worksheets[0].append(row)
    made.save(file)
    return file.getvalue()


def all_of(model: Any) -> list[Any]:
    return list(model.objects.unscoped("a test looks at everything").order_by("id"))


def problems(summary: Summary) -> list[tuple[int, str]]:
    return [(problem.line, problem.text) for problem in summary.problems]


def test_customers_come_with_addresses_domains_words_and_a_journal_line(bob: User) -> None:
    summary = import_text(
        "Number,Name,E-mail,Domains,Phone,Mobile,City,Type,Website,Notes,Owner\n"
        "C1,Harbour Ltd,Office@Harbour.example; sales@harbour.example,@harbour.example *.quay.example,"
        "+48 600 100 200,501 502 503,Łódź,firma,harbour.example,Good people,BOB@mooring.example\n"
    )
    assert (summary.created, summary.failed, summary.ignored_columns) == (1, 0, ())
    (customer,) = all_of(Customer)
    data = customer_data(customer)
    assert (data.name, data.number, data.kind, data.website, data.note) == (
        "Harbour Ltd",
        "C1",
        "company",
        "https://harbour.example",
        "Good people",
    )
    assert data.owner == bob
    assert data.emails == ("Office@Harbour.example", "sales@harbour.example")
    assert [(row.domain, row.includes_subdomains) for row in data.domains] == [("harbour.example", False), ("quay.example", True)]
    assert [row.number for row in data.phones] == ["+48 600 100 200", "501 502 503"]
    assert data.addresses[0].city == "Łódź"
    assert {"harbour", "lodz", "sales@harbour.example", "600100200"} <= set(customer.words.values_list("word", flat=True))
    (entry,) = entries_about(kind="customer", record_id=customer.pk)
    assert (entry.action, entry.source, entry.changes["number"]) == ("created", "command", "C1")


def test_an_imported_record_equals_one_entered_by_hand(now: datetime) -> None:
    by_hand = make_customer("Same", emails=("a@same.example",), domains=("same.example",), phones=("600100200",))
    import_text("name,email,domain,phone\nSame,a@same.example,same.example,600100200\n", on_duplicate=OnDuplicate.CREATE)
    imported = all_of(Customer)[-1]
    assert customer_data(imported) == customer_data(by_hand)
    assert set(imported.words.values_list("word")) == set(by_hand.words.values_list("word"))
    lines = [entries_about(kind="customer", record_id=row.pk)[0] for row in (imported, by_hand)]
    assert lines[0].changes == lines[1].changes


def test_polish_columns_are_recognised_and_unknown_ones_named() -> None:
    summary = import_text("Nazwa firmy;Adres e-mail;Miejscowość;Ulubiony kolor\nPort sp. z o.o.;biuro@port.example;Gdańsk;\n")
    assert (summary.created, summary.ignored_columns) == (1, ("Ulubiony kolor",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1250"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str) -> None:
    text = 'Nazwa,E-mail\r\n"Żółta Łódź, S.A.",a@lodz.example\r\nŚwierk,b@lodz.example\r\n'
    if delimiter != ",":
        text = text.replace("Nazwa,E", f"Nazwa{delimiter}E").replace('",a', f'"{delimiter}a').replace("k,b", f"k{delimiter}b")
    import_text(text.encode(encoding))
    assert [row.name for row in all_of(Customer)] == ["Żółta Łódź, S.A.", "Świerk"]


def test_western_windows_files_keep_their_letters() -> None:
    import_text("Name;Email\nCafé Crème Brûlée;a@b.example\nMüller & Söhne;c@d.example\n".encode("cp1252"))
    assert [row.name for row in all_of(Customer)] == ["Café Crème Brûlée", "Müller & Söhne"]


def test_a_line_may_name_the_delimiter() -> None:
    assert import_text("sep=;\nName;Email\nA,B;a@b.example\n").created == 1
    assert all_of(Customer)[0].name == "A,B"


ROWS_WITH_FAULTS: Final = (
    'name,email,type,owner,domains,note\nGood,good@a.example,,,,"two\nlines"\n,,,,,Nameless\nBad,not an address,,,,\n\n'
    "Odd,,robot,,,\nNo,,,nobody@x.example,,\nDom,,,,not_a_domain!,\n,,,,,\nLast,last@a.example,,,,\n"
)


def test_rows_that_cannot_be_used_are_reported_with_their_lines() -> None:
    summary = import_text(ROWS_WITH_FAULTS, on_bad_value=OnBadValue.REFUSE)
    assert (summary.created, summary.failed, summary.incomplete, summary.row_count) == (2, 5, 0, 7)
    assert [line for line, _text in problems(summary)] == [4, 5, 7, 8, 9]
    assert "not" in problems(summary)[1][1]


def test_who_has_no_name_is_called_by_the_address() -> None:
    import_text("name,email\n,office@a.example\n")
    assert all_of(Customer)[0].name == "office@a.example"


def test_a_file_without_names_is_refused_with_its_columns() -> None:
    with pytest.raises(UnableToReadFile, match="colour, size"):
        import_text("colour,size\nred,1\n")


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(raw: bytes) -> None:
    with pytest.raises(UnableToReadFile, match="empty"):
        import_text(raw)


@pytest.mark.parametrize(("first", "second"), [("skip", "skip"), ("skip", "update"), ("update", "update")])
def test_a_second_import_of_the_same_file_changes_nothing(first: str, second: str) -> None:
    text = "id,name,email,phone,city,domains\n1,One,one@a.example,600100200,Ghent,a.example\n,Two,two@a.example,,,\n,Three,,,,\n"
    import_text(text, on_duplicate=OnDuplicate(first))
    lines = JournalEntry.objects.count()
    summary = import_text(text, on_duplicate=OnDuplicate(second))
    assert (summary.created, summary.updated, summary.skipped) == (0, 0, 3)
    assert (len(all_of(Customer)), JournalEntry.objects.count()) == (3, lines)


def test_known_records_are_skipped_updated_or_created_again(bob: User) -> None:
    make_customer("Old", number="7", emails=("old@a.example",), note="kept", kind="person", owner=bob)
    text = "number,name,email,website\n7,New,new@a.example,a.example\n"
    assert import_text(text).skipped == 1
    summary = import_text(text, on_duplicate=OnDuplicate.CREATE)
    assert problems(summary) == [(2, "This number is in use already.")]
    assert import_text(text, on_duplicate=OnDuplicate.UPDATE).updated == 1
    data = customer_data(all_of(Customer)[0])
    assert (data.name, data.note, data.website, data.kind, data.owner) == ("New", "kept", "https://a.example", "person", bob)
    assert data.emails == ("new@a.example", "old@a.example")
    assert import_text("name,email\nTwin,old@a.example\n", on_duplicate=OnDuplicate.CREATE).created == 1


def test_phones_are_the_same_in_every_language_and_spelling() -> None:
    text = "number,name,phone,mobile,home phone\n1,A,600100200,600100200,112\n"
    with translation.override("en"):
        import_text(text)
    with translation.override("pl"):
        again = import_text(text.replace("600100200", "600 100 200", 1), on_duplicate=OnDuplicate.UPDATE)
        more = import_text("number,name,mobile\n1,A,501 502 503\n", on_duplicate=OnDuplicate.UPDATE)
    assert (again.updated, again.skipped, more.updated) == (1, 0, 1)
    phones = [(row.number, row.label) for row in customer_data(all_of(Customer)[0]).phones]
    assert phones == [("501 502 503", "Komórkowy"), ("600 100 200", ""), ("600100200", "Mobile"), ("112", "Home")]


def test_phones_of_two_countries_with_the_same_digits_both_stay() -> None:
    make_customer("A", number="1", phones=("+48 600100200", "+49 600100200"))
    import_text("number,name,phone\n1,A,+49 600100200\n", on_duplicate=OnDuplicate.UPDATE)
    assert {row.number for row in customer_data(all_of(Customer)[0]).phones} == {"+48 600100200", "+49 600100200"}


def test_the_same_file_in_another_language_changes_nothing() -> None:
    text = "number,name,phone,mobile,home phone\n1,A,600100200,501502503,112\n"
    import_text(text)
    with translation.override("pl"):
        assert import_text(text, on_duplicate=OnDuplicate.UPDATE).skipped == 1


def test_rows_that_repeat_each_other_are_duplicates_too() -> None:
    text = "number,name,email\n1,A,a@a.example\n1,B,b@a.example\n2,C,A@a.example\n"
    assert import_text(text).skipped == 2
    assert (import_text(text, on_duplicate=OnDuplicate.UPDATE).failed, len(all_of(Customer))) == (0, 1)
    fresh = import_text("number,name\n8,A\n8,B\n", on_duplicate=OnDuplicate.CREATE)
    assert (fresh.created, problems(fresh)) == (1, [(3, "This number is in use already.")])


def test_an_update_that_cannot_be_saved_is_reported() -> None:
    make_customer("First", number="1")
    make_customer("Second", emails=("second@a.example",))
    summary = import_text("number,name,email\n5,Third,second@a.example\n1,First,\n", on_duplicate=OnDuplicate.UPDATE)
    assert (summary.updated, summary.skipped) == (1, 1)
    long = "x" * 301
    assert problems(import_text(f"name,email\n{long},second@a.example\n"))[0][0] == 2


def test_a_record_that_an_update_changed_is_known_by_what_it_says_now() -> None:
    """A later row with the number that it had got broke the import off."""
    make_customer("First", number="1", emails=("first@a.example",))
    text = "number,name,email\n5,Fifth,first@a.example\n5,Fifth again,other@a.example\n1,Another,\n,Sixth,other@a.example\n"
    summary = import_text(text, on_duplicate=OnDuplicate.UPDATE)
    assert (summary.created, summary.updated, summary.failed) == (1, 3, 0)
    assert [(row.number, row.name) for row in all_of(Customer)] == [("5", "Sixth"), ("1", "Another")]


def test_an_update_that_makes_a_record_too_large_is_reported_and_the_rest_goes_on() -> None:
    make_customer("Full", number="1", phones=tuple(f"600{n:06}" for n in range(200)))
    summary = import_text("number,name,phone\n1,Full,5015025\n2,Next,\n", on_duplicate=OnDuplicate.UPDATE)
    assert (summary.created, summary.updated, [line for line, _text in problems(summary)]) == (1, 0, [2])


def test_a_row_that_cannot_even_be_read_is_reported() -> None:
    summary = import_text(f"name,note\nA,{'x' * 70_000}\nB,\n")
    assert (summary.created, [line for line, _text in problems(summary)]) == (1, [2])


def test_persons_are_told_from_companies() -> None:
    import_text("name,type\nAnn,Osoba fizyczna\nPort,Firma\nPier,\n")
    assert [row.kind for row in all_of(Customer)] == ["person", "company", "company"]


def test_new_records_get_the_owner_of_the_order_unless_the_file_names_one(alice: User, bob: User) -> None:
    import_text("name,owner\nA,\nB,bob@mooring.example\n", owner=alice)
    assert [row.owner for row in all_of(Customer)] == [alice, bob]


def test_leads_are_imported_with_company_and_number() -> None:
    summary = import_text(
        "id,Imię,Nazwisko,Firma,Email\nL1,Jan,Kowalski,Port,jan@port.example\n,,,Only Company,x@y.example\n", "leads"
    )
    assert summary.created == 2
    lead, other = all_of(Lead)
    assert (lead.name, lead.company_name, lead.number, other.name) == ("Jan Kowalski", "Port", "L1", "Only Company")
    assert import_text("id,name\nL1,Jan Nowak\n", "leads", on_duplicate=OnDuplicate.UPDATE).updated == 1
    assert all_of(Lead)[0].name == "Jan Nowak"


def test_contacts_find_their_parents_by_number() -> None:
    customer, lead = make_customer("Acme", number="X1"), make_lead("Lead", number="X1")
    other = make_lead("Other", number="X2")
    summary = import_text(
        "id,parent_kind,parent_id,name,email,job title\n1,customer,X1,Ann,ann@a.example,Boss\n2,lead,X1,Ben,ben@a.example,\n"
        "3,,X2,Cid,cid@a.example,\n4,customer,X9,Dan,dan@a.example,\n5,,,Eve,eve@a.example,\n6,lead,,Fay,,\n",
        "contacts",
    )
    assert (summary.created, [line for line, _text in problems(summary)]) == (3, [5, 6, 7])
    places = [contact_data(row).affiliations[0] for row in all_of(Contact)]
    assert [place.customer or place.lead for place in places] == [customer, lead, other]
    assert places[0].job_title == "Boss"


def test_a_known_contact_at_another_customer_gets_that_place() -> None:
    first, second = make_customer("First", number="1"), make_customer("Second", number="2")
    make_contact("Ann", at=(first,), emails=("ann@a.example",))
    make_contact("Nameless Address", at=(first,))
    text = (
        "Customer no.,Name,Email\n1,Ann,ann@a.example\n2,Ann,ann@a.example\n"
        "2,Bo,bo@a.example\n1,Bo,bo@a.example\n1,Nameless address,\n"
    )
    summary = import_text(text, "contacts")
    assert (summary.created, summary.updated, summary.skipped) == (1, 2, 2)
    ann, _nameless, bo = all_of(Contact)
    assert [place.customer for place in contact_data(ann).affiliations] == [first, second]
    assert [place.customer for place in contact_data(bo).affiliations] == [second, first]
    again = import_text(
        "Customer no.,Name,Email,Position\n2,Ann,ann@a.example,CEO\n", "contacts", on_duplicate=OnDuplicate.UPDATE
    )
    assert (again.updated, [row.job_title for row in contact_data(ann).affiliations]) == (1, ["", "CEO"])


def test_a_dry_run_counts_and_keeps_nothing() -> None:
    summary = import_text("name\nA\nB\n", is_dry_run=True)
    assert (summary.created, all_of(Customer), JournalEntry.objects.count()) == (2, [], 0)


def test_progress_is_told_after_every_batch() -> None:
    text = "name,email\n" + "".join(f"N{n},n{n}@a.example\n" for n in range(1_100))
    seen: list[int] = []
    order = Order(kind="customers", by=BY_COMMAND, now=NOW)
    import_records(file=io.BytesIO(text.encode()), order=order, progress=lambda summary: seen.append(summary.row_count))
    assert seen == [500, 1_000, 1_100]


def test_a_batch_takes_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    text = "number,name,email,domains,phone,city\n" + "".join(
        f"{n},N{n},n{n}@d{n}.example,d{n}.example,600{n:06},Ghent\n" for n in range(400)
    )
    with django_assert_max_num_queries(75):
        assert import_text(text).created == 400


_WHOLE: Final = re.compile(r"(?:SCAN|Seq Scan on) customers_(?:customer|lead|contact|emailaddress|affiliation)\b(?! USING)")


def test_no_record_is_looked_for_by_reading_a_whole_table() -> None:
    """500 numbers were: at a million customers it took a quarter of a second for each batch, and for each card with a number."""
    files = {
        "customers": "number,name,email\n1,A,a@a.example\n,B,\n",
        "leads": "number,name,email\n1,A,a@a.example\n,B,\n",
        "contacts": "name,email,parent id,company\nAnn,ann@a.example,1,\nBen,,,B\n",
    }
    with CaptureQueriesContext(connection) as queries:
        for kind, text in files.items():
            import_text(text, kind)  # type: ignore[arg-type]  # a Kind
        make_customer("C", number="2")
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert not [sql for sql in asked if _WHOLE.search(explained(sql))]


def test_only_so_many_problems_are_kept_but_all_are_counted() -> None:
    summary = import_text("name,email\n" + "x,nonsense\n" * 1_200, on_bad_value=OnBadValue.REFUSE)
    assert (summary.failed, len(summary.problems)) == (1_200, 1_000)


def test_guards_against_formulas_are_taken_off_again() -> None:
    import_text("name,note\n'=SUM Ltd,'-1\n'Quoted',x\n")
    assert [(row.name, row.note) for row in all_of(Customer)] == [("=SUM Ltd", "-1"), ("'Quoted'", "x")]


def test_control_characters_do_not_reach_the_database() -> None:
    assert import_text("name,note,number\nA\x00B,x\x00y,N\x001\n").created == 1
    assert [(row.name, row.note, row.number) for row in all_of(Customer)] == [("A B", "xy", "N 1")]
    summary = import_text("name,parent id,email\nA,N\x002,\n", "contacts")
    assert summary.failed == 1


def test_nothing_is_taken_from_a_file_whose_quotes_swallow_its_end() -> None:
    with pytest.raises(UnableToReadFile, match="in line 1203 is never closed"):
        import_text("name,email\n" + "A,\n" * 1_201 + '"B,\nC,\n')
    assert all_of(Customer) == []


def test_later_rows_leave_older_rows_alone(now: datetime) -> None:
    make_customer("Old", number="1", emails=("old@a.example",), now=now - timedelta(days=9))
    import_text("number,name,email\n1,Old,new@a.example\n", on_duplicate=OnDuplicate.UPDATE)
    created = dict(EmailAddress.objects.values_list("key", "created_at"))
    assert created == {"old@a.example": now - timedelta(days=9), "new@a.example": now}
