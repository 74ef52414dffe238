"""Money: exact amounts, each in its own currency. Pure: no database, no Django.

Amounts of different currencies are never added; rates, each with the day from which it holds, turn one into another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final

NOTHING: Final = Decimal(0)
STEP: Final = Decimal("0.0001")
"""The smallest part of a price, a quantity or an amount that is kept."""
MOST: Final = Decimal(100_000_000_000)
"""No price, quantity or amount reaches this; sums of ten thousand of them still fit into 64 bits."""

CURRENCIES: Final = (
    *("EUR", "USD", "GBP", "PLN", "CHF", "AED", "AUD", "BGN", "BHD", "BRL", "CAD", "CLP", "CNY", "CZK", "DKK", "HKD", "HUF"),
    *("IDR", "ILS", "INR", "ISK", "JOD", "JPY", "KRW", "KWD", "MAD", "MXN", "MYR", "NOK", "NZD", "OMR", "PHP", "QAR", "RON"),
    *("RSD", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "VND", "ZAR"),
)
"""The codes of ISO 4217 that the forms offer."""
_WITHOUT_MINOR: Final = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})
_WITH_THREE: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_UP)
"""Holds every product of two amounts whole; given to each step, which costs a third of a local context."""


class NoRate(LookupError):
    """There is no rate between two currencies on a day."""


@dataclass(frozen=True, slots=True)
class Rate:
    """From the day `on`, one unit of `currency` is worth so much of the home currency."""

    currency: str
    on: date
    worth: Decimal


def places_of(currency: str) -> int:
    """How many decimal places amounts in the currency have (ISO 4217)."""
    return 0 if currency in _WITHOUT_MINOR else 3 if currency in _WITH_THREE else 2


_UNITS: Final = {currency: Decimal(1).scaleb(-places_of(currency)) for currency in CURRENCIES}


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units of the currency, halves away from nothing, as invoices round."""
    unit = _UNITS.get(currency) or Decimal(1).scaleb(-places_of(currency))
    return amount.quantize(unit, context=_WIDE)


def amount_of(*, price: Decimal, quantity: Decimal, discount: Decimal, currency: str) -> Decimal:
    """Price times quantity less the discount, which is an amount, too."""
    with localcontext() as context:
        context.prec = 60
        return rounded(price * quantity - discount, currency)


def weighted(amount: Decimal, probability: int, currency: str) -> Decimal:
    """The amount times the probability in per cent."""
    return rounded(_WIDE.multiply(amount, Decimal(probability)).scaleb(-2, context=_WIDE), currency)


def turned(amount: Decimal, worth: Decimal, to: str) -> Decimal:
    """The amount in the currency `to` of which one unit is worth so much, rounded once at the end."""
    return rounded(_WIDE.multiply(amount, worth), to)


def summed(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Currency -> sum, in the order of the currencies."""
    totals: dict[str, Decimal] = {}
    with localcontext() as context:
        context.prec = 60
        for currency, amount in amounts:
            totals[currency] = totals.get(currency, NOTHING) + amount
    return dict(sorted(totals.items()))


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of all currencies to the home currency, by the day from which each holds."""

    home: str
    known: Mapping[str, tuple[Rate, ...]]

    @classmethod
    def made_of(cls, home: str, rates: Iterable[Rate]) -> Rates:
        """Of rates in any order."""
        found: dict[str, list[Rate]] = {}
        for rate in rates:
            found.setdefault(rate.currency, []).append(rate)
        return cls(home, {currency: tuple(sorted(each, key=lambda rate: rate.on)) for currency, each in found.items()})

    def worth_of(self, currency: str, *, on: date) -> Decimal:
        """What one unit is worth of the home currency on a day. Raises NoRate."""
        if currency == self.home:
            return Decimal(1)
        for rate in reversed(self.known.get(currency, ())):
            if rate.on <= on:
                return rate.worth
        raise NoRate(f"{currency} has no rate to {self.home} on {on:%Y-%m-%d}")
