"""Of the small world: a customer that may be merged with the owner's, and one that took in another already."""

from __future__ import annotations

from typing import Any

import making
from mooring.merging.merging import merge_records
from mooring.users.models import User


def merged_of(owner: User, mark: str) -> dict[str, Any]:
    """Both are the owner's."""
    twin, other = (making.make_customer(f"{name}{mark}", owner=owner) for name in ("Harbor", "Harbor once"))
    (merge,) = merge_records(winner=twin, losers=[other], by=making.BY_COMMAND, now=making.NOW)
    return {"twin": twin, "merge": merge}
