"""The pages of sales mailboxes: who reaches a box how, and what the tree, the card and the forms do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from desk.world import client_of
from making import NOW, PASSWORD, actor, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.sales.mailboxes import change_mailbox, data_of
from mooring.sales.models import BoxReset, Opportunity, SalesMailbox
from mooring.users.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_attempts_yet(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def coast(bob: User) -> SalesMailbox:
    return make_sales_mailbox("Coast", number=10, owner=bob, password=PASSWORD)


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def present(box: SalesMailbox) -> SalesMailbox:
    return SalesMailbox.objects.unscoped("a test looks").get(pk=box.pk)


def test_the_access_of_a_box_by_relation(coast: SalesMailbox, bob: User) -> None:
    """Owner, above, beside, by password, after the password changed, after it was locked, and by role."""
    above, beside = make_user("Above"), make_user("Beside")
    top = make_sales_mailbox("Top", owner=above)
    coast = change_mailbox(box=coast, data=data_of(coast, parent=top), by=actor(None), now=NOW)
    make_sales_mailbox("Next door", owner=beside, parent=top)
    below = make_sales_mailbox("Below", parent=coast)
    clients = {user.name: client_of(user) for user in (bob, above, beside, make_user("Mona", role=Role.SALES_MANAGER))}
    url = reverse("box", args=[coast.pk])

    def seen() -> dict[str, int]:
        return {name: client.get(url).status_code for name, client in clients.items()}

    assert seen() == {"Bob": 200, "Above": 200, "Beside": 404, "Mona": 200}
    assert client_of(bob).get(reverse("box", args=[top.pk])).status_code == 404
    opened = clients["Beside"].post(reverse("open_box"), {"number": "10", "password": PASSWORD}, follow=True)
    assert "is open for you for the next hours" in opened.content.decode()
    assert seen()["Beside"] == 200
    assert clients["Beside"].get(reverse("box", args=[below.pk])).status_code == 404
    for name in ("change_box", "rename_box"):
        assert clients["Beside"].get(reverse(name, args=[coast.pk])).status_code == 404
    assert clients["Beside"].post(reverse("close_box", args=[coast.pk])).status_code == 303
    assert seen()["Beside"] == 404
    clients["Beside"].post(reverse("open_box"), {"number": "10", "password": PASSWORD})
    SalesMailbox.objects.unscoped("a test locks it").filter(pk=coast.pk).update(locked_at=NOW)
    assert seen()["Beside"] == 404
    change_mailbox(box=coast, data=data_of(coast, password="a new password"), by=actor(None), now=NOW)
    assert seen() == {"Bob": 200, "Above": 200, "Beside": 404, "Mona": 200}


def test_the_tree_shows_what_one_sees(coast: SalesMailbox, alice: User, bob: User) -> None:
    harbour = make_sales_mailbox("Harbour", parent=coast, region="North", purpose="Tenders")
    make_sales_mailbox("Inland")
    tree = text(client_of(bob), "/sales/")
    assert tree.index("Coast") < tree.index("Harbour")
    assert "Inland" not in tree
    assert "Inland" in text(client_of(alice), "/sales/")
    assert "Who sees this box" in text(client_of(bob), reverse("box", args=[harbour.pk]))
    assert "No sales mailboxes yet" in text(client_of(make_user()), "/sales/")


def test_pages_of_boxes_take_as_many_queries_however_many_there_are(coast: SalesMailbox, bob: User) -> None:
    client = client_of(bob)
    urls = ("/sales/", reverse("box", args=[coast.pk]))
    make_sales_mailbox(parent=coast)
    counts = []
    for _round in range(2):
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
        for _each in range(5):
            make_sales_mailbox(parent=coast, owner=bob)
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12


def test_a_box_is_added_changed_and_moved(coast: SalesMailbox, bob: User, alice: User) -> None:
    browser = client_of(bob)
    form = text(browser, f"/sales/boxes/new/?under={coast.pk}")
    assert 'value="11"' in form
    assert f'<option value="{coast.pk}" selected>' in form
    entered = {"number": "11", "name": "Harbour", "parent": str(coast.pk), "region": "North", "created_on": "2026-01-02"}
    assert browser.post("/sales/boxes/new/", entered).status_code == 303
    assert browser.post("/sales/boxes/new/", entered).status_code == 422
    harbour = SalesMailbox.objects.unscoped("a test looks").get(number=11)
    assert (harbour.parent, harbour.region, str(harbour.created_on)) == (coast, "North", "2026-01-02")
    url = reverse("change_box", args=[harbour.pk])
    assert 'value="2026-01-02"' in text(browser, url)
    assert browser.post(url, {**entered, "name": "Quay", "parent": "", "owner": str(bob.pk)}).status_code == 422
    assert browser.post(url, {**entered, "name": "Quay", "owner": str(bob.pk), "password": PASSWORD}).status_code == 303
    assert present(harbour).password
    assert client_of(alice).post(url, {**entered, "name": "Quay", "has_no_password": "on"}).status_code == 303
    assert present(harbour).password == ""


def test_a_box_is_dragged_and_put_back(coast: SalesMailbox, alice: User, bob: User) -> None:
    harbour = make_sales_mailbox("Harbour")
    browser = client_of(alice)
    url = reverse("place_box", args=[harbour.pk])
    moved = browser.post(url, {"parent": str(coast.pk)}, follow=True)
    assert f"{harbour} stands below {coast}" in moved.content.decode()
    assert present(harbour).parent == coast
    assert client_of(bob).post(url, {"parent": ""}, follow=True).content.decode().count("Only a sales manager") == 1
    browser.post(f"{url}?parent=")
    assert present(harbour).parent is None
    assert "below itself" in browser.post(url, {"parent": str(harbour.pk)}, follow=True).content.decode()


def test_name_and_password_change_alone(coast: SalesMailbox, bob: User) -> None:
    browser = client_of(bob)
    url = reverse("rename_box", args=[coast.pk])
    assert browser.post(url, {"name": "Coast of Eve", "password": "short"}).status_code == 422
    assert browser.post(url, {"name": "Coast of Eve", "password": ""}).status_code == 303
    assert (present(coast).name, present(coast).password) == ("Coast of Eve", coast.password)
    assert browser.post(url, {"name": "Coast", "password": "quite a new one"}).status_code == 303
    assert present(coast).password != coast.password


def test_a_locked_box_is_unlocked_from_its_card(coast: SalesMailbox, bob: User) -> None:
    SalesMailbox.objects.unscoped("a test locks it").filter(pk=coast.pk).update(locked_at=NOW, wrong_count=10)
    browser = client_of(bob)
    assert "Wrong passwords were tried too often" in text(browser, reverse("box", args=[coast.pk]))
    browser.post(reverse("unlock_box", args=[coast.pk]))
    assert present(coast).locked_at is None
    assert browser.post("/sales/open/", {"number": "10", "password": "wrong"}).status_code == 422


def test_boxes_are_reset_after_a_caution_and_come_back(coast: SalesMailbox, alice: User, bob: User) -> None:
    make_opportunity("Ropes", pipeline=make_pipeline("Boats", mailbox=coast), price=Decimal("1200.5"))
    browser = client_of(alice)
    assert "Reset those ticked" in text(browser, "/sales/reset/")
    caution = text(browser, f"/sales/reset/?box={coast.pk}")
    for said in (
        "Caution!",
        "1 pipeline",
        "1 opportunity",
        "1,200.50\N{NO-BREAK SPACE}EUR",
        "Type the number of the sales mailbox: 10",
    ):
        assert said in caution
    wrong = browser.post("/sales/reset/", {"box": coast.pk, "typed": "11"})
    assert wrong.status_code == 422
    assert "Nothing was reset" in wrong.content.decode()
    assert client_of(bob).post("/sales/reset/", {"box": coast.pk, "typed": "10"}).status_code == 403
    done = browser.post("/sales/reset/", {"box": coast.pk, "typed": "10"}, follow=True).content.decode()
    assert "1 sales mailbox was reset." in done
    assert "10 Coast" in done
    assert present(coast).name == "Sales mailbox 10"
    (batch,) = BoxReset.objects.values_list("batch", flat=True)
    undo = reverse("undo_reset", args=[batch])
    card = reverse("box", args=[coast.pk])
    assert (undo in text(browser, card), undo in text(client_of(bob), card)) == (True, False)
    assert client_of(bob).post(undo).status_code == 403
    assert "as it was before" in browser.post(undo, follow=True).content.decode()
    assert present(coast).name == "Coast"
    assert browser.post(undo).status_code == 404


def test_all_boxes_are_reset_and_destroyed_at_once(coast: SalesMailbox, alice: User) -> None:
    make_opportunity(pipeline=make_pipeline(mailbox=coast))
    for _each in range(11):
        make_sales_mailbox()
    browser = client_of(alice)
    assert "Type how many sales mailboxes these are: 12" in text(browser, "/sales/reset/?all=yes")
    answer = browser.post("/sales/reset/", {"all": "yes", "typed": "12", "destroy_now": "on"}, follow=True)
    assert "12 sales mailboxes were reset." in answer.content.decode()
    assert "Resets that can be undone" not in answer.content.decode()
    assert not Opportunity.objects.unscoped("a test looks").exists()


def test_a_box_is_handed_over_after_a_look_at_what_it_means(coast: SalesMailbox, alice: User, bob: User) -> None:
    boats = make_pipeline("Boats", mailbox=coast)
    ropes = make_opportunity("Ropes", pipeline=boats, price=Decimal(10), owner=bob)
    sails = make_opportunity("Sails", pipeline=boats, price=Decimal(20), owner=bob)
    eve = make_user("Eve")
    browser = client_of(alice)
    url = reverse("hand_over_box", args=[coast.pk])
    assert "Show what it will mean" in text(browser, url)
    entered = {
        "to": str(eve.pk),
        "fate": "along",
        "name": "Coast of Eve",
        f"fate-{sails.pk}": "close",
        "password": "a new password",
    }
    seen = browser.post(url, {**entered, "step": "see"}).content.decode()
    assert "What Eve will see" in seen
    assert "30.00\N{NO-BREAK SPACE}EUR" in seen
    assert present(coast).owner == bob
    assert browser.post(url, {**entered, "to": str(bob.pk), "step": "do"}).status_code == 422
    assert browser.post(url, {**entered, "step": "do"}).status_code == 303
    assert (present(coast).owner, present(coast).name) == (eve, "Coast of Eve")
    stages = {sale.pk: sale.stage.title for sale in Opportunity.objects.visible_to(eve).select_related("stage")}
    assert stages == {ropes.pk: "New", sails.pk: "Lost"}
