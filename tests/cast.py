"""The cast: alice administers, bob sells, carol is a customer's contact, dave left. And a fixed now.

A plugin of pytest, named in conftest.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections, transaction
from django.test import TransactionTestCase

import making
from mooring.customers.models import Contact
from mooring.users.models import Role, User
from mooring.users.staff import add_user


@pytest.fixture(autouse=True)
def nobody_has_asked_for_much_yet() -> None:
    """Limits are counted in the cache of the process, which outlives a test; on PostgreSQL they go with its transaction."""
    if isinstance(caches["default"], LocMemCache):
        caches["default"].clear()


@pytest.fixture
def now() -> datetime:
    return making.NOW


@pytest.fixture
def alice(db: None) -> User:
    """Administers; signs in with making.PASSWORD."""
    return _member("alice", Role.ADMINISTRATOR)


@pytest.fixture
def bob(db: None) -> User:
    """Sells; signs in with making.PASSWORD."""
    return _member("bob", Role.SALES_PERSON)


@pytest.fixture
def rita(db: None) -> User:
    """Reads everything and changes nothing; signs in with making.PASSWORD."""
    return _member("rita", Role.READ_ONLY)


@pytest.fixture
def dave(db: None) -> User:
    """Left: his password is right and opens nothing."""
    user = _member("dave", Role.SALES_PERSON)
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db()
    return user


@pytest.fixture
def carol(db: None) -> Contact:
    """A contact at the customer Harbour Ltd."""
    harbour = making.make_customer("Harbour Ltd", emails=("office@harbour.example",), domains=("harbour.example",))
    return making.make_contact("Carol Quay", at=(harbour,), emails=("carol@harbour.example",))


def _member(name: str, role: str) -> User:
    return add_user(
        email=f"{name}@mooring.example",
        name=name.capitalize(),
        role=role,
        password=making.PASSWORD,
        by=making.BY_COMMAND,
        now=making.NOW,
    )


@pytest.fixture(autouse=True, scope="session")
def rows_are_taken_away_quickly() -> Iterator[None]:
    """Tests with real transactions empty all tables at their end, which the triggers of the journal refuse, rightly."""
    empty = TransactionTestCase._fixture_teardown

    def empty_without_triggers(self: Any) -> None:
        with connections["default"].cursor() as cursor:
            if _may_silence(cursor):
                _empty_silently(cursor)
                return
            cursor.execute("ALTER TABLE users_journalentry DISABLE TRIGGER USER")
            try:
                empty(self)
            finally:
                cursor.execute("ALTER TABLE users_journalentry ENABLE TRIGGER USER")

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", empty_without_triggers)
    yield
    patch.undo()


def _may_silence(cursor: Any) -> bool:
    """Whether we may order that no trigger is heard: on a PostgreSQL of somebody else we may not."""
    if connections["default"].vendor == "sqlite":
        return True
    cursor.execute("SELECT current_setting('is_superuser') = 'on'")
    return bool(cursor.fetchone()[0])


_OF_THE_PROGRAM = {"django_content_type", "auth_permission"}
"""What Django itself fills again after it has emptied all tables; they may as well keep it."""


def _empty_silently(cursor: Any) -> None:
    """Delete the rows of tables that have any: to truncate more than a hundred empty ones takes a quarter of a second.

    All at once, after the last page that a browser asked for when its test ended: SQLite and PostgreSQL let us wait for it.
    """
    with transaction.atomic(), _silenced(cursor):
        for table in _filled(cursor):
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of our tables


def _filled(cursor: Any) -> list[str]:
    tables = set(connections["default"].introspection.django_table_names(only_existing=True, include_views=False))
    looks = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in sorted(tables - _OF_THE_PROGRAM)]  # noqa: S608
    cursor.execute(" UNION ALL ".join(looks))
    return [table for (table,) in cursor.fetchall()]


_ARMED = ("users_journalentry", "sales_opportunity", "sales_pipeline", "sales_stage", "sales_ancestry")
"""Whose triggers refuse that rows go, or keep sums, which would be of what is half gone."""


@contextmanager
def _silenced(cursor: Any) -> Iterator[None]:
    """Within this transaction the triggers that mind are not there."""
    if connections["default"].vendor == "postgresql":
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        return
    cursor.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    triggers = [(name, sql) for name, sql, table in cursor.fetchall() if table in _ARMED]
    for name, _sql in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in triggers:
        cursor.execute(sql)
