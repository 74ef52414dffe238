"""Values of an import that are no good: left out and told, while the rest of their row comes in."""

from __future__ import annotations

import csv
import io
import time

import pytest

from making import NOW, make_contact, make_customer, make_info_field
from mooring.customers.facts import contact_data, customer_data
from mooring.customers.models import Contact, Customer, Tag
from mooring.transfer.cells import values
from mooring.transfer.orders import OnBadValue, OnDuplicate, Problem
from transfer.test_importing import ROWS_WITH_FAULTS, all_of, import_text

pytestmark = pytest.mark.django_db


def test_a_bad_value_is_left_out_and_told_and_the_row_comes_in_without_it() -> None:
    assert import_text(ROWS_WITH_FAULTS, is_dry_run=True).problems == (summary := import_text(ROWS_WITH_FAULTS)).problems
    assert (summary.created, summary.failed, summary.incomplete) == (6, 1, 4)
    assert [(each.line, each.column, each.value) for each in summary.problems] == [
        (4, "", ""),
        (5, "email", "not an address"),
        (7, "type", "robot"),
        (8, "owner", "nobody@x.example"),
        (9, "domains", "not_a_domain!"),
    ]
    assert [row.name for row in all_of(Customer)] == ["Good", "Bad", "Odd", "No", "Dom", "Last"]
    assert "“robot” is neither company nor person." in summary.problems[2].text


def test_the_good_values_of_a_cell_stay() -> None:
    make_customer("Old", number="1", website="https://old.example")
    text = (
        "number,name,email,email 2,email 3,domains,phone,website,street,city,tags\n"
        '1,New,"Ann Lee <ann@a.example>; bad",worse,b@a.example,a.example 1.2,'
        f'{"6" * 61},no site!,{"s" * 301},Ghent,"vip,{"t" * 61}"\n'
    )
    summary = import_text(text, on_duplicate=OnDuplicate.UPDATE)
    assert (summary.updated, summary.incomplete, summary.failed) == (1, 1, 0)
    data = customer_data(all_of(Customer)[0])
    assert (data.name, data.emails, [row.domain for row in data.domains]) == (
        "New",
        ("ann@a.example", "b@a.example"),
        ["a.example"],
    )
    assert (data.phones, data.website, data.addresses[0].city, data.addresses[0].street) == (
        (),
        "https://old.example",
        "Ghent",
        "",
    )
    assert [str(tag) for tag in data.tags] == ["vip"]
    left_out = [(each.column, each.value) for each in summary.problems]
    assert left_out == [
        ("email", "bad"),
        ("email 2", "worse"),
        ("domains", "1.2"),
        ("phone", "6" * 61),
        ("website", "no site!"),
        ("street", "s" * 301),
        ("tags", "t" * 61),
    ]


def test_a_row_without_a_name_once_its_bad_values_are_out_is_left_out_for_both_reasons() -> None:
    summary = import_text("name,email\n,nonsense\n")
    assert summary.problems == [Problem(2, "“nonsense” is not a complete email address. Enter a name.")]
    assert import_text(f"name,number\nA,{'9' * 41}\n").problems == [Problem(2, "Enter at most 40 characters.")]


def test_bad_values_of_rows_that_are_passed_over_are_not_told() -> None:
    make_customer("Known", number="1")
    summary = import_text("number,name,email\n1,Known,nonsense\n")
    assert (summary.skipped, summary.incomplete, summary.problems) == (1, 0, [])


def test_contacts_come_without_a_job_title_that_is_too_long() -> None:
    make_customer("Acme", number="1")
    summary = import_text(f"parent id,name,email,job title\n1,Ann,bad,{'x' * 121}\n9,Ben,bad,\n", "contacts")
    assert (summary.created, summary.incomplete, summary.failed) == (1, 1, 1)
    assert [(each.line, each.column) for each in summary.problems] == [(2, "email"), (2, "job title"), (3, "")]
    assert contact_data(all_of(Contact)[0]).affiliations[0].job_title == ""


def emails_of(cell: str, *more: str) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """What a row with these cells of addresses comes in with, and the columns and values that were told."""
    heads = ("email", *(f"email {number + 2}" for number in range(len(more))))
    file = io.StringIO()
    csv.writer(file).writerows([("name", *heads), ("A", cell, *more)])
    summary = import_text(file.getvalue(), on_duplicate=OnDuplicate.CREATE)
    return customer_data(all_of(Customer)[-1]).emails, [(each.column, each.value) for each in summary.problems]


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (("a@a.example", "b@a.example", "Bob Lee <c@a.example>"), "abc"),
        (("b@a.example\nBob <c@a.example>",), "bc"),
        (("b@a.example, Bob <c@a.example>",), "bc"),
        (("Ann <a@a.example> Bob Lee <b@a.example>",), "ab"),
        (('"Lee, Ann" <a@a.example>; Dr "Bob" Lee <b@a.example>',), "ab"),
        (("a@a.example <a@a.example>",), "a"),
        (("a@a.example Bob<b@a.example>, <c@a.example>",), "abc"),
    ],
)
def test_no_address_is_taken_for_the_name_of_another(cells: tuple[str, ...], kept: str) -> None:
    emails, told = emails_of(*cells)
    assert emails == tuple(f"{letter}@a.example" for letter in kept)
    assert {value for _column, value in told} <= {"Bob"}


def test_a_bad_value_is_told_with_the_column_in_which_it_stood() -> None:
    assert emails_of("a@a.example", "bad2", "bad3") == (("a@a.example",), [("email 2", "bad2"), ("email 3", "bad3")])
    assert emails_of("bad", "bad", "b@a.example bad") == (
        ("b@a.example",),
        [("email", "bad"), ("email 2", "bad"), ("email 3", "bad")],
    )


@pytest.mark.parametrize(
    "text", ["a" * 60_000 + "<", "a" * 60_000 + "<>", '",' * 30_000 + "<>", "<" * 60_000 + ">", "a " * 30_000 + ">"]
)
def test_long_cells_are_read_in_a_time_that_grows_with_their_length(text: str) -> None:
    began = time.perf_counter()
    values({"email": text}, "email")
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("how", list(OnDuplicate))
def test_a_row_whose_only_address_is_bad_is_nobody_known_by_its_name(how: OnDuplicate) -> None:
    make_customer("Jan Kowalski", phones=("501502503",))
    text = "name,email,email 2,phone\nAnna Nowak,anna,,\nAnna Nowak,,anna2,\nJan Kowalski,jan@,,600700800\n"
    summary = import_text(text, on_duplicate=how)
    assert (summary.created, summary.updated, summary.skipped, summary.incomplete) == (3, 0, 0, 3)
    assert [each.value for each in summary.problems] == ["anna", "anna2", "jan@"]
    assert [[phone.number for phone in customer_data(row).phones] for row in all_of(Customer)] == [
        ["501502503"],
        [],
        [],
        ["600700800"],
    ]


def test_a_row_with_a_bad_address_is_known_by_its_number_or_another_address() -> None:
    make_customer("One", number="1")
    make_customer("Two", emails=("two@a.example",))
    summary = import_text("number,name,email\n1,One,bad\n,Two,two@a.example bad\n,Two,\n")
    assert (summary.created, summary.skipped) == (0, 3)


def test_a_contact_whose_only_address_is_bad_is_nobody_known_at_its_place() -> None:
    firm = make_customer("Acme", number="1")
    make_contact("Ann", at=(firm,))
    summary = import_text("parent id,name,email\n1,Ann,bad\n1,Ann,\n", "contacts")
    assert (summary.created, summary.skipped, len(all_of(Contact))) == (1, 1, 2)


def test_a_bad_value_is_told_where_a_known_contact_gets_a_new_place() -> None:
    first, _second = make_customer("First", number="1"), make_customer("Second", number="2")
    make_contact("Ann", at=(first,), emails=("ann@a.example",))
    text = "parent id,name,email,website\n2,Ann,ann@a.example bad,\n2,Ann,ann@a.example worse,\n"
    summary = import_text(text, "contacts")
    assert (summary.updated, summary.skipped, summary.incomplete) == (1, 1, 1)
    assert [each.value for each in summary.problems] == ["bad"]


def test_a_row_that_is_refused_later_tells_its_bad_values_too() -> None:
    make_customer("Full", number="1", phones=tuple(f"600{n:06}" for n in range(200)))
    bad = "“bad” is not a complete email address."
    summary = import_text("number,name,email,phone\n1,Full,bad,5015025\n", on_duplicate=OnDuplicate.UPDATE)
    assert [each.text for each in summary.problems] == [f"Enter at most 200 rows. {bad}"]
    summary = import_text("number,name,email\n1,New,bad\n", on_duplicate=OnDuplicate.CREATE)
    assert [each.text for each in summary.problems] == [f"This number is in use already. {bad}"]
    many = " ".join(f"a{n}@a.example" for n in range(201))
    (problem,) = import_text(f"name,email\nNew,bad {many}\n").problems
    assert problem.text == f"{bad} Enter at most 200 rows."
    make_info_field("Berths", "number", is_required=True)
    (problem,) = import_text("name,berths\nNew,many\n").problems
    assert problem == Problem(2, "“Berths” has to be filled in. Enter a number, like 1234.5.")


def test_a_cell_with_very_many_bad_values_tells_them_at_once() -> None:
    few, many = " ".join(f"bad{n}" for n in range(20)), " ".join(f"bad{n}" for n in range(21))
    assert emails_of(f"a@a.example {few}")[1] == [("email", f"bad{n}") for n in range(20)]
    assert emails_of(f"a@a.example {many}") == (("a@a.example",), [("email", many)])
    summary = import_text(f'name,tags\nB,"vip,{",".join(str(n) * 61 for n in range(30))}"\n')
    assert [each.value for each in summary.problems] == [";".join(str(n) * 61 for n in range(30))]


@pytest.mark.parametrize("how", list(OnDuplicate))
def test_a_tag_that_is_used_no_more_is_left_out_of_new_and_of_known_records(how: OnDuplicate) -> None:
    tag = Tag.objects.create(name="Łódź", retired_at=NOW)
    make_customer("Known", number="1").tags.add(tag)
    make_customer("Bare", number="2")
    numbers = ("7", "8", "9") if how is OnDuplicate.CREATE else ("1", "2", "9")
    summary = import_text("number,name,tags\n" + "".join(f'{each},X,"vip,łódź"\n' for each in numbers), on_duplicate=how)
    told = [(each.line, each.value, each.text) for each in summary.problems]
    lines = (4,) if how is OnDuplicate.SKIP else (2, 3, 4)
    assert told == [(line, "łódź", "The tag “Łódź” is used no more.") for line in lines]
    assert summary.failed == 0
    assert [[str(each) for each in customer_data(row).tags] for row in all_of(Customer)] == {
        OnDuplicate.SKIP: [["Łódź"], [], ["vip"]],
        OnDuplicate.UPDATE: [["vip", "Łódź"], ["vip"], ["vip"]],
        OnDuplicate.CREATE: [["Łódź"], [], ["vip"], ["vip"], ["vip"]],
    }[how]


def test_where_rows_are_refused_a_tag_that_is_used_no_more_stays_with_whoever_has_it() -> None:
    make_customer("Known", number="1").tags.add(Tag.objects.create(name="Old", retired_at=NOW))
    make_customer("Bare", number="2")
    text = "number,name,tags\n1,Renamed,old\n2,Bare,old\n9,New,old\n"
    summary = import_text(text, on_duplicate=OnDuplicate.UPDATE, on_bad_value=OnBadValue.REFUSE)
    assert (summary.created, summary.updated, [each.line for each in summary.problems]) == (0, 1, [3, 4])
    assert {each.text for each in summary.problems} == {"The tag “Old” is used no more."}
