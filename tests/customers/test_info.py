"""Additional information: values in every type, read alike from forms and files, told in words, found by filters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import making
from mooring.customers.creating_many import create_customers
from mooring.customers.editing import change_customer
from mooring.customers.facts import customer_data
from mooring.customers.info_fields import ChoiceData, InfoFieldData, add_field, change_field, info_fields
from mooring.customers.info_values import (
    InfoFilter,
    NotAValue,
    beginning_with,
    between,
    checked_info,
    equal_to,
    keys_of,
    missing,
    read_value,
    told,
)
from mooring.customers.lists import UnableToKeepList, retire_entry
from mooring.customers.models import Customer, CustomerInfo, InfoField, InfoType
from mooring.customers.queries import CustomerFilters, customers_page
from mooring.customers.record_data import CustomerData, UnableToSave
from mooring.users.journal import entries_about
from mooring.users.models import User

BY: Any = {"by": making.BY_COMMAND, "now": making.NOW}
CHOICES = [{"key": 1, "label": "Web", "is_retired": False}, {"key": 2, "label": "Łódź fair", "is_retired": True}]


def field_of(kind: InfoType, **more: Any) -> InfoField:
    return InfoField(pk=7, name="Asked", kind=kind, choices=CHOICES, **more)


@pytest.mark.parametrize(
    ("kind", "entered", "value"),
    [
        (InfoType.TEXT, "  two \t words ", "two words"),
        (InfoType.TEXT, " ", None),
        (InfoType.LONG_TEXT, "one\r\ntwo\x00 ", "one\ntwo"),
        (InfoType.NUMBER, "1 234,50", "1234.5"),
        (InfoType.NUMBER, "1,234.5", "1234.5"),
        (InfoType.NUMBER, "1.234,5", "1234.5"),
        (InfoType.NUMBER, Decimal("-0.0000001"), "0"),
        (InfoType.NUMBER, 0, "0"),
        (InfoType.NUMBER, "100000", "100000"),
        (InfoType.DATE, "2026-3-31", "2026-03-31"),
        (InfoType.DATE, "31.03.2026", "2026-03-31"),
        (InfoType.DATE, date(2026, 3, 31), "2026-03-31"),
        (InfoType.YES_NO, "Tak", True),
        (InfoType.YES_NO, False, False),
        (InfoType.YES_NO, "no", False),
        (InfoType.CHOICE, 2, 2),
        (InfoType.CHOICE, "lodz FAIR", 2),
        (InfoType.CHOICES, "Web; Łódź fair;", [1, 2]),
        (InfoType.CHOICES, [2, 1, 2], [1, 2]),
        (InfoType.CHOICES, [], None),
    ],
)
def test_what_is_entered_is_kept_in_one_form(kind: InfoType, entered: Any, value: Any) -> None:
    assert read_value(field_of(kind), entered) == value


@pytest.mark.parametrize(
    ("kind", "entered"),
    [
        (InfoType.TEXT, "x" * 301),
        (InfoType.LONG_TEXT, "x" * 10_001),
        (InfoType.NUMBER, "many"),
        (InfoType.NUMBER, "NaN"),
        (InfoType.NUMBER, "1e14"),
        (InfoType.DATE, "2026-02-30"),
        (InfoType.DATE, "soon"),
        (InfoType.YES_NO, "perhaps"),
        (InfoType.CHOICE, "Fax"),
        (InfoType.CHOICE, 9),
        (InfoType.CHOICES, ["Web", "Fax"]),
    ],
)
def test_what_is_no_value_is_refused_in_words(kind: InfoType, entered: Any) -> None:
    with pytest.raises(NotAValue) as refused:
        read_value(field_of(kind), entered)
    assert str(refused.value).endswith(".")


def test_keys_of_numbers_sort_as_the_numbers_do() -> None:
    numbers = ["-99999999999999", "-2", "-1.5", "0", "0.000001", "9", "10", "99999999999999.5"]
    keys = [keys_of(field_of(InfoType.NUMBER), number)[0] for number in numbers]
    assert keys == sorted(keys)
    assert len({len(key) for key in keys}) == 1


def test_values_are_told_in_words_and_found_by_keys() -> None:
    assert told(field_of(InfoType.CHOICES), [2, 9]) == ["Łódź fair", "9"]
    assert told(field_of(InfoType.CHOICE), 1) == "Web"
    assert keys_of(field_of(InfoType.TEXT), "Łódź  Street") == ["lodz street"]
    assert keys_of(field_of(InfoType.LONG_TEXT), "long") == []
    assert keys_of(field_of(InfoType.YES_NO), False) == ["0"]
    assert keys_of(field_of(InfoType.CHOICES), [1, 2]) == ["1", "2"]
    assert between(field_of(InfoType.DATE), None, "2026-03-31") == InfoFilter(7, "", "2026-03-31")


def test_a_required_field_cannot_be_emptied_and_a_retired_one_stays() -> None:
    required, retired = field_of(InfoType.TEXT, is_required=True), InfoField(pk=8, kind=InfoType.TEXT, retired_at=making.NOW)
    assert checked_info({"7": "new", "8": "new", "9": "gone"}, [required, retired], {"8": "old"}) == {"7": "new", "8": "old"}
    assert checked_info({}, [required], {}) == {}
    with pytest.raises(UnableToSave) as refused:
        checked_info({"7": " "}, [required], {"7": "old"})
    assert list(refused.value.problems) == ["info_7"]
    assert list(missing({"8": "x"}, [required, retired])) == ["info_7"]


@pytest.mark.django_db
def test_a_field_is_defined_changed_and_its_choices_keep_their_keys() -> None:
    choices = tuple(ChoiceData(label=label) for label in ("Rope", " ", "Sails"))
    data = InfoFieldData(name="Products of interest", kind="choices", choices=choices)
    field = add_field(data=data, **BY)
    assert [(choice["key"], choice["label"]) for choice in field.choices] == [(1, "Rope"), (2, "Sails")]
    renamed = (ChoiceData(label="Ropes", key=1), ChoiceData(label="Anchors"))
    change_field(field=field, data=making.replaced(data, choices=renamed, is_on_tab=True), **BY)
    kept = InfoField.objects.get()
    assert [(choice["key"], choice["label"], choice["is_retired"]) for choice in kept.choices] == [
        (1, "Ropes", False),
        (3, "Anchors", False),
        (2, "Sails", True),
    ]
    (line, *_) = entries_about(kind="infofield", record_id=field.pk)
    assert line.changes == {"is_on_tab": [False, True], "choices": [["Rope", "Sails"], ["Ropes", "Anchors"]]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "field"),
    [
        (InfoFieldData(name=""), "name"),
        (InfoFieldData(name="new", kind="colour"), "kind"),
        (InfoFieldData(name="new", help_text="x" * 301), "help_text"),
        (InfoFieldData(name="new", kind="choice"), "choices"),
        (InfoFieldData(name="new", kind="choice", choices=(ChoiceData(label="A"), ChoiceData(label="a"))), "choices"),
        (InfoFieldData(name="new", kind="choice", choices=(ChoiceData(label="x" * 121),)), "choices"),
        (InfoFieldData(name="ASKED"), "name"),
    ],
)
def test_a_field_that_cannot_be_is_refused(data: InfoFieldData, field: str) -> None:
    making.make_info_field("Asked")
    with pytest.raises(UnableToKeepList) as refused:
        add_field(data=data, **BY)
    assert refused.value.field == field


@pytest.mark.django_db
def test_values_are_saved_told_by_name_and_indexed() -> None:
    origin = making.make_info_field("Origin of contact", "choice", choices=("Web", "Fair"))
    staff = making.make_info_field("Employees", "number")
    customer = making.make_customer(info={str(origin.pk): 2, str(staff.pk): "12,0"})
    stored = Customer.objects.unscoped("a test").get(pk=customer.pk)
    assert stored.info == {str(origin.pk): 2, str(staff.pk): "12"}
    (line, *_) = entries_about(kind="customer", record_id=customer.pk)
    assert (line.changes["info: Origin of contact"], line.changes["info: Employees"]) == ("Fair", "12")
    change_customer(customer=stored, data=making.replaced(customer_data(stored), info={str(origin.pk): 1}), **BY)
    (line, *_) = entries_about(kind="customer", record_id=customer.pk)
    assert line.changes == {"info: Origin of contact": ["Fair", "Web"], "info: Employees": ["12", None]}
    assert [(row.field_id, row.key) for row in CustomerInfo.objects.all()] == [(origin.pk, "1")]
    retire_entry(entry=origin, **BY)
    assert [field.retired_at is None for field in info_fields()] == [False, True]


@pytest.mark.django_db
@pytest.mark.parametrize("is_rare", [True, False])
def test_customers_are_filtered_by_additional_information(alice: User, monkeypatch: pytest.MonkeyPatch, is_rare: bool) -> None:
    if not is_rare:
        monkeypatch.setattr("mooring.customers.narrowing.FEW", 0)
    city, staff, since, member, interests = (
        making.make_info_field(kind, kind, choices=("Rope", "Sails") if kind == "choices" else ())
        for kind in ("text", "number", "date", "yes_no", "choices")
    )
    rows = [
        CustomerData(
            name="A", info={str(city.pk): "Łódź", str(staff.pk): "-3", str(since.pk): "2024-12-31", str(member.pk): True}
        ),
        CustomerData(name="B", info={str(city.pk): "Lodz East", str(staff.pk): "10", str(interests.pk): [1, 2]}),
        CustomerData(name="C", info={str(staff.pk): "9", str(since.pk): "2025-01-01", str(member.pk): False}),
    ]
    create_customers(rows=rows, **BY)

    def found(*asked: InfoFilter) -> str:
        page = customers_page(reader=alice, filters=CustomerFilters(info=asked))
        return "".join(row.name for row in page.rows)

    assert found(beginning_with(city, "ŁÓD")) == "AB"
    assert found(between(staff, "-5", "9")) == "AC"
    assert found(between(since, "2025-01-01", None)) == "C"
    assert (found(equal_to(member, True)), found(equal_to(member, False))) == ("A", "C")
    assert found(equal_to(interests, 2)) == "B"
    assert found(beginning_with(city, "lodz"), between(staff, "5", None)) == "B"
    assert found(beginning_with(city, "gdy")) == ""
