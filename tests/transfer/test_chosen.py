"""What files say of lists and of additional information."""

from __future__ import annotations

import io
from typing import Any

import pytest

import making
from mooring.customers.facts import contact_data, customer_data
from mooring.customers.models import Category, Contact, ContactRole, Customer, CustomerStatus, Source
from mooring.transfer.importing import import_records
from mooring.transfer.orders import OnBadValue, OnDuplicate, Order, Summary

pytestmark = pytest.mark.django_db


def import_text(text: str, kind: Any = "customers", **order: Any) -> Summary:
    order = {"on_duplicate": OnDuplicate.UPDATE, **order}
    return import_records(file=io.BytesIO(text.encode()), order=Order(kind=kind, by=making.BY_COMMAND, now=making.NOW, **order))


def only(model: Any) -> Any:
    (row,) = model.objects.unscoped("a test looks at everything")
    return row


def test_rows_choose_from_the_lists_and_say_additional_information() -> None:
    status, source = making.make_entry(CustomerStatus, "Active"), making.make_entry(Source, "Trade fair")
    key, fair, new = (making.make_entry(Category, name) for name in ("Key", "Fair", "New"))
    staff = making.make_info_field("Employees", "number")
    wants = making.make_info_field("Interests", "choices", choices=("Rope", "Sails"))
    header = "Number,Name,Customer status,Source,Categories,Industry,Employees,INTERESTS\n"
    first = import_text(header + 'C1,Harbour,active,TRADE FAIR,"key; Fair",Ships,"1 200,5",sails\n')
    assert (first.created, first.ignored_columns) == (1, ("Industry",))
    data = customer_data(only(Customer))
    assert (data.status, data.source, set(data.categories)) == (status, source, {key, fair})
    assert data.info == {str(staff.pk): "1200.5", str(wants.pk): [2]}
    again = import_text(header + "C1,Harbour,Gone,,New; Old,,many,Rope | Sails | Oars\n")
    assert (again.updated, again.incomplete) == (1, 1)
    assert [(row.column, row.value, row.text) for row in again.problems] == [
        ("Customer status", "Gone", "“Gone” is not in the list."),
        ("Categories", "Old", "“Old” is not in the list."),
        ("Employees", "many", "Enter a number, like 1234.5."),
        ("INTERESTS", "Oars", "“Oars” is none of the choices: Rope, Sails."),
    ]
    refused = import_text("Name,Employees\nYard,many\n", on_bad_value=OnBadValue.REFUSE)
    assert (refused.created, refused.problems[0].text) == (0, "Employees: Enter a number, like 1234.5.")
    data = customer_data(only(Customer))
    assert (data.info, set(data.categories)) == ({str(staff.pk): "1200.5", str(wants.pk): [1, 2]}, {key, fair, new})


def test_a_new_customer_lacks_what_has_to_be_filled_in() -> None:
    making.make_info_field("Origin", is_required=True)
    summary = import_text("Name,Origin\nHarbour,\nYard,Fair\n")
    assert (summary.created, summary.problems[0].text) == (1, "“Origin” has to be filled in.")


def test_contacts_come_with_a_role_that_a_later_job_title_leaves_alone() -> None:
    role = making.make_entry(ContactRole, "Consultant")
    making.make_customer("Harbour", number="C1")
    import_text("Name,Email,Parent id,Contact role\nCarol,carol@harbour.example,C1,consultant\n", "contacts")
    import_text("Name,Email,Parent id,Job title\nCarol,carol@harbour.example,C1,Purchasing\n", "contacts")
    (place,) = contact_data(only(Contact)).affiliations
    assert (place.role, place.job_title) == (role, "Purchasing")
