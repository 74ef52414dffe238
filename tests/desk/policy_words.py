"""The words of the access table, and what a row of it is. What the words mean stands in policy.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PRINCIPALS = ("anonymous", "administrator", "owner", "colleague", "reader", "deactivated")
"""`owner` and `colleague` are sales people: the records of the world belong to the first, the second may not see them."""

DERIVED = ("group", "outside")
"""Two more sales people, whose columns nobody writes: `group` works in the owner's group, `outside` in the one below it."""

PUBLIC = "ok ok ok ok ok ok"
HIDDEN = "404 404 404 404 404 404"
NOT_SENT = "405 405 405 405 405 405"
SIGNED_IN = "login ok ok ok ok login"
ADMINISTRATOR = "login ok 403 403 403 login"
NOBODY = "login 405 405 405 405 login"
SEE_RECORD = "login ok ok 404 ok login"
CHANGE_RECORD = "login ok ok 404 403 login"
CHANGE_MODULE = "login ok ok ok 403 login"


@dataclass(frozen=True)
class Row:
    """`args` and the values of `data` that start with "$" name things of the world; "$customer.pk" reads an attribute."""

    get: str
    post: str
    args: tuple[Any, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    """What stands behind the ? of the address."""
    but: dict[str, str] = field(default_factory=dict)
    """The words of derived cells that are no others' words, such as {"group post": "422"}."""


def writes(kind: str, outcome: str = "see") -> str:
    """The same row for a form that is sent: where the page was shown, something is saved."""
    return " ".join(f"W{outcome}" if word == "ok" else word for word in kind.split())


def wanted(name: str, row: Row, principal: str, method: str) -> str:
    """The word of a cell."""
    if f"{principal} {method}" in row.but:
        return row.but[f"{principal} {method}"]
    words: list[str] = getattr(row, method).split()
    return words[PRINCIPALS.index(_like(name, principal))]


def _like(name: str, principal: str) -> str:
    """Being in a group gives what its team has (rows “#team”) and no record of a colleague's; it gives nothing to those below."""
    if principal not in DERIVED:
        return principal
    if not name.endswith("#team"):
        return "colleague"
    return "owner" if principal == "group" else "reader"


def address_name(name: str) -> str:
    """The name of the address that a row is about: rows of one address are told apart by what follows a # sign."""
    return name.partition("#")[0]
