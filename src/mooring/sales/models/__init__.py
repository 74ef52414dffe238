"""The records of the sales room."""

from mooring.sales.models.mailbox import Ancestry, SalesMailbox
from mooring.sales.models.reset import BoxReset

__all__ = (
    "Ancestry",
    "BoxReset",
    "SalesMailbox",
)
