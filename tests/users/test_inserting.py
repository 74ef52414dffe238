"""Plain rows added without objects read back as if they had been saved one by one."""

from __future__ import annotations

from datetime import datetime

from mooring.users.inserting import column_value, insert_rows
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


def test_no_rows_need_no_query(db: None, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        insert_rows(JournalEntry, ("action",), [])
