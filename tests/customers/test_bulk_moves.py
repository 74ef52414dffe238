"""Many customers moved in one go: a portion at a time, stopped when told, within the rights of whoever began it."""

from __future__ import annotations

from datetime import datetime

import pytest

import making
from mooring.customers import bulk_moves
from mooring.customers.archiving import UnableToArchive
from mooring.customers.bulk_moves import begin_move, carry_on_moves, stop_move
from mooring.customers.models import BulkMoveItem, BulkMoveKind, Customer
from mooring.users.journal import Actor, entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def archived() -> int:
    return Customer.objects.unscoped("a test looks").filter(archived_at__isnull=False).count()


@pytest.fixture
def fleet(bob: User, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(bulk_moves, "PORTION", 2)
    return [making.make_customer(owner=bob).pk for _number in range(5)]


def test_a_move_goes_portion_by_portion_until_nothing_is_left(fleet: list[int], bob: User, now: datetime) -> None:
    move = begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=[*fleet, fleet[0]], by=Actor(bob, "desk", "192.0.2.1"), now=now)
    assert [carry_on_moves(now=now) for _portion in range(4)] == [2, 2, 1, 0]
    move.refresh_from_db()
    assert (move.total, move.done, move.ended_at, archived()) == (5, 5, now, 5)
    entry = entries_about(kind="customer", record_id=fleet[0])[0]
    assert (entry.action, entry.user, entry.address) == ("archived", bob, "192.0.2.1")
    begin_move(kind=BulkMoveKind.RESTORE, customer_ids=fleet, by=Actor(bob, "desk"), now=now)
    while carry_on_moves(now=now):
        pass
    assert archived() == 0


def test_a_stopped_move_leaves_what_is_moved_and_touches_no_more(fleet: list[int], bob: User, now: datetime) -> None:
    move = begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=fleet, by=Actor(bob, "desk"), now=now)
    carry_on_moves(now=now)
    stop_move(move=move, now=now)
    assert (carry_on_moves(now=now), archived(), BulkMoveItem.objects.count()) == (0, 2, 0)
    move.refresh_from_db()
    assert (move.is_stopped, move.done) == (True, 2)


def test_whoever_lost_the_right_moves_nothing_more(fleet: list[int], bob: User, now: datetime) -> None:
    begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=fleet, by=Actor(bob, "desk"), now=now)
    carry_on_moves(now=now)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    while carry_on_moves(now=now):
        pass
    assert archived() == 2


def test_nothing_is_no_move(bob: User, now: datetime) -> None:
    with pytest.raises(UnableToArchive):
        begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=[], by=Actor(bob, "desk"), now=now)
