"""Customers > Archive as people click it: the question, the move, the undo, the way back."""

from __future__ import annotations

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from desk.world import client_of
from making import NOW, make_customer, make_user
from mooring.customers import bulk_editing
from mooring.customers.bulk_jobs import carry_on_changes
from mooring.customers.models import BulkChange, Customer
from mooring.desk import chosen_records
from mooring.users.journal import entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def said(answer: object) -> str:
    return " ".join(LexborHTMLParser(answer.content).body.text(separator=" ").split())  # type: ignore[attr-defined,union-attr]


def archived() -> list[str]:
    return list(Customer.objects.unscoped("a test looks").filter(archived_at__isnull=False).values_list("name", flat=True))


def test_the_question_says_that_nothing_is_removed_for_good_and_changes_nothing(alice: User) -> None:
    harbour = make_customer("Harbour")
    answer = client_of(alice).post(reverse("ask_to_archive"), {"only": harbour.pk})
    assert "not removed for good" in said(answer)
    assert "users cannot sign in until it is restored" in said(answer)
    assert archived() == []


def test_one_button_of_a_row_asks_about_this_row_whatever_is_ticked(alice: User) -> None:
    harbour, pier = make_customer("Harbour"), make_customer("Pier")
    answer = client_of(alice).post(reverse("ask_to_archive"), {"only": harbour.pk, "ids": [pier.pk]})
    assert ("Harbour" in said(answer), "Pier" in said(answer)) == (True, False)


def test_deleted_customers_stand_in_the_archive_as_inactive_and_come_back(alice: User) -> None:
    client, harbour = client_of(alice), make_customer("Harbour")
    client.post(reverse("archive_ticked"), {"ids": [harbour.pk]})
    page = said(client.get(reverse("archive")))
    assert ("Harbour" in page, "Inactive" in page, "Restore selected customers" in page) == (True, True, True)
    client.get(reverse("home"))
    assert "Harbour" not in said(client.get(reverse("customers")))
    assert "In the archive since" in said(client.get(reverse("customer", args=[harbour.pk])))
    client.post(reverse("restore_ticked"), {"ids": [harbour.pk]})
    assert archived() == []


def test_undo_brings_back_exactly_those_of_one_move(alice: User) -> None:
    client, harbour, pier = client_of(alice), make_customer("Harbour"), make_customer("Pier")
    client.post(reverse("archive_ticked"), {"ids": [harbour.pk]})
    client.get(reverse("archive"))
    client.post(reverse("archive_ticked"), {"ids": [pier.pk]})
    undo = LexborHTMLParser(client.get(reverse("customers")).content).css_first(".toast-line form")
    assert undo is not None
    client.post(undo.attributes["action"] or "", {})
    assert archived() == ["Harbour"]


def test_with_nothing_ticked_the_user_is_told_what_to_do(alice: User) -> None:
    client = client_of(alice)
    answer = client.post(reverse("ask_to_archive"), {}, follow=True)
    assert "Tick the customers" in said(answer)


def test_what_was_archived_and_restored_stands_under_recent_bulk_changes_with_its_way_back(alice: User, bob: User) -> None:
    client, harbour = client_of(bob), make_customer("Harbour", owner=bob)
    client.post(reverse("archive_ticked"), {"ids": [harbour.pk]})
    client.post(reverse("restore_ticked"), {"ids": [harbour.pk]})
    listed = said(client_of(alice).get(reverse("bulk_changes")))
    assert [text in listed for text in ("Moved to the archive", "Restored from the archive", "Bob")] == [True] * 3
    assert "Recent bulk changes" in said(client.get(reverse("archive")))
    assert "already" in said(client.post(reverse("restore_ticked"), {"ids": [harbour.pk]}, follow=True))
    undo = reverse("undo_bulk_change", args=[BulkChange.objects.latest("pk").pk])
    client.post(undo)
    assert archived() == ["Harbour"]
    entries = entries_about(kind="customer", record_id=harbour.pk)
    assert [entry.action for entry in entries][:3] == ["archived", "restored", "archived"]
    page = said(client.get(undo.removesuffix("undo/")))
    assert ("As it was before" in page, "What it had" in page) == (True, False)


def test_all_that_a_list_finds_go_and_come_back_as_jobs_that_can_be_stopped(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bulk_editing, chosen_records):
        monkeypatch.setattr(module, "MOST", 1)
    client = client_of(alice)
    for name in ("Harbour North", "Harbour South", "Pier"):
        make_customer(name)
    here = "/customers/?text=harbour"
    assert "Tick the customers" in said(client.post(reverse("ask_to_archive"), {"every": "yes"}, follow=True))
    question = said(client.post(reverse("ask_to_archive"), {"every": "yes", "next": here}))
    assert ("Harbour North …" in question, "Pier" in question) == (True, False)
    job = client.post(reverse("archive_ticked"), {"every": "yes", "next": here}).headers["Location"]
    assert archived() == []
    assert "Looking for all that are found" in said(client.get(job))
    while carry_on_changes(now=NOW):
        pass
    assert ("Finished" in said(client.get(job)), sorted(archived())) == (True, ["Harbour North", "Harbour South"])
    job = client.post(reverse("restore_ticked"), {"every": "yes", "next": "/customers/archive/"}).headers["Location"]
    client.post(f"{job}stop/")
    assert (carry_on_changes(now=NOW), "Stopped" in said(client.get(job)), len(archived())) == (0, True, 2)
    client.post(reverse("restore_ticked"), {"every": "yes", "next": "/customers/archive/"})
    while carry_on_changes(now=NOW):
        pass
    assert archived() == []
    assert client_of(make_user()).get(job).status_code == 404
