"""What stands in the database, short, to see whether a page changed anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

UNCOUNTED = {"django_session", "users_opensession"}
"""What a mere look may touch: who is signed in."""

QUESTIONS = ("SELECT ", "SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")
"""How statements begin that leave every table as it is."""


@contextmanager
def writes() -> Iterator[list[str]]:
    """The statements within that may have changed something; without any a digest would be the same and is not worth its cost."""
    found: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(QUESTIONS):
            found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def digest() -> dict[str, int]:
    """What stands in every table, short: two equal digests mean that nothing was changed."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} - UNCOUNTED)
    with connection.cursor() as cursor:
        return {table: _digest_of(cursor, table) for table in tables}


def _digest_of(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # names of our own tables
    return hash(tuple(sorted(map(repr, cursor.fetchall()))))
