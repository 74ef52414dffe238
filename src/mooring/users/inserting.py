"""Adding very many plain rows: no objects are made, and a statement takes any number of rows.

Measured on 2026-11-21 with 20,000 customers (380,000 rows): Django's bulk_create needs some 40 microseconds a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def insert_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """`columns` are names of fields (with _id for keys), every other column must be nullable. Values go in as a field has them
    in the database: text, whole numbers, booleans, None; times as `column_value` gives them.
    """
    listed = list(rows)
    if not listed:
        return
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(field.column) for field in fields)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
            by_column = [list(values) for values in zip(*listed, strict=True)]
            cursor.execute(f"{into} SELECT * FROM unnest({arrays})", by_column)  # noqa: S608  # names of fields and types alone
        else:
            cursor.executemany(f"{into} VALUES ({', '.join(['%s'] * len(fields))})", listed)


def column_value(model: type[Model], name: str, value: Any) -> Any:
    """The value as the database keeps it; worth asking once where many rows share it."""
    field: Any = model._meta.get_field(name)
    return field.get_db_prep_save(value, connection)
