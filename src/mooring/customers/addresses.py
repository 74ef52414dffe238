"""The address book for a batch of letters: two queries, however many addresses there are.

Archive and links are made for the whole firm, so the book holds every record; who may see the links is asked when they
are shown.
"""

from __future__ import annotations

from collections.abc import Collection

from mooring.customers.address_book import AddressBook, AddressRow, DomainRow, hosts_to_look_up
from mooring.customers.models import CustomerDomain, EmailAddress
from mooring.customers.value_lists import any_of


def address_book_for(keys: Collection[str]) -> AddressBook:
    """What customers, leads and their contacts have to do with these addresses (match keys) and with their domains."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return AddressBook()
    hosts = {domain for host in {key.rpartition("@")[2] for key in wanted} for domain in hosts_to_look_up(host)}
    return AddressBook(_address_rows(wanted), _domain_rows(sorted(hosts)))


def _address_rows(keys: list[str]) -> list[AddressRow]:
    """A contact's address gives one row for every place the contact is at."""
    found = EmailAddress.objects.filter(key__in=any_of(keys)).order_by()
    rows = []
    for key, customer, lead, at_customer, at_lead in found.values_list(
        "key", "customer_id", "lead_id", "contact__affiliations__customer_id", "contact__affiliations__lead_id"
    ):
        if customer or at_customer:
            rows.append(AddressRow(key, "customer", customer or at_customer, is_contact=not customer))
        elif lead or at_lead:
            rows.append(AddressRow(key, "lead", lead or at_lead, is_contact=not lead))
    return rows


def _domain_rows(hosts: list[str]) -> list[DomainRow]:
    found = CustomerDomain.objects.filter(domain__in=any_of(hosts)).order_by()
    return [DomainRow(*row) for row in found.values_list("domain", "customer_id", "includes_subdomains")]
