"""The lists of the sales room that an administrator keeps: types of opportunities and rejection reasons."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from mooring.customers.models.lists import ListEntry


class OpportunityKind(ListEntry):
    """What kind of sale it is: new business, renewal."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="an_opportunity_type_has_its_own_name"),)


class Rejection(ListEntry):
    """Why an opportunity was lost: price, a competitor, no budget."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="a_rejection_reason_has_its_own_name"),)
