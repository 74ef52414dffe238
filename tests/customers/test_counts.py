"""How many customers there are by what lists say of them: for each reader what the rows say, or said when they were counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import making
from making import archive_customers
from mooring.customers import counts
from mooring.customers.counts import FIELDS, count_customers, customers_by
from mooring.customers.creating_many import create_customers
from mooring.customers.models import Category, Customer, CustomerCount, CustomerStatus, Industry, Source
from mooring.customers.record_data import CustomerData
from mooring.users.models import User

BY: Any = {"by": making.BY_COMMAND, "now": making.NOW}
LATER = making.NOW + timedelta(hours=1)


@pytest.fixture
def company(alice: User, bob: User) -> None:
    """Of Alice, of Bob and of nobody, two each; the last one of Alice rests in the archive."""
    shipping, key, pilot = (
        making.make_entry(Industry, "Shipping"),
        *(making.make_entry(Category, each) for each in ("Key", "Pilot")),
    )
    status, source = making.make_entry(CustomerStatus, "Active"), making.make_entry(Source, "Fair")
    rows = [
        CustomerData(
            name=f"{number}",
            owner=owner,
            industry=shipping if number % 3 else None,
            status=status if number % 2 else None,
            source=source,
            categories=((key, pilot), (key,), ())[number % 3],
        )
        for number, owner in enumerate((alice, bob, None, bob, None, alice))
    ]
    made = create_customers(rows=rows, **BY)
    archive_customers(customers=everything().filter(pk=made[-1]), **BY)


def everything() -> Any:
    return Customer.objects.unscoped("a test looks at everything")


def told(reader: User, by: str) -> dict[str, int]:
    return {str(line.entry or ""): line.count for line in customers_by(by=by, reader=reader).lines}


def test_a_reader_is_told_of_active_customers_within_ones_rights(company: None, alice: User, bob: User, dave: User) -> None:
    assert told(alice, "industry") == {"Shipping": 3, "": 2}
    assert told(bob, "industry") == {"Shipping": 3, "": 1}
    assert told(alice, "category") == {"Key": 4, "Pilot": 2, "": 1}
    assert told(bob, "status") == {"Active": 2, "": 2}
    assert told(bob, "source") == {"Fair": 4}
    assert told(dave, "source") == {}
    assert customers_by(by="industry", reader=alice).at is None


def test_very_many_are_counted_once_for_all_readers(
    company: None, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_counted = {(reader, by): told(reader, by) for reader in (alice, bob) for by in FIELDS}
    monkeypatch.setattr(counts, "AT_ONCE", 3)
    assert customers_by(by="source", reader=alice).at is None, "nothing is kept yet, so that it is counted after all"
    count_customers(now=making.NOW)
    everything().filter(owner=bob).update(industry=None, archived_at=making.NOW)
    assert {(reader, by): told(reader, by) for reader in (alice, bob) for by in FIELDS} == now_counted
    assert customers_by(by="source", reader=alice).at == making.NOW
    count_customers(now=LATER)
    assert (told(alice, "source"), told(bob, "source")) == ({"Fair": 3}, {"Fair": 2})
    monkeypatch.setattr(counts, "AT_ONCE", 4)
    assert [customers_by(by="source", reader=reader).at for reader in (alice, bob)] == [LATER, None], "Bob sees few"
    assert set(CustomerCount.objects.values_list("counted_at", flat=True)) == {LATER}


def test_counts_of_a_company_that_became_small_are_forgotten(company: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(counts, "AT_ONCE", 3)
        count_customers(now=making.NOW)
    assert CustomerCount.objects.exists()
    count_customers(now=LATER)
    assert not CustomerCount.objects.exists()
