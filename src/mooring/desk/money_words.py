"""Money as people read it: the digits of the reader's language, the decimal places and the code of the currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.formats import number_format

from mooring.sales.money import places_of, rounded


def money(amount: Decimal, currency: str) -> str:
    """ "1,250.00 EUR"."""
    text = number_format(rounded(amount, currency), decimal_pos=places_of(currency), use_l10n=True, force_grouping=True)
    return f"{text}\N{NO-BREAK SPACE}{currency}"


def amounts_in_words(amounts: Mapping[str, Decimal]) -> str:
    """Of each currency its amount; a dash for nothing."""
    return " + ".join(money(amount, currency) for currency, amount in amounts.items()) or "–"
