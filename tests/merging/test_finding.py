"""Finding records that may be one: by address, domain, phone and name, page by page, within the reader's rights."""

from __future__ import annotations

import pytest

import making
from making import archive_customers
from mooring.customers.duplicates import Reason
from mooring.customers.legal_forms import firm_key, person_key
from mooring.customers.models import Customer
from mooring.merging import finding
from mooring.merging.differences import UnableToTellApart, take_back_difference, tell_apart
from mooring.merging.finding import find_groups
from mooring.merging.models import MergeKind
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def found(reader: User, reason: Reason = Reason.SAME_NAME, kind: MergeKind = MergeKind.CUSTOMER) -> list[list[str]]:
    """The names of all groups, over all pages."""
    names, after = [], None
    while True:
        page = find_groups(kind=kind, reason=reason, reader=reader, after=after)
        names += [[record.name for record in group.records] for group in page.groups]
        after = page.after
        if after is None:
            return names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Sp. z o.o.", "ACME"),
        ("Müller GmbH & Co. KG", "Muller gmbh"),
        ("Łódź Stal S.A.", "LODZ STAL"),
        ("Harbour Ltd.", "Harbour Limited"),
        ("Spółka z ograniczoną odpowiedzialnością Dom", "Dom sp. z o. o."),
    ],
)
def test_legal_forms_and_accents_do_not_tell_names_apart(one: str, other: str) -> None:
    assert firm_key(one) == firm_key(other)
    assert firm_key("GmbH") == "gmbh", "a name of nothing else stays whole"
    assert person_key("Jan Kowalski") == person_key("KOWALSKI, Jan")


def test_each_reason_finds_its_groups(alice: User) -> None:
    making.make_customer("Acme Ltd", emails=("a@acme.example",), domains=("acme.example",), phones=("+48 600 100 200",))
    making.make_customer("ACME", emails=("A@acme.example",), domains=("acme.example",), phones=("600100200",))
    making.make_customer("Pier", emails=("p@pier.example",))
    for reason in (Reason.SAME_EMAIL, Reason.SAME_DOMAIN, Reason.SAME_PHONE, Reason.SAME_NAME):
        assert found(alice, reason) == [["Acme Ltd", "ACME"]]


def test_contacts_and_leads_are_found_too(alice: User) -> None:
    making.make_contact("Jan Kowalski", emails=("j@x.example",))
    making.make_contact("Kowalski Jan", emails=("j@x.example",))
    making.make_lead("Ann", phones=("6001002003",))
    making.make_lead("Other Ann", phones=("6001002003",))
    assert len(found(alice, Reason.SAME_NAME, MergeKind.CONTACT)) == 1
    assert len(found(alice, Reason.SAME_EMAIL, MergeKind.CONTACT)) == 1
    assert found(alice, Reason.SAME_PHONE, MergeKind.LEAD) == [["Ann", "Other Ann"]]


def test_only_what_the_reader_sees_and_what_is_active_is_named(alice: User, bob: User) -> None:
    making.make_customer("Acme", owner=bob)
    making.make_customer("Acme GmbH", owner=alice)
    assert (len(found(alice)), found(bob)) == (1, [])
    archived = Customer.objects.visible_to(alice).filter(owner=alice)
    archive_customers(customers=archived, by=making.BY_COMMAND, now=making.NOW)
    assert found(alice) == []


def test_pages_meet_every_group_once_however_small_the_portions(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        making.make_customer(f"Boat {number}")
        making.make_customer(f"Boat {number} Ltd")
        making.make_customer(f"Alone {number}")
    monkeypatch.setattr(finding, "PORTION", 2)
    wanted = [[f"Boat {number}", f"Boat {number} Ltd"] for number in range(7)]
    assert found(alice) == wanted
    monkeypatch.setattr(finding, "PAGE_SIZE", 1)
    assert found(alice) == wanted


def test_told_apart_they_are_not_shown_together_until_it_is_taken_back(alice: User) -> None:
    rows = [making.make_customer(name) for name in ("Acme", "Acme Ltd", "Acme GmbH")]
    tell_apart(records=rows[:2], by=making.actor(alice), now=making.NOW)
    assert found(alice) == [["Acme", "Acme Ltd", "Acme GmbH"]], "each may still be the third"
    tell_apart(records=rows, by=making.actor(alice), now=making.NOW)
    assert found(alice) == []
    take_back_difference(records=rows, by=making.actor(alice), now=making.NOW)
    assert len(found(alice)) == 1
    with pytest.raises(UnableToTellApart):
        tell_apart(records=rows[:1], by=making.actor(alice), now=making.NOW)
