"""What was there before sales had words to be found by has them when Mooring is brought up to date."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from making import make_opportunity, make_pipeline, make_sales_mailbox
from mooring.customers.word_search import found_by
from mooring.sales.finding import KINDS, find_sales
from mooring.sales.models import OpportunityWord
from mooring.users.models import User


@pytest.mark.django_db(transaction=True)
def test_what_was_known_before_is_found_by_its_words(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("mooring.sales.migrations.0014_words_of_known_sales"), "AT_ONCE", 2)
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    pipeline = make_pipeline("Łódź deals", mailbox=make_sales_mailbox("Łódź North", number=17))
    for at in range(5):
        make_opportunity(f"Łódź lines {at}", pipeline=pipeline)
    make_opportunity("Lobster", pipeline=pipeline)
    try:
        MigrationExecutor(connection).migrate([("sales", "0012_closed_and_expected_sales")])
    finally:
        MigrationExecutor(connection).migrate(leaves)
    found = [each.name for each in find_sales(reader=alice, found=found_by(KINDS, "lodz"))]
    assert found == ["Łódź North", "Łódź deals", *(f"Łódź lines {at}" for at in (4, 3, 2, 1, 0))]
    assert [each.name for each in find_sales(reader=alice, found=found_by(KINDS, "17"))] == ["Łódź North"]
    assert OpportunityWord.objects.count() == 5 * 3 + 1
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            columns = "information_schema.columns WHERE column_name = 'word' AND table_name ~ '^sales_'"
            cursor.execute(f"SELECT collation_name FROM {columns}")  # noqa: S608  # a constant
            assert [name for (name,) in cursor.fetchall()] == ["C"] * 3
