"""Duplicates are pointed out, and nobody learns of records that one may not see more than that there are some."""

from __future__ import annotations

from typing import Any

from making import make_contact, make_customer, make_lead, make_user
from mooring.customers.duplicates import MOST_SHOWN, Duplicate, Reason, possible_duplicates
from mooring.customers.editing import ContactData, CustomerData, DomainData, LeadData, PhoneData
from mooring.users.models import User


def test_every_way_to_be_the_same_is_found_with_its_strongest_reason(alice: User) -> None:
    by_email = make_customer("One", emails=("office@one.example",), phones=("600100200",))
    by_domain = make_customer("Two", domains=("one.example",))
    by_phone = make_lead("Three", phones=("+48 600-100-200",))
    by_name = make_contact("ŁÓDŹ  Port", at=(by_domain,))
    make_customer("Someone else", emails=("x@else.example",))
    data = CustomerData(name="Lodz port", emails=("OFFICE@one.example", "nonsense"), phones=(PhoneData(number="600 100 200"),))
    assert possible_duplicates(data=data, reader=alice) == [
        Duplicate(by_email, Reason.SAME_EMAIL),
        Duplicate(by_domain, Reason.SAME_DOMAIN),
        Duplicate(by_phone, Reason.SAME_PHONE),
        Duplicate(by_name, Reason.SAME_NAME),
    ]


def test_a_contact_found_by_address_and_a_lead_too(alice: User) -> None:
    contact, lead = make_contact("A", emails=("a@x.example",)), make_lead("B", emails=("a@x.example",))
    found = possible_duplicates(data=LeadData(name="", emails=("a@x.example",)), reader=alice)
    assert [row.record for row in found] == [contact, lead]


def test_a_public_mail_domain_makes_nobody_the_same(alice: User) -> None:
    make_customer("One", domains=("gmail.com",))
    data = CustomerData(name="x", emails=("new@gmail.com",), domains=(DomainData(domain="gmail.com"),))
    assert possible_duplicates(data=data, reader=alice) == []


def test_a_person_is_not_taken_for_the_firm_one_works_at(alice: User) -> None:
    make_customer("Firm", domains=("firm.example",))
    assert possible_duplicates(data=ContactData(name="Ann", emails=("ann@firm.example",)), reader=alice) == []


def test_the_record_itself_is_no_duplicate(alice: User) -> None:
    customer, lead = make_customer("Same"), make_lead("Same")
    found = possible_duplicates(data=CustomerData(name="Same"), reader=alice, exclude_id=customer.pk)
    assert [row.record for row in found] == [lead]


def test_hidden_records_give_one_hint_without_identity(bob: User) -> None:
    eve = make_user("Eve")
    make_customer("Secret", owner=eve, emails=("a@x.example",))
    make_lead("Secret", owner=eve)
    mine = make_lead("Secret", owner=bob)
    found = possible_duplicates(data=CustomerData(name="secret", emails=("a@x.example",)), reader=bob)
    assert found == [Duplicate(mine, Reason.SAME_NAME), Duplicate(None, Reason.HIDDEN)]


def test_only_so_many_are_named(alice: User) -> None:
    for _ in range(MOST_SHOWN + 5):
        make_lead("Same")
    assert len(possible_duplicates(data=LeadData(name="Same"), reader=alice)) == MOST_SHOWN


def test_looking_takes_a_fixed_number_of_queries(alice: User, django_assert_max_num_queries: Any) -> None:
    for n in range(15):
        make_customer("Same", emails=(f"a{n}@x.example",), domains=("x.example",), phones=("600100200",))
    data = CustomerData(name="Same", emails=("a1@x.example",), phones=(PhoneData(number="600100200"),))
    with django_assert_max_num_queries(9):
        possible_duplicates(data=data, reader=alice)
