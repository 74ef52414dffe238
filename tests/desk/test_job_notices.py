"""What ran in the background tells in the bell that it has ended, once, and shows there how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

import making
from desk.world import client_of
from mooring.activities.job_notices import carry_on_jobs, tell_of_import
from mooring.activities.models import Notice
from mooring.customers import bulk_editing
from mooring.customers.bulk_editing import Wish, change_many, undo_change
from mooring.customers.bulk_moves import begin_move, stop_move
from mooring.customers.models import BulkField, BulkMoveKind, CustomerStatus
from mooring.users.journal import Actor
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, int]]:
    return [(row.job.partition("-")[0], row.facts["what"], row.facts["done"]) for row in Notice.objects.order_by("pk")]


def test_whoever_began_a_job_sees_it_run_behind_the_bell_and_is_told_once_that_it_ended(
    bob: User, alice: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_editing, "MOST", 1)
    monkeypatch.setattr(bulk_editing, "PORTION", 1)
    status = making.make_entry(CustomerStatus, "Dormant")
    ids = [making.make_customer(owner=bob).pk for _number in range(2)]
    by, browser = Actor(bob, "desk"), client_of(bob)
    change = change_many(record_ids=ids, wish=Wish(BulkField.STATUS, status.pk), by=by, now=now)
    move = begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=ids, by=by, now=now)
    bell = browser.get(reverse("bell")).content.decode()
    assert ("runs in the background" in bell, "every 5s" in bell) == (True, True)
    jobs = browser.get(f"{reverse('notices')}?part=jobs", headers={"HX-Request": "true"}).content.decode()
    assert [text in jobs for text in (f"/bulk-changes/{change.pk}/", reverse("bulk_move", args=[move.pk]))] == [True, True]
    assert "runs in the background" not in client_of(alice).get(reverse("bell")).content.decode()
    assert carry_on_jobs(now=now) == 3
    assert told() == [("bulk_move", "archive", 2)]
    while carry_on_jobs(now=now + timedelta(seconds=1)):
        pass
    assert told()[1:] == [("bulk_change", "change", 2)]
    undo_change(change=change, by=by, now=now)
    while carry_on_jobs(now=now + timedelta(seconds=2)):
        pass
    assert told()[2:] == [("bulk_change", "undo", 2)]
    page = browser.get(reverse("notices")).content.decode()
    said = (
        "2 records were changed.",
        "2 records are as they were.",
        "Moving to the archive has ended: 2 customers.",
        "Finished in",
    )
    assert [text in page for text in said] == [True] * 4
    assert "runs in the background" not in browser.get(reverse("bell")).content.decode()


def test_whoever_stops_a_job_is_not_told_that_it_ended(bob: User, now: datetime) -> None:
    move = begin_move(
        kind=BulkMoveKind.RESTORE, customer_ids=[making.make_customer(owner=bob).pk], by=Actor(bob, "desk"), now=now
    )
    stop_move(move=move, now=now)
    assert (carry_on_jobs(now=now), told()) == (0, [])


def test_a_job_whose_customers_are_erased_meanwhile_ends_and_is_told(bob: User, now: datetime) -> None:
    customer = making.make_customer(owner=bob)
    begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=[customer.pk], by=Actor(bob, "desk"), now=now)
    customer.delete()
    carry_on_jobs(now=now)
    assert told() == [("bulk_move", "archive", 0)]


def test_of_two_jobs_that_end_at_one_moment_each_is_told_once(bob: User, now: datetime) -> None:
    for _number in range(2):
        ids = [making.make_customer(owner=bob).pk]
        begin_move(kind=BulkMoveKind.ARCHIVE, customer_ids=ids, by=Actor(bob, "desk"), now=now)
    while carry_on_jobs(now=now):
        pass
    assert told() == [("bulk_move", "archive", 1)] * 2


@pytest.mark.parametrize(
    ("state", "said"),
    [("done", "boats.csv was imported: 3 records."), ("tried", "was tried out."), ("failed", "broke off.")],
)
def test_the_bell_says_what_an_import_came_to(state: str, said: str, bob: User, now: datetime) -> None:
    facts = {"name": "boats.csv", "state": state, "done": 3}
    tell_of_import(user=bob, import_id=7, facts=facts, now=now)
    page = client_of(bob).get(reverse("notices")).content.decode()
    assert (said in page, reverse("import", args=[7]) in page) == (True, True)
