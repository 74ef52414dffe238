"""Lists by several filters, for readers of all customers and of a part of them: whichever way leads to the rows, they are the
same, and what nobody there has costs next to nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import making
from making import archive_customers
from mooring.customers import narrowing, pages, word_search
from mooring.customers.creating_many import create_customers
from mooring.customers.info_values import between
from mooring.customers.models import (
    Category,
    Customer,
    CustomerCategory,
    CustomerInfo,
    CustomerTag,
    Industry,
    InfoField,
    InfoType,
    Tag,
)
from mooring.customers.pages import SORTS
from mooring.customers.queries import CustomerFilters, customers_page
from mooring.customers.record_data import CustomerData, TagData
from mooring.users.models import User
from mooring.users.permissions import rights_of

BY: Any = {"by": making.BY_COMMAND, "now": making.NOW}
CHOICES = st.sets(st.sampled_from(("text", "kind", "industry", "category", "tag", "info")))
_WHY = "a test looks at everything"


@dataclass(frozen=True, slots=True)
class Company:
    """Thirty-six customers of Alice, of Bob and of nobody, every third in the archive; each has a half of what may be chosen."""

    industry: Industry
    category: Category
    tag: Tag
    masts: InfoField

    def filters(self, asked: set[str], *, is_archived: bool = False) -> CustomerFilters:
        offered: dict[str, dict[str, Any]] = {
            "text": {"text": "jan"},
            "kind": {"kind": "person"},
            "industry": {"industry_id": self.industry.pk},
            "category": {"category_id": self.category.pk},
            "tag": {"tag_id": self.tag.pk},
            "info": {"info": (between(self.masts, 2, 3),)},
        }
        chosen = {name: value for choice in asked for name, value in offered[choice].items()}
        return CustomerFilters(is_archived=is_archived, **chosen)

    def fits(self, customer: Customer, asked: set[str]) -> bool:
        """The same, looked at one by one."""
        said = {
            "text": customer.name.startswith("Jan"),
            "kind": customer.kind == "person",
            "industry": customer.industry_id == self.industry.pk,
            "category": self.category in customer.categories.all(),
            "tag": self.tag in customer.tags.all(),
            "info": customer.info[str(self.masts.pk)] in ("2", "3"),
        }
        return all(said[choice] for choice in asked)


@pytest.fixture
def company(alice: User, bob: User) -> Company:
    chance = random.Random(4)
    masts = making.make_info_field("Masts", InfoType.NUMBER)
    found = Company(
        making.make_entry(Industry, "Shipping"), making.make_entry(Category, "Key"), making.make_entry(Tag, "coast"), masts
    )
    rows = [
        CustomerData(
            name=f"{chance.choice(('Jan', 'Anna'))} {chance.randrange(100):02}",
            kind=kind,
            owner=owner,
            industry=chance.choice((found.industry, None)),
            categories=chance.choice(((found.category,), ())),
            tags=chance.choice(((TagData(found.tag.name),), ())),
            info={str(masts.pk): str(chance.randrange(4))},
        )
        for kind, owner in [*product(("person", "company"), (alice, bob, None))] * 6
    ]
    made = create_customers(rows=rows, **BY)
    archive_customers(customers=all_customers().filter(pk__in=chance.sample(made, 12)), **BY)
    return found


def all_customers() -> Any:
    return Customer.objects.unscoped(_WHY).order_by("pk")


@contextmanager
def ways(*, few: int, window: int) -> Iterator[None]:
    """Lists that gather so few, and walk so far."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (word_search, narrowing):
            patch.setattr(module, "FEW", few)
        patch.setattr(pages, "WINDOW", window)
        yield


def shown(reader: User, filters: CustomerFilters, sort: str) -> list[int]:
    """Page by page to the end."""
    ids, cursor = [], ""
    while True:
        page = customers_page(reader=reader, filters=filters, sort=sort, cursor=cursor, size=4, is_bare=True)
        ids += [row.pk for row in page.rows]
        if not page.next:
            return ids
        cursor = page.next


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=CHOICES,
    is_archived=st.booleans(),
    sort=st.sampled_from(("name", "-created")),
    few=st.sampled_from((0, 3, 8_000)),
    window=st.sampled_from((0, 2, 5_000)),
)
def test_filters_agree_with_looking_at_every_customer(
    company: Company, alice: User, bob: User, asked: set[str], is_archived: bool, sort: str, few: int, window: int
) -> None:
    order = SORTS[sort]
    rows = [row for row in all_customers() if (row.archived_at is not None) == is_archived and company.fits(row, asked)]
    rows.sort(key=lambda row: (getattr(row, order.column), row.pk), reverse=order.is_descending)
    with ways(few=few, window=window):
        for reader in (alice, bob):
            seen = [row.pk for row in rows if reader == alice or row.owner_id in (bob.pk, None)]
            assert shown(reader, company.filters(asked, is_archived=is_archived), sort) == seen


@pytest.mark.parametrize("asked", [{"kind"}, {"industry"}, {"category"}, {"tag"}, {"info"}, {"tag", "info"}])
def test_what_none_of_ones_own_customers_has_is_known_without_looking_at_any(
    company: Company, bob: User, asked: set[str]
) -> None:
    """However many there are of others."""
    seen = Customer.objects.visible_to(bob)
    seen.update(kind="company", industry=None)
    for rows in (CustomerCategory.objects, CustomerTag.objects):
        rows.filter(customer__in=seen).delete()
    CustomerInfo.objects.filter(record__in=seen).delete()
    with ways(few=0, window=3), CaptureQueriesContext(connection) as queries:
        assert customers_page(reader=bob, filters=company.filters(asked)).rows == []
    assert len(queries) == 1


@pytest.mark.parametrize("asked", [{"kind", "text"}, {"info"}, {"category", "info", "text"}])
def test_a_filter_takes_six_queries_at_most_whichever_way_it_goes(company: Company, bob: User, asked: set[str]) -> None:
    """Those around the list are six, too: a page has twelve."""
    rights_of(bob)  # read with the user of a request
    for few, window in ((0, 0), (0, 3), (0, 5_000), (8_000, 5_000)):
        with ways(few=few, window=window), CaptureQueriesContext(connection) as queries:
            customers_page(reader=bob, filters=company.filters(asked))
        assert len(queries) <= 6, [query["sql"] for query in queries]


def test_ones_own_behind_the_window_come_before_those_of_nobody_within_it(bob: User) -> None:
    industry = making.make_entry(Industry, "Shipping")
    names = [*((f"A{number}", bob) for number in range(6)), *((f"B{number}", None) for number in range(6))]
    made = create_customers(rows=[CustomerData(name=name, owner=owner, industry=industry) for name, owner in names], **BY)
    with ways(few=0, window=2):
        assert shown(bob, CustomerFilters(industry_id=industry.pk), "name") == list(made)
