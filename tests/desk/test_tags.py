"""Tags on pages: typed on the card, offered, filtered and shown in lists, in files both ways, kept in order by administrators."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import making
from desk.world import client_of
from making import archive_customers, restore_customers
from mooring.customers.models import Customer, Tag
from mooring.customers.tagging import typed
from mooring.privacy.holdings import rows_of_customer
from mooring.users.journal import Actor
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def test_tags_are_typed_on_the_card_and_found_in_the_list(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob)
    making.make_customer("Other", owner=bob)
    browser = client_of(bob)
    url = reverse("edit_customer_fact", args=[customer.pk, "tags"])
    assert f'data-tags="{reverse("offered_tags")}"' in browser.get(url).content.decode()
    card = browser.post(url, {"tags": "VIP, Gdynia", "changed_at": customer.changed_at.isoformat()}, follow=True).content.decode()
    assert '<span class="label grey">Gdynia</span>' in card
    assert 'value="Gdynia, VIP"' in browser.get(url).content.decode()
    tag = Tag.objects.get(name="VIP")
    shown = browser.get(reverse("customers"), {"tag": tag.pk, "columns": "tags"}).content.decode()
    assert ">Harbour</a>" in shown
    assert ">Other</a>" not in shown
    assert '<span class="label grey">VIP</span>' in shown
    assert 'data-written="VIP"' in browser.get(reverse("offered_tags"), {"q": "v"}).content.decode()


def test_leads_contacts_and_projects_are_tagged_in_their_forms(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob)
    records = (
        ("lead", making.make_lead("Light", owner=bob)),
        ("contact", making.make_contact("Carol", at=(customer,))),
        ("project", making.make_project("Pier", customer=customer)),
    )
    browser = client_of(bob)
    for name, record in records:
        url = reverse(f"edit_{name}_fact", args=[record.pk, "tags"])
        browser.post(url, {"tags": name, "changed_at": record.changed_at.isoformat()})
        assert f'<span class="label grey">{name}</span>' in browser.get(reverse(name, args=[record.pk])).content.decode()
        listed = browser.get(reverse(f"{name}s"), {"tag": Tag.objects.get(name=name).pk, "columns": "tags"})
        assert f'<span class="label grey">{name}</span>' in listed.content.decode()


def test_opportunities_are_tagged_and_found_by_tag_on_the_board_in_the_list_and_its_file(alice: User) -> None:
    pipeline, browser = making.make_pipeline(), client_of(alice)
    assert 'name="tag"' not in browser.get(reverse("pipeline", args=[pipeline.pk])).content.decode()
    sale = making.make_opportunity("Ropes", pipeline=pipeline)
    making.make_opportunity("Masts", pipeline=pipeline)
    fact = reverse("edit_opportunity_fact", args=[sale.pk, "tags"])
    card = browser.post(fact, {"tags": "Fleet, Big", "changed_at": sale.changed_at.isoformat()}, follow=True).content.decode()
    assert "Big, Fleet" in card
    assert 'data-tags="' in browser.get(reverse("edit_opportunity", args=[sale.pk])).content.decode()
    asked = {"tag": Tag.objects.get(name="Big").pk}
    for name in ("pipeline", "pipeline_list"):
        page = browser.get(reverse(name, args=[pipeline.pk]), asked).content.decode()
        assert [text in page for text in (">Ropes</a>", '<span class="label grey">Big</span>', ">Masts</a>")] == [
            True,
            True,
            False,
        ]
    answer = browser.get(reverse("export_opportunities", args=[pipeline.pk]), asked)
    file = b"".join(answer.streaming_content).decode()
    assert ("Big, Fleet" in file, "Masts" in file) == (True, False)


def test_an_administrator_merges_two_tags(alice: User, bob: User) -> None:
    making.make_customer("Harbour", tags=typed("boat, boats, ship"))
    boat, boats = (Tag.objects.get(name=name) for name in ("boat", "boats"))
    browser = client_of(alice)
    assert (
        f'<option value="{boats.pk}">boats</option>' in browser.get(reverse("crm_entry", args=["tags", boat.pk])).content.decode()
    )
    assert client_of(bob).post(reverse("merge_tag", args=[boat.pk]), {"into": boats.pk}).status_code == 403
    browser.post(reverse("merge_tag", args=[boat.pk]), {"into": ""})
    said = browser.post(reverse("merge_tag", args=[boat.pk]), {"into": boats.pk}, follow=True).content.decode()
    assert "“boat” is “boats” on 1 record." in said
    assert [tag.name for tag in Tag.objects.order_by("name")] == ["boats", "ship"]


def test_tags_travel_in_files_both_ways(alice: User) -> None:
    making.make_customer("Harbour", tags=typed("x, y"))
    browser = client_of(alice)
    answer = browser.get(reverse("export_customers"), {"columns": "tags"})
    table = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    assert '"x, y"' in table
    file = SimpleUploadedFile("customers.csv", b"name,tags\nPier,x;new\n", content_type="text/csv")
    shown = browser.post(reverse("new_import"), {"kind": "customers", "file": file}, follow=True).content.decode()
    assert '<option value="tags" selected>' in shown


def test_the_archive_keeps_tags_and_the_package_names_them(bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob, tags=typed("x"))
    before = rows_of_customer(customer)
    assert [row["tag_id"] for row in before["customers.CustomerTag"]] == [Tag.objects.get().pk]
    by, mine = Actor(bob, "desk"), Customer.objects.visible_to(bob).filter(pk=customer.pk)
    archive_customers(customers=mine, by=by, now=making.NOW)
    restore_customers(customers=mine, by=by, now=making.NOW)
    assert rows_of_customer(Customer.objects.unscoped("a test").get(pk=customer.pk)) == before
