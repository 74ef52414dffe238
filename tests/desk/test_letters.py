"""One letter at the desk: who may read it, what its frame may do, how it is linked, refused and turned into a record."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import making
from desk.kept_letters import html_letter, keep
from desk.world import client_of
from letters.making_letters import make_account, raw_letter
from mooring.customers.models import Customer, Lead
from mooring.desk.forms.places import place_in_words
from mooring.letters.models import Letter, Link, MailAccount, UnwantedSender
from mooring.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def harbour(bob: User) -> Customer:
    return making.make_customer("Harbour Ltd", emails=("office@harbour.example",), owner=bob)


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example", is_main=True)


@pytest.fixture
def letter(box: MailAccount, harbour: Customer) -> Letter:
    return keep(box, to=(harbour,))


@pytest.fixture
def browser(bob: User) -> Client:
    return client_of(bob)


PARTS = ("letter", "letter_body", "original", "add_letter_link")


@pytest.mark.parametrize("name", PARTS)
def test_letters_linked_to_nobody_are_their_owners_alone(name: str, box: MailAccount, alice: User, bob: User, rita: User) -> None:
    own = keep(box)
    answers = [client_of(user).get(reverse(name, args=[own.pk])).status_code for user in (bob, alice, rita)]
    assert answers == [200, 404, 404]


@pytest.mark.parametrize("name", PARTS)
def test_private_letters_are_their_owners_alone(
    name: str, box: MailAccount, harbour: Customer, alice: User, bob: User, rita: User
) -> None:
    private = keep(box, to=(harbour,), private=True)
    answers = [client_of(user).get(reverse(name, args=[private.pk])).status_code for user in (bob, alice, rita)]
    assert answers == [200, 404, 404]


def test_attachments_are_looked_for_in_their_own_letter_only(
    browser: Client, box: MailAccount, letter: Letter, alice: User
) -> None:
    other = keep(box, to=())
    strange = reverse("attachment", args=[letter.pk, other.attachments.get().pk])
    assert browser.get(strange).status_code == 404


def test_the_frame_of_a_letter_has_a_policy_of_its_own(browser: Client, letter: Letter) -> None:
    answer = browser.get(reverse("letter_body", args=[letter.pk]))
    assert answer.headers["Content-Security-Policy"] == (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    page = answer.content.decode()
    assert "<b>morning</b>" in page
    assert "script" not in page
    assert "tracker.example" not in page


def test_pictures_from_elsewhere_come_on_request_only(browser: Client, letter: Letter) -> None:
    url = reverse("letter", args=[letter.pk])
    assert "Show pictures" in browser.get(url).content.decode()
    assert "Show pictures" not in browser.get(f"{url}?pictures=remote").content.decode()
    frame = browser.get(reverse("letter_body", args=[letter.pk]) + "?pictures=remote")
    assert "https://tracker.example/dot.gif" in frame.content.decode()
    assert "img-src data: https: http:;" in frame.headers["Content-Security-Policy"]


@pytest.mark.parametrize("file_name", ["prices.html", "pic.svg", 'a"b\r\nSet-Cookie: x=1.pdf', "../../etc/passwd", "żagle.pdf"])
def test_attachments_are_always_downloads(browser: Client, box: MailAccount, file_name: str) -> None:
    letter = keep(box, html_letter(file_name=file_name.replace("\r\n", " ")))
    answer = browser.get(reverse("attachment", args=[letter.pk, letter.attachments.get().pk]))
    assert answer.content == b"%PDF-1.4 prices"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "no-store" in answer.headers["Cache-Control"]
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert not set("/\\\r\n") & set(disposition.partition("filename=")[2])


def test_the_original_is_the_letter_byte_for_byte(browser: Client, box: MailAccount) -> None:
    raw = html_letter(subject="Żagle / ropes")
    letter = keep(box, raw)
    answer = browser.get(reverse("original", args=[letter.pk]))
    assert answer.content == raw
    assert "%C5%BBagle%20%20ropes.eml" in answer.headers["Content-Disposition"]


def test_a_letter_whose_bytes_are_lost_shows_its_stored_text(browser: Client, box: MailAccount) -> None:
    letter = keep(box, raw_letter(body="The stored text"))
    letter.original.pack, letter.original.offset = "99999999.pack", 7
    letter.original.save()
    assert "The stored text" in browser.get(reverse("letter", args=[letter.pk])).content.decode()
    assert browser.get(reverse("original", args=[letter.pk])).status_code == 404


def test_quotes_are_folded_and_links_made_in_plain_text(browser: Client, box: MailAccount) -> None:
    letter = keep(box, raw_letter(body="See https://ropes.example/new <b>now</b>\n\n> how much?\n> tell me"))
    page = browser.get(reverse("letter", args=[letter.pk])).content.decode()
    assert 'href="https://ropes.example/new"' in page
    assert "&lt;b&gt;now" in page
    assert "<summary>Earlier text</summary>" in page


def test_senders_that_cannot_be_trusted_are_marked(browser: Client, box: MailAccount) -> None:
    mixed = keep(box, raw_letter(sender="Support <support@xn--pypal-4ve.example>"))
    assert "mixes alphabets" in browser.get(reverse("letter", args=[mixed.pk])).content.decode()
    unverified = keep(box)
    Letter.objects.unscoped("a test").filter(pk=unverified.pk).update(is_unverified=True)
    assert "can be read in two ways" in browser.get(reverse("letter", args=[unverified.pk])).content.decode()


def test_a_link_says_why_is_taken_off_and_comes_back(browser: Client, letter: Letter) -> None:
    page = browser.get(reverse("letter", args=[letter.pk])).content.decode()
    assert "ann@harbour.example is an address of the customer" in page
    link = letter.links.get()
    removed = browser.post(reverse("remove_letter_link", args=[link.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "belongs to no record yet" in removed
    assert reverse("restore_letter_link", args=[link.pk]) in removed
    back = browser.post(reverse("restore_letter_link", args=[link.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "linked by Bob" in back


def test_taking_off_the_last_link_of_a_colleagues_letter_hides_it(
    alice: User, box: MailAccount, harbour: Customer, letter: Letter
) -> None:
    browser = client_of(alice)
    answer = browser.post(reverse("remove_letter_link", args=[letter.links.get().pk]))
    assert answer.headers["Location"] == reverse("synced_emails")
    assert browser.post(reverse("restore_letter_link", args=[letter.links.get().pk])).status_code == 303
    assert browser.get(reverse("letter", args=[letter.pk])).status_code == 200


def test_a_letter_is_linked_by_name_or_by_code(browser: Client, letter: Letter, bob: User) -> None:
    lead = making.make_lead("Lighthouse", emails=("keeper@lighthouse.example",), owner=bob)
    project = making.make_project("Pier", customer=Customer.objects.visible_to(bob).get())
    for typed in ("lighthouse", place_in_words(project)):
        assert browser.post(reverse("add_letter_link", args=[letter.pk]), {"record": typed}).status_code == 303
    assert set(letter.links.filter(rule="manual").values_list("lead", "project")) == {(lead.pk, None), (None, project.pk)}


def test_records_of_others_are_as_unknown_as_those_that_do_not_exist(browser: Client, letter: Letter, alice: User) -> None:
    hidden = making.make_customer("Hidden Ltd", emails=("x@hidden.example",), owner=alice)
    texts = set()
    for typed in (place_in_words(hidden), "Nobody – C99999"):
        answer = browser.post(reverse("add_letter_link", args=[letter.pk]), {"record": typed})
        assert answer.status_code == 422
        texts.add(answer.content.decode().count("Nothing of this name is known."))
    assert texts == {1}
    assert letter.links.count() == 1


def test_after_linking_from_a_list_one_is_back_in_the_list(browser: Client, letter: Letter, harbour: Customer) -> None:
    making.make_project("Pier", customer=harbour)
    url, back = reverse("add_letter_link", args=[letter.pk]), "/reports/synced-emails/?linked=yes"
    assert "data-open-now" in browser.get(f"{url}?next={back}", headers={"HX-Request": "true"}).content.decode()
    assert browser.post(url, {"record": "Pier", "next": back}).headers["Location"] == back
    away = browser.post(url, {"record": "Pier", "next": "https://evil.example/"})
    assert away.headers["Location"] == "/reports/synced-emails/"


def test_new_records_are_filled_from_a_letter_and_linked_to_it(browser: Client, box: MailAccount, bob: User) -> None:
    letter = keep(box, html_letter(sender="Ivo Mast <ivo@north-sails.example>"))
    page = browser.get(reverse("letter", args=[letter.pk])).content.decode()
    assert "ivo@north-sails.example is not known yet" in page
    query = page.partition(f"{reverse('new_customer')}?")[2].partition('"')[0].replace("&amp;", "&")
    form = browser.get(f"{reverse('new_customer')}?{query}").content.decode()
    for value in ("North sails", "ivo@north-sails.example", "north-sails.example"):
        assert f'value="{value}"' in form
    data = {"name": "North Sails", "kind": "company", "emails-total": "1", "emails-0-address": "ivo@north-sails.example"}
    data |= {"domains-total": "0", "phones-total": "0", "addresses-total": "0"}
    assert browser.post(f"{reverse('new_customer')}?{query}", data).status_code == 303
    link = Link.objects.get(letter=letter)
    assert (str(link.customer), link.rule, link.created_by) == ("North Sails", "manual", bob)


def test_a_contact_from_a_letter_is_offered_at_the_customer_of_its_domain(browser: Client, box: MailAccount, bob: User) -> None:
    north = making.make_customer("North Sails", domains=("north-sails.example",), owner=bob)
    letter = keep(box, html_letter(sender="Ivo Mast <ivo@north-sails.example>"))
    page = browser.get(reverse("letter", args=[letter.pk])).content.decode()
    assert "Contact at North Sails" in page
    assert f"customer={north.pk}" in page


def test_records_of_the_conversation_are_suggested_and_linked_with_one_click(
    browser: Client, box: MailAccount, harbour: Customer, alice: User
) -> None:
    keep(box, raw_letter(message_id="<1@t.example>"), to=(harbour, making.make_customer("Hidden", owner=alice)))
    answer = keep(box, raw_letter(message_id="<2@t.example>", sender="eve@else.example", extra="In-Reply-To: <1@t.example>"))
    page = browser.get(reverse("letter", args=[answer.pk]))
    (suggestion,) = page.context["conversation_links"]
    assert "Link to Harbour Ltd" in page.content.decode()
    browser.post(reverse("add_letter_link", args=[answer.pk]), {"record": suggestion.value})
    link = Link.objects.get(letter=answer)
    assert link.customer == harbour
    assert not browser.get(reverse("letter", args=[answer.pk])).context["conversation_links"]
    browser.post(reverse("remove_letter_link", args=[link.pk]))
    assert not browser.get(reverse("letter", args=[answer.pk])).context["conversation_links"], "taken off is taken off"


def test_a_letter_that_may_not_be_read_is_not_linked_to_a_new_record(browser: Client, alice: User) -> None:
    hidden = keep(make_account(alice))
    data = {"name": "Nosy", "emails-total": "0", "phones-total": "0", "addresses-total": "0"}
    assert browser.post(f"{reverse('new_lead')}?letter={hidden.pk}", data).status_code == 303
    assert Lead.objects.unscoped("a test").filter(name="Nosy").exists()
    assert not Link.objects.filter(letter=hidden).exists()


def test_an_administrator_refuses_a_sender_for_everybody_others_for_themselves(
    browser: Client, box: MailAccount, letter: Letter, alice: User
) -> None:
    browser.post(reverse("refuse_letter_sender", args=[letter.pk]))
    assert [sender.account for sender in UnwantedSender.objects.all()] == [box]
    client_of(alice).post(reverse("refuse_letter_sender", args=[letter.pk]))
    assert None in [sender.account for sender in UnwantedSender.objects.all()]
    mine = browser.get(reverse("profile_email")).content.decode()
    assert "Senders whose letters are never kept" in mine
    sender = UnwantedSender.objects.get(account=box)
    assert browser.post(reverse("accept_refused_sender", args=[sender.pk])).headers["Location"] == "/profile/email/"
    assert not UnwantedSender.objects.filter(account=box).exists()


def test_our_own_letters_offer_neither_new_records_nor_refusal(browser: Client, box: MailAccount) -> None:
    letter = keep(box, html_letter(sender="Bob <bob@mooring.example>"))
    page = browser.get(reverse("letter", args=[letter.pk])).content.decode()
    assert not any(f"New {kind} from this letter" in page for kind in ("customer", "lead", "contact"))
    assert "Never keep" not in page


def test_a_letter_takes_the_same_number_of_queries_however_long_its_thread_and_lists(
    browser: Client, box: MailAccount, harbour: Customer
) -> None:
    first = keep(box, raw_letter(message_id="<one@thread.example>"), to=(harbour,))
    counts = []
    for number in range(4):
        with CaptureQueriesContext(connection) as captured:
            browser.get(reverse("letter", args=[first.pk]))
        counts.append(len(captured))
        extra = "In-Reply-To: <one@thread.example>\nReferences: <one@thread.example>"
        keep(box, raw_letter(message_id=f"<{number}@thread.example>", extra=extra), to=(harbour,))
    assert len(set(counts[1:])) == 1
