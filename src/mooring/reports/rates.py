"""Amounts in the home currency, by the rates that hold on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from mooring.sales.models import ExchangeRate
from mooring.sales.money import NoRate, Rate, Rates


class Home:
    """Turns amounts into the home currency and remembers for which currencies there was no rate. One query.

    By the rates of the day `on`, unless an amount is of another day.
    """

    def __init__(self, home: str, *, on: date) -> None:
        kept = (Rate(rate.currency, rate.on, rate.worth) for rate in ExchangeRate.objects.all())
        self._rates = Rates.made_of(home, kept)
        self._on = on
        self._missing: set[str] = set()
        self.currency = home

    def worth(self, amount: Decimal, currency: str, *, on: date | None = None) -> Decimal | None:
        """None where no rate is known."""
        try:
            return self._rates.converted(amount, currency, on=on or self._on)
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
