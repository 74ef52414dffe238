"""Mentions on pages: who is offered behind an @, what the bell says, and who could not be told."""

from __future__ import annotations

import pytest
from django.urls import reverse

import making
from desk.world import client_of
from mooring.desk.forms.places import place_in_words
from mooring.users.models import Role, User

pytestmark = pytest.mark.django_db


def test_people_are_offered_by_a_part_of_their_name_and_by_address_where_a_name_is_not_enough(bob: User) -> None:
    for number in (1, 2):
        making.make_user("Ann Reed", email=f"ann{number}@mooring.example")
    making.make_user("Anna Gone", is_active=False)
    making.make_user("Joanna Bay")
    shown = client_of(bob).get(reverse("mentionable"), {"q": "ann"}).content.decode()
    offered = [part.partition('"')[0] for part in shown.split('data-written="')[1:]]
    assert offered == ["ann1@mooring.example", "ann2@mooring.example", "Joanna Bay"]


def test_the_bell_leads_a_reader_to_the_record_and_says_who_could_not_be_told(bob: User) -> None:
    reader = making.make_user("Rita Read", role=Role.READ_ONLY)
    making.make_user("Sue Sand")
    customer = making.make_customer("Harbour", owner=bob)
    url = f"{reverse('new_activity')}?customer={customer.pk}"
    about = place_in_words(customer)
    entered = {"kind": "note", "title": "Ropes", "owner": bob.pk, "note": "@Rita Read @Sue Sand", "about": about}
    answer = client_of(bob).post(url, entered, follow=True)
    assert "Sue Sand may not see this and was not told." in answer.content.decode()
    notices = client_of(reader).get(reverse("notices")).content.decode()
    assert "You were mentioned" in notices
    assert f'href="{reverse("customer_tasks", args=[customer.pk])}"' in notices
    assert client_of(reader).get(reverse("customer_tasks", args=[customer.pk])).status_code == 200
