"""The journal: lines are added and read, and nobody, not even the database's owner by accident, changes them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from making import actor
from mooring.users.journal import WORKER, Actor, Line, changes_between, entries_about, entries_of_everything, record, record_all
from mooring.users.models import JournalEntry, JournalIsFinal, User


def write(now: datetime, *, by: Actor = WORKER, record_id: int = 7, kind: str = "customer", name: str = "Acme") -> JournalEntry:
    return record(by=by, action="changed", kind=kind, record_id=record_id, name=name, changes={"name": ["A", name]}, now=now)


def test_a_line_says_who_what_when_and_from_where(alice: User, now: datetime) -> None:
    entry = write(now, by=actor(alice, address="192.0.2.9"))
    entry.refresh_from_db()
    assert (entry.user, entry.source, entry.address, entry.at) == (alice, "desk", "192.0.2.9", now)
    assert (entry.action, entry.record_kind, entry.record_id, entry.record_name) == ("changed", "customer", 7, "Acme")
    assert entry.changes == {"name": ["A", "Acme"]}
    assert str(entry) == "changed customer Acme"


def test_a_long_name_is_cut_to_its_column(db: None, now: datetime) -> None:
    assert len(write(now, name="x" * 500).record_name) == 300


def test_querysets_refuse_to_change_or_delete_lines(db: None, now: datetime) -> None:
    entry = write(now)
    with pytest.raises(JournalIsFinal):
        JournalEntry.objects.update(action="other")
    with pytest.raises(JournalIsFinal):
        JournalEntry.objects.filter(pk=entry.pk).delete()
    with pytest.raises(JournalIsFinal):
        JournalEntry.objects.bulk_update([entry], ["action"])


@pytest.mark.parametrize("statement", ["UPDATE users_journalentry SET action = 'x'", "DELETE FROM users_journalentry"])
def test_the_database_refuses_to_change_or_delete_lines(db: None, now: datetime, statement: str) -> None:
    write(now)
    with pytest.raises(DatabaseError, match="lines of the journal"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert JournalEntry.objects.get().action == "changed"


def test_saving_or_deleting_a_line_that_exists_is_refused(db: None, now: datetime) -> None:
    entry = write(now)
    entry.action = "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.delete()
    assert JournalEntry.objects.get().action == "changed"


def test_postgresql_refuses_to_empty_the_journal(db: None, now: datetime) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    write(now)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE users_journalentry")


@pytest.mark.django_db(transaction=True)
def test_triggers_stand_again_after_a_test_that_emptied_all_tables(now: datetime) -> None:
    write(now)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_journalentry")


def test_lines_about_a_record_come_newest_first_and_page_by_page(db: None, now: datetime) -> None:
    for minute in range(5):
        write(now + timedelta(minutes=minute))
    write(now, record_id=8)
    write(now, kind="lead")
    first = entries_about(kind="customer", record_id=7, limit=3)
    rest = entries_about(kind="customer", record_id=7, before_id=first[-1].pk, limit=3)
    assert [entry.at - now for entry in first + rest] == [timedelta(minutes=minute) for minute in (4, 3, 2, 1, 0)]


def test_lines_bring_their_users_with_one_query(alice: User, now: datetime, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    write(now, by=actor(alice))
    write(now, by=actor(alice))
    with django_assert_num_queries(1):
        assert [str(entry.user) for entry in entries_about(kind="customer", record_id=7)] == ["Alice", "Alice"]


def test_the_whole_journal_is_read_by_person_and_by_kind(alice: User, bob: User, now: datetime) -> None:
    write(now, by=actor(alice), kind="lead")
    write(now, by=actor(bob), kind="customer")
    assert [entry.record_kind for entry in entries_of_everything(user=alice)] == ["lead"]
    assert [entry.user for entry in entries_of_everything(kind="customer")] == [bob]
    assert len(entries_of_everything(limit=3)) == 3


def test_many_lines_are_written_with_few_queries(db: None, now: datetime, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_max_num_queries(8):
        record_all((Line("created", "customer", n, f"C{n}", {}) for n in range(300)), by=WORKER, now=now)
    assert JournalEntry.objects.count() == 300


def test_only_fields_that_differ_are_changes() -> None:
    assert changes_between({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None, "d": 4}) == {"b": [2, 3], "d": [None, 4]}
