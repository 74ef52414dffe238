"""Plain rows added without objects read back as if they had been saved one by one."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import Error

from mooring.users.inserting import column_value, insert_records, insert_rows
from mooring.users.models import JournalEntry, SavedView, User


def test_rows_read_back_as_they_were_meant(bob: User, now: datetime) -> None:
    at = column_value(SavedView, "created_at", now)
    columns = ("user_id", "list_name", "name", "query", "is_shared", "created_at")
    rows = [(bob.pk, "leads", f"Ż{n}", '{"a": [1, null]}', bool(n % 2), at) for n in range(3)]
    insert_rows(SavedView, columns, iter(rows))
    views = list(SavedView.objects.order_by("id"))
    assert [(view.user, view.name, view.is_shared, view.created_at) for view in views] == [
        (bob, "Ż0", False, now),
        (bob, "Ż1", True, now),
        (bob, "Ż2", False, now),
    ]
    assert views[0].query == {"a": [1, None]}


def test_records_read_back_as_they_were_and_know_their_ids(bob: User, now: datetime) -> None:
    gone = SavedView.objects.create(user=bob, list_name="leads", name="gone", query={}, created_at=now)
    gone_id = gone.pk
    gone.delete()
    views = [SavedView(user=bob, list_name="leads", name=f"Ż{n}", query={"a": [n, None]}, created_at=now) for n in range(3)]
    insert_records(views)
    assert [SavedView.objects.get(pk=view.pk) for view in views] == views
    found = SavedView.objects.order_by("id")
    assert [(view.name, view.query, view.created_at) for view in found] == [(f"Ż{n}", {"a": [n, None]}, now) for n in range(3)]
    assert min(view.pk for view in found) > gone_id


def test_a_record_saved_after_others_were_inserted_gets_an_id_of_its_own(bob: User, now: datetime) -> None:
    inserted = [SavedView(user=bob, list_name="leads", name=name, query={}, created_at=now) for name in ("one", "two")]
    insert_records(inserted)
    saved = SavedView.objects.create(user=bob, list_name="leads", name="three", query={}, created_at=now)
    inserted[0].name = "changed"
    inserted[0].save()
    assert saved.pk not in {view.pk for view in inserted}
    assert set(SavedView.objects.values_list("name", flat=True)) == {"changed", "two", "three"}


def test_rows_that_are_there_already_are_left_out_only_when_asked(bob: User, now: datetime) -> None:
    columns = ("id", "user_id", "list_name", "name", "query", "is_shared", "created_at")
    at = column_value(SavedView, "created_at", now)
    rows = [(n, bob.pk, "leads", str(n), "{}", False, at) for n in (7, 8)]
    insert_rows(SavedView, columns, rows[:1])
    insert_rows(SavedView, columns, rows, leaves_out_known=True)
    assert SavedView.objects.count() == 2
    with pytest.raises(Error):
        insert_rows(SavedView, columns, rows)


def test_no_rows_need_no_query(db: None, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        insert_rows(JournalEntry, ("action",), [])
        insert_records([])
