"""Money as people read it: the digits of the reader's language, the decimal places and the code of the currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from django.utils.formats import get_format
from django.utils.translation import get_language

from mooring.sales.board import Sums
from mooring.sales.models import Opportunity
from mooring.sales.money import rounded


def money(amount: Decimal, currency: str) -> str:
    """ "1,250.00 EUR". Pages show it a thousand times; this takes a third of the time of Django's number_format."""
    whole = rounded(amount, currency)
    text = f"{whole or whole.copy_abs():,f}"  # without the sign of a nothing that was a little less
    return text.translate(_marks(get_language())) + f"\N{NO-BREAK SPACE}{currency}"


@lru_cache
def _marks(language: str | None) -> dict[int, str]:
    """What stands in the language for the comma between thousands and for the decimal point. All of ours group by three."""
    names = {",": "THOUSAND_SEPARATOR", ".": "DECIMAL_SEPARATOR"}
    return {ord(mark): str(get_format(name, language, use_l10n=True)) for mark, name in names.items()}


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
