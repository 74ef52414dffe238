"""Money: exact per currency, rounded as invoices round, converted by the rate of its day; and exact sums in both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from making import make_customer, make_opportunity, make_pipeline
from mooring.sales.models import Opportunity
from mooring.sales.models.exact import ExactField
from mooring.sales.money import NoRate, Rate, Rates, amount_of, places_of, rounded, summed, turned, weighted


@pytest.mark.parametrize(
    ("price", "quantity", "discount", "currency", "amount"),
    [
        ("19.99", "3", "0", "EUR", "59.97"),
        ("0.005", "1", "0", "EUR", "0.01"),
        ("-0.005", "1", "0", "EUR", "-0.01"),
        ("1.5", "1", "0", "JPY", "2"),
        ("1.2345", "1", "0", "KWD", "1.235"),
        ("10", "0.3333", "1", "PLN", "2.33"),
        ("99999999999.9999", "1", "0", "EUR", "100000000000.00"),
    ],
)
def test_an_amount_is_price_times_quantity_less_discount(
    price: str, quantity: str, discount: str, currency: str, amount: str
) -> None:
    found = amount_of(price=Decimal(price), quantity=Decimal(quantity), discount=Decimal(discount), currency=currency)
    assert str(found) == amount


def test_a_weighted_amount_is_rounded_once() -> None:
    assert weighted(Decimal("0.10"), 25, "EUR") == Decimal("0.03")
    assert weighted(Decimal("1001"), 50, "JPY") == Decimal(501)
    assert rounded(Decimal("2.675"), "EUR") == Decimal("2.68")
    assert [places_of(code) for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]


def test_a_rate_holds_from_its_day_until_the_next_one() -> None:
    rates = Rates.made_of("PLN", [Rate("EUR", date(2026, 2, 1), Decimal("4.3")), Rate("EUR", date(2026, 1, 1), Decimal("4.2"))])
    assert rates.worth_of("EUR", on=date(2026, 1, 31)) == Decimal("4.2")
    assert rates.worth_of("EUR", on=date(2026, 2, 1)) == Decimal("4.3")
    assert rates.worth_of("PLN", on=date(2025, 12, 31)) == 1
    with pytest.raises(NoRate):
        rates.worth_of("EUR", on=date(2025, 12, 31))
    with pytest.raises(NoRate):
        rates.worth_of("USD", on=date(2026, 2, 1))


@given(units=st.integers(-(10**16), 10**16), worth=st.integers(1, 10**16), to=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_is_turned_exactly_and_rounded_once_at_the_end(units: int, worth: int, to: str) -> None:
    exact = Fraction(units, 10**4) * Fraction(worth, 10**10) * 10 ** places_of(to)
    halves_away = (abs(exact) * 2 + 1) // 2 * (-1 if exact < 0 else 1)
    found = turned(Decimal(units).scaleb(-4), Decimal(worth).scaleb(-10), to)
    assert Fraction(found) * 10 ** places_of(to) == halves_away


def test_a_column_refuses_what_it_cannot_keep_exactly() -> None:
    with pytest.raises(ValidationError):
        ExactField().to_python(Decimal("0.00001"))


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.decimals(min_value=-9_999_999, max_value=9_999_999, places=4),
            st.decimals(min_value=0, max_value=9_999, places=3),
            st.sampled_from(["EUR", "JPY", "KWD"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_database_adds_up_to_the_last_cent(rows: list[tuple[Decimal, Decimal, str]]) -> None:
    pipeline, customer = make_pipeline(), make_customer()
    for price, quantity, currency in rows:
        make_opportunity(pipeline=pipeline, whom=customer, price=price, quantity=quantity, currency=currency)
    kept = Opportunity.objects.unscoped("a test").filter(pipeline=pipeline)
    found = dict(kept.values_list("currency").annotate(total=Sum("amount")).order_by("currency"))
    wanted = summed(
        (currency, amount_of(price=price, quantity=quantity, discount=Decimal(0), currency=currency))
        for price, quantity, currency in rows
    )
    assert found == wanted
