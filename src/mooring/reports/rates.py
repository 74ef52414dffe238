"""Amounts in the home currency, by the rates that hold on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from mooring.sales.models import ExchangeRate
from mooring.sales.money import NoRate, Rate, Rates, turned


class Home:
    """Turns amounts into the home currency and remembers for which currencies there was no rate. One query.

    By the rates of the day `on`, unless an amount is of another day.
    """

    def __init__(self, home: str, *, on: date) -> None:
        kept = (Rate(rate.currency, rate.on, rate.worth) for rate in ExchangeRate.objects.all())
        self._rates = Rates.made_of(home, kept)
        self._on = on
        self._missing: set[str] = set()
        self._worths: dict[tuple[str, date], Decimal | None] = {}
        self.currency = home

    def worth(self, amount: Decimal, currency: str, *, on: date | None = None) -> Decimal | None:
        """None where no rate is known."""
        day = on or self._on
        if (currency, day) not in self._worths:
            self._worths[currency, day] = self._worth_of_one(currency, day)
        one = self._worths[currency, day]
        return None if one is None else turned(amount, one, self.currency)

    def _worth_of_one(self, currency: str, day: date) -> Decimal | None:
        try:
            return self._rates.worth_of(currency, on=day)
        except NoRate:
            self._missing.add(currency)
            return None

    def total(self, amounts: Iterable[tuple[str, Decimal]]) -> Decimal:
        """Of all amounts that can be turned."""
        return sum((worth for currency, amount in amounts if (worth := self.worth(amount, currency)) is not None), Decimal(0))

    def remarks(self) -> list[str]:
        """What is left out of sums in the home currency."""
        if not self._missing:
            return []
        said = _("No rate is known for %(currencies)s; amounts in it are not part of sums in %(home)s.")
        return [said % {"currencies": ", ".join(sorted(self._missing)), "home": self.currency}]
