"""The pages about many letters: the module Email, the Emails tab, the report, search; each with a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

import making
from desk.kept_letters import keep, letters, queries_of
from desk.world import client_of
from letters.making_letters import make_account, make_folder, raw_letter
from mooring.customers.models import Customer
from mooring.desk.forms.places import place_in_words
from mooring.letters.models import Link, MailAccount
from mooring.users.models import User

pytestmark = pytest.mark.django_db
LATER = making.NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        "/email/",
        "/email/all/",
        "/email/accounts/{box}/",
        "/reports/synced-emails/",
        "/customers/{harbour}/emails/",
        "/search/?q=ropes",
    ],
)
def test_pages_take_the_same_number_of_queries_however_many_letters(
    browser: Client, box: MailAccount, harbour: Customer, url: str
) -> None:
    url = url.format(harbour=harbour.pk, box=box.pk)
    letters(box, 2, to=(harbour,))
    before = queries_of(browser, url)
    letters(box, 9, to=(harbour,), word="More ropes")
    assert queries_of(browser, url) == before


def test_a_search_for_records_and_letters_takes_at_most_twelve_queries(
    browser: Client, bob: User, box: MailAccount, harbour: Customer
) -> None:
    making.make_lead("Harold", owner=bob)
    making.make_contact("Harry", at=(harbour,))
    letters(box, 3, to=(harbour,), word="Harness")
    assert queries_of(browser, "/search/?q=har") <= 12


def test_the_mailbox_is_paged_and_goes_back(browser: Client, box: MailAccount) -> None:
    letters(box, 60)
    first = browser.get("/email/")
    assert [line.subject for line in first.context["lines"]][:2] == ["Ropes 000", "Ropes 001"]
    second = browser.get("/email/", {"after": first.context["page"].next})
    assert [line.subject for line in second.context["lines"]] == [f"Ropes {number:03}" for number in range(50, 60)]
    back = browser.get("/email/", {"before": second.context["page"].previous})
    assert [line.subject for line in back.context["lines"]] == [line.subject for line in first.context["lines"]]


def test_unread_letters_are_counted_and_shown_alone(browser: Client, box: MailAccount) -> None:
    keep(box, raw_letter(subject="New"))
    keep(box, raw_letter(subject="Read"), flags=("\\Seen",))
    page = browser.get("/email/").content.decode()
    assert '1<span class="visually-hidden"> unread' in page
    alone = browser.get("/email/?unread=1")
    assert [line.subject for line in alone.context["lines"]] == ["New"]


def test_a_folder_shows_its_own_letters(browser: Client, box: MailAccount) -> None:
    keep(box, raw_letter(subject="In"))
    keep(box, raw_letter(subject="Out"), folder="Sent")
    sent = make_folder(box, "Sent")
    page = browser.get(reverse("email_folder", args=[sent.pk]))
    assert [line.subject for line in page.context["lines"]] == ["Out"]


@pytest.mark.parametrize("url", ["/email/", "/email/all/", "/email/bin/"])
def test_email_takes_at_most_twelve_queries_with_a_conversation_open(
    browser: Client, bob: User, box: MailAccount, harbour: Customer, url: str
) -> None:
    making.make_lead("Lighthouse", owner=bob)
    first = keep(box, raw_letter(message_id="<1@t.example>"), to=(harbour,))
    for number in range(2, 9):
        keep(box, raw_letter(message_id=f"<{number}@t.example>", extra="In-Reply-To: <1@t.example>"), to=(harbour,))
    make_account(bob, is_main=True)
    letters(box, 20, to=(harbour,))
    assert queries_of(browser, f"{url}?letter={first.pk}") <= 12
    assert queries_of(browser, reverse("beside_letter", args=[first.pk])) <= 12


def test_a_letter_opens_beside_its_list(browser: Client, box: MailAccount) -> None:
    letter = keep(box)
    page = browser.get(f"/email/?letter={letter.pk}").content.decode()
    assert 'id="reading"' in page
    assert 'aria-current="true"' in page


@pytest.mark.parametrize(
    "query", ["letter=x", "letter=99999999999999999999", "letter=-1", "after=x", "before=%00", "unread=maybe"]
)
def test_an_address_that_makes_no_sense_is_the_list(browser: Client, box: MailAccount, query: str) -> None:
    keep(box)
    assert browser.get(f"/email/?{query}").status_code in (200, 400, 404)


def test_letters_of_colleagues_do_not_open_in_ones_mailbox(browser: Client, box: MailAccount, alice: User) -> None:
    keep(box)
    hidden = keep(make_account(alice, is_main=True))
    assert browser.get(f"/email/?letter={hidden.pk}").status_code == 404


def test_without_a_mailbox_the_module_leads_to_a_new_one(browser: Client, rita: User) -> None:
    page = browser.get("/email/").content.decode()
    assert reverse("new_profile_account") in page
    seen = client_of(rita).get("/email/").content.decode()
    assert reverse("new_profile_account") not in seen
    assert "An administrator can add you to a group" in seen


def test_the_emails_tab_says_why_each_letter_is_there(browser: Client, box: MailAccount, harbour: Customer) -> None:
    letters(box, 1, to=(harbour,))
    page = browser.get(reverse("customer_emails", args=[harbour.pk])).content.decode()
    assert "Ropes 000" in page
    assert "ann@harbour.example is an address of the customer" in page


def test_a_contacts_tab_shows_the_letters_of_their_addresses(browser: Client, box: MailAccount, harbour: Customer) -> None:
    ann = making.make_contact("Ann", at=(harbour,), emails=("ann@harbour.example",))
    letters(box, 2, to=(harbour,))
    keep(box, raw_letter(sender="eve@else.example", subject="Other"), to=(harbour,))
    page = browser.get(reverse("contact_emails", args=[ann.pk])).content.decode()
    assert "Ropes 001" in page
    assert "Other" not in page


def test_the_report_reads_its_filters_as_a_sentence(browser: Client, box: MailAccount, harbour: Customer) -> None:
    letters(box, 1, to=(harbour,))
    letters(box, 1, word="Dentist")
    query = {"linked": "no", "text": "dentist", "since": "2026-01-01", "account": box.pk}
    answer = browser.get("/reports/synced-emails/", query)
    assert [row["letter"].subject for row in answer.context["page"].rows] == ["Dentist 000"]
    words = [f"{chip.label} {chip.value}" for chip in answer.context["chips"]]
    assert words == ["that contain dentist", "since Jan. 1, 2026", "of bob@mooring.example", "that are Not linked"]
    assert "linked=no" not in answer.context["chips"][3].off_url


@pytest.mark.parametrize(
    "query",
    [
        *("since=soon", "account=999", "rule=magic", "text=%22%27)(*", "text=AND+OR+NEAR(", "after=%3C"),
        *("since=0001-01-01", "since=9999-12-31", "until=0001-01-01", "until=9999-12-31", "text=before:9999+after:0001"),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_filters_that_make_no_sense_never_fail(browser: Client, box: MailAccount, query: str, zone: str) -> None:
    User.objects.filter(pk=box.owner_id).update(time_zone=zone)
    keep(box)
    assert browser.get(f"/reports/synced-emails/?{query}").status_code == 200


def test_accounts_of_others_are_no_filter(browser: Client, alice: User) -> None:
    other = make_account(alice, address="secret@mooring.example")
    page = browser.get("/reports/synced-emails/", {"account": other.pk}).content.decode()
    assert "secret@mooring.example" not in page


def test_many_letters_are_linked_at_once_and_only_visible_ones(
    browser: Client, box: MailAccount, harbour: Customer, alice: User
) -> None:
    found = letters(box, 3)
    hidden = keep(make_account(alice))
    data = {
        "ids": [letter.pk for letter in found],
        "record": place_in_words(harbour),
        "next": "/reports/synced-emails/?linked=no",
    }
    assert browser.post("/reports/synced-emails/assign/", data).headers["Location"] == "/reports/synced-emails/?linked=no"
    assert Link.objects.filter(customer=harbour, rule="manual").count() == 3
    browser.post("/reports/synced-emails/assign/", {**data, "ids": [hidden.pk]})
    assert not Link.objects.filter(letter=hidden).exists()


def test_ticked_letters_leave_as_mbox_with_the_readers_rights(browser: Client, box: MailAccount, alice: User) -> None:
    own = keep(box, raw_letter(subject="Mine", body="From here on"))
    hidden = keep(make_account(alice), raw_letter(subject="Hidden"))
    answer = browser.post("/reports/synced-emails/mbox/", {"ids": [own.pk, hidden.pk]})
    mbox = b"".join(answer).decode()
    assert mbox.startswith("From ann@harbour.example ")
    assert "\n>From here on" in mbox
    assert "Hidden" not in mbox


def test_an_mbox_says_which_letters_bytes_are_lost(browser: Client, box: MailAccount) -> None:
    whole, lost = keep(box, raw_letter(subject="Whole")), keep(box, raw_letter(subject="Lost"))
    lost.original.pack = "99999999.pack"
    lost.original.save()
    mbox = b"".join(browser.post("/reports/synced-emails/mbox/", {"ids": [whole.pk, lost.pk]})).decode()
    assert "Whole" in mbox
    assert "Subject: Lost" in mbox
    assert "could not be read" in mbox


def test_the_table_holds_no_formulas(browser: Client, box: MailAccount) -> None:
    keep(box, raw_letter(subject="=cmd()"))
    table = b"".join(browser.get("/reports/synced-emails/table/")).decode("utf-8-sig")
    assert table.splitlines()[0].startswith("account,folder,message_id")
    assert "'=cmd()" in table


@pytest.mark.parametrize("text", ['"', "(", "a AND", "*", "col:x", "NEAR(", "a" * 500, "'; DROP", "-", "from:", "since:x"])
def test_a_search_never_fails_whatever_is_typed(browser: Client, box: MailAccount, text: str) -> None:
    keep(box)
    for headers in ({}, {"HX-Request": "true"}):
        assert browser.get("/search/", {"q": text}, headers=headers).status_code == 200


def test_search_finds_letters_with_the_readers_rights(browser: Client, box: MailAccount, alice: User) -> None:
    keep(box, raw_letter(subject="Bowline knots"))
    keep(make_account(alice), raw_letter(subject="Bowline secret"))
    for headers in ({}, {"HX-Request": "true"}):
        page = browser.get("/search/?q=bowline", headers=headers).content.decode()
        assert "Bowline knots" in page
        assert "Bowline secret" not in page
