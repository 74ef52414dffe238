"""Everything held on a customer as one file, the same before the archive and after it; and deleting for good."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

import making
from desk.world import World, make_world
from letters.making_letters import arrival, make_account, make_letter, match_of, raw_letter
from making import archive_customers, restore_customers
from mooring.activities.archived_letters import tell_of_archived
from mooring.activities.converting import convert_lead
from mooring.activities.models import Notice, NoticeKind
from mooring.customers.bulk_editing import Wish, change_many
from mooring.customers.models import BulkField, Category, Contact, Customer, PortalUser, Tag
from mooring.letters.bodies import originals
from mooring.letters.erasing import overwrite_doomed
from mooring.letters.models import DoomedOriginal, Letter, Link
from mooring.letters.originals import UnableToRead
from mooring.letters.record_files import file_store
from mooring.letters.storing import store_batch
from mooring.privacy.erasing import UnableToErase, erase_contact, erase_customer, held_on, held_on_person
from mooring.privacy.package import write_contact, write_customer
from mooring.users.journal import Actor, entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def rows(customer: Customer) -> Any:
    return Customer.objects.unscoped("a test archives").filter(pk=customer.pk)


def letters() -> Any:
    return Letter.objects.unscoped("a test looks")


def package_of(world: World, reader: User) -> bytes:
    into = io.BytesIO()
    write_customer(into, customer=rows(world.customer).get(), reader=reader, originals=originals(), files=file_store())
    return into.getvalue()


def archive(customer: Customer, now: datetime) -> None:
    archive_customers(customers=rows(customer), by=making.BY_COMMAND, now=now)


def test_the_file_holds_rows_letters_and_files_and_no_secret() -> None:
    world = make_world()
    package = zipfile.ZipFile(io.BytesIO(package_of(world, world.owner)))
    names = package.namelist()
    said = json.loads(package.read("letters.json"))
    assert [each["subject"] for each in said["letters"]] == ["Ropes"]
    assert package.read(f"letters/{said['letters'][0]['sha256']}.eml").startswith(b"From: Ann")
    assert package.read(f"files/{world.file.pk}-prices.txt") == b"x"
    people = json.loads(package.read("rows/customers.PortalUser.json"))
    assert {row["email"] for row in people} == {"carol@harbour.example", "dan@harbour.example"}
    assert not any({"password", "code_sealed", "epoch"} & set(row) for row in people)
    wanted = {"customers.Customer", "customers.Contact", "customers.EmailAddress", "customers.Project", "activities.Activity"}
    assert wanted <= {name.removeprefix("rows/").removesuffix(".json") for name in names}
    assert not any("PortalKey" in name or "Word" in name for name in names)


def rows_that_name(customer: Customer) -> dict[str, int]:
    """How many there are, for each column of any table that points to a customer."""
    columns = (
        (model, field)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is Customer
    )
    return {
        f"{model.__name__}.{field.name}": model._base_manager.filter(**{field.name: customer.pk}).count()
        for model, field in columns
    }


def attach_the_rest(world: World) -> None:
    """What nothing else in the world has: a category, a tag, and a lead that became this customer."""
    Customer.categories.through.objects.create(customer=world.customer, category=making.make_entry(Category, "Partner"))
    Customer.tags.through.objects.create(customer=world.customer, tag=making.make_entry(Tag, "coast"))
    convert_lead(lead=making.make_lead("Quay"), into=world.customer, by=making.BY_COMMAND, now=making.NOW)


def test_archive_and_restore_of_everything_attached_leave_the_file_byte_for_byte_as_it_was() -> None:
    world = make_world()
    attach_the_rest(world)
    assert [column for column, count in rows_that_name(world.customer).items() if not count] == []
    before = package_of(world, world.owner)
    archive(world.customer, making.NOW + timedelta(hours=1))
    assert package_of(world, world.owner) != before
    restore_customers(customers=rows(world.customer), by=making.BY_COMMAND, now=making.NOW + timedelta(hours=2))
    assert package_of(world, world.owner) == before


def test_letters_that_the_reader_may_not_read_are_counted_only() -> None:
    world = make_world()
    make_letter(world.account, to_records=(world.customer,), private=True)
    said = json.loads(zipfile.ZipFile(io.BytesIO(package_of(world, world.administrator))).read("letters.json"))
    assert (len(said["letters"]), said["not_for_you_to_read"]) == (1, 1)


def test_a_persons_file_holds_the_letters_they_take_part_in() -> None:
    world = make_world()
    make_letter(world.account, to_records=(world.customer,), sender="Carol <carol@harbour.example>", subject="From Carol")
    into = io.BytesIO()
    reader = world.owner
    write_contact(into, contact=world.contact, reader=reader, originals=originals())
    said = json.loads(zipfile.ZipFile(into).read("letters.json"))
    assert [each["subject"] for each in said["letters"]] == ["From Carol"]


def test_only_the_archive_and_only_the_typed_name_lead_to_deleting_for_good() -> None:
    world = make_world()
    boss, seller = Actor(world.administrator, "desk"), Actor(world.owner, "desk")
    how: dict[str, Any] = {"customer": world.customer, "with_letters": False, "now": making.NOW}
    with pytest.raises(UnableToErase, match="archive"):
        erase_customer(typed_name="Harbour", by=boss, **how)
    archive(world.customer, making.NOW)
    with pytest.raises(UnableToErase, match="typed"):
        erase_customer(typed_name="Harbor", by=boss, **how)
    with pytest.raises(UnableToErase, match="may not"):
        erase_customer(typed_name="Harbour", by=seller, **how)
    assert rows(world.customer).exists()


def test_letters_kept_lie_unlinked_and_everything_else_is_gone() -> None:
    world = make_world()
    archive(world.customer, making.NOW)
    shown = held_on(world.customer)
    held = erase_customer(
        customer=world.customer, typed_name=" Harbour ", with_letters=False, by=Actor(world.administrator, "desk"), now=making.NOW
    )
    assert shown == held
    counts = (held.letters_alone, held.contacts, held.projects, held.activities, held.files, held.portal_users)
    assert counts == (1, 1, 1, 1, 1, 2)
    world.letter.refresh_from_db()
    assert (world.letter.is_linked, Link.objects.filter(letter=world.letter).count()) == (False, 0)
    assert (rows(world.customer).exists(), PortalUser.objects.exists()) == (False, False)
    assert Contact.objects.unscoped("a test looks").filter(pk=world.contact.pk).exists(), "also at the lead"
    entry = entries_about(kind="customer", record_id=world.customer.pk)[0]
    assert (entry.action, entry.record_name, entry.changes["letters_alone"]) == ("erased", "Harbour", 1)


def test_what_the_erased_had_before_a_change_of_many_is_gone_too() -> None:
    note = making.make_info_field("Health", "text")
    customer, other = (making.make_customer(name, info={str(note.pk): f"of {name}"}) for name in ("Paused", "Other"))
    wish = Wish(BulkField.INFO, None, note)
    change = change_many(record_ids=[customer.pk, other.pk], wish=wish, by=making.BY_COMMAND, now=making.NOW)
    archive(customer, making.NOW)
    erase_customer(customer=customer, typed_name="Paused", with_letters=False, by=making.BY_COMMAND, now=making.NOW)
    assert list(change.rows.values_list("before", flat=True)) == ["of Other"]


def test_letters_are_erased_with_their_bytes_unless_others_need_them() -> None:
    world = make_world()
    customer, other = making.make_customer("Paused"), making.make_customer("Other")
    account = make_account(world.owner)
    alone, shared = _kept(account, (customer,), "alone"), _kept(account, (customer, other), "shared")
    gone, left = alone.original, shared.original
    archive(customer, making.NOW)
    erase_customer(customer=customer, typed_name="Paused", with_letters=True, by=making.BY_COMMAND, now=making.NOW)
    assert (letters().filter(pk=alone.pk).exists(), letters().filter(pk=shared.pk).exists()) == (False, True)
    assert b"alone" in originals().read(gone), "not yet: somebody may be storing the same letter"
    assert overwrite_doomed(originals=originals(), now=making.NOW) == 0
    assert overwrite_doomed(originals=originals(), now=making.NOW + timedelta(minutes=11)) == 1
    with pytest.raises(UnableToRead):
        originals().read(gone)
    assert b"shared" in originals().read(left)
    assert b"alone" not in b"".join(path.read_bytes() for path in Path(settings.ORIGINALS_FOLDER).glob("*.pack"))
    assert (DoomedOriginal.objects.count(), gone.sha256 in {kept.sha256 for kept in originals().walk()}) == (0, False)


def test_a_person_is_erased_with_the_letters_that_are_here_because_of_them_alone() -> None:
    world = make_world()
    account = make_account(world.owner)
    rule = {"rule": "customer_contact", "address": "carol@harbour.example"}
    because = _kept(account, (world.customer,), "because", sender="Carol <carol@harbour.example>", **rule)
    besides = _kept(account, (world.customer,), "besides", sender="Carol <carol@harbour.example>")
    assert held_on_person(world.contact).letters_alone == 1
    by = Actor(world.administrator, "desk")
    erase_contact(contact=world.contact, typed_name="Carol", with_letters=True, by=by, now=making.NOW)
    assert not Contact.objects.unscoped("a test looks").filter(pk=world.contact.pk).exists()
    assert (letters().filter(pk=because.pk).exists(), letters().filter(pk=besides.pk).exists()) == (False, True)
    assert entries_about(kind="contact", record_id=world.contact.pk)[0].record_name == ""


def test_new_letters_of_an_archived_customer_are_linked_and_its_owner_is_told_once(bob: User) -> None:
    customer = making.make_customer("Paused", owner=bob)
    account, now = make_account(), making.NOW
    make_letter(account, to_records=(customer,), now=now)
    assert tell_of_archived(now=now) == 0
    archive(customer, now + timedelta(seconds=30))
    letter = make_letter(account, to_records=(customer,), now=now + timedelta(minutes=1))
    assert [tell_of_archived(now=now), tell_of_archived(now=now)] == [1, 0]
    make_letter(account, now=now + timedelta(minutes=2))
    assert tell_of_archived(now=now) == 0
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.letter) == (bob, NoticeKind.ARCHIVED, letter)
    assert letter.links.get().customer == customer


def _kept(account: Any, customers: tuple[Customer, ...], body: str, *, rule: str = "", address: str = "", **more: str) -> Letter:
    """A letter whose bytes lie in the store."""
    raw = raw_letter(body=body, **more)
    (original,) = originals().keep([raw])
    facts = {"rule": rule, "address": address} if rule else {}
    matches = tuple(match_of(customer, **facts) for customer in customers)
    return store_batch(arrivals=[arrival(account, raw, original=original, matches=matches)], now=making.NOW)[0].letter
