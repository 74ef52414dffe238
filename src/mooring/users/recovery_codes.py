"""Recovery codes and how they are kept, for staff and portal alike: ten digits, so short that only a slow digest guards them.

They hang on no key of the installation: whoever lost the device gets in with a restored backup and a new secret key, too.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from typing import Final

from django.conf import settings

RECOVERY_CODES: Final = 10
DIGITS: Final = 10
_SALT_BYTES: Final = 12

# A digest reads s14$SALT$HASH, 64 signs: hashed by scrypt in two to the power of 14 rounds.


def new_codes() -> list[str]:
    """Ten different ones."""
    numbers: set[str] = set()
    while len(numbers) < RECOVERY_CODES:
        numbers.add(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}")
    return list(numbers)


def in_fives(code: str) -> str:
    """As people read and type it."""
    return f"{code[:5]} {code[5:]}"


def typed_digits(typed: str) -> str:
    """The digits of what was typed; empty where it cannot be a recovery code."""
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    return digits if len(digits) == DIGITS else ""


def digests_of(codes: Iterable[str]) -> list[str]:
    """What is kept of them, under one new salt, so that a typed code is hashed once. Takes half a second."""
    head = f"s{settings.RECOVERY_CODE_COST:02}${_text(secrets.token_bytes(_SALT_BYTES))}$"
    return [_digest(code, head) for code in codes]


def digests_that_fit(code: str, kept: Iterable[str], *, before: str) -> set[str]:
    """The digests that this code has among those that are kept; `before` is the one it had when the secret key guarded them."""
    heads = {digest[: digest.rindex("$") + 1] if "$" in digest else "" for digest in kept}
    return {_digest(code, head) if head else before for head in heads}


def _digest(code: str, head: str) -> str:
    cost, salt, _rest = head.split("$")
    rounds = 1 << int(cost[1:])
    # 128 bytes for each of eight blocks in each round, and some room beside.
    room = 128 * 8 * (rounds + 16)
    return head + _text(hashlib.scrypt(code.encode(), salt=salt.encode(), n=rounds, r=8, p=1, maxmem=room, dklen=32))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
