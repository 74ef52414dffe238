"""From the finder, the list and the card to one record; the undo; and old addresses that still lead somewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import making
from desk.world import client_of
from mooring.customers.models import Customer
from mooring.merging import queries
from mooring.merging.models import Different, Merge
from mooring.users.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return making.make_user("Olga")


@pytest.fixture
def desk(owner: User) -> Client:
    return client_of(owner)


def harbours(owner: User) -> tuple[Customer, Customer]:
    one = making.make_customer("Harbour", emails=("office@harbour.example",), note="First", owner=owner)
    return one, making.make_customer("Harbour Ltd", phones=("600100200",), number="77", note="Second", owner=owner)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_from_the_finder_to_one_record_and_back(desk: Client, owner: User) -> None:
    one, two = harbours(owner)
    listed = text_of(desk.get("/customers/duplicates/?reason=same_name"))
    assert "Harbour Ltd" in listed
    sent = desk.post("/customers/merge/choose/", {"ids": [one.pk, two.pk]})
    beside = text_of(desk.get(sent.headers["Location"]))
    assert "Keep all notes" in beside
    fields = {"stays": one.pk, "field-name": two.pk, "field-note": "0"}
    done = desk.post(sent.headers["Location"], fields)
    assert done.headers["Location"] == reverse("customer", args=[one.pk])
    card = text_of(desk.get(done.headers["Location"]))
    for words in ("600100200", "Took in", "Merged: ", "Merged into another"):
        assert words in card
    kept = Customer.objects.visible_to(owner).get(pk=one.pk)
    assert (kept.name, kept.number, kept.note) == ("Harbour Ltd", "77", "First\n\nSecond")
    old = desk.get(reverse("customer_emails", args=[two.pk]))
    assert old.headers["Location"] == reverse("customer_emails", args=[one.pk])
    assert "was merged" in text_of(desk.get(old.headers["Location"]))
    assert "Harbour Ltd" in text_of(desk.get("/customers/duplicates/")), "merged lately"
    back = desk.post(reverse("undo_merge", args=[Merge.objects.get().pk]))
    assert back.headers["Location"] == reverse("customer", args=[two.pk])
    assert "is back with all that it had" in text_of(desk.get(back.headers["Location"]))
    again = desk.post(reverse("undo_merge", args=[Merge.objects.get().pk]))
    assert "undone already" in text_of(desk.get(again.headers["Location"]))


def test_nothing_is_merged_while_nobody_said_which_record_stays(desk: Client, owner: User) -> None:
    one, two = harbours(owner)
    address = f"{reverse('merge_customers')}?ids={one.pk}&ids={two.pk}"
    for stays in ({}, {"stays": "x"}, {"stays": making.make_customer("Third", owner=owner).pk}):
        refused = desk.post(address, stays)
        assert ("Choose the record that stays." in text_of(refused), refused.status_code) == (True, 422)
    assert not Merge.objects.exists()


def test_an_old_address_says_nothing_to_whoever_may_not_see_the_winner(desk: Client, owner: User) -> None:
    one, two = harbours(owner)
    desk.post(f"{reverse('merge_customers')}?ids={one.pk}&ids={two.pk}", {"stays": one.pk})
    stranger = client_of(making.make_user("Stranger"))
    assert stranger.get(reverse("customer", args=[two.pk])).status_code == 404


def test_after_an_undo_the_timeline_does_not_name_a_record_that_the_reader_may_not_see(owner: User) -> None:
    boss = client_of(making.make_user("Boss", role=Role.SALES_MANAGER))
    secret, mine = making.make_customer("Secret", owner=making.make_user()), making.make_customer("Mine", owner=owner)
    boss.post(f"{reverse('merge_customers')}?ids={secret.pk}&ids={mine.pk}", {"stays": secret.pk})
    boss.post(reverse("undo_merge", args=[Merge.objects.get().pk]))
    card = reverse("customer", args=[mine.pk])
    assert ("Secret" in text_of(boss.get(card)), "Secret" in text_of(client_of(owner).get(card))) == (True, False)


def test_from_a_card_one_looks_for_the_other_one(desk: Client, owner: User) -> None:
    one, two = harbours(owner)
    url = reverse("merge_customer_with", args=[one.pk])
    assert url in text_of(desk.get(reverse("customer", args=[one.pk])))
    assert "Nothing looks the same" in text_of(desk.get(url))
    assert f"ids={one.pk}&amp;ids={two.pk}" in text_of(desk.get(f"{url}?q=600100200"))
    lead = making.make_lead("Ann", owner=owner)
    assert (
        client_of(making.make_user("M", role=Role.SALES_MANAGER)).get(reverse("merge_lead_with", args=[lead.pk])).status_code
        == 200
    )


def test_not_duplicates_disappear_and_come_back(desk: Client, owner: User) -> None:
    for customer in harbours(owner):
        making.make_contact("Ann", at=(customer,))
    url = "/contacts/duplicates/?reason=same_name"
    assert "Not duplicates" in text_of(desk.get(url))
    ids = list(Customer.objects.visible_to(owner).values_list("affiliations__contact_id", flat=True))
    desk.post("/contacts/duplicates/different/", {"ids": ids})
    assert "No two records" in text_of(desk.get(url))
    desk.post(f"/contacts/duplicates/different/?back=yes&ids={ids[0]}&ids={ids[1]}")
    assert "Not duplicates" in text_of(desk.get(url))


def test_what_was_said_to_be_no_duplicates_is_listed_and_taken_back(
    desk: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_SHOWN", 1)
    url = "/customers/duplicates/different/"
    assert "Nothing was told apart yet" in text_of(desk.get(url))
    pairs = [[making.make_customer(name, owner=owner) for name in ("Harbour", "Harbour Ltd")] for _pair in range(2)]
    for pair in pairs:
        desk.post(url, {"ids": [row.pk for row in pair]})
    assert url in text_of(desk.get("/customers/duplicates/"))
    listed = text_of(desk.get(url))
    assert [text in listed for text in ("Harbour</a> ≠ <a", "Olga", "Older ones")] == [True] * 3
    assert f'value="{pairs[0][0].pk}"' in text_of(desk.get(f"{url}?before={Different.objects.latest('pk').pk}"))
    stranger = client_of(making.make_user("Stranger"))
    assert "Nothing was told apart yet" in text_of(stranger.get(url))
    desk.post(f"{url}?back=yes", {"ids": [row.pk for row in pairs[1]], "next": url})
    left = text_of(desk.get(url))
    assert ("found as such again" in left, Different.objects.count(), "Older ones" in left) == (True, 1, False)


def test_what_cannot_be_merged_is_said(desk: Client, owner: User) -> None:
    one, two = harbours(owner)
    alone = desk.post("/customers/merge/choose/", {"ids": [one.pk]})
    assert "Tick two to five" in text_of(desk.get(alone.headers["Location"]))
    Customer.objects.visible_to(owner).filter(pk=two.pk).update(archived_at=making.NOW)
    refused = desk.post(f"{reverse('merge_customers')}?ids={one.pk}&ids={two.pk}", {"stays": one.pk})
    assert (refused.status_code, "Restore it first" in text_of(refused)) == (422, True)


def test_the_finder_takes_as_many_queries_for_many_as_for_few(
    desk: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        making.make_customer(f"Boat {number // 2}", owner=owner, now=making.NOW + timedelta(days=number))
    with django_assert_max_num_queries(12):
        desk.get("/customers/duplicates/?reason=same_name")


def test_side_by_side_five_cost_as_many_queries_as_two(desk: Client, owner: User, django_assert_max_num_queries: Any) -> None:
    harbour = making.make_customer("Harbour", owner=owner)
    people = [making.make_contact(f"Anna {number}", at=(harbour,), emails=(f"a{number}@harbour.example",)) for number in range(5)]
    firms = [making.make_customer(f"Quay {number}", owner=owner, domains=(f"quay{number}.example",)) for number in range(5)]
    for kind, records in (("contacts", people), ("customers", firms)):
        ids = "&".join(f"ids={record.pk}" for record in records)
        with django_assert_max_num_queries(12):
            beside = text_of(desk.get(f"/{kind}/merge/?{ids}"))
        assert beside.count(str(records[4])) > 1
    with django_assert_max_num_queries(12):
        desk.get(f"/customers/{firms[0].pk}/merge/")
