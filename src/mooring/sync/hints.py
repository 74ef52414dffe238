"""Keyed hashes of the addresses and domains in letters that were not kept, so that they are found when one is added.

The hashes tell nothing without the installation's secret key. With a new key old hints are worthless, never wrong.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

from mooring.letters.matching import Scope, candidates
from mooring.mail.addresses import parent_domains
from mooring.mail.types import Header


def hints_of(header: Header, scope: Scope) -> set[int]:
    """The digests of everybody who could one day be a customer: addresses, their hosts and the hosts above these."""
    keys = candidates(header, scope)
    hosts = {host for key in keys for host in parent_domains(key.rpartition("@")[2]) if not scope.is_public(host)}
    return {address_digest(key) for key in keys} | {domain_digest(host) for host in hosts}


def address_digest(key: str) -> int:
    """The hint of an address (a match key), as the database's signed 64-bit number."""
    return _digest(key)


def domain_digest(host: str) -> int:
    """The hint of a host, which also stands for the hosts below it."""
    return _digest("@" + host)


@lru_cache(maxsize=20_000)
def _digest(text: str) -> int:
    key = blake2b(settings.SECRET_KEY.encode(), person=b"mooring hints").digest()
    return int.from_bytes(blake2b(text.encode(), key=key, digest_size=8).digest(), "big", signed=True)
