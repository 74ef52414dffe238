"""What ran in the background tells in the bell that it has ended, once, and shows there how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

import making
from desk.world import client_of
from mooring.activities.job_notices import carry_on_jobs, tell_of_import
from mooring.activities.models import Notice
from mooring.customers import bulk_editing
from mooring.customers.bulk_editing import Wish, change_found, undo_change
from mooring.customers.bulk_jobs import PAUSE, stop_change
from mooring.customers.models import BulkChange, BulkField, CustomerStatus
from mooring.customers.queries import CustomerFilters
from mooring.desk.notice_lines import JOB_PAGES
from mooring.users.journal import Actor
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, int]]:
    return [(row.job.partition("-")[0], row.facts["what"], row.facts["done"]) for row in Notice.objects.order_by("pk")]


def begun(by: User, now: datetime, wish: Wish, count: int = 1) -> BulkChange:
    """A job of the worker, who has yet to find its customers."""
    word = f"Job{BulkChange.objects.count()}"
    for number in range(count):
        making.make_customer(f"{word} {number}", owner=by)
    return change_found(filters=CustomerFilters(text=word), wish=wish, by=Actor(by, "desk"), now=now)


def carry_on(now: datetime) -> None:
    while carry_on_jobs(now=now):
        pass


@pytest.fixture(autouse=True)
def _all_are_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_editing, "MOST", 0)


def test_whoever_began_a_job_sees_it_run_behind_the_bell_and_is_told_once_that_it_ended(
    bob: User, alice: User, now: datetime
) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    move, browser = begun(bob, now, Wish(BulkField.ARCHIVED, None), 2), client_of(bob)
    change = begun(bob, now, Wish(BulkField.STATUS, status.pk), 2)
    bell = browser.get(reverse("bell")).content.decode()
    assert ("runs in the background" in bell, "every 5s" in bell) == (True, True)
    jobs = browser.get(f"{reverse('notices')}?part=jobs", headers={"HX-Request": "true"}).content.decode()
    assert [f"/bulk-changes/{job.pk}/" in jobs for job in (change, move)] == [True, True]
    assert "runs in the background" not in client_of(alice).get(reverse("bell")).content.decode()
    assert [carry_on_jobs(now=now) for _found_and_moved in range(2)] == [2, 2]
    assert told() == [("bulk_change", "archived", 2)]
    carry_on(now + timedelta(seconds=1))
    assert told()[1:] == [("bulk_change", "change", 2)]
    undo_change(change=change, by=Actor(bob, "desk"), now=now)
    carry_on(now + timedelta(seconds=2))
    assert told()[2:] == [("bulk_change", "undo", 2)]
    begun(bob, now, Wish(BulkField.RESTORED, None))
    carry_on(now + timedelta(seconds=3))
    page = browser.get(reverse("notices")).content.decode()
    said = (
        "2 records were changed.",
        "2 records are as they were.",
        "Moving to the archive has ended: 2 customers.",
        "Restoring has ended: 0 customers.",
        "Finished in",
    )
    assert [text in page for text in said] == [True] * 5
    assert "runs in the background" not in browser.get(reverse("bell")).content.decode()


def test_a_job_that_fails_each_time_is_set_aside_told_and_tried_again_from_its_page(bob: User, now: datetime) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    broken, sound = (begun(bob, now, Wish(BulkField.STATUS, status.pk)) for _number in range(2))
    BulkChange.objects.filter(pk=broken.pk).update(value="nonsense", changed_at=timezone.now())
    page, browser = reverse("bulk_change", args=[broken.pk]), client_of(bob)
    carry_on(now)
    assert told() == [("bulk_change", "change", 1)], "the job behind it went on"
    assert "tried again by itself" in browser.get(page).content.decode()
    for number in (1, 3):
        assert carry_on_jobs(now=now + PAUSE * number - timedelta(seconds=1)) == 0
        carry_on(now + PAUSE * number)
    assert Notice.objects.latest("pk").facts["state"] == "failed"
    assert "A bulk change broke off after 0 records." in browser.get(reverse("notices")).content.decode()
    assert [text in browser.get(page).content.decode() for text in ("(ValueError)", "Try again", "Broken off")] == [True] * 3
    assert "broken off" in browser.get(reverse("bulk_changes")).content.decode()
    BulkChange.objects.filter(pk=broken.pk).update(value=status.pk)
    again = reverse("retry_bulk_change", args=[broken.pk])
    browser.post(again)
    assert "It goes on already." in browser.post(again, follow=True).content.decode()
    carry_on(now + timedelta(hours=1))
    assert told()[-1] == ("bulk_change", "change", 1)
    assert [BulkChange.objects.get(pk=job.pk).changed_count for job in (broken, sound)] == [1, 1]


def test_whoever_stops_a_job_is_not_told_that_it_ended(bob: User, now: datetime) -> None:
    stop_change(change=begun(bob, now, Wish(BulkField.RESTORED, None)), now=now)
    assert (carry_on_jobs(now=now), told()) == (0, [])


def test_of_two_jobs_that_end_at_one_moment_each_is_told_once(bob: User, now: datetime) -> None:
    for _number in range(2):
        begun(bob, now, Wish(BulkField.ARCHIVED, None))
    carry_on(now)
    assert told() == [("bulk_change", "archived", 1)] * 2


def test_a_job_whose_end_cannot_be_told_ends_all_the_same(bob: User, now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    job = begun(bob, now, Wish(BulkField.ARCHIVED, None))
    for _twice in range(2):
        Notice.objects.create(user=bob, kind="job", job=f"bulk_change-{job.pk}", facts={}, at=now)
    carry_on(now)
    assert (BulkChange.objects.get().changed_count, "Nobody was told" in caplog.text) == (1, True)


@pytest.mark.parametrize(
    ("state", "said"),
    [("done", "boats.csv was imported: 3 records."), ("tried", "was tried out."), ("failed", "broke off.")],
)
def test_the_bell_says_what_an_import_came_to(state: str, said: str, bob: User, now: datetime) -> None:
    facts = {"name": "boats.csv", "state": state, "done": 3}
    tell_of_import(user=bob, import_id=7, facts=facts, now=now)
    page = client_of(bob).get(reverse("notices")).content.decode()
    assert (said in page, reverse("import", args=[7]) in page) == (True, True)


def test_the_bell_outlives_the_pages_that_old_notices_name(bob: User, now: datetime) -> None:
    notice = Notice.objects.create(user=bob, kind="job", job="bulk_move-7", facts={"what": "archive", "done": 2}, at=now)
    assert client_of(bob).get(reverse("notices")).status_code == 200
    import_module("mooring.activities.migrations.0011_no_notices_of_moves").forget_notices_of_moves(apps, None)
    assert not Notice.objects.filter(pk=notice.pk).exists()


@pytest.mark.parametrize("name", JOB_PAGES)
def test_every_page_that_a_notice_of_a_job_names_is_there(name: str) -> None:
    assert reverse(name, args=[7])
