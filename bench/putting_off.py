"""Indexes left out while very many rows go in, and made afterwards in one sort each, which costs a fraction of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_POSTGRESQL = """
SELECT indexname, tablename, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


@contextmanager
def indexes_put_off(*tables: str) -> Iterator[None]:
    """Of the tables whose names begin so, all indexes but those that constraints need."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE if is_sqlite else _POSTGRESQL)
        left_out = [(name, sql) for name, table, sql in cursor.fetchall() if table.startswith(tables)]
        for name, _sql in left_out:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    yield
    with connection.cursor() as cursor:
        for _name, sql in left_out:
            cursor.execute(sql)
