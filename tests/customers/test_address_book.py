"""The address book: exactly who is meant, on made-up rows and over the collected letters."""

from __future__ import annotations

import csv
from collections import defaultdict
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import BY_COMMAND, NOW, make_contact, make_customer, make_lead
from mooring.customers.address_book import AddressBook, AddressRow, DomainRow, Entry
from mooring.customers.addresses import address_book_for
from mooring.customers.models import Customer, CustomerDomain, Lead
from mooring.customers.record_data import DomainData
from mooring.mail.addresses import match_key
from mooring.transfer.importing import import_records
from mooring.transfer.orders import Order
from testdata import FOLDER, needs_testdata

RULES = ("customer_email", "customer_contact", "lead_email", "lead_contact", "customer_domain")


def test_an_address_leads_to_every_record_that_has_it_with_its_rule() -> None:
    book = AddressBook(
        [
            AddressRow("a@x.example", "lead", 3, is_contact=False),
            AddressRow("a@x.example", "customer", 2, is_contact=True),
            AddressRow("a@x.example", "customer", 1, is_contact=False),
            AddressRow("a@x.example", "customer", 1, is_contact=False),
            AddressRow("b@x.example", "lead", 4, is_contact=True),
        ]
    )
    assert book.for_key("a@x.example") == (
        Entry("customer", 1, "customer_email"),
        Entry("customer", 2, "customer_contact"),
        Entry("lead", 3, "lead_email"),
    )
    assert book.for_key("b@x.example") == (Entry("lead", 4, "lead_contact"),)
    assert book.for_key("c@x.example") == book.for_domain("x.example") == ()


def test_a_domain_is_that_host_and_hosts_below_only_where_ticked() -> None:
    book = AddressBook(
        domains=[DomainRow("x.example", 1, False), DomainRow("x.example", 2, True), DomainRow("mail.x.example", 2, False)]
    )
    assert book.for_domain("X.example") == (Entry("customer", 1, "customer_domain"), Entry("customer", 2, "customer_domain"))
    assert book.for_domain("mail.x.example") == book.for_domain("a.b.x.example") == (Entry("customer", 2, "customer_domain"),)
    assert book.for_domain("notx.example") == book.for_domain("example") == book.for_domain("not a host") == ()


def test_a_public_suffix_reaches_no_host_below_it() -> None:
    book = AddressBook(domains=[DomainRow("co.uk", 1, True), DomainRow("github.io", 1, True)])
    assert book.for_domain("firm.co.uk") == book.for_domain("someone.github.io") == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["x.example", "a.x.example", "b.a.x.example", "y.example"]), st.integers(1, 3), st.booleans())
    ),
    st.sampled_from(["x.example", "a.x.example", "b.a.x.example", "c.x.example", "y.example", "xx.example"]),
)
def test_domains_agree_with_comparing_every_one(rows: list[tuple[str, int, bool]], host: str) -> None:
    book = AddressBook(domains=[DomainRow(*row) for row in rows])
    expected = {customer for domain, customer, below in rows if host == domain or (below and host.endswith("." + domain))}
    assert [entry.record_id for entry in book.for_domain(host)] == sorted(expected)


def test_the_book_of_a_batch_knows_records_contacts_and_domains(db: None) -> None:
    customer = make_customer(
        emails=("main@x.example", "more@x.example"),
        domains=("x.example", DomainData(domain="y.example", includes_subdomains=True)),
    )
    lead = make_lead(emails=("lead@x.example",))
    make_contact(at=(customer, lead), emails=("both@gmail.com",))
    book = address_book_for(["main@x.example", "more@x.example", "lead@x.example", "both@gmail.com", "a@mail.y.example", ""])
    assert book.for_key("more@x.example") == (Entry("customer", customer.pk, "customer_email"),)
    assert book.for_key("lead@x.example") == (Entry("lead", lead.pk, "lead_email"),)
    assert book.for_key("both@gmail.com") == (
        Entry("customer", customer.pk, "customer_contact"),
        Entry("lead", lead.pk, "lead_contact"),
    )
    assert book.for_domain("mail.y.example") == (Entry("customer", customer.pk, "customer_domain"),)


def test_a_contact_that_is_nowhere_leads_to_nobody(db: None) -> None:
    contact = make_contact(emails=("lost@x.example",))
    contact.affiliations.all().delete()
    assert address_book_for(["lost@x.example"]).for_key("lost@x.example") == ()


def test_two_queries_serve_a_batch_of_any_size(db: None, django_assert_num_queries: Any) -> None:
    customer = make_customer(emails=("someone@host70000.example",), domains=("host69999.example",))
    with django_assert_num_queries(2):
        book = address_book_for([f"someone@host{n}.example" for n in range(70_001)])
    assert book.for_key("someone@host70000.example") == (Entry("customer", customer.pk, "customer_email"),)
    assert len(book.for_domain("host69999.example")) == 1
    with django_assert_num_queries(0):
        address_book_for([])


@needs_testdata
@pytest.mark.parametrize("truth", ["truth_exact.csv", "truth_subdomain.csv"])
def test_collected_letters_lead_to_the_records_of_the_truth(db: None, truth: str) -> None:
    for kind in ("customers", "leads", "contacts"):
        with (FOLDER / "crm" / f"{kind}.csv").open("rb") as file:
            import_records(file=file, order=Order(kind=kind, by=BY_COMMAND, now=NOW))  # type: ignore[arg-type]
    CustomerDomain.objects.update(includes_subdomains=truth == "truth_subdomain.csv")
    numbers = {("customer", row.pk): row.number for row in Customer.objects.unscoped("a test looks at everything")}
    numbers |= {("lead", row.pk): row.number for row in Lead.objects.unscoped("a test looks at everything")}
    wanted: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    with (FOLDER / "crm" / truth).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            wanted[row["letter"]] |= {(row["kind"], row["id"], row["rule"])} if row["kind"] else set()
    keys = {letter: keys_of(FOLDER / "threads" / letter) for letter in wanted}
    book = address_book_for(set().union(*keys.values()))
    assert {letter: linked(book, keys[letter], numbers) for letter in wanted} == dict(wanted)


def linked(book: AddressBook, keys: set[str], numbers: dict[tuple[str, int], str]) -> set[tuple[str, str, str]]:
    """Every record once with its strongest rule."""
    found: dict[tuple[str, int], str] = {}
    for key in keys:
        for entry in (*book.for_key(key), *book.for_domain(key.rpartition("@")[2])):
            before = found.get((entry.kind, entry.record_id), entry.rule)
            found[entry.kind, entry.record_id] = min(before, entry.rule, key=RULES.index)
    return {(record[0], numbers[record], rule) for record, rule in found.items()}


def keys_of(path: Path) -> set[str]:
    header = BytesHeaderParser().parsebytes(path.read_bytes())
    names = ("from", "reply-to", "sender", "to", "cc", "bcc")
    texts = [str(value) for name in names for value in header.get_all(name, [])]
    keys = {match_key(address) for _name, address in getaddresses(texts)}
    return {key for key in keys if key and not key.endswith("@aspeedtech.com")}
