"""Which customers and leads a letter belongs to: the five rules over its addresses. Pure; knows no database and no clock.

Every record that any rule reaches is linked once, with its strongest rule and the address that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mooring.customers.address_book import AddressBook, Entry
from mooring.mail.addresses import is_public_domain
from mooring.mail.types import Header, Mailbox

RULES_BY_STRENGTH: Final = ("customer_email", "customer_contact", "lead_email", "lead_contact", "customer_domain")
"""The rules that match by themselves, strongest first."""

_STRENGTH: Final = {rule: place for place, rule in enumerate(RULES_BY_STRENGTH)}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an account may match, and who we are."""

    syncs_customers: bool = True
    syncs_leads: bool = True
    own_keys: frozenset[str] = frozenset()
    """Keys (mail.addresses.match_key) of our own addresses; they never count."""
    own_domains: frozenset[str] = frozenset()
    """Our own hosts, exactly; no address at them counts."""
    is_public: Callable[[str], bool] = is_public_domain
    """Whether a host gives addresses to everybody, so that it never matches as a customer's domain."""


@dataclass(frozen=True, slots=True)
class Match:
    """A record that a letter belongs to, and why: the rule, the address (its key) and the header it stood in."""

    kind: str
    """"customer" or "lead"."""
    record_id: int
    rule: str
    address: str
    role: str


def match(header: Header, book: AddressBook, scope: Scope) -> tuple[Match, ...]:
    """Every record reached, strongest rule first, then in the order of the headers and of the addresses in them."""
    return match_people(outsiders(header, scope), book, scope)


def match_people(people: Iterable[tuple[str, Mailbox]], book: AddressBook, scope: Scope) -> tuple[Match, ...]:
    """The same for the `outsiders` of a letter."""
    found: dict[tuple[str, int], Match] = {}
    for role, mailbox in people:
        for entry in _entries(mailbox, book, scope):
            record = (entry.kind, entry.record_id)
            if record not in found or is_stronger(entry.rule, than=found[record].rule):
                found[record] = Match(entry.kind, entry.record_id, entry.rule, mailbox.key, role)
    return tuple(sorted(found.values(), key=lambda each: _STRENGTH[each.rule]))


def candidates(header: Header, scope: Scope) -> set[str]:
    """The keys of the addresses that count; the address book must answer for these and their domains."""
    return {mailbox.key for _, mailbox in outsiders(header, scope)}


def is_stronger(rule: str, *, than: str) -> bool:
    """Whether one of the five rules decides before another. Rules made by people are never weaker."""
    return rule in _STRENGTH and than in _STRENGTH and _STRENGTH[rule] < _STRENGTH[than]


def counting_roles(header: Header) -> Iterator[tuple[str, Mailbox]]:
    """(role, mailbox) of the addresses that can be read in one way only, in the order of the headers."""
    for role, mailbox in header.people():
        if role not in header.ambiguous and mailbox.key:
            yield role, mailbox


def outsiders(header: Header, scope: Scope) -> list[tuple[str, Mailbox]]:
    """(role, mailbox) of the addresses that count and are not ours, each address once."""
    seen: set[str] = set()
    found = []
    for role, mailbox in counting_roles(header):
        key = mailbox.key
        if key in seen or key in scope.own_keys or (scope.own_domains and mailbox.domain in scope.own_domains):
            continue
        seen.add(key)
        found.append((role, mailbox))
    return found


def _entries(mailbox: Mailbox, book: AddressBook, scope: Scope) -> Iterator[Entry]:
    entries = book.for_key(mailbox.key)
    if scope.syncs_customers and (by_domain := book.for_domain(mailbox.domain)) and not scope.is_public(mailbox.domain):
        entries += by_domain
    for entry in entries:
        if scope.syncs_customers if entry.kind == "customer" else scope.syncs_leads:
            yield entry
