"""Every connection to PostgreSQL is told what pages need of it, without parameters that a pooler would refuse."""

from __future__ import annotations

import pytest
from django.db import connection

from mooring.config.installation import Installation, read_installation

pytestmark = pytest.mark.django_db


def test_no_query_is_compiled() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite compiles no queries")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_the_address_alone_says_which_parameters_a_connection_starts_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_DATABASE_URL", "postgres://ann:p%40ss@db.example:6432/crm?sslmode=require")
    options = _options(read_installation())
    assert options == {"sslmode": "require"}


def _options(installation: Installation) -> dict[str, object]:
    return {name: value for name, value in installation.database()["OPTIONS"].items() if name != "pool"}
