"""What tests with real transactions leave is taken away, also while a page is still being answered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from threading import Timer

import pytest
from django.db import connection

import making
from cast import _empty_silently
from mooring.customers.models import Customer
from mooring.users.models import JournalEntry, User


def triggers_of_the_journal() -> int:
    tables = {"sqlite": "sqlite_master", "postgresql": "information_schema.triggers"}
    column = {"sqlite": "tbl_name", "postgresql": "event_object_table"}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {tables[connection.vendor]} WHERE {column[connection.vendor]} = 'users_journalentry'"  # noqa: S608
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_everything_is_gone_and_the_journal_still_refuses_to_forget(alice: User) -> None:
    making.make_customer(owner=alice)
    before = triggers_of_the_journal()
    assert JournalEntry.objects.exists()
    with connection.cursor() as cursor:
        _empty_silently(cursor)
    assert not User.objects.exists()
    assert not JournalEntry.objects.exists()
    assert not Customer.objects.unscoped("a test counts everything").exists()
    assert triggers_of_the_journal() == before > 0


@pytest.mark.skipif(connection.vendor != "sqlite", reason="on PostgreSQL nobody waits for those who only read")
@pytest.mark.django_db(transaction=True)
def test_emptying_waits_until_the_last_page_was_answered(alice: User) -> None:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], check_same_thread=False)) as answering:
        asked = answering.execute("SELECT name FROM sqlite_master")
        asked.fetchone()
        answered = Timer(0.2, asked.close)
        answered.start()
        with connection.cursor() as cursor:
            _empty_silently(cursor)
        assert answered.finished.is_set()
        answered.join()
    assert not User.objects.exists()
