"""Which records an address or a domain belongs to, for one batch of letters. Pure: no database, no Django.

The book knows nothing of own addresses, public mail domains or what an account synchronises; letters.matching does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mooring.mail.addresses import domain_key, parent_domains

Kind = Literal["customer", "lead"]
Rule = Literal["customer_email", "customer_contact", "lead_email", "lead_contact", "customer_domain"]


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A record and the rule by which an address reaches it."""

    kind: Kind
    record_id: int
    rule: Rule


@dataclass(frozen=True, slots=True)
class AddressRow:
    """An e-mail address of a record itself, or of a contact there."""

    key: str
    kind: Kind
    record_id: int
    is_contact: bool


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A customer's domain: that host, and hosts below it where `includes_subdomains`."""

    domain: str
    customer_id: int
    includes_subdomains: bool


class AddressBook:
    """Answers in the order of record and rule, each record and rule once."""

    def __init__(self, addresses: Iterable[AddressRow] = (), domains: Iterable[DomainRow] = ()) -> None:
        self._by_key: dict[str, set[Entry]] = {}
        self._by_domain: dict[str, set[DomainRow]] = {}
        for address in addresses:
            self._by_key.setdefault(address.key, set()).add(_entry_of(address))
        for domain in domains:
            self._by_domain.setdefault(domain.domain, set()).add(domain)
        self._answers: dict[str, tuple[Entry, ...]] = {}

    def for_key(self, key: str) -> tuple[Entry, ...]:
        """Records that have exactly this address (a match key), and records of contacts who have it."""
        return tuple(sorted(self._by_key[key])) if key in self._by_key else ()

    def for_domain(self, host: str) -> tuple[Entry, ...]:
        """Customers whose domain is this host, or stands above it and includes hosts below."""
        if host not in self._answers:
            self._answers[host] = self._look_up(host)
        return self._answers[host]

    def _look_up(self, host: str) -> tuple[Entry, ...]:
        customers = {
            row.customer_id
            for domain in hosts_to_look_up(host)
            for row in self._by_domain.get(domain, ())
            if row.includes_subdomains or domain == domain_key(host)
        }
        return tuple(Entry("customer", customer_id, "customer_domain") for customer_id in sorted(customers))


def hosts_to_look_up(host: str) -> tuple[str, ...]:
    """The domains under which a customer of this host could be entered: itself and those above it."""
    return parent_domains(host)


def _entry_of(row: AddressRow) -> Entry:
    if row.kind == "customer":
        return Entry("customer", row.record_id, "customer_contact" if row.is_contact else "customer_email")
    return Entry("lead", row.record_id, "lead_contact" if row.is_contact else "lead_email")
