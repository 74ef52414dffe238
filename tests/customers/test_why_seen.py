"""The sentence that explains why somebody sees a record agrees with what that person sees."""

from __future__ import annotations

from making import make_contact, make_customer, make_lead, make_project, make_user
from mooring.customers.why_seen import why_seen
from mooring.users.models import User


def test_the_reason_is_said_in_one_sentence(alice: User, bob: User, dave: User) -> None:
    mine, free, other = make_customer("Mine", owner=bob), make_customer("Free"), make_customer("Other", owner=alice)
    assert why_seen(record=other, reader=alice) == "Alice sees every record as “Administrator”."
    assert why_seen(record=mine, reader=bob) == "Bob owns “Mine”."
    assert why_seen(record=free, reader=bob) == "Nobody owns “Free”, so Bob sees it as “Sales person”."
    assert why_seen(record=other, reader=bob) == why_seen(record=free, reader=dave) == ""
    project = make_project(customer=mine)
    assert why_seen(record=project, reader=bob) == "The project is for the customer “Mine”. Bob owns “Mine”."
    contact = make_contact("Ann", at=(other, make_lead("Lead", owner=bob)))
    assert why_seen(record=contact, reader=bob) == "Ann is a contact at “Lead”. Bob owns “Lead”."


def test_there_is_a_reason_exactly_for_what_is_seen(alice: User, bob: User, rita: User, dave: User) -> None:
    for owner in (bob, None, make_user("Eve")):
        customer, lead = make_customer(owner=owner), make_lead(owner=owner)
        for record in (customer, lead, make_contact(at=(customer,)), make_contact(at=(lead,)), make_project(customer=customer)):
            for reader in (alice, bob, rita, dave):
                is_seen = type(record).objects.visible_to(reader).filter(pk=record.pk).exists()
                assert bool(why_seen(record=record, reader=reader)) == is_seen
