"""The five rules, one by one, and against the truth table of the collected letters."""

from __future__ import annotations

import csv
from functools import cache

import pytest

from mooring.customers.address_book import AddressBook, AddressRow, DomainRow
from mooring.letters.matching import Match, Scope, candidates, counting_roles, is_stronger, match
from mooring.mail.addresses import match_key
from mooring.mail.parsing import read_header
from mooring.mail.types import Header, Mailbox
from testdata import FOLDER, needs_testdata

CRM = FOLDER / "crm"


def someone(address: str, name: str = "") -> Mailbox:
    return Mailbox(name, address, match_key(address))


def address(key: str, kind: str, record_id: int, *, is_contact: bool = False) -> AddressRow:
    return AddressRow(key, kind, record_id, is_contact)  # type: ignore[arg-type]


ANN = someone("Ann@Harbour.example")
LETTER = Header(from_=(ANN,), to=(someone("us@mooring.example"),))
EVERYTHING = AddressBook(
    [
        address("ann@harbour.example", "customer", 1),
        address("ann@harbour.example", "customer", 2, is_contact=True),
        address("ann@harbour.example", "lead", 3),
        address("ann@harbour.example", "lead", 4, is_contact=True),
    ],
    [DomainRow("harbour.example", 5, False)],
)


def rules(found: tuple[Match, ...]) -> list[tuple[str, int, str]]:
    return [(each.kind, each.record_id, each.rule) for each in found]


def test_every_record_that_any_rule_reaches_is_linked_strongest_first() -> None:
    assert rules(match(LETTER, EVERYTHING, Scope())) == [
        ("customer", 1, "customer_email"),
        ("customer", 2, "customer_contact"),
        ("lead", 3, "lead_email"),
        ("lead", 4, "lead_contact"),
        ("customer", 5, "customer_domain"),
    ]


def test_a_record_is_linked_once_with_its_strongest_rule_even_from_a_later_header() -> None:
    book = AddressBook([address("office@harbour.example", "customer", 5)], [DomainRow("harbour.example", 5, False)])
    letter = Header(from_=(ANN,), cc=(someone("office@harbour.example"),))
    assert match(letter, book, Scope()) == (Match("customer", 5, "customer_email", "office@harbour.example", "cc"),)


def test_among_equal_rules_the_first_header_names_the_address() -> None:
    book = AddressBook([], [DomainRow("harbour.example", 5, False)])
    letter = Header(to=(someone("b@harbour.example"),), reply_to=(someone("a@harbour.example"),))
    assert match(letter, book, Scope()) == (Match("customer", 5, "customer_domain", "a@harbour.example", "reply_to"),)


def test_customers_are_not_matched_when_clients_are_not_synced() -> None:
    assert {each.kind for each in match(LETTER, EVERYTHING, Scope(syncs_customers=False))} == {"lead"}


def test_leads_are_not_matched_when_leads_are_not_synced() -> None:
    assert {each.kind for each in match(LETTER, EVERYTHING, Scope(syncs_leads=False))} == {"customer"}


@pytest.mark.parametrize(
    "scope",
    [Scope(own_keys=frozenset({"ann@harbour.example"})), Scope(own_domains=frozenset({"harbour.example"}))],
    ids=["own address", "own domain"],
)
def test_our_own_addresses_and_domains_never_count(scope: Scope) -> None:
    assert match(LETTER, EVERYTHING, scope) == ()
    assert candidates(LETTER, scope) == {"us@mooring.example"}


def test_a_public_mail_domain_never_matches_as_a_domain_but_its_addresses_do() -> None:
    book = AddressBook([address("ann@gmail.com", "lead", 1)], [DomainRow("gmail.com", 2, True)])
    letter = Header(from_=(someone("ann@gmail.com"), someone("stranger@gmail.com")))
    assert rules(match(letter, book, Scope())) == [("lead", 1, "lead_email")]


def test_a_domain_matches_hosts_below_it_only_where_ticked() -> None:
    book = AddressBook([], [DomainRow("harbour.example", 1, False), DomainRow("harbour.example", 2, True)])
    letter = Header(from_=(someone("ann@mail.harbour.example"),))
    assert rules(match(letter, book, Scope())) == [("customer", 2, "customer_domain")]


def test_a_domain_that_merely_ends_alike_does_not_match() -> None:
    book = AddressBook([], [DomainRow("harbour.example", 2, True)])
    assert match(Header(from_=(someone("ann@notharbour.example"),)), book, Scope()) == ()


def test_addresses_of_an_ambiguous_header_do_not_count_while_others_do() -> None:
    letter = Header(from_=(ANN,), cc=(someone("bea@harbour.example"),), ambiguous=frozenset({"from"}))
    assert [each.address for each in match(letter, EVERYTHING, Scope())] == ["bea@harbour.example"]
    assert candidates(letter, Scope()) == {"bea@harbour.example"}


def test_an_address_without_a_key_does_not_count() -> None:
    assert list(counting_roles(Header(from_=(Mailbox("Ann", "ann at harbour", ""),)))) == []


def test_rules_made_by_people_are_never_weaker() -> None:
    assert is_stronger("customer_email", than="lead_email")
    assert not is_stronger("lead_email", than="customer_email")
    assert not is_stronger("customer_email", than="manual")
    assert not is_stronger("thread", than="customer_domain")


@needs_testdata
@pytest.mark.parametrize(("truth", "below"), [("truth_exact.csv", False), ("truth_subdomain.csv", True)])
def test_links_of_the_collected_letters_are_exactly_the_truth(truth: str, below: bool) -> None:
    book = truth_book(below)
    scope = Scope(own_domains=frozenset({"aspeedtech.com"}))
    wanted: dict[str, set[tuple[str, ...]]] = {}
    firsts: dict[str, tuple[str, ...]] = {}
    for row in rows(truth):
        links = wanted.setdefault(row["letter"], set())
        if row["kind"]:
            link = (row["kind"], row["id"], row["rule"], row["address"], row["header"].replace("-", "_"))
            links.add(link)
            firsts.update({row["letter"]: link} if row["first"] == "1" else {})
    assert len(wanted) == 580
    for letter, links in wanted.items():
        found = [
            (each.kind, f"{each.kind[0].upper()}{each.record_id:03}", each.rule, each.address, each.role)
            for each in match(header_of(letter), book, scope)
        ]
        assert set(found) == links, letter
        assert len(found) == len(links)
        assert found[:1] == ([firsts[letter]] if links else [])


@cache
def header_of(letter: str) -> Header:
    return read_header((FOLDER / "threads" / letter).read_bytes())


def rows(name: str) -> list[dict[str, str]]:
    with (CRM / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def truth_book(below: bool) -> AddressBook:
    number = lambda code: int(code[1:])  # noqa: E731
    addresses = [address(match_key(row["email"]), "customer", number(row["id"])) for row in rows("customers.csv") if row["email"]]
    addresses += [address(match_key(row["email"]), "lead", number(row["id"])) for row in rows("leads.csv") if row["email"]]
    addresses += [
        address(match_key(row["email"]), row["parent_kind"], number(row["parent_id"]), is_contact=True)
        for row in rows("contacts.csv")
    ]
    domains = [DomainRow(host, number(row["id"]), below) for row in rows("customers.csv") for host in row["domains"].split()]
    return AddressBook(addresses, domains)
