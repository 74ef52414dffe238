"""What tests with real transactions leave is taken away, also while a page is still being answered."""

from __future__ import annotations

import sqlite3
from threading import Timer

import pytest
from django.db import OperationalError, connection, connections, transaction

from cast import _disarm, _disarm_when_free


@pytest.mark.django_db(transaction=True)
def test_emptying_waits_until_the_last_page_was_answered() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL lets those wait who ask for a table")
    answering = sqlite3.connect(connections["default"].settings_dict["NAME"], uri=True, check_same_thread=False)
    asked = answering.execute("SELECT name FROM sqlite_master")
    asked.fetchone()
    with connection.cursor() as cursor:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            _disarm(cursor)
        answered = Timer(0.2, asked.close)
        answered.start()
        statements = _disarm_when_free(cursor)
        answered.join()
        answering.close()
        assert any("journal_lines_are_never_changed" in statement for statement in statements)
        for statement in statements:
            cursor.execute(statement)
