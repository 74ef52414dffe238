"""How accounts are doing, the settings of email, refused senders, and older letters that are offered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import making
from desk.kept_letters import keep
from desk.world import client_of
from letters.making_letters import make_account, make_folder, raw_letter
from mooring.customers.models import Customer
from mooring.letters.models import Link, MailAccount
from mooring.letters.options import EXTRA_PUBLIC_DOMAINS, OWN_DOMAINS
from mooring.letters.unwanted import refuse_sender
from mooring.options.values import read
from mooring.sync.backfill import look_for_additions
from mooring.sync.models import AccountState, FolderState, Item
from mooring.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(bob: User) -> Client:
    return client_of(bob)


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example")


@pytest.fixture
def visited(box: MailAccount) -> MailAccount:
    """An account that was just visited; its inbox holds letters in every state."""
    now = timezone.now()
    AccountState.objects.create(account=box, last_visit_at=now, next_visit_at=now + timedelta(minutes=5))
    folder = make_folder(box, "INBOX", is_synced=True)
    FolderState.objects.create(folder=folder, epoch="1", server_count=7, last_changes_at=now)
    states = ("filed", "filed", "skipped", "listed", "listed", "failed")
    for number, state in enumerate(states):
        Item.objects.create(
            folder=folder, epoch="1", server_id=str(number), rank=number, state=state, received_at=now, error_code="too_large"
        )
    return box


def test_health_says_what_became_of_every_letter(browser: Client, visited: MailAccount) -> None:
    page = browser.get(reverse("account", args=[visited.pk])).content.decode()
    assert "1 letter could not be archived." in page
    assert "Letters that could not be archived" in page
    assert "<dt>Archived</dt><dd>2</dd>" in page
    assert "<dt>Failed</dt><dd>1</dd>" in page


def test_a_first_scan_shows_how_far_it_is_until_it_is_done(browser: Client, visited: MailAccount) -> None:
    url = reverse("account_progress", args=[visited.pk])
    Item.objects.filter(state="failed").update(state="filed")
    going = browser.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<progress" in going
    assert 'hx-trigger="every 3s"' in going
    Item.objects.filter(state="listed").update(state="filed")
    FolderState.objects.update(server_count=6)
    done = browser.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Everything is archived." in done
    assert "hx-trigger" not in done


def test_what_failed_is_tried_again(browser: Client, visited: MailAccount) -> None:
    browser.post(reverse("retry_account", args=[visited.pk]))
    assert not Item.objects.filter(state="failed").exists()


def test_letters_are_read_again_from_a_day_on(browser: Client, visited: MailAccount) -> None:
    answer = browser.post(reverse("read_account_again", args=[visited.pk]), {"since": "2020-01-01"})
    assert answer.status_code == 303
    assert Item.objects.filter(state="listed").count() == 6
    assert browser.post(reverse("read_account_again", args=[visited.pk]), {"since": "soon"}).status_code == 422


def test_vanished_letters_are_asked_about(browser: Client, visited: MailAccount) -> None:
    folder = visited.folders.get()
    FolderState.objects.update(held_vanished_count=40)
    page = browser.get(reverse("account", args=[visited.pk])).content.decode()
    assert "40 letters are no longer on the server" in page
    assert browser.post(reverse("agree_folder_vanished", args=[visited.pk, folder.pk])).status_code == 303


def test_what_a_server_said_is_quoted_and_escaped(browser: Client, visited: MailAccount) -> None:
    AccountState.objects.update(error_code="login_failed", error_said="<b>Go away</b>", failing_since=timezone.now())
    page = browser.get(reverse("account", args=[visited.pk])).content.decode()
    assert "<q>&lt;b&gt;Go away&lt;/b&gt;</q>" in page


def test_removing_an_account_keeps_its_letters(browser: Client, box: MailAccount, bob: User) -> None:
    letter = keep(box)
    browser.post(reverse("remove_account", args=[box.pk]))
    assert browser.get(reverse("account", args=[box.pk])).status_code == 404
    assert browser.get(reverse("letter", args=[letter.pk])).status_code == 200


def test_settings_are_saved_and_errors_stand_at_their_fields(alice: User) -> None:
    browser = client_of(alice)
    fields = browser.get("/setup/email/").context["form"]
    data = {name: str(field.initial) for name, field in fields.fields.items() if field.initial not in (False, "")}
    assert browser.post("/setup/email/", {**data, "letters_own_domains": "mooring.example\nx.example"}).status_code == 303
    assert read(OWN_DOMAINS) == ("mooring.example", "x.example")
    wrong = browser.post("/setup/email/", {**data, "sync_visit_interval_minutes": "soon"})
    assert wrong.status_code == 422
    assert "id_sync_visit_interval_minutes_error" in wrong.content.decode()
    assert browser.post("/setup/email/public-domains/", {"letters_extra_public_domains": "post.example"}).status_code == 303
    assert read(EXTRA_PUBLIC_DOMAINS) == ("post.example",)


def test_a_refused_sender_is_accepted_again(alice: User) -> None:
    browser = client_of(alice)
    assert "No sender is refused" in browser.get("/setup/email/senders/").content.decode()
    sender = refuse_sender(address="pest@spam.example", account=None, by=making.actor(alice), now=making.NOW)
    assert "pest@spam.example" in browser.get("/setup/email/senders/").content.decode()
    browser.post(reverse("accept_refused_sender", args=[sender.pk]))
    assert "No sender is refused" in browser.get("/setup/email/senders/").content.decode()


def test_all_accounts_are_listed_for_administrators(alice: User, visited: MailAccount) -> None:
    page = client_of(alice).get("/setup/email/accounts/").content.decode()
    assert "bob@mooring.example" in page
    assert "1 letter could not be archived." in page


@pytest.fixture
def harbour(bob: User, box: MailAccount) -> Customer:
    """A customer whose address was added after two of its letters had been kept."""
    keep(box, raw_letter(sender="ann@harbour.example"))
    keep(box, raw_letter(sender="ann@harbour.example"))
    customer = making.make_customer("Harbour Ltd", emails=("ann@harbour.example",), owner=bob)
    look_for_additions(now=making.NOW)
    return customer


def test_older_letters_are_offered_linked_and_taken_back(browser: Client, harbour: Customer) -> None:
    card = reverse("customer", args=[harbour.pk])
    page = browser.get(card).content.decode()
    assert "2 older letters of ann@harbour.example" in page
    offer_id = page.partition("/older-letters/")[2].partition("/")[0]
    browser.post(f"/older-letters/{offer_id}/link/")
    assert Link.objects.filter(customer=harbour, removed_at=None).count() == 2
    after = browser.get(card).content.decode()
    assert "2 older letters" not in after
    assert f"/older-letters/{offer_id}/unlink/" in after
    browser.post(f"/older-letters/{offer_id}/unlink/")
    assert not Link.objects.filter(customer=harbour, removed_at=None).exists()


def test_an_offer_is_left_and_does_not_come_back(browser: Client, harbour: Customer) -> None:
    page = browser.get(reverse("customer", args=[harbour.pk])).content.decode()
    offer_id = page.partition("/older-letters/")[2].partition("/")[0]
    browser.post(f"/older-letters/{offer_id}/leave/")
    assert "older letters" not in browser.get(reverse("customer", args=[harbour.pk])).content.decode()
    assert not Link.objects.exists()
    assert browser.post(f"/older-letters/{offer_id}/link/").status_code == 303
    assert not Link.objects.exists()


def test_readers_are_offered_nothing(harbour: Customer, rita: User) -> None:
    assert "older letters" not in client_of(rita).get(reverse("customer", args=[harbour.pk])).content.decode()
