"""Moves to the archive that ran when Mooring was brought up to date go on as bulk changes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import making
from mooring.customers.bulk_editing import undo_change
from mooring.customers.bulk_jobs import carry_on_changes
from mooring.customers.models import BulkChange, Customer
from mooring.users.journal import Actor
from mooring.users.models import User


@pytest.mark.django_db(transaction=True)
def test_moves_that_were_not_at_their_end_go_on_and_undo_knows_the_moments_of_before(alice: User) -> None:
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    going, ended = making.make_customer("Going"), making.make_customer("Ended")
    node = [("customers", "0018_rows_know_owner_and_archive")]
    try:
        MigrationExecutor(connection).migrate(node)
        before = MigrationExecutor(connection).loader.project_state(node).apps.get_model
        for customer, end in ((going, None), (ended, making.NOW)):
            facts = {"kind": "archive", "started_at": making.NOW, "started_by_id": alice.pk, "ended_at": end}
            move = before("customers", "BulkMove").objects.create(total=2, done=1, **facts)
            before("customers", "BulkMoveItem").objects.create(move=move, customer_id=customer.pk)
        facts = {"field": "restored", "changed_by_id": alice.pk, "changed_at": making.NOW, "ended_at": making.NOW}
        restored = before("customers", "BulkChange").objects.create(total=1, changed_count=1, **facts)
        row = {"record_id": ended.pk, "state": "changed", "before": True}
        before("customers", "BulkChangeRow").objects.create(change=restored, **row)
    finally:
        MigrationExecutor(connection).migrate(leaves)
    assert carry_on_changes(now=making.NOW) == 1
    undo_change(change=BulkChange.objects.get(pk=restored.pk), by=Actor(alice, "desk"), now=making.NOW)
    change = BulkChange.objects.exclude(pk=restored.pk).get()
    assert (change.field, change.changed_by, change.total, change.changed_count) == ("archived", alice, 1, 1)
    rested = Customer.objects.unscoped("a test looks").exclude(archived_at=None)
    assert [(row.name, row.archived_at) for row in rested] == [(name, making.NOW) for name in ("Ended", "Going")]
