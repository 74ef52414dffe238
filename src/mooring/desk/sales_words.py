"""Money as people read it: the digits of the reader's language, the decimal places and the code of the currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils.formats import number_format

from mooring.sales.board import Sums
from mooring.sales.models import Opportunity
from mooring.sales.money import places_of, rounded


def money(amount: Decimal, currency: str) -> str:
    """ "1,250.00 EUR"."""
    text = number_format(rounded(amount, currency), decimal_pos=places_of(currency), use_l10n=True, force_grouping=True)
    return f"{text}\N{NO-BREAK SPACE}{currency}"


def amounts(sums: Iterable[Sums]) -> list[str]:
    """Of each currency the sum."""
    return [money(each.amount, each.currency) for each in sums]


def weighted_amounts(sums: Iterable[Sums]) -> list[str]:
    """Of each currency the weighted sum."""
    return [money(each.weighted, each.currency) for each in sums]


def amounts_in_words(sums: Mapping[str, Decimal]) -> str:
    """Of each currency its amount, in one text; a dash for nothing."""
    return " + ".join(money(amount, currency) for currency, amount in sums.items()) or "–"


def worth(sale: Opportunity) -> str:
    """Its amount, without needless decimal places of nothing on a card."""
    return money(sale.amount, sale.currency)
