"""A column of exact decimals: kept as whole ten-thousandths, so that both databases add them up without rounding.

SQLite keeps the decimals of Django as floating point numbers, whose sums are off by cents where many are added.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from mooring.sales.money import MOST, STEP

if TYPE_CHECKING:
    _Column = models.BigIntegerField[Decimal, Decimal]
else:
    _Column = models.BigIntegerField


class ExactField(_Column):
    """Decimals with at most four places. Sum() answers a Decimal, too."""

    def from_db_value(self, value: Any, *_about: Any) -> Decimal | None:
        """From ten-thousandths, which PostgreSQL hands out as a Decimal where it added them up."""
        return None if value is None else Decimal(int(value)).scaleb(-4)

    def get_prep_value(self, value: Any) -> int | None:
        """Into ten-thousandths; what has more places is a fault in our code."""
        if value is None:
            return None
        number = self.to_python(value)
        units = number.scaleb(4)
        if units != units.to_integral_value():
            raise ValueError(f"{value} has more than four decimal places")
        return int(units)

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError for what is no number that can be kept."""
        if value is None:
            return None
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        if not number.is_finite() or abs(number) >= MOST * 1_000 or number != number.quantize(STEP):
            raise ValidationError("no exact amount")
        return number
