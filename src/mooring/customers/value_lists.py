"""Comparing a column with a list of any length in one query: the list travels as one parameter.

SQLite allows some thousands of parameters in a query, PostgreSQL 65,535; the addresses of a batch may be more.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL


def any_of(values: Collection[str] | Collection[int]) -> RawSQL | list[Any]:
    """For the right side of an `__in`: `filter(key__in=any_of(keys))`. All values of one type."""
    listed: list[Any] = list(values)
    if not listed:
        return []  # its type would not be known, and Django asks nothing at all then
    if connection.vendor == "postgresql":
        element = "bigint" if isinstance(listed[0], int) else "text"
        return RawSQL(f"SELECT unnest(%s::{element}[])", (listed,))  # noqa: S611  # only the type's name is put in
    return RawSQL("SELECT value FROM json_each(%s)", (json.dumps(listed),))  # a constant
