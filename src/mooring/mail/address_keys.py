"""The form by which addresses and host names are compared.

Nothing here folds what two people could hold apart: no dots are removed, no +tags cut off.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

LONGEST_ADDRESS_BYTES = 320
"""64 for the local part, 255 for the domain and the @ between them (RFC 3696, erratum 1690, names the sum)."""

_ASCII_DOMAIN = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_PLAIN_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+\Z")
_NOT_IN_LOCAL = frozenset('@"\\<>()[],;:')


@lru_cache(maxsize=16_384)
def match_key(address: str) -> str:
    """The form of an address for comparing; empty when it is not usable.

    Trimmed; the local part without needless quotes, in NFC, casefolded; the domain in lower case as IDNA 2008 A-labels.
    At most 320 bytes, exactly one @, no blanks, control or format characters. The key of a key is itself.
    """
    address = address.strip(" \t\r\n")
    if len(address) > LONGEST_ADDRESS_BYTES:
        return ""
    local, _, domain = address.rpartition("@")
    domain = domain_key(domain)
    local = _local_key(local)
    key = f"{local}@{domain}"
    if not local or not domain or len(key.encode("utf-8", "replace")) > LONGEST_ADDRESS_BYTES:
        return ""
    return key


def domain_key(host: str) -> str:
    """A host name in lower case as IDNA 2008 A-labels, without a final dot; empty when it is not a host name."""
    host = host.strip(" \t\r\n").removesuffix(".")
    if len(host) > 253:
        return ""
    if host.isascii():
        host = host.lower()
        return host if _ASCII_DOMAIN.match(host) else ""
    try:
        return idna.encode(unicodedata.normalize("NFC", host.lower())).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, ValueError):
        return ""


def _local_key(local: str) -> str:
    if len(local) > 2 and local[0] == '"' == local[-1]:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    folded = local.lower()
    if _PLAIN_LOCAL.match(folded):
        return folded
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())
    return folded if all(_may_stand_in_local(character) for character in folded) else ""


def _may_stand_in_local(character: str) -> bool:
    return character not in _NOT_IN_LOCAL and unicodedata.category(character)[0] not in "CZ"
