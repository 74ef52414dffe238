"""Many records changed from their list: asked with a preview, done, listed, looked at row by row, undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

import making
from desk.world import client_of
from mooring.customers import bulk_editing, bulk_jobs, gathering
from mooring.customers.bulk_jobs import carry_on_changes
from mooring.customers.models import BulkChange, Customer, CustomerStatus, Lead, Tag
from mooring.desk import chosen_records
from mooring.users.models import Role, RoleRights, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice: User) -> Client:
    return client_of(alice)


def said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def stored(customer: Customer) -> Customer:
    return Customer.objects.unscoped("what the page did").get(pk=customer.pk)


def test_ticked_customers_are_asked_about_changed_and_given_back(bob: User) -> None:
    status = making.make_entry(CustomerStatus, "Merged")
    own, others = making.make_customer("Own", owner=bob), making.make_customer("Not his", owner=making.make_user("Eve"))
    browser, ticked = client_of(bob), {"ids": [own.pk, others.pk]}
    assert '<option value="status">Status</option>' in said(browser.get("/customers/"))
    assert "What shall be changed of 1 record?" in said(browser.post("/customers/change/", ticked))
    asked = said(browser.post("/customers/change/", {**ticked, "change": "status"}))
    assert [text in asked for text in ("They have now: nothing (1)", "Change 1 record", ">Merged</option>")] == [True] * 3
    empty = browser.post("/customers/change/", {**ticked, "change": "status", "sent": "yes"})
    assert (empty.status_code, "Choose what they shall have." in said(empty)) == (422, True)
    sent = {**ticked, "change": "status", "sent": "yes", "value": status.pk}
    assert "1 record was changed." in said(browser.post("/customers/change/", sent, follow=True))
    assert (stored(own).status, stored(others).status) == (status, None)
    undo = f"/bulk-changes/{BulkChange.objects.get().pk}/undo/"
    assert "1 record is as it was." in said(browser.post(undo, follow=True))
    assert stored(own).status is None
    assert "undone already" in said(browser.post(undo, follow=True))


def test_nothing_ticked_that_is_yours_is_told(bob: User) -> None:
    hidden = making.make_customer("Not his", owner=making.make_user("Eve"))
    assert "Tick what shall be changed." in said(client_of(bob).post("/customers/change/", {"ids": hidden.pk}, follow=True))


def test_additional_information_and_owners_are_changed_of_all_that_are_found(desk: Client, bob: User) -> None:
    number = making.make_info_field("Employees", "number")
    one, other = making.make_customer("Wanted"), making.make_customer("Left out")
    every = {"every": "yes", "next": "/customers/?text=wanted"}
    info = {**every, "change": f"info_{number.pk}", "sent": "yes"}
    assert "Enter a number, like 1234.5." in said(desk.post("/customers/change/", {**info, "value": "many"}))
    desk.post("/customers/change/", {**info, "value": "1 200"})
    desk.post("/customers/change/", {**every, "change": "owner", "sent": "yes", "value": bob.pk})
    assert (stored(one).info, stored(one).owner) == ({str(number.pk): "1200"}, bob)
    assert (stored(other).info, stored(other).owner) == ({}, None)
    listed = said(desk.get("/bulk-changes/"))
    assert [text in listed for text in ("Employees: 1,200", "Looked after by: Bob")] == [True, True]
    both = desk.post("/customers/change/", {**info, "value": "7", "is_emptied": "on"})
    assert (both.status_code, "not both" in said(both)) == (422, True)
    desk.post("/customers/change/", {**info, "is_emptied": "on"})
    assert stored(one).info == {}
    desk.post("/customers/change/", {**every, "change": "owner", "sent": "yes", "value": "nobody"})
    assert stored(one).owner is None


def test_a_new_owner_of_ticked_leads_can_be_undone(desk: Client, bob: User) -> None:
    lead = making.make_lead("Reed")
    sent = {"ids": lead.pk, "change": "owner", "sent": "yes", "value": bob.pk}
    assert "1 record was changed." in said(desk.post("/leads/change/", sent, follow=True))
    assert "have it already" in said(desk.post("/leads/change/", sent, follow=True))
    desk.post(f"/bulk-changes/{BulkChange.objects.get().pk}/undo/")
    assert Lead.objects.unscoped("what the page did").get().owner is None


def test_the_page_of_a_change_says_of_each_what_undo_would_do(desk: Client, bob: User) -> None:
    active, dormant = (making.make_entry(CustomerStatus, name) for name in ("Active", "Dormant"))
    customers = [making.make_customer(name, status=active) for name in ("Kept", "Moved")]
    sent = {"ids": [row.pk for row in customers], "change": "status", "sent": "yes", "value": dormant.pk}
    desk.post("/customers/change/", sent)
    Customer.objects.unscoped("changed since").filter(pk=customers[1].pk).update(status=active)
    url = f"/bulk-changes/{BulkChange.objects.get().pk}/"
    page = said(desk.get(url))
    assert [text in page for text in ("Changed; Undo gives back what it had", "it was changed again since")] == [True, True]
    assert "1 record is as it was. 1 was left alone." in said(desk.post(f"{url}undo/", follow=True))
    left = said(desk.get(f"{url}?state=overwritten"))
    assert ("Moved" in left, ">Kept<" in left) == (True, False)
    assert client_of(bob).get(url).status_code == 404


def test_very_many_show_their_progress_and_can_be_stopped(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((bulk_editing, "MOST"), (chosen_records, "MOST"), (bulk_jobs, "PORTION")):
        monkeypatch.setattr(module, name, 1)
    tag = making.make_entry(Tag, "Big")
    contacts = [making.make_contact(name) for name in ("A", "B")]
    sent = {"every": "yes", "next": "/contacts/", "change": "tag_added", "sent": "yes", "value": tag.pk}
    url = desk.post("/contacts/change/", sent).headers["Location"]
    carry_on_changes(now=making.NOW)
    assert "0 of 2" in said(desk.get(url))
    carry_on_changes(now=making.NOW)
    assert "1 of 2" in said(desk.get(f"{url}?part=line", headers={"HX-Request": "true"}))
    assert "1 of 2" in said(desk.get("/bulk-changes/"))
    desk.post(f"{url}stop/")
    assert carry_on_changes(now=making.NOW) == 0
    assert "Stopped" in said(desk.get(url))
    assert [row.tags.count() for row in contacts] == [1, 0]
    monkeypatch.setattr(bulk_editing, "MOST", 0)
    desk.post(f"{url}undo/")
    assert "Stopped. What was given back by then stays so." in said(desk.post(f"{url}stop/", follow=True))


def test_the_page_says_what_was_not_undone_and_who_may_undo_the_rest(alice: User, bob: User) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    customers = [making.make_customer(name, owner=bob) for name in ("Kept", "Given away")]
    his, hers = client_of(bob), client_of(alice)
    sent = {"ids": [row.pk for row in customers], "change": "status", "sent": "yes", "value": status.pk}
    his.post("/customers/change/", sent)
    Customer.objects.unscoped("given away since").filter(pk=customers[1].pk).update(owner=alice)
    url = f"/bulk-changes/{BulkChange.objects.get().pk}/"
    his.post(f"{url}undo/")
    page = said(his.get(url))
    assert "Not all was undone: 1 record was out of reach" in page
    assert "An administrator can undo the rest" in page
    assert "no longer yours to change" in page
    assert "Changed; Undo gives back what it had" in said(hers.get(url))
    assert "Undo the rest" in said(hers.get("/bulk-changes/"))
    hers.post(f"{url}undo/")
    assert ("Not all was undone" in said(hers.get(url)), stored(customers[1]).status) == (False, None)


def test_all_that_are_found_of_very_many_are_looked_for_by_the_worker(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in ((bulk_editing, "MOST", 1), (chosen_records, "MOST", 1), (gathering, "PAGE", 2)):
        monkeypatch.setattr(module, name, value)
    status = making.make_entry(CustomerStatus, "Dormant")
    found = [making.make_customer(f"Harbour {number}") for number in range(3)]
    others = [making.make_customer("Pier")]
    every = {"every": "yes", "next": "/customers/?text=harbour", "change": "status"}
    asked = said(desk.post("/customers/change/", every))
    assert [text in asked for text in ("These may be more than", "is left out", "They have now")] == [
        True,
        True,
        False,
    ]
    assert "What shall be changed of them?" in said(desk.post("/customers/change/", {**every, "change": ""}))
    answer = desk.post("/customers/change/", {**every, "sent": "yes", "value": status.pk}, follow=True)
    assert "Looking for all that are found" in said(answer)
    listed = said(desk.get("/bulk-changes/"))
    assert ("Looking for all that are found" in listed, "of None" in listed) == (True, False)
    change = BulkChange.objects.get()
    others.append(making.make_customer("Harbour built later", now=change.changed_at + timedelta(seconds=1)))
    assert [carry_on_changes(now=making.NOW) for _page in range(3)] == [2, 1, 3]
    assert [stored(row).status for row in (*found, *others)] == [status] * 3 + [None] * 2
    assert "3 changed" in said(desk.get(answer.redirect_chain[-1][0]))
    question = said(desk.post("/customers/archive/ask/", {"every": "yes", "next": "/customers/?text=harbour"}))
    assert ("These may be more than can be looked" in question, "Harbour 0 …" in question) == (True, True)


def test_whoever_lost_the_right_does_not_try_a_broken_change_again(bob: User) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    sent = {"ids": making.make_customer(owner=bob).pk, "change": "status", "sent": "yes", "value": status.pk}
    client_of(bob).post("/customers/change/", sent)
    BulkChange.objects.update(broke_with="ValueError")
    User.objects.filter(pk=bob.pk).update(role=Role.READ_ONLY)
    retry = f"/bulk-changes/{BulkChange.objects.get().pk}/again/"
    assert client_of(User.objects.get(pk=bob.pk)).post(retry).status_code == 403
    assert BulkChange.objects.get().broke_with == "ValueError"


def test_a_long_list_of_what_somebody_may_only_see_is_not_looked_through_to_its_end(
    bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    RoleRights.objects.create(role=bob.role, scopes={"customers": {"view": "all"}})
    for module, name, value in ((chosen_records, "MOST", 1), (chosen_records, "MOST_PAGES", 2)):
        monkeypatch.setattr(module, name, value)
    status, alone = making.make_entry(CustomerStatus, "Dormant"), making.make_customer("Harbour", owner=bob)
    eve = making.make_user("Eve")
    for number in range(4):
        making.make_customer(f"Alien {number}", owner=eve)
    browser, every = client_of(User.objects.get(pk=bob.pk)), {"every": "yes", "next": "/customers/", "change": "status"}
    asked = said(browser.post("/customers/change/", every))
    assert ("These may be more than can be looked" in asked, "Change all that are found" in asked) == (True, True)
    assert "These may be more" in said(browser.post("/customers/archive/ask/", every))
    browser.post("/customers/change/", {**every, "sent": "yes", "value": status.pk})
    while carry_on_changes(now=making.NOW):
        pass
    assert (BulkChange.objects.get().changed_count, stored(alone).status) == (1, status)
