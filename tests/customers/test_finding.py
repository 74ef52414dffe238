"""What is found of each kind of record, as the palette and the search page say it."""

from __future__ import annotations

import pytest

from making import BY_COMMAND, NOW, archive_customers, make_contact, make_customer, make_lead, make_project
from mooring.customers.finding import KINDS, FoundRecord, find_names
from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.customers.word_search import found_by
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def test_what_is_found_is_named_with_what_it_belongs_to(alice: User) -> None:
    customer = make_customer("Harbour")
    rows = Customer.objects.unscoped("a test archives").filter(pk=customer.pk)
    archive_customers(customers=rows, by=BY_COMMAND, now=NOW)
    lead, project = make_lead("Harbour lead", company_name="Quays"), make_project("Harbour wall", customer=customer)
    contact = make_contact("Harbour Hank")
    assert find_names(reader=alice, found=found_by(KINDS, "harb")) == [
        FoundRecord(Customer, customer.pk, "Harbour", True, ""),
        FoundRecord(Lead, lead.pk, "Harbour lead", False, "Quays"),
        FoundRecord(Contact, contact.pk, "Harbour Hank", False, ""),
        FoundRecord(Project, project.pk, "Harbour wall", False, "Harbour"),
    ]
    for text in (" ", "zzz"):
        assert find_names(reader=alice, found=found_by(KINDS, text)) == []
